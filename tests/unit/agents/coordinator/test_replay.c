#include "agents/coordinator/journal.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define STEP(n, round_, from_, event_, to_)                                                                            \
    {                                                                                                                  \
        .number = n, .round = round_, .from = from_, .event = event_, .to = to_                                        \
    }
static const struct row {
    const char *name;
    size_t n;
    struct journal_row rows[10];
    enum err err;
    unsigned state;
    uint64_t round;
} rows[] = {
    { "nothing yet", 0, { { 0 } }, OK, RUN_PLANNED, 0 },
    { "one round",
      9,
      { STEP(1, 0, "planned", "start", "inviting"), STEP(2, 0, "inviting", "changed", "inviting"),
        STEP(3, 1, "inviting", "changed", "permitting"), STEP(4, 1, "permitting", "permitted", "training"),
        STEP(5, 1, "training", "deadline", "aggregating"), STEP(6, 1, "aggregating", "merged", "evaluating"),
        STEP(7, 2, "evaluating", "changed", "permitting"), STEP(8, 2, "permitting", "permitted", "training"),
        STEP(9, 2, "training", "abort", "aborted") },
      OK,
      RUN_ABORTED,
      2 },
    { "a row is missing",
      2,
      { STEP(1, 0, "planned", "start", "inviting"), STEP(3, 0, "inviting", "changed", "inviting") },
      ERR_BUG,
      0,
      0 },
    { "does not begin where the last one ended",
      2,
      { STEP(1, 0, "planned", "start", "inviting"), STEP(2, 1, "training", "changed", "training") },
      ERR_BUG,
      0,
      0 },
    { "no row of the table", 1, { STEP(1, 1, "planned", "start", "training") }, ERR_BUG, 0, 0 },
    { "the round is wrong",
      2,
      { STEP(1, 0, "planned", "start", "inviting"), STEP(2, 5, "inviting", "deadline", "permitting") },
      ERR_BUG,
      0,
      0 },
    { "no such state", 1, { STEP(1, 0, "planned", "start", "nowhere") }, ERR_BUG, 0, 0 },
};

Test(replay, rows)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { 0 };
        unsigned state = 0;
        uint64_t round = 0;
        enum err e = journal_replay(rows[i].rows, rows[i].n, &state, &round, &why);
        cr_expect(e == rows[i].err, "%s: %s", rows[i].name, why.text);
        if (e == OK) cr_expect(state == rows[i].state && round == rows[i].round, "%s", rows[i].name);
    }
}

static void put(struct store *s, const char *key, const char *value)
{
    cr_assert(store_begin(s) == OK && store_put(s, key, str_bytes(str_of(value))) == OK && store_commit(s) == OK);
}

Test(replay, a_store_is_checked_whole)
{
    struct house h;
    struct why why = { 0 };
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    struct store *s = sim_store(h.sim, "coordinator");
    cr_expect(journal_check(s, &why) == OK, "%s", why.text);
    put(s, "journal/toy-1/9999999999", "{\"number\":9,\"from\":\"done\",\"event\":\"start\",\"to\":\"inviting\"}");
    cr_expect(journal_check(s, &why) == ERR_BUG);
    house_close(&h);
}
