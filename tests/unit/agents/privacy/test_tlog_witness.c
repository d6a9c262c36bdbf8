#include "agents/privacy/tlog_witness.h"
#include "tests/unit/agents/privacy/bookkeeper.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct shown *hospital(struct bookkeeper *b) { return bookkeeper_shown(b, "hospital-a"); }
static void entries(struct bookkeeper *b)
{
    (void)bookkeeper_say(b, "add 3");
    (void)bookkeeper_say(b, "show");
}

Test(tlog_witness, one_checkpoint_at_a_time)
{
    struct bookkeeper b;
    bookkeeper_open(&b);
    entries(&b);
    cr_expect(hospital(&b)->checkpoints == 1 && hospital(&b)->size == 3 && hospital(&b)->from == 0);
    entries(&b);
    cr_expect_eq(hospital(&b)->checkpoints, 1, "it has not answered");
    (void)bookkeeper_hear(&b, "hospital-a", "cosign");
    cr_expect(hospital(&b)->checkpoints == 2 && hospital(&b)->size == 6 && hospital(&b)->from == 3);
    (void)bookkeeper_hear(&b, "hospital-a", "cosign");
    cr_expect_eq(hospital(&b)->checkpoints, 2, "there is nothing new");
    (void)bookkeeper_say(&b, "sign");
    const char *log = bookkeeper_say(&b, "export");
    const char *first = strstr(log, "hospital-a@");
    cr_expect(first && strstr(first + 1, "hospital-a@"), "both are cosigned: %s", log);
    bookkeeper_close(&b);
}

Test(tlog_witness, a_model_is_proven_and_shown_with_its_run)
{
    struct bookkeeper b;
    bookkeeper_open(&b);
    entries(&b);
    (void)bookkeeper_hear(&b, "coordinator", "model toy-1");
    (void)bookkeeper_hear(&b, "coordinator", "model toy-2");
    (void)bookkeeper_hear(&b, "coordinator", "model toy-1");
    cr_expect_eq(bookkeeper_shown(&b, "coordinator")->proofs, 3, "asked again, answered again");
    cr_expect_eq(bookkeeper_log(&b)->range.size, 5, "and entered once");
    (void)bookkeeper_hear(&b, "hospital-a", "cosign");
    cr_expect(strcmp(hospital(&b)->run, "toy-1") == 0 && hospital(&b)->size == 4, "%s", hospital(&b)->run);
    (void)bookkeeper_hear(&b, "hospital-a", "cosign");
    cr_expect(strcmp(hospital(&b)->run, "toy-2") == 0 && hospital(&b)->size == 5 && hospital(&b)->from == 4);
    bookkeeper_close(&b);
}

Test(tlog_witness, answers_that_are_no_cosignature)
{
    static const struct {
        const char *name, *words;
        unsigned shown; /* afterwards */
        uint64_t entries;
    } rows[] = {
        { "of another text: as if it had not answered", "false", 1, 6 },
        { "it keeps what is known, and does not sign", "behind", 2, 6 },
        { "it accuses: that is entered, and it is shown no more", "lie", 1, 7 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bookkeeper b;
        bookkeeper_open(&b);
        entries(&b);
        (void)bookkeeper_say(&b, "add 3");
        (void)bookkeeper_say(&b, "sign");
        (void)bookkeeper_hear(&b, "hospital-a", rows[i].words);
        cr_expect_eq(hospital(&b)->checkpoints, rows[i].shown, "%s: %u", rows[i].name, hospital(&b)->checkpoints);
        cr_expect_eq(bookkeeper_log(&b)->range.size, rows[i].entries, "%s", rows[i].name);
        bookkeeper_close(&b);
    }
}

Test(tlog_witness, entries_of_others)
{
    static const struct {
        const char *words;
        bool entered;
    } rows[] = { { "entry refusal", true },
                 { "entry decline", true },
                 { "entry run", true },
                 { "entry permit", false },
                 { "entry Refusal", false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bookkeeper b;
        bookkeeper_open(&b);
        (void)bookkeeper_hear(&b, "hospital-a", rows[i].words);
        cr_expect_eq(bookkeeper_log(&b)->range.size, rows[i].entered ? 1 : 0, "%s", rows[i].words);
        bookkeeper_close(&b);
    }
}

/* A witness whose key was changed, and who signed by one that the roster does not name. */
Test(tlog_witness, who_signed_by_a_wrong_key_is_asked_again)
{
    struct bookkeeper b;
    bookkeeper_open(&b);
    entries(&b);
    (void)bookkeeper_hear(&b, "hospital-a", "false");
    (void)bookkeeper_say(&b, "show");
    cr_expect_eq(hospital(&b)->checkpoints, 2);
    (void)bookkeeper_hear(&b, "hospital-a", "cosign");
    (void)bookkeeper_say(&b, "sign");
    cr_expect(strstr(bookkeeper_say(&b, "export"), "hospital-a@"), "and its signature is taken");
    bookkeeper_close(&b);
}

/* A peer's words fill no disk: so many a day, through restarts, and others' are not touched. */
Test(tlog_witness, entries_of_one_peer_have_a_measure)
{
    struct bookkeeper b;
    char row[64];
    bookkeeper_open(&b);
    const struct tlog *log = bookkeeper_log(&b);
    uint64_t today = (uint64_t)agent_wall_ms(log->agent) / 86400000;
    struct store *kept = sim_store(b.sim, "guardian");
    (void)snprintf(row, sizeof row, "%llu %d", (unsigned long long)today, TLOG_ENTRIES_A_DAY - 1);
    cr_assert(store_begin(kept) == OK &&
              store_put(kept, "log/from/hospital-a@sim.local", str_bytes(str_of(row))) == OK &&
              store_commit(kept) == OK);
    for (int i = 0; i < 3; i++) (void)bookkeeper_hear(&b, "hospital-a", "entry refusal");
    cr_expect_eq(bookkeeper_log(&b)->range.size, 1, "the last one of the day");
    (void)bookkeeper_hear(&b, "coordinator", "entry run");
    cr_expect_eq(bookkeeper_log(&b)->range.size, 2);
    (void)sim_run(b.sim, 86400000, NULL, NULL);
    (void)bookkeeper_hear(&b, "hospital-a", "entry refusal");
    cr_expect_eq(bookkeeper_log(&b)->range.size, 3, "another day");
    bookkeeper_close(&b);
}

Test(tlog_witness, after_a_restart_it_asks_again)
{
    struct bookkeeper b;
    bookkeeper_open(&b);
    entries(&b);
    (void)bookkeeper_say(&b, "forget");
    (void)bookkeeper_say(&b, "show");
    cr_expect_eq(hospital(&b)->checkpoints, 2);
    bookkeeper_close(&b);
}
