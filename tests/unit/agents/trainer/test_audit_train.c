#include "agents/trainer/audit_train.h"
#include "agents/trainer/incoming.h"
#include "common/learn/safetensors.h"
#include "tests/support/dice.h"
#include "tests/unit/agents/trainer/learned.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASK(scale, privacy)                                                                                           \
    "name: toy\ndata:\n  header: no\n  columns:\n    - {name: a, min: -10, max: 10}\n    - {name: b, min: -10, max: "  \
    "10}\n"                                                                                                            \
    "    - {name: y, role: label, classes: [\"0\", \"1\"]}\nstandardise: " scale                                       \
    "\ntrain: {epochs: 3, batch: 16, learning_rate: 0.1}\nrounds: {count: 5, quorum: 3}\n" privacy

enum { ROWS = 64 };

struct place {
    struct plan *plan;
    struct audit_rows rows;
    struct audit_order order;
    struct rng rng;
};

static struct audit_training open_place(struct place *p, const char *task, uint64_t rounds, bool hidden)
{
    *p = (struct place){ .plan = learned_plan(task), .rng = rng_make(5) };
    learned_rows(ROWS, &p->rows.table);
    p->rows.starts = calloc(ROWS + 1, sizeof *p->rows.starts);
    for (uint32_t i = 0; i <= ROWS; i++) p->rows.starts[i] = i;
    p->rows.nunits = ROWS;
    p->order = (struct audit_order){ .engine = engine_find(STR("net")), .plan = p->plan };
    return (struct audit_training){ &p->order, rounds, hidden, ROWS, dice_random, &p->rng };
}

static void close_place(struct place *p)
{
    plan_drop(p->plan);
    audit_rows_fini(&p->rows);
}

static double mean_loss(const struct place *p, const struct buf *model)
{
    double losses[ROWS];
    double sum = 0;
    cr_assert_eq(audit_losses(&p->order, buf_bytes(model), &p->rows.table, losses, NULL), OK);
    for (size_t i = 0; i < ROWS; i++) {
        cr_expect(losses[i] >= 0 && isfinite(losses[i]));
        sum += losses[i];
    }
    return sum / ROWS;
}

Test(audit_train, learns_from_round_to_round)
{
    static const char *const scales[] = { TASK("ranges", ""), TASK("moments", "") };
    for (size_t i = 0; i < 2; i++) {
        double before = 1e9;
        for (uint64_t rounds = 0; rounds <= 8; rounds += 4) {
            struct place p;
            CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
            struct audit_training t = open_place(&p, scales[i], rounds, true);
            cr_assert_eq(audit_train(&t, &p.rows, &p.rows.table, &model, NULL), OK);
            double loss = mean_loss(&p, &model);
            cr_expect(loss < before, "scale %zu, %llu rounds: %g", i, (unsigned long long)rounds, loss);
            before = loss;
            close_place(&p);
        }
    }
}

/* Against the formula, with weights that are known: one output, two classes. */
Test(audit_train, losses_are_cross_entropies)
{
    struct place p;
    double losses[ROWS];
    CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    CLEANUP(table_fini) struct table copy = { 0 };
    struct audit_training t = open_place(&p, TASK("ranges", ""), 2, true);
    cr_assert_eq(audit_train(&t, &p.rows, &p.rows.table, &model, NULL), OK);
    cr_assert_eq(audit_losses(&p.order, buf_bytes(&model), &p.rows.table, losses, NULL), OK);
    cr_assert_eq(incoming_read(buf_bytes(&model), &p.plan->spec, &in, NULL), OK);
    cr_assert_eq(audit_copy(&p.rows.table, &copy), OK);
    cr_assert_eq(incoming_scale(&in, &p.plan->task, &copy, NULL), OK);
    const float *w = in.weights->flat;
    for (size_t i = 0; i < ROWS; i++) {
        double z = w[0] * copy.inputs[2 * i] + w[1] * copy.inputs[2 * i + 1] + w[2];
        double p1 = 1 / (1 + exp(-z));
        cr_expect_float_eq(losses[i], -log(copy.labels[i] ? p1 : 1 - p1), 1e-5, "row %zu", i);
    }
    close_place(&p);
}

