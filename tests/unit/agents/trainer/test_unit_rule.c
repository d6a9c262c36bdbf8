#include "agents/trainer/engines/net.h"
#include "agents/trainer/records.h"
#include "agents/trainer/secure_vector.h"
#include "agents/trainer/train_job.h"
#include "agents/trainer/unit_rule.h"
#include "common/base/file.h"
#include "common/privacy/filter.h"
#include "common/privacy/secure_plan.h"
#include "common/terms/terms.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMED(noise)                                                                                                   \
    SITE_TASK "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 1, noise_multiplier: " #noise "}\n"

#define IN_SUMS(rate)                                                                                                  \
    SITE_SECURE_TASK "train: {epochs: 2}\n"                                                                            \
                     "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 1, rate: " #rate "}\n"

/* SITE_TASK has 3 rounds of 2 epochs in batches of 16. */
Test(unit_rule, rates_and_steps)
{
    static const struct {
        uint64_t units;
        double rate;
        uint64_t steps;
    } rows[] = { { 160, .1, 20 }, { 100, .16, 14 }, { 16, 1, 2 }, { 5, 1, 2 }, { 1, 1, 2 } };
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK SITE_UNIT_NOISE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct unit_rule r;
        cr_assert_eq(unit_rule_make(p, rows[i].units, &r, NULL), OK);
        cr_expect(r.rate == rows[i].rate && r.steps == rows[i].steps && r.rounds == 3, "%zu", i);
        double cost = unit_rule_cost(&r, 3, 1e-5);
        cr_expect(cost <= 8 && cost > 7, "%zu: noise %g, epsilon %g", i, r.noise, cost);
    }
}

/* In secure sums nothing of the rule but the number itself hangs on how many there are. */
Test(unit_rule, untold_in_sums)
{
    CLEANUP(plan_let_go)
    struct plan *p = learned_plan(IN_SUMS(0.3));
    struct unit_rule first;
    cr_assert_eq(unit_rule_make(p, 1, &first, NULL), OK);
    cr_expect(first.rate == .3 && first.steps == 8 && first.noise > 0);
    for (uint64_t units = 2; units < 3000; units += 371) {
        struct unit_rule r;
        cr_assert_eq(unit_rule_make(p, units, &r, NULL), OK);
        r.units = first.units;
        cr_expect_eq(memcmp(&r, &first, sizeof r), 0, "%d", (int)units);
    }
}

/* Round by round, as the ledger adds up: within the promise to the last digit. */
Test(unit_rule, all_rounds_are_within_the_promise)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK SITE_UNIT_NOISE);
    for (uint64_t units = 17; units < 3000; units += 371) {
        struct unit_rule r;
        struct accountant a = accountant_make();
        cr_assert_eq(unit_rule_make(p, units, &r, NULL), OK);
        struct privacy_event e = unit_rule_event(&r);
        struct filter filter = filter_fix(filter_make(8, 1e-5), &e);
        for (int round = 0; round < 3; round++) {
            cr_expect(filter_allows(&filter, &a, &e, 1), "%d of %d units", round, (int)units);
            cr_assert_eq(accountant_add(&a, &e), OK);
        }
        cr_expect_not(filter_allows(&filter, &a, &e, 1));
    }
}

Test(unit_rule, noise_by_name)
{
    static const struct {
        const char *task;
        enum err err;
    } rows[] = { { NAMED(5), OK }, { NAMED(0.3), ERR_REFUSED } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *p = learned_plan(rows[i].task);
        struct unit_rule r = { .noise = -1 };
        struct why why = { "" };
        cr_expect_eq(unit_rule_make(p, 160, &r, &why), rows[i].err, "%zu", i);
        cr_expect_eq(r.noise, rows[i].err == OK ? 5 : -1, "%zu", i);
        cr_expect_eq(strstr(why.text, "noise_multiplier") != NULL, rows[i].err != OK, "%s", why.text);
    }
}

/* A sum that is given up is spent: the noise is for a few more than there are rounds. */
Test(unit_rule, steps_for_secure_sums)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(IN_SUMS(0.1));
    CLEANUP(plan_let_go) struct plan *alone = learned_plan(SITE_TASK SITE_UNIT_NOISE);
    struct unit_rule r, a;
    cr_assert_eq(unit_rule_make(p, 160, &r, NULL), OK);
    cr_assert_eq(unit_rule_make(alone, 160, &a, NULL), OK);
    cr_expect(r.rounds == secure_plan_sums(3) && r.steps == 20 && !r.summed);
    cr_expect(unit_rule_cost(&r, r.rounds, 1e-5) <= 8 && unit_rule_cost(&r, r.rounds, 1e-5) > 7);
    cr_expect(unit_rule_event(&r).mechanism == PRIVACY_SUBSAMPLED_GAUSSIAN && a.rounds == 3);
}

Test(unit_rule, before_the_units_are_known)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK SITE_UNIT_NOISE);
    struct unit_rule r;
    cr_assert_eq(unit_rule_make(p, 0, &r, NULL), OK);
    cr_expect(r.epsilon == 8 && r.delta == 1e-5 && r.clip == 1 && r.noise == 0 && r.steps == 0);
    cr_expect(isinf(unit_rule_cost(&r, 1, 1e-5)));
}

