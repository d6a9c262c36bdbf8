#include "agents/trainer/secure_vector.h"
#include "common/terms/terms.h"
#include "tests/support/failmalloc.h"
#include "tests/unit/agents/trainer/learned.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TASK                                                                                                           \
    "name: toy\n"                                                                                                      \
    "data: {columns: [{name: a, min: 0, max: 1}, {name: b, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"    \
    "rounds: {max_update_norm: 2, max_samples: 50}\n"
enum { WEIGHTS = 3, COHORT = 3 };

/* The plan of a task with two inputs: three weights. */
static struct secure_plan plan_of(const char *task)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(task);
    struct secagg_header h = { .cohort = COHORT };
    struct secure_want want = {
        SECURE_PLAIN, WEIGHTS, COHORT, 0, 0, p->task.rounds.max_update_norm, p->task.rounds.max_samples
    };
    struct secure_plan expected, got;
    cr_assert_eq(secure_plan_of(&want, &expected, NULL), OK);
    secure_plan_put(&expected, &h);
    cr_assert_eq(secure_vector_plan(p, &h, false, &got, NULL), OK);
    return got;
}

static struct trained trained_of(const float numbers[WEIGHTS], uint64_t samples, double loss)
{
    static const struct tensor_shape shape = { "w", 1, { WEIGHTS } };
    struct trained t = { .samples = samples, .loss = loss };
    cr_assert_eq(tensor_set_new(&shape, 1, &t.delta), OK);
    memcpy(t.delta->flat, numbers, WEIGHTS * sizeof *numbers);
    return t;
}

/* The same as one step's sum of gradients. */
static struct trained gradient_of(const float numbers[WEIGHTS], uint64_t samples)
{
    struct trained t = { .samples = samples, .ngradient = WEIGHTS };
    t.gradient = calloc(secure_plan_room(WEIGHTS), sizeof *t.gradient);
    cr_assert_not_null(t.gradient);
    for (size_t i = 0; i < WEIGHTS; i++) t.gradient[i] = (double)numbers[i];
    return t;
}

Test(secure_vector, plan_follows_from_task_and_header)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(TASK);
    struct secure_plan plan = plan_of(TASK);
    struct secagg_header h = { .cohort = COHORT };
    struct why why = { "" };
    secure_plan_put(&plan, &h);
    h.cohort++;
    cr_expect_eq(secure_vector_plan(p, &h, false, &plan, &why), ERR_REFUSED);
    cr_expect_neq(why.text[0], '\0');
}

Test(secure_vector, holds_the_update_times_its_weight)
{
    static const struct {
        const char *name;
        float numbers[WEIGHTS];
        uint64_t samples;
        double loss;
        double weight, told;
    } rows[] = {
        { "a usual one", { .5F, -1.25F, 0 }, 40, .75, 40, 30 },
        { "more samples than count", { .5F, -1.25F, 1e-3F }, 51, .5, 50, 25 },
        { "at the bound", { 0, -2, 0 }, 50, 0, 50, 0 },
        { "a loss beyond all bounds", { 0, 1, 0 }, 2, 1e9, 2, 2000 },
        { "and below", { 0, 1, 0 }, 2, -INFINITY, 2, -2000 },
    };
    struct secure_plan p = plan_of(TASK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(trained_fini) struct trained t = trained_of(rows[i].numbers, rows[i].samples, rows[i].loss);
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        double back[WEIGHTS], tail[2];
        cr_assert_eq(secure_vector_fill(&(struct secure_source){ .plan = &p }, &t, &v, NULL), OK, "%s", rows[i].name);
        cr_assert(v.n == p.length && v.bits == p.bits);
        cr_assert_eq(quantise_get(&p.update, &v, 0, back, WEIGHTS), OK);
        cr_assert_eq(quantise_get(&p.count, &v, WEIGHTS, &tail[0], 1), OK);
        cr_assert_eq(quantise_get(&p.loss, &v, WEIGHTS + 1, &tail[1], 1), OK);
        for (size_t k = 0; k < WEIGHTS; k++)
            cr_expect_float_eq(back[k], rows[i].weight * (double)rows[i].numbers[k], .5 / p.update.scale, "%s",
                               rows[i].name);
        cr_expect(tail[0] == rows[i].weight && tail[1] == rows[i].told, "%s: %g, %g", rows[i].name, tail[0], tail[1]);
    }
}

