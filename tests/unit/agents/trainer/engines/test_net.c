#include "agents/trainer/dataset_take.h"
#include "agents/trainer/engines/net.h"
#include "agents/trainer/split.h"
#include "common/base/rng.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

static const struct training adam = { TRAINING_ADAM, 0.01, 0, 0, 200, 16, 3 };

/* Two interleaved half circles, and the four corners of exclusive or, both with a little noise. */
static void moons(struct rng *r, uint32_t label, float *x)
{
    double angle = 3.14159265358979 * rng_unit(r);
    x[0] = (float)((label ? 1 - cos(angle) : cos(angle)) + 0.1 * rng_normal(r));
    x[1] = (float)((label ? 0.5 - sin(angle) : sin(angle)) + 0.1 * rng_normal(r));
}

static void corners(struct rng *r, uint32_t label, float *x)
{
    double a = rng_below(r, 2) ? 1 : -1;
    x[0] = (float)(a + 0.2 * rng_normal(r));
    x[1] = (float)((label ? -a : a) + 0.2 * rng_normal(r));
}

static void three(struct rng *r, uint32_t label, float *x)
{
    x[0] = (float)(3 * cos(2.1 * label) + 0.4 * rng_normal(r));
    x[1] = (float)(3 * sin(2.1 * label) + 0.4 * rng_normal(r));
}

static void draw(struct table *t, void (*one)(struct rng *, uint32_t, float *), size_t n, uint32_t nclasses,
                 uint64_t seed)
{
    struct rng r = rng_make(seed);
    cr_assert_eq(table_init(t, n, 2), OK);
    for (size_t i = 0; i < n; i++) {
        t->labels[i] = (uint32_t)i % nclasses;
        one(&r, t->labels[i], t->inputs + 2 * i);
    }
}

static void *make(const char *text, uint64_t seed)
{
    struct model_spec spec;
    void *model = NULL;
    cr_assert_eq(model_parse(str_of(text), &spec), OK);
    cr_assert_eq(net_engine.create(&spec, seed, &model, NULL), OK);
    return model;
}

