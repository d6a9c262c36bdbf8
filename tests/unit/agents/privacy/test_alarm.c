/* What an alarm does: it is kept and logged, people hear of it, and what it is about has no permits. */
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: yes\nmin_noise: 0\nepsilon_max: 100\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";

static enum err count(void *to, const char *key, struct bytes entry)
{
    (void)key;
    *(size_t *)to += str_starts(bytes_str(entry), "alarm about=toy-1");
    return OK;
}

/* Row by row one history, over which the guardian is killed, too. */
Test(alarm, is_kept_logged_told_and_ends_the_run)
{
    static const struct {
        const char *name, *words, *revoked, *heard; /* afterwards, by the coordinator; "" nothing yet */
        bool killed;                                /* before it */
        size_t logged;
    } rows[] = {
        { "as permitted", "/send ask 1 8", "", "permitted", false, 0 },
        { "less noise than that", "/send report 1 1", "had noise 1", "permitted", false, 1 },
        { "no more permits", "/send ask 2 8", "had noise 1", "round 1 of toy-1: the update of", false, 1 },
        { "nor after a crash", "/send ask 3 8", "had noise 1", "round 1 of toy-1: the update of", true, 1 },
        { "another one takes its place", "/send report 7 16", "trained without a permit", "the update of", false, 2 },
        { "and is the reason from then on", "/send ask 4 8", "trained without a permit", "trained without a permit",
          false, 2 },
    };
    char path[64];
    struct sim *s = chief_house(policy, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t logged = 0;
        if (rows[i].killed) sim_kill(s, "guardian", 10);
        cr_expect(chief_hears(s, "coordinator", rows[i].words, "sent"), "%s", rows[i].name);
        const struct chief *c = chief_of(s);
        cr_expect(rows[i].revoked[0] ? strstr(c->revoked, rows[i].revoked) != NULL : c->revoked[0] == '\0', "%s: %s",
                  rows[i].name, c->revoked);
        cr_expect(strstr(c->heard, rows[i].heard), "%s: %s", rows[i].name, c->heard);
        cr_assert_eq(store_scan(sim_store(s, "guardian"), "log/entry/", count, &logged), OK);
        cr_expect_eq(logged, rows[i].logged, "%s", rows[i].name);
    }
    sim_free(s);
    (void)remove(path);
}

/* Operators and officers are told; who only asks for models is not. */
Test(alarm, those_who_decide_are_told)
{
    static const struct {
        const char *name;
        bool told;
    } rows[] = { { "olga", true }, { "paul", true }, { "sam", false } };
    char path[64];
    struct sim *s = chief_house(policy, path);
    cr_expect(chief_hears(s, "coordinator", "/send report 7 16", "sent"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str said = sim_heard(s, rows[i].name);
        cr_expect_eq(said.n > 0 && strstr(said.p, "round 7 of toy-1 was trained without a permit") != NULL,
                     rows[i].told, "%s: " STR_F, rows[i].name, STR_ARG(said));
    }
    sim_free(s);
    (void)remove(path);
}
