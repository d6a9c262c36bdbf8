#include "agents/coordinator/journal.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(journal, rows_keep_what_is_not_known)
{
    struct round_row round;
    struct run_head head;
    cr_assert(journal_read_round(str_bytes(STR("{\"round\":3,\"loss\":0.25}")), &round) == OK);
    cr_expect(round.round == 3 && round.loss == 0.25 && isnan(round.auc) && isnan(round.train_loss));
    cr_assert(journal_read_head(str_bytes(STR("{\"state\":3,\"round\":2,\"task\":\"toy\"}")), &head) == OK);
    cr_expect(head.state == RUN_TRAINING && isnan(head.best_loss) && strcmp(head.task, "toy") == 0);
    cr_expect(journal_read_head(str_bytes(STR("{\"state\":77}")), &head) == ERR_STORE, "no such state");
}

Test(journal, tails_sort_as_numbers_do)
{
    char a[32];
    char b[32];
    cr_expect(strcmp(journal_round_tail(9, a), journal_round_tail(10, b)) < 0);
}

/* Killed in every phase: it comes back in the state it had, and the run ends as if nothing had been. */
Test(journal, a_killed_coordinator_comes_back_where_it_was, .timeout = 60)
{
    for (uint64_t at_ms = 0; at_ms < 40; at_ms += 2) {
        struct house h;
        house_open(&h, "standardise: moments\n", (const char *const[]){ "honest", "honest", NULL });
        sim_say(h.sim, "olga", "coordinator", "start toy");
        house_run(&h, at_ms);
        bool begun = house_has(&h, "head/toy-1");
        struct run_head before = begun ? house_head(&h, "toy-1") : (struct run_head){ 0 };
        sim_kill(h.sim, "coordinator", 500);
        house_run(&h, 600);
        if (begun) {
            struct run_head after = house_head(&h, "toy-1");
            cr_expect(after.journal >= before.journal && after.round >= before.round, "%d ms", (int)at_ms);
            cr_expect(house_until_over(&h), "%d ms", (int)at_ms);
            cr_expect(house_head(&h, "toy-1").state == RUN_DONE, "%d ms", (int)at_ms);
        }
        struct why why = { 0 };
        cr_expect(journal_check(sim_store(h.sim, "coordinator"), &why) == OK, "%d ms: %s", (int)at_ms, why.text);
        house_close(&h);
    }
}

Test(journal, a_run_that_ended_leaves_no_working_rows)
{
    static const char *const kinds[] = { "update/", "delta/", "moments/", "scores/", "model/", "memory/" };
    struct house h;
    house_open(&h, "server: { optimizer: adam }\n", (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) cr_expect(!house_has(&h, kinds[i]), "%s", kinds[i]);
    cr_expect(house_has(&h, "journal/toy-1/") && house_has(&h, "round/toy-1/") && house_has(&h, "site/toy-1/"));
    house_close(&h);
}