/* ---- three hospitals, from the records to the model ---- */

enum { HOSPITALS = 3, INPUTS = 30 };

struct federation {
    struct plan *plan;
    struct table train, test; /* in the file's units; the first is dealt out in equal parts */
    struct tensor_set *weights;
    uint32_t *starts;
};

static void open_federation(struct federation *f)
{
    CLEANUP(buf_free) struct buf task = buf_make(1 << 16);
    struct records *records = NULL;
    struct records_about about = { 0 };
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/examples/breast-cancer/task-dp.yaml", &task, NULL), OK);
    cr_assert_eq(plan_new(buf_str(&task), &f->plan, NULL), OK);
    struct records_order order = { .path = HIMAS_SOURCE_DIR "/examples/breast-cancer/breast_cancer.csv",
                                   .schema = "",
                                   .need = &f->plan->task.contract,
                                   .test_fraction = .3,
                                   .seed = 1 };
    cr_assert_eq(records_load(&order, &records, &about, NULL), OK);
    cr_assert_eq(records_take(records, RECORDS_TRAINING, &f->train), OK);
    cr_assert_eq(records_take(records, RECORDS_HELD_OUT, &f->test), OK);
    cr_assert_eq(model_init(&f->plan->spec, 1, &f->weights), OK);
    f->starts = calloc(f->train.nrows + 1, sizeof *f->starts);
    for (uint32_t i = 0; i <= f->train.nrows; i++) f->starts[i] = i;
    records_about_fini(&about);
    records_drop(records);
}

static void close_federation(struct federation *f)
{
    plan_drop(f->plan);
    table_fini(&f->train);
    table_fini(&f->test);
    tensor_set_free(f->weights);
    free(f->starts);
}

/* One hospital's part of a round, added to the sum. */
static void take_part(const struct federation *f, size_t hospital, uint64_t round, uint8_t seed, struct tensor_set *sum)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    struct unit_rule r;
    double loss = 0;
    void *net = NULL;
    struct tensor_set *after CLEANUP(tensor_set_drop) = NULL;
    size_t n = f->train.nrows / HOSPITALS;
    cr_assert_eq(table_init(&rows, n, INPUTS), OK);
    memcpy(rows.inputs, f->train.inputs + hospital * n * INPUTS, n * INPUTS * sizeof(float));
    memcpy(rows.labels, f->train.labels + hospital * n, n * sizeof *rows.labels);
    cr_assert_eq(incoming_scale(&(struct incoming){ 0 }, &f->plan->task, &rows, NULL), OK);
    cr_assert_eq(unit_rule_make(f->plan, n, &r, NULL), OK);
    struct training_privacy privacy = { r.clip, r.noise, r.rate, r.steps, n, f->starts, { 0 } };
    memcpy(privacy.key, (uint8_t[]){ (uint8_t)hospital, (uint8_t)round, seed }, 3);
    struct training how = train_how(f->plan, round);
    how.privacy = &privacy;
    cr_assert_eq(net_engine.create(&f->plan->spec, 1, &net, NULL), OK);
    cr_assert_eq(net_engine.load(net, f->weights, NULL), OK);
    cr_assert_eq(net_engine.train(net, &rows, &how, NULL, &loss, NULL), OK);
    cr_assert_eq(net_engine.store(net, &after), OK);
    tensor_set_axpy(1.0 / HOSPITALS, after, sum);
    net_engine.free(net);
}

static double auc_of(const struct federation *f)
{
    CLEANUP(tally_fini) struct tally tally = { 0 };
    CLEANUP(table_fini) struct table rows = { 0 };
    struct metrics m;
    void *net = NULL;
    cr_assert_eq(table_init(&rows, f->test.nrows, INPUTS), OK);
    memcpy(rows.inputs, f->test.inputs, f->test.nrows * INPUTS * sizeof(float));
    memcpy(rows.labels, f->test.labels, f->test.nrows * sizeof *rows.labels);
    cr_assert_eq(incoming_scale(&(struct incoming){ 0 }, &f->plan->task, &rows, NULL), OK);
    cr_assert_eq(net_engine.create(&f->plan->spec, 1, &net, NULL), OK);
    cr_assert_eq(net_engine.load(net, f->weights, NULL), OK);
    cr_assert_eq(tally_init(&tally, 2), OK);
    cr_assert_eq(net_engine.evaluate(net, &rows, &tally), OK);
    tally_finish(&tally, &m);
    net_engine.free(net);
    return m.auc;
}

/* Epsilon 8 over ten rounds for each of some 130 records a hospital; simulations with ten seeds gave .980 to .991. */
Test(unit_rule, breast_cancer)
{
    for (uint8_t seed = 0; seed < 3; seed++) {
        CLEANUP(close_federation) struct federation f = { 0 };
        open_federation(&f);
        for (uint64_t round = 1; round <= f.plan->task.rounds.count; round++) {
            CLEANUP(tensor_set_drop) struct tensor_set *sum = NULL;
            cr_assert_eq(tensor_set_zeros_like(f.weights, &sum), OK);
            for (size_t h = 0; h < HOSPITALS; h++) take_part(&f, h, round, seed, sum);
            tensor_set_copy(sum, f.weights);
        }
        double auc = auc_of(&f);
        cr_expect_gt(auc, .95, "seed %d: %g", seed, auc);
    }
}

