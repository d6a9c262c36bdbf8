#include "agents/trainer/engines/dpsgd.h"
#include "agents/trainer/engines/net.h"
#include "common/base/rng.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { ROWS = 1000, NWEIGHTS = 2 };

struct lesson {
    struct table rows;
    uint32_t starts[ROWS + 1];
    struct training_privacy privacy;
    struct training how;
};

/* Logistic regression on rows of one input 1 and label 1: from weights 0 each gradient is (-.5, -.5), length 1/sqrt 2.
 */
static void open_lesson(struct lesson *l, size_t nrows, double rate, uint64_t steps)
{
    cr_assert_eq(table_init(&l->rows, nrows, 1), OK);
    for (size_t i = 0; i < nrows; i++) l->rows.inputs[i] = 1, l->rows.labels[i] = 1;
    for (uint32_t i = 0; i <= nrows; i++) l->starts[i] = i;
    l->privacy = (struct training_privacy){
        .clip = 1, .noise = 1, .rate = rate, .steps = steps, .nunits = nrows, .starts = l->starts
    };
    l->how = (struct training){ TRAINING_SGD, 1, 0, 0, 1, 32, 1, &l->privacy };
}

/* Trains from zero; returns the weights' change times the expected number of units. */
static enum err learn(struct lesson *l, uint8_t key, double out[NWEIGHTS])
{
    struct model_spec spec;
    CLEANUP(tensor_set_drop) struct tensor_set *w = NULL;
    double loss = 0;
    cr_assert_eq(model_parse(STR("logistic 1-1"), &spec), OK);
    cr_assert_eq(model_init(&spec, 1, &w), OK);
    memset(w->flat, 0, w->nelements * sizeof(float));
    memset(l->privacy.key, key, sizeof l->privacy.key);
    TRY(dpsgd_train(&spec, w, &l->rows, &l->how, NULL, &loss, NULL));
    for (size_t i = 0; i < NWEIGHTS; i++) out[i] = w->flat[i] * l->privacy.rate * (double)l->privacy.nunits;
    return OK;
}

/* One step's sum with next to no noise is half the number of units drawn: over 200 keys its mean and variance are the
 * binomial's.  False alarm below 1e-8 (6 standard deviations of each, the variance's by its fourth moment). */
Test(dpsgd, each_unit_is_drawn_by_itself)
{
    struct lesson l;
    double sum = 0, squares = 0;
    const double rate = .1, runs = 200, mean = ROWS * rate, variance = mean * (1 - rate);
    open_lesson(&l, ROWS, rate, 1);
    l.privacy.noise = DPSGD_NOISE_MIN;
    for (int i = 0; i < (int)runs; i++) {
        double change[NWEIGHTS];
        cr_assert_eq(learn(&l, (uint8_t)i, change), OK);
        double n = nearbyint(2 * change[0]);
        cr_expect_float_eq(2 * change[0], n, .15, "%g", change[0]);
        sum += n - mean;
        squares += (n - mean) * (n - mean);
    }
    cr_expect_lt(fabs(sum / runs), 6 * sqrt(variance / runs), "%g", sum / runs);
    cr_expect_lt(fabs(squares / runs - variance), 6 * variance * sqrt(2 / runs), "%g", squares / runs);
    table_fini(&l.rows);
}

/* Clip bound 1e-3 leaves the noise alone of a size: standard deviation noise * clip a step and number. */
Test(dpsgd, noise_is_as_deep_as_paid_for)
{
    struct lesson l;
    double squares = 0;
    const double runs = 250;
    open_lesson(&l, 20, .5, 4);
    l.privacy.noise = 100;
    for (int i = 0; i < (int)runs; i++) {
        double change[NWEIGHTS];
        cr_assert_eq(learn(&l, (uint8_t)i, change), OK);
        squares += change[0] * change[0] + change[1] * change[1];
    }
    double variance = squares / (2 * runs) / 4 / (100.0 * 100.0); /* four steps */
    cr_expect_lt(fabs(variance - 1), 6 * sqrt(2 / (2 * runs)), "%g", variance);
    table_fini(&l.rows);
}

/* The key is all the randomness there is. */
Test(dpsgd, equal_keys_are_equal_bits)
{
    struct lesson l;
    double a[NWEIGHTS], b[NWEIGHTS], c[NWEIGHTS];
    open_lesson(&l, ROWS, .1, 5);
    cr_assert(learn(&l, 1, a) == OK && learn(&l, 1, b) == OK && learn(&l, 2, c) == OK);
    cr_expect(memcmp(a, b, sizeof a) == 0 && memcmp(a, c, sizeof a) != 0);
    table_fini(&l.rows);
}

/* However many records a patient has, a step takes one: the sum never passes patients times the bound. */
Test(dpsgd, a_patient_counts_once)
{
    struct lesson l;
    double change[NWEIGHTS];
    open_lesson(&l, ROWS, 1, 1);
    l.privacy.noise = DPSGD_NOISE_MIN;
    l.privacy.nunits = 10;
    for (uint32_t i = 1; i <= 10; i++) l.starts[i] = i == 10 ? ROWS : i; /* nine with one, one with all the rest */
    cr_assert_eq(learn(&l, 3, change), OK);
    cr_expect_float_eq(change[0], 5, .1, "%g", change[0]);
    table_fini(&l.rows);
}

/* An empty draw is a step too: noise alone. */
Test(dpsgd, nobody_drawn)
{
    struct lesson l;
    double change[NWEIGHTS];
    open_lesson(&l, 3, 1e-9, 1);
    cr_assert_eq(learn(&l, 4, change), OK);
    cr_expect(fabs(change[0]) < 7 && change[0] != 0);
    table_fini(&l.rows);
}

Test(dpsgd, settings)
{
    static const struct {
        const char *name;
        double clip, noise, rate;
        uint64_t steps;
        size_t nunits;
        enum err err;
    } rows[] = {
        { "fine", 1, 1, .5, 2, ROWS, OK },
        { "no clip", 0, 1, .5, 2, ROWS, ERR_SETTING },
        { "no noise", 1, 0, .5, 2, ROWS, ERR_SETTING },
        { "no number", NAN, 1, .5, 2, ROWS, ERR_SETTING },
        { "no rate", 1, 1, 0, 2, ROWS, ERR_SETTING },
        { "a rate above 1", 1, 1, 1.1, 2, ROWS, ERR_SETTING },
        { "no steps", 1, 1, .5, 0, ROWS, ERR_SETTING },
        { "no units", 1, 1, .5, 2, 0, ERR_INPUT },
        { "other rows' units", 1, 1, .5, 2, ROWS - 1, ERR_INPUT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lesson l;
        struct model_spec spec;
        void *net = NULL;
        double loss = 0;
        open_lesson(&l, ROWS, rows[i].rate, rows[i].steps);
        l.privacy.clip = rows[i].clip;
        l.privacy.noise = rows[i].noise;
        l.privacy.nunits = rows[i].nunits;
        cr_assert_eq(model_parse(STR("logistic 1-1"), &spec), OK);
        cr_assert_eq(net_engine.create(&spec, 1, &net, NULL), OK);
        cr_expect_eq(net_engine.train(net, &l.rows, &l.how, NULL, &loss, NULL), rows[i].err, "%s", rows[i].name);
        net_engine.free(net);
        table_fini(&l.rows);
    }
}