Test(net, learns)
{
    static const struct {
        const char *name, *spec;
        void (*one)(struct rng *, uint32_t, float *);
        uint32_t nclasses;
        double least, most; /* accuracy on new rows */
    } rows[] = {
        { "xor, mlp", "mlp 2-16-8-1", corners, 2, 0.97, 1 },
        { "xor, logistic cannot", "logistic 2-1", corners, 2, 0, 0.75 },
        { "moons, mlp", "mlp 2-32-16-1", moons, 2, 0.97, 1 },
        { "moons, two outputs", "softmax 2-2", moons, 2, 0.8, 0.95 },
        { "three, softmax", "softmax 2-3", three, 3, 0.97, 1 },
        { "three, mlp", "mlp 2-8-3", three, 3, 0.97, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(table_fini) struct table train = { 0 };
        CLEANUP(table_fini) struct table test = { 0 };
        CLEANUP(tally_fini) struct tally tally = { 0 };
        struct metrics m;
        double loss = NAN;
        void *net = make(rows[i].spec, 1);
        draw(&train, rows[i].one, 300, rows[i].nclasses, 1);
        draw(&test, rows[i].one, 600, rows[i].nclasses, 2);
        cr_assert_eq(net_engine.train(net, &train, &adam, NULL, &loss, NULL), OK, "%s", rows[i].name);
        cr_assert_eq(tally_init(&tally, rows[i].nclasses), OK);
        cr_assert_eq(net_engine.evaluate(net, &test, &tally), OK, "%s", rows[i].name);
        tally_finish(&tally, &m);
        cr_expect(isfinite(loss) && m.count == 600, "%s", rows[i].name);
        cr_expect(m.accuracy >= rows[i].least && m.accuracy <= rows[i].most, "%s: %g", rows[i].name, m.accuracy);
        net_engine.free(net);
    }
}

struct run { /* for a thread of its own */
    enum training_optimizer optimizer;
    uint64_t seed;
    struct tensor_set *weights;
    double loss;
};

static void *train_run(void *arg)
{
    struct run *run = arg;
    CLEANUP(table_fini) struct table rows = { 0 };
    struct training how = { run->optimizer, 0.05, 0.01, 0.1, 5, 7, run->seed };
    void *net = make("mlp 2-33-17-1", 9);
    draw(&rows, moons, 100, 2, 4);
    cr_assert_eq(net_engine.train(net, &rows, &how, NULL, &run->loss, NULL), OK);
    cr_assert_eq(net_engine.store(net, &run->weights), OK);
    net_engine.free(net);
    return NULL;
}

/* Two at once on threads of their own, and one alone. */
Test(net, equal_seeds_are_equal_bits)
{
    for (int o = TRAINING_SGD; o <= TRAINING_ADAM; o++) {
        enum training_optimizer optimizer = (enum training_optimizer)o;
        struct run runs[4] = { { optimizer, 5 }, { optimizer, 5 }, { optimizer, 5 }, { optimizer, 6 } };
        pthread_t threads[2];
        for (size_t i = 0; i < 2; i++) cr_assert_eq(pthread_create(&threads[i], NULL, train_run, &runs[i]), 0);
        for (size_t i = 0; i < 2; i++) cr_assert_eq(pthread_join(threads[i], NULL), 0);
        (void)train_run(&runs[2]);
        (void)train_run(&runs[3]);
        size_t n = runs[0].weights->nelements * sizeof(float);
        for (size_t i = 1; i < 3; i++) {
            cr_expect_arr_eq(runs[0].weights->flat, runs[i].weights->flat, n);
            cr_expect_eq(runs[0].loss, runs[i].loss);
        }
        cr_expect_neq(memcmp(runs[0].weights->flat, runs[3].weights->flat, n), 0, "the seed matters");
        for (size_t i = 0; i < 4; i++) tensor_set_free(runs[i].weights);
    }
}

Test(net, proximal_term_keeps_close)
{
    static const double mus[] = { 0, 0.1, 1, 10 };
    double before = INFINITY;
    for (size_t i = 0; i < sizeof mus / sizeof *mus; i++) {
        CLEANUP(table_fini) struct table rows = { 0 };
        CLEANUP(tensor_set_drop) struct tensor_set *start = NULL;
        CLEANUP(tensor_set_drop) struct tensor_set *end = NULL;
        struct training how = { TRAINING_SGD, 0.05, 0, mus[i], 20, 16, 3 };
        double loss;
        void *net = make("mlp 2-8-1", 1);
        draw(&rows, moons, 200, 2, 1);
        cr_assert_eq(net_engine.store(net, &start), OK);
        cr_assert_eq(net_engine.train(net, &rows, &how, NULL, &loss, NULL), OK);
        cr_assert_eq(net_engine.store(net, &end), OK);
        tensor_set_axpy(-1, start, end);
        cr_expect_lt(tensor_set_l2(end), before, "mu %g", mus[i]);
        before = tensor_set_l2(end);
        net_engine.free(net);
    }
}

struct watcher {
    uint64_t epochs;
    uint64_t stop_after; /* epochs */
};

static bool enough(void *self)
{
    const struct watcher *w = self;
    return w->epochs >= w->stop_after;
}

static void saw(void *self, uint64_t epoch, double loss)
{
    struct watcher *w = self;
    w->epochs++;
    cr_expect_eq(w->epochs, epoch);
    cr_expect(isfinite(loss));
}

Test(net, a_failed_training_changes_nothing)
{
    static const struct {
        const char *name;
        struct training how;
        uint64_t stop_after;
        enum err expected;
    } rows[] = {
        { "to the end", { TRAINING_SGD, 0.1, 0, 0, 4, 16, 1 }, 9, OK },
        { "cancelled at once", { TRAINING_SGD, 0.1, 0, 0, 4, 16, 1 }, 0, ERR_STATE },
        { "cancelled later", { TRAINING_SGD, 0.1, 0, 0, 4, 16, 1 }, 2, ERR_STATE },
        { "diverged", { TRAINING_SGD, 1e3, 0, 1e3, 100, 16, 1 }, 999, ERR_INPUT },
        { "bad setting", { TRAINING_SGD, 0, 0, 0, 4, 16, 1 }, 9, ERR_SETTING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(table_fini) struct table t = { 0 };
        CLEANUP(tensor_set_drop) struct tensor_set *a = NULL;
        CLEANUP(tensor_set_drop) struct tensor_set *b = NULL;
        struct watcher watcher = { .stop_after = rows[i].stop_after };
        struct training_hooks hooks = { &watcher, enough, saw };
        struct why why = { "" };
        double loss = -1;
        void *net = make("mlp 2-8-1", 1);
        draw(&t, moons, 64, 2, 1);
        cr_assert_eq(net_engine.store(net, &a), OK);
        cr_expect_eq(net_engine.train(net, &t, &rows[i].how, &hooks, &loss, &why), rows[i].expected, "%s",
                     rows[i].name);
        cr_assert_eq(net_engine.store(net, &b), OK);
        bool same = memcmp(a->flat, b->flat, a->nelements * sizeof(float)) == 0;
        cr_expect_eq(same, rows[i].expected != OK, "%s", rows[i].name);
        cr_expect_eq(why.text[0] != 0, rows[i].expected != OK, "%s", rows[i].name);
        cr_expect_eq(loss == -1, rows[i].expected != OK, "%s", rows[i].name);
        net_engine.free(net);
    }
}

Test(net, foreign_weights_and_rows_are_refused)
{
    CLEANUP(tensor_set_drop) struct tensor_set *own = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *other = NULL;
    CLEANUP(table_fini) struct table rows = { 0 };
    CLEANUP(tally_fini) struct tally tally = { 0 };
    double loss;
    void *net = make("mlp 2-8-1", 1);
    void *second = make("mlp 2-9-1", 1);
    cr_assert_eq(net_engine.store(net, &own), OK);
    cr_assert_eq(net_engine.store(second, &other), OK);
    cr_expect_eq(net_engine.load(net, other, NULL), ERR_INPUT);
    cr_expect_eq(net_engine.load(net, own, NULL), OK);
    own->flat[3] = NAN;
    cr_expect_eq(net_engine.load(net, own, NULL), ERR_INPUT);
    draw(&rows, three, 9, 3, 1);
    cr_assert_eq(tally_init(&tally, 2), OK);
    cr_expect_eq(net_engine.train(net, &rows, &adam, NULL, &loss, NULL), ERR_INPUT, "a class too many");
    cr_expect_eq(net_engine.evaluate(net, &rows, &tally), ERR_INPUT);
    rows.nrows = 0;
    cr_expect_eq(net_engine.train(net, &rows, &adam, NULL, &loss, NULL), ERR_INPUT, "no rows");
    rows.ninputs = 1;
    cr_expect_eq(net_engine.train(net, &rows, &adam, NULL, &loss, NULL), ERR_INPUT, "an input too few");
    rows.nrows = 9;
    rows.ninputs = 2;
    net_engine.free(net);
    net_engine.free(second);
    net_engine.free(NULL);
}

Test(net, many_rows_predict_as_one)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    float all[600];
    void *net = make("mlp 2-8-1", 1);
    draw(&rows, moons, 600, 2, 1);
    cr_assert_eq(net_engine.predict(net, rows.inputs, 600, all), OK);
    for (size_t i = 0; i < 600; i += 37) {
        float one;
        cr_assert_eq(net_engine.predict(net, rows.inputs + 2 * i, 1, &one), OK);
        cr_expect_float_eq(one, all[i], 1e-5f, "row %zu", i);
    }
    net_engine.free(net);
}

Test(net, opened_it_is_what_a_created_one_is_once_loaded)
{
    CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *back = NULL;
    struct model_spec spec;
    struct model_spec other;
    struct why why = { 0 };
    void *net = NULL;
    void *none = NULL;
    cr_assert_eq(model_parse(STR("mlp 2-4-1"), &spec), OK);
    cr_assert_eq(model_parse(STR("mlp 2-5-1"), &other), OK);
    cr_assert_eq(model_init(&spec, 3, &weights), OK);
    cr_assert_eq(net_engine.open(&spec, weights, &net, &why), OK);
    cr_assert_eq(net_engine.store(net, &back), OK);
    cr_expect_eq(memcmp(back->flat, weights->flat, weights->nelements * sizeof *weights->flat), 0);
    net_engine.free(net);
    cr_expect_eq(net_engine.open(&other, weights, &none, &why), ERR_INPUT, "of another model");
    weights->flat[1] = INFINITY;
    cr_expect_eq(net_engine.open(&spec, weights, &none, &why), ERR_INPUT, "not finite");
    cr_expect_null(none);
}

Test(net, every_allocation_may_fail)
{
    CLEANUP(table_fini) struct table rows = { 0 };
    struct training how = { TRAINING_ADAM, 0.01, 0, 0, 1, 16, 3 };
    bool done = false;
    draw(&rows, moons, 20, 2, 1);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct model_spec spec;
        void *net = NULL;
        double loss;
        float out[20];
        cr_assert_eq(model_parse(STR("mlp 2-4-1"), &spec), OK);
        enum err e = net_engine.create(&spec, 1, &net, NULL);
        CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
        if (e == OK) e = net_engine.store(net, &weights);
        net_engine.free(net);
        net = NULL;
        if (e == OK) e = net_engine.open(&spec, weights, &net, NULL);
        if (e == OK) e = net_engine.train(net, &rows, &how, NULL, &loss, NULL);
        if (e == OK) e = net_engine.predict(net, rows.inputs, 20, out);
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
        net_engine.free(net);
        done = e == OK;
    }
    cr_expect(done);
}