#define SHARES                                                                                                         \
    "aggregation: {secure: yes}\nprivacy: {mechanism: distributed, epsilon: 50, delta: 1.0e-5, clip: 1, unit: "
#define ONE_STEP                                                                                                       \
    "name: toy\ndata:\n  header: no\n  columns:\n    - {name: a, min: -10, max: 10}\n    - {name: b, min: -10, max: "  \
    "10}\n    - {name: y, role: label, classes: [\"0\", \"1\"]}\ntrain: {learning_rate: 5}\nrounds: {count: 40, "      \
    "quorum: 3}\n"

Test(audit_train, claims_of_sums)
{
    struct place p;
    struct audit_claim claim;
    struct audit_training t = open_place(&p, ONE_STEP SHARES "patient, rate: 0.5}\n", 44, true); /* as reckoned with */
    cr_assert_eq(audit_claim(&t, &claim, NULL), OK);
    cr_expect(claim.epsilon <= 50 && claim.epsilon > 49.9 && claim.delta == 1e-5, "%g", claim.epsilon);
    struct why why = { "" };
    t.units = p.plan->task.rounds.max_samples + 1;
    cr_expect_eq(audit_claim(&t, &claim, &why), ERR_REFUSED);
    cr_expect(strstr(why.text, "max_samples") != NULL, "%s", why.text);
    t.hidden = false;
    cr_assert_eq(audit_claim(&t, &claim, NULL), OK);
    cr_expect_eq(claim.epsilon, 0);
    close_place(&p);
}

/* Through the sum, with its noise or without: it learns from round to round, the noised one less well. */
Test(audit_train, noise_in_shares)
{
    static const char *const tasks[] = { ONE_STEP SHARES "patient, rate: 0.5}\n", TASK("ranges", SHARES "site}\n") };
    for (size_t i = 0; i < 4; i++) {
        struct place p;
        CLEANUP(buf_free) struct buf first = buf_make(1 << 20), last = buf_make(1 << 20);
        struct audit_training t = open_place(&p, tasks[i / 2], 0, i % 2);
        struct why why = { "" };
        cr_assert_eq(audit_train(&t, &p.rows, &p.rows.table, &first, &why), OK, "%s", why.text);
        t.rounds = i < 2 ? 40 : 4;
        cr_assert_eq(audit_train(&t, &p.rows, &p.rows.table, &last, &why), OK, "%s", why.text);
        if (i < 3) cr_expect_lt(mean_loss(&p, &last), mean_loss(&p, &first), "row %zu", i);
        close_place(&p);
    }
}

Test(audit_train, claims)
{
    static const struct {
        const char *privacy;
        uint64_t rounds;
        bool hidden;
        double least, most;
    } rows[] = {
        { "", 5, true, 0, 0 },
        { "privacy: {mechanism: dp-sgd, epsilon: 2, delta: 1.0e-5, clip: 1}\n", 5, true, 1.5, 2 },
        { "privacy: {mechanism: dp-sgd, epsilon: 2, delta: 1.0e-5, clip: 1}\n", 1, true, .2, 1.9 },
        { "privacy: {mechanism: dp-sgd, epsilon: 2, delta: 1.0e-5, clip: 1}\n", 5, false, 0, 0 },
        { "privacy: {mechanism: gaussian, epsilon: 1, delta: 1.0e-5, clip: 1}\n", 1, true, .9, 1 },
        { "privacy: {mechanism: laplace, epsilon: 1, clip: 1}\n", 4, true, 1, 4.001 },
        { SHARES "site}\n", 6, true, 50, 200 }, /* a record changes the hospital's update for another */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        struct audit_claim claim;
        char task[1000];
        (void)snprintf(task, sizeof task, "%s%s", TASK("ranges", ""), rows[i].privacy);
        struct audit_training t = open_place(&p, task, rows[i].rounds, rows[i].hidden);
        cr_assert_eq(audit_claim(&t, &claim, NULL), OK);
        cr_expect(claim.epsilon >= rows[i].least && claim.epsilon <= rows[i].most, "row %zu: %g", i, claim.epsilon);
        close_place(&p);
    }
}
