#include "agents/trainer/audit_run.h"
#include "agents/trainer/audit_train.h"
#include "common/base/rng.h"
#include "tests/support/failmalloc.h"
#include "tests/unit/agents/trainer/learned.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TASK(model, train, privacy) SCALED("moments", model, train, privacy)
#define SCALED(scale, model, train, privacy) ROUNDED(scale, model, train, "{count: 2}", privacy)
#define ROUNDED(scale, model, train, rounds, privacy)                                                                  \
    "name: toy\ndata:\n  header: no\n  columns:\n    - {name: a, min: -10, max: 10}\n    - {name: b, min: -10, max: "  \
    "10}\n"                                                                                                            \
    "    - {name: c, min: -10, max: 10}\n    - {name: d, min: -10, max: 10}\n"                                         \
    "    - {name: y, role: label, classes: [\"0\", \"1\"]}\nstandardise: " scale "\nmodel: " model "\ntrain: " train   \
    "\nrounds: " rounds "\n" privacy
#define HUNGRY "{arch: mlp, hidden: [64, 64]}"
#define LONG "{optimizer: adam, learning_rate: 0.01, epochs: 300, batch: 32, test_fraction: 0.5}"
#define SHORT "{epochs: 2, batch: 16, test_fraction: 0.5}"

struct place {
    struct plan *plan;
    struct records *records;
    char path[64];
};

/* Labels that no input tells: what a model knows of them it has learned by heart. */
static void open_place(struct place *p, const char *task, size_t rows)
{
    struct rng rng = rng_make(7);
    struct why why = { "" };
    struct records_about about = { 0 };
    *p = (struct place){ .path = "/tmp/himas-audit-XXXXXX" };
    int fd = mkstemp(p->path);
    FILE *f = fdopen(fd, "w");
    cr_assert(f != NULL);
    for (size_t i = 0; i < rows; i++)
        cr_assert(fprintf(f, "%.4f,%.4f,%.4f,%.4f,%d\n", rng_normal(&rng), rng_normal(&rng), rng_normal(&rng),
                          rng_normal(&rng), (int)rng_below(&rng, 2)) > 0);
    cr_assert_eq(fclose(f), 0);
    p->plan = learned_plan(task);
    const struct records_order order = { p->path, "", &p->plan->task.contract, p->plan->task.train.test_fraction, 1 };
    cr_assert_eq(records_load(&order, &p->records, &about, &why), OK, "%s", why.text);
    records_about_fini(&about);
}

static void close_place(struct place *p)
{
    plan_drop(p->plan);
    records_drop(p->records);
    (void)unlink(p->path);
}

static struct audit_order order_of(const struct place *p, uint64_t canaries)
{
    return (struct audit_order){ .engine = engine_find(STR("net")),
                                 .plan = p->plan,
                                 .records = p->records,
                                 .canaries = canaries,
                                 .key = { 1, 2, 3 } };
}

static const struct audit_row *row_of(const struct audit *a, enum audit_attack k)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->rows[i].attack == k) return &a->rows[i];
    cr_assert_fail("there is no attack %d", (int)k);
    return NULL;
}

/* A model that learns by heart gives its records away, and all three attacks see it. */
Test(audit_run, learning_by_heart_is_seen, .timeout = 120)
{
    struct place p;
    struct audit a;
    struct why why = { "" };
    open_place(&p, TASK(HUNGRY, LONG, ""), 160);
    struct audit_order o = order_of(&p, 120);
    cr_assert_eq(audit_run(&o, &a, &why), OK, "%s", why.text);
    cr_assert_eq(a.n, AUDIT_KINDS);
    for (size_t i = 0; i < a.n; i++) {
        cr_expect(a.rows[i].auc.low > .52, "%zu: %g", i, a.rows[i].auc.low);
        cr_expect(a.rows[i].accuracy > .6, "%zu: %g", i, a.rows[i].accuracy);
        cr_expect(audit_vulnerable(&a.rows[i]), "%zu", i);
    }
    cr_expect(row_of(&a, AUDIT_CANARY)->epsilon_low > .5, "%g", row_of(&a, AUDIT_CANARY)->epsilon_low);
    cr_expect(a.epsilon == 0 && !audit_alarm(&a), "nothing was claimed");
    close_place(&p);
}

/* The same with noise: what is proven stays below what is claimed, and canaries are guessed about as well as by a coin.
 */
Test(audit_run, noise_hides, .timeout = 120)
{
    static const char *const privacies[] = {
        "privacy: {mechanism: dp-sgd, epsilon: 1, delta: 1.0e-5, clip: 1}\n",
        "privacy: {mechanism: gaussian, epsilon: 1, delta: 1.0e-5, clip: 1}\n",
        "privacy: {mechanism: laplace, epsilon: 1, clip: 1}\n",
    };
    for (size_t i = 0; i < sizeof privacies / sizeof *privacies; i++) {
        char task[2000];
        struct place p;
        struct audit a;
        struct why why = { "" };
        (void)snprintf(task, sizeof task, "%s%s", SCALED("ranges", "{arch: logistic}", SHORT, ""), privacies[i]);
        open_place(&p, task, 200);
        struct audit_order o = order_of(&p, 400);
        cr_assert_eq(audit_run(&o, &a, &why), OK, "%s", why.text);
        const struct audit_row *r = row_of(&a, AUDIT_CANARY);
        cr_expect(a.epsilon > 0 && a.epsilon < 3, "%zu: %g", i, a.epsilon);
        cr_expect(r->epsilon_low <= a.epsilon && !audit_alarm(&a), "%zu: %g", i, r->epsilon_low);
        cr_expect_float_eq(r->auc.value, .5, .12, "%zu: %g", i,
                           r->auc.value); /* four deviations of 400 that say nothing */
        close_place(&p);
    }
}