static const char tumours[] = HIMAS_SOURCE_DIR "/examples/breast-cancer/breast_cancer.csv";

/* The demo's records, split and standardised by the moments of the training rows. */
static void read_tumours(uint64_t seed, struct table *train, struct table *test)
{
    struct column columns[31] = { 0 };
    struct contract c = {
        .columns = columns, .count = 31, .nfeatures = 30, .ninputs = 30, .label = 30, .nclasses = 2, .skip_lines = 1
    };
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    CLEANUP(split_fini) struct split s = { 0 };
    CLEANUP(moments_fini) struct moments m = { 0 };
    float mean[30];
    float std[30];
    for (size_t i = 0; i < 31; i++) columns[i].max = 5000;
    columns[30].role = COLUMN_LABEL;
    cr_assert_eq(dataset_read(&c, tumours, &d, NULL), OK);
    cr_assert_eq(split_make(d->people, d->nrows, 0.3, seed, &s), OK);
    cr_assert_eq(moments_init(&m, 30), OK);
    dataset_moments(d, s.train, s.ntrain, &m);
    moments_finish(&m, mean, std);
    cr_assert_eq(dataset_take(d, s.train, s.ntrain, mean, train), OK);
    cr_assert_eq(dataset_take(d, s.test, s.ntest, mean, test), OK);
    table_standardise(train, mean, std);
    table_standardise(test, mean, std);
}