/* The hospitals' changes through a secure sum, as its plan says: the new weights. */
static void step_by_sum(struct federation *f, uint64_t round, uint8_t seed)
{
    const uint8_t key[STREAM_KEY_BYTES] = { 1 };
    struct secagg_header h = { .cohort = HOSPITALS };
    struct secure_want want = terms_want(&f->plan->task, &f->plan->spec, &h, false);
    struct secure_plan p;
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    double weight = 0;
    cr_assert_eq(secure_plan_of(&want, &p, NULL), OK);
    cr_assert_eq(secagg_vec_init(&sum, p.bits, p.length), OK);
    for (size_t i = 0; i < HOSPITALS; i++) {
        CLEANUP(trained_fini) struct trained t = { .samples = f->train.nrows / HOSPITALS };
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        struct why why = { "" };
        cr_assert_eq(tensor_set_zeros_like(f->weights, &t.delta), OK);
        take_part(f, i, round, seed, t.delta);
        tensor_set_scale(HOSPITALS, t.delta); /* it took part as one of them */
        tensor_set_subtract(t.delta, f->weights, t.delta);
        cr_assert_eq(secure_vector_fill(&(struct secure_source){ .plan = &p, .key = key }, &t, &v, &why), OK, "%s",
                     why.text);
        cr_assert_eq(secagg_vec_add(&sum, &v), OK);
    }
    cr_assert_eq(quantise_get(&p.count, &sum, p.want.weights, &weight, 1), OK);
    for (size_t k = 0; k < p.want.weights; k++) {
        double number = 0;
        cr_assert_eq(quantise_get(&p.update, &sum, k, &number, 1), OK);
        f->weights->flat[k] += (float)(number / weight);
    }
}

/* The same in secure sums, with the task's rate and more sums reckoned with than there are rounds. */
Test(unit_rule, breast_cancer_in_sums)
{
    for (uint8_t seed = 0; seed < 3; seed++) {
        CLEANUP(close_federation) struct federation f = { 0 };
        struct unit_rule r;
        open_federation(&f);
        f.plan->task.aggregation.secure = true;
        f.plan->task.privacy.rate = .25;
        cr_assert_eq(unit_rule_make(f.plan, 1, &r, NULL), OK);
        cr_expect(r.noise > .5 && r.steps >= 4 && r.rounds > f.plan->task.rounds.count);
        for (uint64_t round = 1; round <= f.plan->task.rounds.count; round++) step_by_sum(&f, round, seed);
        double auc = auc_of(&f);
        cr_log_info("seed %d: noise %g, %d steps a round, AUC %.4f", seed, r.noise, (int)r.steps, auc);
        cr_expect_gt(auc, .95, "seed %d: %g", seed, auc);
    }
}

/* In shares: a round is one sum, the rate is the task's, and one sum more is reckoned with for ten rounds. */
Test(unit_rule, in_shares)
{
#define SHARES                                                                                                         \
    "name: toy\ndata: {columns: [{name: a, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"                    \
    "rounds: {count: 40, max_samples: 100, quorum: 3}\naggregation: {secure: yes}\nprivacy: {mechanism: distributed, " \
    "epsilon: 8, delta: 1.0e-5, clip: 1, "                                                                             \
    "unit: "
    static const struct {
        const char *task;
        enum err expected;
        bool site;
        double rate, noise; /* within 2 % */
    } rows[] = {
        { SHARES "patient, rate: 0.3}\n", OK, false, .3, 1.541 },
        { SHARES "site}\n", OK, true, 1, 4.23 },
        { SHARES "patient, rate: 0.3, noise_multiplier: 1.6}\n", OK, false, .3, 1.6 },
        { SHARES "patient, rate: 0.3, noise_multiplier: 1.5}\n", ERR_REFUSED, false, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *p = learned_plan(rows[i].task);
        struct unit_rule r = { .rate = 0 };
        cr_expect(plan_has_unit(p) && plan_is_summed(p) && plan_hides_patients(p) != rows[i].site);
        cr_expect_eq(unit_rule_make(p, 100, &r, NULL), rows[i].expected, "row %zu", i);
        if (rows[i].expected != OK) continue;
        struct privacy_event e = unit_rule_event(&r);
        cr_expect(r.summed && r.site == rows[i].site && r.rate == rows[i].rate && r.steps == 1 && r.rounds == 44);
        cr_expect_float_eq(r.noise, rows[i].noise, .02 * rows[i].noise, "row %zu: %g", i, r.noise);
        cr_expect(e.mechanism == PRIVACY_DISTRIBUTED && e.rate == rows[i].rate);
        cr_expect_leq(unit_rule_cost(&r, r.rounds, 1e-5), 8);
        cr_expect_eq(unit_rule_make(p, 101, &r, NULL), ERR_REFUSED, "more than the ring is for");
    }
}
