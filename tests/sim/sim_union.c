/*
 * Distributed privacy on real records: three hospitals' breast-cancer records,
 * each round's vectors made by the trainers' code under the plan of the task,
 * added, and read by the coordinator's code, as secure sums would give them
 * (that masks cancel is sim-secure's).  The model is as good as it is promised
 * to be, epsilon is what was promised, and the noise on the sum is that of
 * central DP-SGD on the union of the records.
 *   sim-union [task.yaml [seeds]]
 */
#include "agents/coordinator/secure_sum.h"
#include "agents/coordinator/server_opt.h"
#include "agents/trainer/charge.h"
#include "agents/trainer/evaluate.h"
#include "agents/trainer/records.h"
#include "agents/trainer/secure_vector.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "common/learn/partition.h"
#include "common/learn/safetensors.h"
#include "tests/support/dice.h"
#include "tests/support/tap.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXAMPLES HIMAS_SOURCE_DIR "/examples/breast-cancer/"
enum { HOSPITALS = 3, ADVERSARIES = 1, SEEDS = 3, ROWS_MAX = 1000, TEXT_BYTES = 1 << 20, MODEL_BYTES = 1 << 24 };
#define AUC_LEAST 0.97
#define EPSILON_MOST 8.0

struct hospital {
    struct records *records;
    uint32_t starts[ROWS_MAX + 1];
    size_t nunits;
    struct budget ledger;
};
struct world {
    struct buf task;
    struct plan *plan;
    struct run run;
    struct hospital hospitals[HOSPITALS];
    struct secagg_header header;
    struct secure_plan ours;
    struct tensor_set *weights;
    double *memory;
    double *exact;  /* the round's sum of clipped gradients, which nobody sees */
    double squares; /* of what the sums that were read are beside that */
    size_t numbers;
    struct rng rng;
    char dir[64];
};

static void must(enum err e)
{
    if (e == OK) return;
    printf("Bail out! %s\n", err_name(e));
    exit(1);
}

static void must_say(enum err e, const struct why *why)
{
    if (e != OK) printf("# %s\n", why->text);
    must(e);
}

/* ---- records ---- */

/* The file's lines after the first, dealt out by the seed; each hospital's file begins with a line to be skipped. */
static void deal(struct world *w, uint64_t seed)
{
    struct buf csv CLEANUP(buf_free) = buf_make(TEXT_BYTES);
    uint32_t labels[ROWS_MAX] = { 0 }, part[ROWS_MAX];
    struct str lines[ROWS_MAX];
    size_t n = 0;
    FILE *out[HOSPITALS];
    const struct partition how = { .nparts = HOSPITALS, .min_rows = 100, .seed = seed };
    must(file_read(EXAMPLES "breast_cancer.csv", &csv, NULL));
    struct str rest = buf_str(&csv);
    struct str first = str_next(&rest, '\n');
    while (rest.n > 0 && n < ROWS_MAX) {
        lines[n] = str_next(&rest, '\n');
        labels[n] = lines[n].p[lines[n].n - 1] == '1';
        n++;
    }
    must(partition_rows(&how, labels, n, part, NULL));
    for (size_t i = 0; i < HOSPITALS; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%zu.csv", w->dir, i);
        out[i] = fopen(path, "w");
        if (out[i] == NULL) must(ERR_IO);
        (void)fprintf(out[i], "%.*s\n", (int)first.n, first.p);
    }
    for (size_t i = 0; i < n; i++) (void)fprintf(out[part[i]], "%.*s\n", (int)lines[i].n, lines[i].p);
    for (size_t i = 0; i < HOSPITALS; i++) (void)fclose(out[i]);
}

static void open_hospital(struct world *w, size_t i)
{
    char path[128];
    struct why why = { "" };
    struct records_about about = { 0 };
    struct hospital *h = &w->hospitals[i];
    const struct task *t = &w->plan->task;
    (void)snprintf(path, sizeof path, "%s/%zu.csv", w->dir, i);
    const struct records_order order = {
        .path = path, .schema = "", .need = &t->contract, .test_fraction = t->train.test_fraction, .seed = t->train.seed
    };
    must_say(records_load(&order, &h->records, &about, &why), &why);
    records_about_fini(&about);
    h->nunits = records_units(h->records, h->starts);
    budget_init_units(&h->ledger, EPSILON_MOST, t->privacy.delta);
    (void)unlink(path);
}