Test(net, wisconsin)
{
    static const struct {
        const char *name, *spec;
        struct training how;
    } rows[] = {
        { "logistic", "logistic 30-1", { TRAINING_SGD, 0.1, 1e-3, 0, 20, 16, 1 } },
        { "logistic, adam", "logistic 30-1", { TRAINING_ADAM, 0.01, 1e-3, 0, 20, 16, 1 } },
        { "mlp", "mlp 30-64-32-1", { TRAINING_SGD, 0.1, 1e-3, 0, 20, 16, 1 } },
        { "mlp, adam", "mlp 30-64-32-1", { TRAINING_ADAM, 0.001, 1e-3, 0, 20, 16, 1 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            CLEANUP(table_fini) struct table train = { 0 };
            CLEANUP(table_fini) struct table test = { 0 };
            CLEANUP(tally_fini) struct tally tally = { 0 };
            struct metrics m;
            double loss;
            void *net = make(rows[i].spec, seed);
            read_tumours(seed, &train, &test);
            cr_assert_eq(net_engine.train(net, &train, &rows[i].how, NULL, &loss, NULL), OK);
            cr_assert_eq(tally_init(&tally, 2), OK);
            cr_assert_eq(net_engine.evaluate(net, &test, &tally), OK);
            tally_finish(&tally, &m);
            cr_expect_eq(m.count, 171);
            cr_expect_gt(m.auc, 0.98, "%s, seed %d: %g", rows[i].name, (int)seed, m.auc);
            cr_expect_gt(m.accuracy, 0.94, "%s, seed %d: %g", rows[i].name, (int)seed, m.accuracy);
            net_engine.free(net);
        }
    }
}
