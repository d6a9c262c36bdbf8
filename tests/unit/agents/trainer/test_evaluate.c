#include "agents/trainer/engines/net.h"
#include "agents/trainer/evaluate.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>

Test(evaluate, counts_every_row_once)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
    CLEANUP(table_fini) struct table rows = { 0 };
    CLEANUP(tally_fini) struct tally t = { 0 };
    double all = 0;
    double scored = 0;
    learned_model(p, NULL, NULL, &model);
    learned_rows(50, &rows);
    cr_assert_eq(evaluate_round(&net_engine, p, &rows, &model, &t, NULL), OK);
    for (size_t i = 0; i < 4; i++) all += t.confusion[i];
    for (size_t i = 0; i < t.nscores * t.nbins; i++) scored += t.positives[i] + t.negatives[i];
    cr_expect(*t.count == 50 && all == 50 && scored == 50 && *t.loss_sum > 0);
    cr_expect_eq(tally_check(&t), OK);
}

Test(evaluate, no_rows_and_no_model)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
    CLEANUP(table_fini) struct table none = { 0 };
    CLEANUP(tally_fini) struct tally t = { 0 };
    cr_assert_eq(table_init(&none, 0, 2), OK);
    buf_add_z(&model, "x");
    cr_expect_eq(evaluate_round(&net_engine, p, &none, &model, &t, NULL), ERR_INPUT);
    cr_expect_null(t.values);
    learned_model(p, NULL, NULL, &model);
    cr_assert_eq(evaluate_round(&net_engine, p, &none, &model, &t, NULL), OK);
    cr_expect_eq(*t.count, 0);
}