/* ---- the rounds ---- */

static enum err keep_nothing(void *sink, const char *key, struct bytes record)
{
    (void)sink, (void)key, (void)record;
    return OK;
}

static void train(struct world *w, struct hospital *h, const struct update_cover *cover, struct trained *out)
{
    struct buf model CLEANUP(buf_free) = buf_make(MODEL_BYTES);
    struct table rows CLEANUP(table_fini) = { 0 };
    struct why why = { "" };
    struct training_privacy privacy = { .clip = cover->unit.clip,
                                        .noise = cover->unit.noise,
                                        .rate = cover->unit.rate,
                                        .steps = cover->unit.steps,
                                        .nunits = h->nunits,
                                        .starts = h->starts };
    memcpy(privacy.key, cover->key, sizeof privacy.key);
    must(safetensors_encode(w->weights, NULL, 0, &model));
    must(records_take(h->records, RECORDS_TRAINING, &rows));
    must_say(train_round(engine_find(STR("net")), w->plan, &rows, &model, w->header.round, &privacy, NULL, out, &why),
             &why);
}

/* As a trainer does it: the plan that follows, the charge, the training, the vector. */
static void contribute(struct world *w, struct hospital *h, struct secagg_vec *sum)
{
    struct secure_plan plan;
    struct why why = { "" };
    struct trained t CLEANUP(trained_fini) = { 0 };
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    struct update_cover cover = update_cover_of(w->plan);
    struct charge charge = { &h->ledger, keep_nothing, NULL, dice_random, &w->rng };
    const struct work work = { .kind = WORK_TRAIN, .run = "r1", .round = w->header.round };
    must_say(secure_vector_plan(w->plan, &w->header, false, &plan, &why), &why);
    must_say(unit_rule_make(w->plan, h->nunits, &cover.unit, &why), &why);
    secure_vector_cover(&plan, &w->header, &cover);
    must_say(charge_round(&charge, &work, &cover, &why), &why);
    train(w, h, &cover, &t);
    for (size_t i = 0; i < w->weights->nelements; i++) w->exact[i] += t.gradient[i];
    must_say(secure_vector_fill(&(struct secure_source){ &plan, &w->header, h->nunits, cover.key }, &t, &v, &why),
             &why);
    must(secagg_vec_add(sum, &v));
}

static void compare(struct world *w, const double *change, uint64_t patients)
{
    const struct task *t = &w->run.task;
    double factor = -t->train.learning_rate / (t->privacy.rate * (double)patients);
    for (size_t i = 0; i < w->weights->nelements; i++, w->numbers++)
        w->squares += pow(change[i] / factor - w->exact[i], 2);
}

static void round_of(struct world *w)
{
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
    struct why why = { "" };
    double change[ROWS_MAX * 16];
    uint64_t patients = 0;
    memset(w->exact, 0, w->weights->nelements * sizeof *w->exact);
    must(secagg_vec_init(&sum, w->ours.bits, w->ours.length));
    for (size_t i = 0; i < HOSPITALS; i++) {
        contribute(w, &w->hospitals[i], &sum);
        patients += w->hospitals[i].nunits;
    }
    const struct secure_sum_of of = { &w->ours, &w->header, secure_sum_step(&w->run.task), HOSPITALS };
    must_say(secure_sum_read(&of, &sum, &s, &why), &why);
    for (size_t i = 0; i < w->weights->nelements; i++) {
        float number = 0;
        must(secure_sum_window(&s, i, 1, &number));
        change[i] = (double)number;
    }
    compare(w, change, patients);
    server_opt_step(&w->run.task.server, w->memory, change, w->weights->flat, w->weights->nelements);
}

/* ---- life ---- */

