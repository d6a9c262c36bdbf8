/* Beginning from settings and store. */
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static enum err begin(const char *settings, struct why *why)
{
    struct sim *sim = sim_new(1, &(struct sim_faults){ 0 });
    cr_assert(sim != NULL);
    enum err e = sim_add(sim, &trainer_agent, "hospital", settings, why);
    if (e == OK) e = sim_start(sim, why);
    sim_free(sim);
    return e;
}

Test(trainer_handlers_state, what_it_will_not_begin_with)
{
    static const struct {
        const char *settings;
        enum err err;
        const char *text;
    } rows[] = {
        { "records: /nowhere\n", ERR_SETTING, "coordinator" },
        { "records: /nowhere\ncoordinator: boss@here\n", ERR_SETTING, "boss@here" },
        { "records: /nowhere\nengine: steam\n", ERR_SETTING, "steam" },
        { "site: a\n", ERR_SETTING, "records" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        cr_expect_eq(begin(rows[i].settings, &why), rows[i].err, "%s", rows[i].settings);
        cr_expect(strstr(why.text, rows[i].text) != NULL, "%s: %s", rows[i].settings, why.text);
    }
}

Test(trainer_handlers_state, comes_back_as_it_was)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    site_do(&s, "invite");
    site_kill(&s);
    const struct trainer *t = site_trainer(&s);
    cr_assert_eq(t->runs.count, 1);
    cr_expect(t->runs.items[0].accepted && t->last_plan != NULL && t->policy.set && t->looked);
    cr_expect_eq(t->about.good, SITE_ROWS);
    site_do(&s, "train 1");
    cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 1);
    cr_expect_eq(site_heard(&s)->got[MSG_JOIN], 2);
    site_close(&s);
}

/* A ledger with a bent record refuses, and the process goes on. */
Test(trainer_handlers_state, broken_ledger)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 8) });
    site_do(&s, "invite");
    struct store *kept = sim_store(s.sim, "hospital");
    cr_assert_eq(store_begin(kept), OK);
    cr_assert_eq(store_put(kept, "ledger/records/budget/0000000000", str_bytes(STR("reserve nothing"))), OK);
    cr_assert_eq(store_commit(kept), OK);
    site_kill(&s);
    site_do(&s, "train 1");
    cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 0);
    cr_expect_str_eq(site_heard(&s)->code, "ERR_BUDGET");
    site_close(&s);
}

/* What a hospital has spent stays spent when its ledger comes to be one for each data set. */
Test(trainer_handlers_state, a_ledger_from_before_data_sets)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 2) });
    struct store *kept = sim_store(s.sim, "hospital");
    cr_assert_eq(store_begin(kept), OK);
    for (unsigned i = 0; i < 3; i++) {
        char key[64], record[200];
        (void)snprintf(key, sizeof key, "budget/%010u", i);
        (void)snprintf(record, sizeof record,
                       "reserve run=old round=%u mechanism=gaussian noise=3.730631634816469 steps=1 clip=1 epsilon=1 "
                       "delta=1.0000000000000001e-05",
                       i + 1);
        cr_assert_eq(store_put(kept, key, str_bytes(str_of(record))), OK);
    }
    cr_assert_eq(store_commit(kept), OK);
    site_kill(&s);
    cr_expect_eq(site_trainer(&s)->account->site.count, 3, "%s", site_trainer(&s)->account->site.trouble.text);
    cr_expect(strstr(site_ask(&s, "paul", "/budget"), "3 charges are older than the ledgers of data sets") != NULL);
    site_do(&s, "invite");
    site_do(&s, "train 1");
    cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 0);
    cr_expect_str_eq(site_heard(&s)->code, "ERR_BUDGET");
    cr_expect(strstr(site_heard(&s)->text, "data set records, the whole hospital: epsilon 1.") != NULL, "%s",
              site_heard(&s)->text);
    site_close(&s);
}