Test(secure_vector, refuses)
{
    static const struct {
        const char *name;
        float numbers[WEIGHTS];
        uint64_t samples;
        double loss;
    } rows[] = {
        { "too long", { 2, 1, 0 }, 10, 0 },
        { "not a number", { NAN, 0, 0 }, 10, 0 },
        { "infinite", { 0, INFINITY, 0 }, 10, 0 },
        { "of no samples", { 1, 0, 0 }, 0, 0 },
    };
    struct secure_plan p = plan_of(TASK);
    struct secagg_vec v = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(trained_fini) struct trained t = trained_of(rows[i].numbers, rows[i].samples, rows[i].loss);
        struct why why = { "" };
        cr_expect_eq(secure_vector_fill(&(struct secure_source){ .plan = &p }, &t, &v, &why), ERR_INPUT, "%s",
                     rows[i].name);
        cr_expect(why.text[0] != '\0' && v.n == 0, "%s", rows[i].name);
    }
    CLEANUP(trained_fini) struct trained t = trained_of((float[WEIGHTS]){ 1, 0, 0 }, 10, 0);
    p.want.weights++;
    cr_expect_eq(secure_vector_fill(&(struct secure_source){ .plan = &p }, &t, &v, NULL), ERR_INPUT, "another model's");
    p.want.weights--;
    failmalloc_at(1);
    enum err e = secure_vector_fill(&(struct secure_source){ .plan = &p }, &t, &v, NULL);
    failmalloc_at(0);
    cr_expect(e == ERR_MEMORY && v.n == 0);
}

#define SHARES(unit)                                                                                                   \
    "name: toy\n"                                                                                                      \
    "data: {columns: [{name: a, min: 0, max: 1}, {name: b, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"    \
    "rounds: {count: 20, max_samples: 50, quorum: 3}\naggregation: {secure: yes}\n"                                    \
    "privacy: {mechanism: distributed, epsilon: 8, delta: 1.0e-5, clip: 1, unit: " unit "}\n"

/* The header of a coordinator who keeps to the task. */
static struct secagg_header honest_header(const struct plan *p, enum secure_mode mode)
{
    struct secagg_header h = { .round = 1, .cohort = COHORT, .survivors = COHORT, .adversaries = 1 };
    struct secure_want want = { mode,   WEIGHTS, COHORT,
                                COHORT, 1,       p->task.rounds.max_update_norm,
                                50,     20,      { 8, 1e-5, 1, p->task.privacy.rate, 0 } };
    struct secure_plan plan;
    cr_assert_eq(secure_plan_of(&want, &plan, NULL), OK);
    secure_plan_put(&plan, &h);
    return h;
}

/* Noise in the training: of each step, as it was reckoned; the sum's header promises none, and the loss is not told. */
Test(secure_vector, noise_in_the_training)
{
    static const char task[] =
        "name: toy\n"
        "data: {columns: [{name: a, min: 0, max: 1}, {name: b, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"
        "rounds: {max_update_norm: 2, max_samples: 50, quorum: 3}\naggregation: {secure: yes}\n"
        "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 1, noise_multiplier: 20, rate: 0.25}\n";
    CLEANUP(plan_let_go) struct plan *plan = learned_plan(task);
    struct secure_plan p = plan_of(task), got;
    struct secagg_header h = { .round = 22, .cohort = COHORT, .survivors = COHORT };
    struct update_cover cover = update_cover_of(plan);
    CLEANUP(trained_fini) struct trained t = trained_of((float[WEIGHTS]){ 1, 0, 0 }, 10, 3);
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    const uint8_t key[STREAM_KEY_BYTES] = { 1 };
    double tail[2];
    cr_expect(p.want.mode == SECURE_PLAIN && p.want.noise.multiplier == 0 && cover.in_training && !cover.in_sum);
    cover.unit.noise = 20;
    secure_plan_put(&p, &h);
    cr_assert_eq(secure_vector_plan(plan, &h, false, &got, NULL), OK);
    secure_vector_cover(&got, &h, &cover);
    cr_expect(cover.sum == 22 && cover.unit.noise == 20);
    cr_assert_eq(secure_vector_fill(&(struct secure_source){ .plan = &p, .key = key }, &t, &v, NULL), OK);
    cr_assert_eq(quantise_get(&p.count, &v, WEIGHTS, &tail[0], 1), OK);
    cr_assert_eq(quantise_get(&p.loss, &v, WEIGHTS + 1, &tail[1], 1), OK);
    cr_expect(tail[0] == 10 && tail[1] == 0);
    h.sigma = 20; /* it is not on the sum */
    cr_expect_eq(secure_vector_plan(plan, &h, false, &got, NULL), ERR_REFUSED);
}