/* Noise that is claimed and not added is what the alarm is for: the same training without it proves more than 0.1. */
Test(audit_run, a_false_claim_raises_the_alarm, .timeout = 120)
{
    struct place p;
    struct audit a;
    struct why why = { "" };
    open_place(&p, TASK(HUNGRY, LONG, ""), 160);
    struct audit_order o = order_of(&p, 120);
    o.attacks = 1u << AUDIT_CANARY;
    cr_assert_eq(audit_run(&o, &a, &why), OK, "%s", why.text);
    a.epsilon = .1;
    cr_expect(a.n == 1 && audit_alarm(&a) && audit_worst(&a) == AUDIT_F);
    close_place(&p);
}

Test(audit_run, the_same_key_gives_the_same_audit)
{
    struct place p;
    struct audit a[3];
    open_place(&p, TASK("{arch: logistic}", SHORT, ""), 60);
    for (size_t i = 0; i < 3; i++) {
        struct audit_order o = order_of(&p, 20);
        if (i == 2) o.key[0] = 9;
        cr_assert_eq(audit_run(&o, &a[i], NULL), OK);
    }
    cr_expect(memcmp(&a[0], &a[1], sizeof a[0]) == 0);
    cr_expect(memcmp(&a[0], &a[2], sizeof a[0]) != 0);
    close_place(&p);
}

static const struct {
    const char *name;
    size_t rows;
    uint64_t canaries, rounds;
    unsigned attacks;
    enum err expected;
    size_t n;
} refusals[] = {
    { "too few records", 10, 0, 1, 0, ERR_REFUSED, 0 },
    { "too many canaries", 60, AUDIT_CANARIES_MAX + 1, 1, 0, ERR_REFUSED, 0 },
    { "too many rounds", 60, 0, AUDIT_ROUNDS_MAX + 1, 0, ERR_REFUSED, 0 },
    { "no canaries", 60, 0, 1, 0, OK, 2 },
    { "threshold only", 60, 20, 1, 1u << AUDIT_THRESHOLD, OK, 1 },
};

Test(audit_run, orders)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct place p;
        struct audit a = { 0 };
        struct why why = { "" };
        open_place(&p, TASK("{arch: logistic}", SHORT, ""), refusals[i].rows);
        struct audit_order o = order_of(&p, refusals[i].canaries);
        o.rounds = refusals[i].rounds;
        o.attacks = refusals[i].attacks;
        cr_expect_eq(audit_run(&o, &a, &why), refusals[i].expected, "%s: %s", refusals[i].name, why.text);
        cr_expect_eq(a.n, refusals[i].n, "%s", refusals[i].name);
        cr_expect(refusals[i].expected == OK || why.text[0], "%s", refusals[i].name);
        close_place(&p);
    }
}

/* The default of canaries is for tasks without a bound: as many are taken as a sum has room for. */
Test(audit_run, as_many_canaries_as_a_sum_has_room_for, .timeout = 60)
{
    static const struct {
        unsigned max_samples;
        uint64_t canaries;
    } rows[] = { { 100, 20 }, { 60, 20 }, { 40, 10 }, { 33, 0 }, { 30, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char task[2000];
        struct place p;
        struct audit a = { 0 };
        struct why why = { "" };
        (void)snprintf(
            task, sizeof task,
            ROUNDED("ranges", "{arch: logistic}", "{learning_rate: 1, test_fraction: 0.5}",
                    "{count: 2, quorum: 3, max_samples: %u}",
                    "aggregation: {secure: yes}\nprivacy: {mechanism: distributed, epsilon: 50, delta: 1.0e-5, "
                    "clip: 1, unit: patient, rate: 0.5}\n"),
            rows[i].max_samples);
        open_place(&p, task, 60);
        struct audit_order o = order_of(&p, 20);
        cr_assert_eq(audit_run(&o, &a, &why), OK, "%u: %s", rows[i].max_samples, why.text);
        cr_expect_eq(a.canaries, rows[i].canaries, "%u: %d", rows[i].max_samples, (int)a.canaries);
        cr_expect_eq(a.n, rows[i].canaries ? AUDIT_KINDS : AUDIT_KINDS - 1, "%u", rows[i].max_samples);
        close_place(&p);
    }
}

static bool at_once(void *self)
{
    (void)self;
    return true;
}

Test(audit_run, can_be_cancelled_and_lives_without_memory, .timeout = 120)
{
    struct place p;
    struct audit a;
    bool done = false;
    const struct training_hooks hooks = { .cancelled = at_once };
    open_place(&p, TASK("{arch: logistic}", "{epochs: 1, batch: 100, test_fraction: 0.5}", ""), 30);
    struct audit_order o = order_of(&p, 8);
    o.hooks = &hooks;
    cr_expect_eq(audit_run(&o, &a, NULL), ERR_STATE);
    o.hooks = NULL;
    o.rounds = 1;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = audit_run(&o, &a, NULL);
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
        done = e == OK;
    }
    close_place(&p);
}
