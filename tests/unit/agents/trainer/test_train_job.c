#include "agents/trainer/engines/net.h"
#include "agents/trainer/train_job.h"
#include "common/privacy/secure_plan.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static enum err train(const struct plan *p, uint64_t round, const struct training_hooks *hooks, struct trained *out)
{
    CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
    CLEANUP(table_fini) struct table rows = { 0 };
    learned_model(p, NULL, NULL, &model);
    learned_rows(60, &rows);
    return train_round(&net_engine, p, &rows, &model, round, NULL, hooks, out, NULL);
}

/* delta = trained - received, where "trained" is the engine's own answer. */
Test(train_job, the_change_is_trained_minus_received)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(trained_fini) struct trained t = { 0 };
    CLEANUP(table_fini) struct table rows = { 0 };
    struct tensor_set *received CLEANUP(tensor_set_drop) = NULL;
    struct tensor_set *trained CLEANUP(tensor_set_drop) = NULL;
    struct incoming as_it_is = { 0 };
    struct training how = train_how(p, 2);
    void *model = NULL;
    double loss = 0;
    cr_assert_eq(train(p, 2, NULL, &t), OK);
    cr_assert_eq(model_init(&p->spec, 3, &received), OK);
    learned_rows(60, &rows);
    cr_assert_eq(incoming_scale(&as_it_is, &p->task, &rows, NULL), OK);
    cr_assert_eq(net_engine.create(&p->spec, 9, &model, NULL), OK);
    cr_assert_eq(net_engine.load(model, received, NULL), OK);
    cr_assert_eq(net_engine.train(model, &rows, &how, NULL, &loss, NULL), OK);
    cr_assert_eq(net_engine.store(model, &trained), OK);
    net_engine.free(model);
    for (size_t i = 0; i < trained->nelements; i++)
        cr_expect_eq(t.delta->flat[i], trained->flat[i] - received->flat[i], "%zu", i);
    cr_expect(t.samples == 60 && t.loss == loss && tensor_set_l2(t.delta) > 0);
}

Test(train_job, again_gives_the_same_and_rounds_differ)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(trained_fini) struct trained a = { 0 };
    CLEANUP(trained_fini) struct trained b = { 0 };
    CLEANUP(trained_fini) struct trained c = { 0 };
    cr_assert(train(p, 1, NULL, &a) == OK && train(p, 1, NULL, &b) == OK && train(p, 2, NULL, &c) == OK);
    cr_expect_eq(memcmp(a.delta->flat, b.delta->flat, a.delta->nelements * sizeof(float)), 0);
    cr_expect_neq(memcmp(a.delta->flat, c.delta->flat, a.delta->nelements * sizeof(float)), 0);
}

static bool stop(void *self)
{
    (void)self;
    return true;
}

Test(train_job, what_gives_no_change)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(table_fini) struct table rows = { 0 };
    struct trained t = { 0 };
    struct why why = { "" };
    CLEANUP(buf_free) struct buf model = buf_make(100);
    buf_add_z(&model, "no model");
    cr_expect_eq(train(p, 1, &(struct training_hooks){ .cancelled = stop }, &t), ERR_STATE);
    learned_rows(4, &rows);
    cr_expect_eq(train_round(&net_engine, p, &rows, &model, 1, NULL, NULL, &t, &why), ERR_INPUT);
    cr_expect(t.delta == NULL && why.text[0]);
}

Test(train_job, how)
{
    CLEANUP(plan_let_go)
    struct plan *p =
        learned_plan("name: t\ndata: {columns: [{name: a}, {name: y, role: label, classes: 2}]}\n"
                     "train: {optimizer: adam, learning_rate: 0.5, epochs: 7, batch: 9, proximal_mu: 0.25, "
                     "weight_decay: 0.125, seed: 40}\n");
    struct training how = train_how(p, 2);
    cr_expect(how.optimizer == TRAINING_ADAM && how.learning_rate == .5 && how.epochs == 7 && how.batch == 9);
    cr_expect(how.proximal_mu == .25 && how.weight_decay == .125 && how.seed == 42);
    cr_expect_eq(training_check(&how, NULL), OK);
}

/* A round that is one step of all hospitals: no change here, but the sum of clipped gradients. */
Test(train_job, a_sum_of_gradients)
{
    CLEANUP(plan_let_go)
    struct plan *p = learned_plan(
        "name: toy\ndata: {columns: [{name: a, min: -10, max: 10}, {name: b, min: -10, max: 10},"
        " {name: y, role: label, classes: 2}]}\n"
        "rounds: {quorum: 3}\naggregation: {secure: yes}\n"
        "privacy: {mechanism: distributed, unit: patient, rate: 1, epsilon: 8, delta: 1.0e-5, clip: 0.1}\n");
    CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
    CLEANUP(table_fini) struct table rows = { 0 };
    CLEANUP(trained_fini) struct trained t = { 0 };
    uint32_t starts[61];
    double norm = 0;
    for (uint32_t i = 0; i <= 60; i++) starts[i] = i;
    struct training_privacy privacy = { .clip = .1, .noise = 1, .rate = 1, .steps = 1, .nunits = 60, .starts = starts };
    learned_model(p, NULL, NULL, &model);
    learned_rows(60, &rows);
    cr_assert_eq(train_round(&net_engine, p, &rows, &model, 1, &privacy, NULL, &t, NULL), OK);
    cr_assert_not_null(t.gradient);
    for (size_t i = 0; i < t.ngradient; i++) norm += t.gradient[i] * t.gradient[i];
    for (size_t i = t.ngradient; i < secure_plan_room(t.ngradient); i++) cr_expect_eq(t.gradient[i], 0);
    cr_expect(t.samples == 60 && t.ngradient == 3 && t.delta == NULL && sqrt(norm) > .05 && sqrt(norm) <= 6);
}