Test(secure_vector, noised_plans)
{
    static const struct {
        const char *task;
        enum secure_mode mode;
    } rows[] = { { SHARES("site"), SECURE_SITE }, { SHARES("patient, rate: 0.5"), SECURE_PATIENT } };
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(plan_let_go) struct plan *plan = learned_plan(rows[i].task);
        struct secagg_header h = honest_header(plan, rows[i].mode);
        struct secure_plan p;
        struct why why = { "" };
        struct update_cover cover = update_cover_of(plan);
        cr_expect(cover.wanted && cover.in_sum && !cover.in_training);
        h.round = 22;
        cr_assert_eq(secure_vector_plan(plan, &h, false, &p, &why), OK, "%s", why.text);
        cr_expect(p.want.mode == rows[i].mode && p.want.noise.multiplier == h.sigma);
        secure_vector_cover(&p, &h, &cover);
        cr_expect(cover.sum == 22 && cover.unit.noise == h.sigma);
        h.sigma /= 2; /* too little for epsilon */
        cr_expect_eq(secure_vector_plan(plan, &h, false, &p, &why), ERR_SETTING);
        h.sigma *= 4;
        cr_expect_eq(secure_vector_plan(plan, &h, false, &p, &why), ERR_REFUSED, "its layout names another");
        struct secure_want raised = p.want; /* more than the task needs, and all that follows from it */
        raised.noise.multiplier = h.sigma;
        cr_assert_eq(secure_plan_of(&raised, &p, NULL), OK);
        secure_plan_put(&p, &h);
        cr_assert_eq(secure_vector_plan(plan, &h, false, &p, &why), OK, "%s", why.text);
        secure_vector_cover(&p, &h, &cover);
        cr_expect_eq(cover.unit.noise, h.sigma);
    }
}

/* Hospitals in a sum: what comes out is within 8 deviations of the noise of all, and follows the key. */
Test(secure_vector, noised_vectors)
{
    static const char *const tasks[] = { SHARES("site"), SHARES("patient, rate: 0.5") };
    for (size_t m = 0; m < 2; m++) {
        CLEANUP(plan_let_go) struct plan *plan = learned_plan(tasks[m]);
        struct secagg_header h = honest_header(plan, m ? SECURE_PATIENT : SECURE_SITE);
        static const float numbers[WEIGHTS] = { .5F, -.25F, .125F };
        struct secagg_vec v[3] = { { 0 }, { 0 }, { 0 } };
        uint8_t seed[HASH_BYTES], keys[3][STREAM_KEY_BYTES] = { { 1 }, { 1 }, { 2 } };
        double back[4];
        struct secure_plan p;
        cr_assert_eq(secure_vector_plan(plan, &h, false, &p, NULL), OK);
        for (size_t i = 0; i < 3; i++) {
            CLEANUP(trained_fini) struct trained t = m ? gradient_of(numbers, 40) : trained_of(numbers, 40, 0);
            cr_assert_eq(secure_vector_fill(&(struct secure_source){ &p, &h, 9, keys[i] }, &t, &v[i], NULL), OK);
            cr_expect(t.delta == NULL && t.gradient == NULL, "they became the vector");
        }
        cr_expect(p.rotated == 4 && p.length == 4 + m && v[0].n == p.length);
        cr_expect(!m || secagg_vec_get(&v[0], 4) == 9, "patients, exactly");
        cr_expect_eq(memcmp(v[0].narrow ? (void *)v[0].narrow : (void *)v[0].wide,
                            v[1].narrow ? (void *)v[1].narrow : (void *)v[1].wide, 4 * (v[0].narrow ? 4 : 8)),
                     0);
        cr_expect(secagg_vec_get(&v[0], 0) != secagg_vec_get(&v[2], 0) ||
                  secagg_vec_get(&v[0], 1) != secagg_vec_get(&v[2], 1));
        cr_assert_eq(secagg_header_hash(&h, seed), OK);
        struct ddgauss_rule site = secure_plan_site(&p);
        struct ddunits_rule patient = secure_plan_patient(&p);
        cr_assert_eq(m ? ddunits_get(&patient, seed, &v[0], 0, back) : ddgauss_get(&site, seed, &v[0], 0, back), OK);
        for (size_t i = 0; i < WEIGHTS; i++)
            cr_expect_float_eq(back[i], (double)numbers[i], 8 * p.share / p.update.scale);
        for (size_t i = 0; i < 3; i++) secagg_vec_fini(&v[i]);
        CLEANUP(trained_fini) struct trained t = m ? gradient_of(numbers, 40) : trained_of(numbers, 40, 0);
        CLEANUP(trained_fini) struct trained other = m ? trained_of(numbers, 40, 0) : gradient_of(numbers, 40);
        cr_expect_eq(secure_vector_fill(&(struct secure_source){ &p, &h, 9, keys[0] }, &other, &v[0], NULL), ERR_INPUT);
        cr_expect(other.delta != NULL || other.gradient != NULL, "nothing is taken");
        cr_expect_eq(secure_vector_fill(&(struct secure_source){ &p, &h, 9, NULL }, &t, &v[0], NULL), ERR_BUG);
        cr_expect(t.delta == NULL && t.gradient == NULL && v[0].n == 0);
    }
}