static void open_world(struct world *w, const char *task, uint64_t seed)
{
    struct why why = { "" };
    *w = (struct world){ .rng = rng_make(seed), .dir = "/tmp/himas-union-XXXXXX", .task = buf_make(TEXT_BYTES) };
    w->header = (struct secagg_header){ .cohort = HOSPITALS, .survivors = HOSPITALS, .adversaries = ADVERSARIES };
    if (mkdtemp(w->dir) == NULL) must(ERR_IO);
    must_say(file_read(task, &w->task, &why), &why);
    must_say(plan_new(buf_str(&w->task), &w->plan, &why), &why);
    must_say(run_init(&w->run, buf_str(&w->task), &why), &why);
    must_say(secure_sum_plan(&w->run, &w->header, &w->ours, &why), &why);
    secure_plan_put(&w->ours, &w->header);
    deal(w, seed);
    for (size_t i = 0; i < HOSPITALS; i++) open_hospital(w, i);
    must(model_init(&w->plan->spec, w->plan->task.model.seed, &w->weights));
    w->memory = calloc(2 * w->weights->nelements, sizeof *w->memory);
    w->exact = calloc(w->weights->nelements, sizeof *w->exact);
    if (w->memory == NULL || w->exact == NULL) must(ERR_MEMORY);
    server_opt_begin(&w->run.task.server, w->memory, w->weights->nelements);
}

static void close_world(struct world *w)
{
    for (size_t i = 0; i < HOSPITALS; i++) {
        records_drop(w->hospitals[i].records);
        budget_fini(&w->hospitals[i].ledger);
    }
    (void)rmdir(w->dir);
    tensor_set_free(w->weights);
    free(w->memory);
    free(w->exact);
    run_fini(&w->run);
    plan_drop(w->plan);
    buf_free(&w->task);
}

static double auc_of(struct world *w)
{
    struct tally all CLEANUP(tally_fini) = { 0 };
    struct metrics m;
    must(tally_init(&all, model_nclasses(&w->plan->spec)));
    for (size_t i = 0; i < HOSPITALS; i++) {
        struct buf model CLEANUP(buf_free) = buf_make(MODEL_BYTES);
        struct table rows CLEANUP(table_fini) = { 0 };
        struct tally one CLEANUP(tally_fini) = { 0 };
        must(safetensors_encode(w->weights, NULL, 0, &model));
        must(records_take(w->hospitals[i].records, RECORDS_HELD_OUT, &rows));
        must(evaluate_round(engine_find(STR("net")), w->plan, &rows, &model, &one, NULL));
        must(tally_merge(&all, &one));
    }
    tally_finish(&all, &m);
    return m.auc;
}

/* The noise on the sums is what central DP-SGD on all records would add, sigma times the clip, but for what rounding
 * adds to the clip (.2 %) and for the adversaries' shares, which honest ones are sized to do without.  Within 5
 * standard errors of the variance. */
static bool noise_is_central(const struct world *w)
{
    const double all = (double)HOSPITALS / (HOSPITALS - ADVERSARIES);
    double central = pow(w->header.sigma * w->plan->task.privacy.clip, 2);
    double expected = pow(w->header.sigma * w->header.sensitivity, 2) * all;
    double got = w->squares / (double)w->numbers;
    tap_note("noise on a sum: variance %.4f, expected %.4f: central %.4f times %g", got, expected, central, all);
    return w->header.sensitivity < 1.002 * w->plan->task.privacy.clip && expected >= central &&
           fabs(got - expected) <= 5 * expected * sqrt(2 / (double)w->numbers);
}

static void one_seed(struct tap *t, const char *task, uint64_t seed)
{
    struct world w;
    double epsilon = 0;
    open_world(&w, task, seed);
    uint64_t rounds = w.plan->task.rounds.count;
    while (w.header.round < rounds) {
        w.header.round++;
        round_of(&w);
    }
    for (size_t i = 0; i < HOSPITALS; i++) epsilon = fmax(epsilon, budget_spent(&w.hospitals[i].ledger));
    double auc = auc_of(&w);
    tap_is(
        t, auc >= AUC_LEAST && epsilon <= EPSILON_MOST && epsilon > 0,
        "seed %llu: test AUC %.4f after %llu rounds, epsilon %.4f at delta %g for each patient (noise %.4f, %u bits)",
        (unsigned long long)seed, auc, (unsigned long long)rounds, epsilon, w.plan->task.privacy.delta, w.header.sigma,
        w.header.bits);
    tap_is(t, noise_is_central(&w), "seed %llu: the sum's noise is that of central DP-SGD on the union",
           (unsigned long long)seed);
    close_world(&w);
}

int main(int argc, char **argv)
{
    struct tap t = { 0 };
    const char *task = argc > 1 ? argv[1] : EXAMPLES "task-secure.yaml";
    unsigned long seeds = argc > 2 ? strtoul(argv[2], NULL, 10) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) one_seed(&t, task, seed);
    return tap_end(&t);
}
