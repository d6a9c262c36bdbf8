/*
 * What a secure sum gives the coordinator is what it would have made of the
 * updates themselves: the trainer's and the coordinator's sides of the vector
 * together, against the mean that merge.c takes.  (That masks cancel is
 * sim-secure's.)
 */
#include "agents/coordinator/aggregate.h"
#include "agents/coordinator/secure_sum.h"
#include "agents/trainer/secure_vector.h"
#include "common/base/rng.h"
#include "tests/support/tap.h"
#include <math.h>
#include <stdlib.h>

enum { HOSPITALS_MAX = 50, SEEDS = 20 };

static const char task[] = "name: toy\n"
                           "data: {columns: [{name: x, min: 0, max: 1}, {name: y, min: 0, max: 1},"
                           " {name: z, role: label, classes: 2}]}\n"
                           "model: {arch: mlp, hidden: [13, 7]}\n"
                           "rounds: {max_update_norm: 100, max_samples: 900}\n";

static void must(enum err e)
{
    if (e != OK) abort();
}

struct both { /* what both sides know */
    struct run run;
    struct plan *plan;
    struct secagg_header header;
    struct secure_plan ours, theirs;
};

static void begin(struct both *b, uint32_t cohort)
{
    *b = (struct both){ .header = { .cohort = cohort } };
    must(run_init(&b->run, str_of(task), NULL));
    must(plan_new(str_of(task), &b->plan, NULL));
    must(secure_sum_plan(&b->run, &b->header, &b->ours, NULL));
    secure_plan_put(&b->ours, &b->header);
    must(secure_vector_plan(b->plan, &b->header, false, &b->theirs, NULL));
}

static void end(struct both *b)
{
    run_fini(&b->run);
    plan_drop(b->plan);
}

static void train(const struct both *b, struct rng *r, struct trained *out)
{
    *out = (struct trained){ .samples = 1 + rng_below(r, 1000), .loss = rng_unit(r) };
    must(model_init(&b->plan->spec, rng_u64(r), &out->delta));
}

/* The largest difference of a number of the two means, in halves of a unit and what float32 rounds. */
static double difference(const struct both *b, const struct secure_sum *s, const struct aggregate *plain)
{
    double most = 0;
    for (size_t i = 0; i < plain->n; i++) {
        double allowed = .5 / b->ours.update.scale + fabs(plain->sum[i]) * 0x1p-24;
        float mean = 0;
        must(secure_sum_window(s, i, 1, &mean));
        most = fmax(most, fabs((double)mean - plain->sum[i]) / allowed);
    }
    return most;
}

static bool one_round(uint32_t hospitals, uint64_t seed)
{
    struct both b;
    struct rng r = rng_make(seed);
    struct aggregate plain;
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
    double loss = 0;
    begin(&b, hospitals);
    must(aggregate_init(&plain, b.ours.want.weights));
    must(secagg_vec_init(&sum, b.ours.bits, b.ours.length));
    for (uint32_t i = 0; i < hospitals; i++) {
        CLEANUP(trained_fini) struct trained t;
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        train(&b, &r, &t);
        double weight = aggregate_weight(t.samples, b.run.task.rounds.max_samples, 0);
        aggregate_add(&plain, t.delta->flat, weight);
        loss += weight * t.loss;
        must(secure_vector_fill(&(struct secure_source){ .plan = &b.theirs, .header = &b.header }, &t, &v, NULL));
        must(secagg_vec_add(&sum, &v));
    }
    must(aggregate_finish(&plain));
    must(secure_sum_read(&(struct secure_sum_of){ &b.ours, &b.header, 0, hospitals }, &sum, &s, NULL));
    double off = difference(&b, &s, &plain);
    bool same = off <= 1 && s.weight == plain.weight && fabs(s.loss - loss / plain.weight) <= SECURE_LOSS_STEP;
    if (!same) tap_note("seed %llu, %u hospitals: off by %g", (unsigned long long)seed, hospitals, off);
    aggregate_fini(&plain);
    end(&b);
    return same;
}

int main(void)
{
    struct tap t = { 0 };
    for (uint32_t n = 1; n <= HOSPITALS_MAX; n += 7) {
        unsigned wrong = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) wrong += !one_round(n, seed);
        tap_is(&t, wrong == 0, "%u hospitals: the mean of a secure sum is the plain one to half a step, %d seeds", n,
               SEEDS);
    }
    return tap_end(&t);
}