static struct tally counted(double records, double loss, double brier)
{
    struct tally t;
    cr_assert_eq(tally_init(&t, 2), OK);
    *t.count = records;
    *t.loss_sum = loss;
    *t.brier_sum = brier;
    t.confusion[3] = t.positives[17] = records;
    return t;
}

Test(secure_vector, holds_what_was_counted)
{
    static const struct {
        const char *name;
        double records, loss, brier;
        bool all;
        double told, told_loss; /* 0: refused */
    } rows[] = {
        { "usual", 40, 12.5, 3.25, true, 40, 12.5 },
        { "a loss beyond belief", 2, 1e9, 1, true, 2, 2 * SECURE_LOSS_MAX },
        { "too few to be told", 4, 1, 1, false, 0, 0 },
    };
    CLEANUP(plan_let_go) struct plan *plan = learned_plan(TASK);
    struct secagg_header h = { .cohort = COHORT };
    struct secure_want want = terms_want(&plan->task, &plan->spec, &h, true);
    struct secure_plan p;
    struct why why = { "" };
    cr_assert_eq(secure_plan_of(&want, &p, &why), OK, "%s", why.text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(tally_fini) struct tally t = counted(rows[i].records, rows[i].loss, rows[i].brier);
        struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
        cr_assert_eq(secure_vector_scores(&p, &t, rows[i].all, &v, &why), OK, "%s", rows[i].name);
        cr_expect(v.n == t.nvalues && (int64_t)secagg_vec_get(&v, 0) == (int64_t)rows[i].told, "%s", rows[i].name);
        cr_expect_float_eq((double)secagg_vec_get(&v, 1) / p.loss.scale, rows[i].told_loss, 1e-3, "%s", rows[i].name);
        cr_expect_eq((int64_t)secagg_vec_get(&v, (size_t)(t.positives - t.values) + 17), (int64_t)rows[i].told, "%s",
                     rows[i].name);
    }
    CLEANUP(tally_fini) struct tally many = counted((double)want.samples_max + 1, 0, 0);
    struct secagg_vec none = { 0 };
    cr_expect_eq(secure_vector_scores(&p, &many, true, &none, &why), ERR_INPUT);
    cr_expect(strstr(why.text, "max_samples"), "%s", why.text);
}

/* Part by part it is the vector that is filled at once, without noise and with. */
Test(secure_vector, part_by_part)
{
    static const char *const tasks[] = { TASK, SHARES("site") };
    for (size_t m = 0; m < 2; m++) {
        CLEANUP(plan_let_go) struct plan *plan = learned_plan(tasks[m]);
        struct secagg_header h = { .cohort = COHORT };
        struct secure_plan p = plan_of(TASK);
        if (m) h = honest_header(plan, SECURE_SITE);
        if (m) cr_assert_eq(secure_vector_plan(plan, &h, false, &p, NULL), OK);
        const uint8_t key[STREAM_KEY_BYTES] = { 1 };
        struct secure_source source = { .plan = &p, .header = &h, .key = m ? key : NULL };
        CLEANUP(trained_fini) struct trained t = trained_of((float[WEIGHTS]){ .5F, -.25F, .125F }, 40, .75);
        struct secagg_vec whole CLEANUP(secagg_vec_fini) = { 0 };
        struct secure_numbers numbers CLEANUP(secure_numbers_fini) = { .delta = NULL };
        CLEANUP(trained_fini) struct trained again = trained_of((float[WEIGHTS]){ .5F, -.25F, .125F }, 40, .75);
        cr_assert_eq(secure_vector_fill(&source, &t, &whole, NULL), OK);
        cr_assert_eq(secure_numbers_take(&source, &again, &numbers, NULL), OK);
        cr_expect_null(again.delta);
        for (size_t at = 0; at < p.length; at++)
            for (size_t n = 1; n <= p.length - at; n++) {
                struct secagg_vec part CLEANUP(secagg_vec_fini) = { 0 };
                cr_assert_eq(secagg_vec_init(&part, p.bits, n), OK);
                cr_assert_eq(secure_numbers_put(&numbers, at, &part), OK);
                for (size_t i = 0; i < n; i++)
                    cr_expect_eq(secagg_vec_get(&part, i), secagg_vec_get(&whole, at + i), "%zu + %zu", at, i);
                cr_expect_eq(secure_numbers_put(&numbers, p.length - n + 1, &part), ERR_INPUT);
            }
    }
}

