#include "agents/privacy/tlog.h"
#include "tests/unit/agents/privacy/bookkeeper.h"
#include <criterion/criterion.h>
#include <string.h>

static bool says(struct bookkeeper *b, const char *words, const char *part)
{
    return strstr(bookkeeper_say(b, words), part) != NULL;
}

/* What stands behind "done: " in an answer. */
static struct str body_of(const char *answer)
{
    const char *at = strstr(answer, "done: ");
    cr_assert_not_null(at, "%s", answer);
    return str_of(at + strlen("done: "));
}

/* An export as it was made: the chat's own line ending is none of it. */
static enum err check_export(struct bookkeeper *b, struct logbook_found *found, struct why *why)
{
    struct str text = body_of(bookkeeper_say(b, "export"));
    const struct logbook_trust trust = { .log = bookkeeper_key(b) };
    while (text.n > 1 && text.p[text.n - 1] == '\n' && text.p[text.n - 2] == '\n') text.n--;
    return logbook_check(text, &trust, found, why);
}

Test(tlog, grows_is_signed_and_outlives_its_keeper)
{
    struct bookkeeper b;
    struct logbook_found found;
    struct why why = { "" };
    bookkeeper_open(&b);
    cr_expect(says(&b, "add 3", "done") && says(&b, "sign", "done") && says(&b, "add 4", "done"));
    cr_assert_eq(check_export(&b, &found, &why), OK, "%s", why.text);
    cr_expect(found.entries == 3 && found.checkpoints == 1, "what no checkpoint covers is not shown");
    sim_kill(b.sim, "guardian", 100);
    (void)sim_run(b.sim, 5000, NULL, NULL);
    cr_expect(bookkeeper_log(&b)->range.size == 7 && bookkeeper_log(&b)->newest == 3);
    cr_expect(says(&b, "sign", "done") && says(&b, "sign", "done"));
    cr_assert_eq(check_export(&b, &found, &why), OK, "%s", why.text);
    cr_expect(found.entries == 7 && found.checkpoints == 2, "nothing new is not signed again");
    bookkeeper_close(&b);
}

Test(tlog, a_proof_holds_under_each_checkpoint)
{
    struct bookkeeper b;
    struct logbook_proven p;
    bookkeeper_open(&b);
    cr_expect(says(&b, "add 5", "done") && says(&b, "sign", "done") && says(&b, "add 6", "done") &&
              says(&b, "sign", "done"));
    static const char *const asked[] = { "proof 2 5", "proof 2 11", "proof 10 11" };
    const struct logbook_trust trust = { .log = bookkeeper_key(&b) };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct why why = { "" };
        struct str proof = body_of(bookkeeper_say(&b, asked[i]));
        while (proof.n > 1 && proof.p[proof.n - 2] == '\n') proof.n--;
        cr_assert_eq(logbook_check_proof(proof, &trust, &p, &why), OK, "%s: %s", asked[i], why.text);
        buf_free(&p.entry);
    }
    cr_expect(says(&b, "proof 5 5", "ERR_ABSENT") && says(&b, "proof 0 12", "ERR_ABSENT"));
    bookkeeper_close(&b);
}

Test(tlog, the_roster_is_entered_once)
{
    struct bookkeeper b;
    bookkeeper_open(&b);
    cr_expect(says(&b, "roster", "done"));
    uint64_t size = bookkeeper_log(&b)->range.size;
    cr_expect(size == 2, "the roster, and the one hospital's key");
    cr_expect(says(&b, "roster", "done") && bookkeeper_log(&b)->range.size == size);
    cr_expect(says(&b, "sign", "done"));
    const char *log = bookkeeper_say(&b, "export");
    cr_expect(strstr(log, "roster version=") && strstr(log, "witness name=hospital-a@"), "%s", log);
    bookkeeper_close(&b);
}

/* Whatever is changed in its store, of what was signed, is found when it is loaded. */
Test(tlog, a_store_that_was_changed_is_refused)
{
    static const struct {
        const char *name, *key, *value;
    } rows[] = { { "a shorter log", "log/size", "3" },
                 { "a node", "log/node/02/00000000000000000000", "01234567890123456789012345678901" },
                 { "no number", "log/newest", "many" },
                 { "a checkpoint of another", "log/point/00000000000000000005", "other\n5\n" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bookkeeper b;
        bookkeeper_open(&b);
        cr_expect(says(&b, "add 5", "done") && says(&b, "sign", "done") && says(&b, "check", "done"));
        struct store *s = sim_store(b.sim, "guardian");
        cr_assert(store_begin(s) == OK && store_put(s, rows[i].key, str_bytes(str_of(rows[i].value))) == OK &&
                  store_commit(s) == OK);
        cr_expect(says(&b, "check", "ERR_STORE"), "%s", rows[i].name);
        bookkeeper_close(&b);
    }
}