/* What was trained, as it is there when the training is over. */
static void train(const struct plan *plan, const struct secure_plan *p, struct trained *t)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    *t = (struct trained){ .samples = 9, .ngradient = p->want.weights };
    if (p->want.mode == SECURE_PATIENT)
        t->gradient = calloc(secure_plan_room(t->ngradient), sizeof *t->gradient);
    else
        cr_assert_eq(tensor_set_new(shapes, model_shapes(&plan->spec, shapes), &t->delta), OK);
}

static void mask_all(const struct secure_numbers *numbers, struct secagg_masker *masker)
{
    enum { WINDOW = 1 << 14 };
    CLEANUP(buf_free) struct buf packed = buf_make(1 << 20);
    const struct secure_plan *p = &numbers->plan;
    for (size_t at = 0; at < p->length; at += WINDOW) {
        struct secagg_vec part CLEANUP(secagg_vec_fini) = { 0 };
        cr_assert_eq(secagg_vec_init(&part, p->bits, p->length - at < WINDOW ? p->length - at : WINDOW), OK);
        cr_assert_eq(secure_numbers_put(numbers, at, &part), OK);
        cr_assert_eq(secagg_masker_apply(masker, &part), OK);
        cr_assert_eq(secagg_vec_pack(&part, 0, part.n, &packed), OK);
        buf_clear(&packed);
    }
}

/* From what was trained to the packed vector: one vector, and beside it a window.  Without noise it is the update's
 * floats, with noise the doubles that are rotated. */
Test(secure_vector, memory_is_one_vector)
{
    enum { MORE = 1 << 18 };
#define LARGE "model: {arch: mlp, hidden: [700, 700]}\n"
    static const struct {
        const char *name, *task;
        enum secure_mode mode;
        size_t bytes; /* of an element */
    } rows[] = {
        { "no noise", TASK LARGE, SECURE_PLAIN, sizeof(float) },
        { "hospitals", SHARES("site") LARGE, SECURE_SITE, sizeof(double) },
        { "patients", SHARES("patient, rate: 0.5") LARGE, SECURE_PATIENT, sizeof(double) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *plan = learned_plan(rows[i].task);
        const struct secagg_header h = { .round = 1, .cohort = COHORT, .survivors = COHORT };
        const struct secure_want want = terms_want(&plan->task, &plan->spec, &h, false);
        const struct secagg_mask masks[COHORT] = { { { 1 }, PRG_ADD }, { { 2 }, PRG_TAKE }, { { 3 }, PRG_ADD } };
        const uint8_t key[STREAM_KEY_BYTES] = { 1 };
        struct secure_plan p;
        CLEANUP(trained_fini) struct trained t = { 0 };
        struct secagg_masker *masker CLEANUP(secagg_masker_drop) = NULL;
        struct secure_numbers numbers CLEANUP(secure_numbers_fini) = { .delta = NULL };
        cr_assert_eq(secure_plan_of(&want, &p, NULL), OK);
        cr_assert(p.want.mode == rows[i].mode && p.length > 490000, "%s", rows[i].name);
        failmalloc_watch();
        train(plan, &p, &t);
        cr_assert_eq(secure_numbers_take(&(struct secure_source){ &p, &h, 9, key }, &t, &numbers, NULL), OK);
        cr_assert_eq(secagg_masker_new(masks, COHORT, &masker), OK);
        mask_all(&numbers, masker);
        size_t most = failmalloc_most(), vector = p.length * rows[i].bytes;
        cr_expect(most >= vector && most <= vector + MORE, "%s: %zu bytes; the vector is %zu", rows[i].name, most,
                  vector);
    }
}
