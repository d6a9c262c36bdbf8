#include "agents/coordinator/secure_sum.h"
#include "common/learn/safetensors.h"
#include <math.h>
#include <stdlib.h>

enum { BLOCK = 1024 };

enum secure_mode secure_sum_mode(const struct task *t)
{
    if (t->privacy.mechanism != NOISE_DISTRIBUTED) return SECURE_PLAIN;
    return task_hides_patients(t) ? SECURE_PATIENT : SECURE_SITE;
}

enum err secure_sum_plan(const struct run *r, const struct secagg_header *header, struct secure_plan *out,
                         struct why *why)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    const struct task *t = &r->task;
    struct secure_want w = { .mode = r->head.scoring ? SECURE_SCORES : secure_sum_mode(t),
                             .cohort = header->cohort,
                             .survivors = header->survivors,
                             .adversaries = header->adversaries,
                             .update_norm = t->rounds.max_update_norm,
                             .samples_max = t->rounds.max_samples,
                             .rounds = t->rounds.count,
                             .noise = { .epsilon = t->privacy.epsilon,
                                        .delta = t->privacy.delta,
                                        .clip = t->privacy.clip,
                                        .rate = t->privacy.rate,
                                        .multiplier = t->privacy.noise_multiplier } };
    size_t count = model_shapes(&r->spec, shapes);
    for (size_t i = 0; i < count; i++) w.weights += tensor_shape_elements(&shapes[i]);
    w.noise.multiplier = fmax(w.noise.multiplier, header->sigma); /* what the guardian asks for */
    if (r->head.scoring) w.weights = tally_values(model_nclasses(&r->spec));
    return secure_plan_of(&w, out, why);
}

static enum err read_mean(const struct secure_plan *p, const struct secagg_vec *sum, double weight, float *out)
{
    double block[BLOCK];
    for (size_t at = 0; at < p->want.weights; at += BLOCK) {
        size_t n = p->want.weights - at < BLOCK ? p->want.weights - at : BLOCK;
        TRY(quantise_get(&p->update, sum, at, block, n));
        for (size_t i = 0; i < n; i++) out[at + i] = (float)(block[i] / weight);
    }
    return OK;
}

static enum err read_plain(const struct secure_sum_of *of, const struct secagg_vec *sum, struct secure_sum *s)
{
    const struct secure_plan *p = of->plan;
    double loss = 0;
    TRY(quantise_get(&p->count, sum, p->want.weights, &s->weight, 1));
    TRY(quantise_get(&p->loss, sum, p->want.weights + 1, &loss, 1));
    if (!(s->weight >= 1)) return ERR_DATA;
    s->loss = loss / s->weight;
    return read_mean(p, sum, s->weight, s->change->flat);
}

/* What the sum is multiplied by: the mean of the hospitals' updates; or minus the step along the mean gradient, taken
 * over the expected number of patients, which is no secret, and not over how many were drawn. */
static enum err factor_of(const struct secure_sum_of *of, const struct secagg_vec *sum, uint64_t *out_patients,
                          double *out)
{
    const struct task *t = &of->run->task;
    double patients = 0;
    *out = 1 / (double)of->members;
    if (of->plan->want.mode == SECURE_SITE) return OK;
    TRY(quantise_get(&of->plan->count, sum, of->plan->rotated, &patients, 1));
    if (!(patients >= 1)) return ERR_DATA;
    *out_patients = (uint64_t)patients;
    *out = -t->train.learning_rate / (t->privacy.rate * patients);
    return OK;
}

static enum err unrotate(const struct secure_sum_of *of, const struct secagg_vec *sum, double *numbers)
{
    const struct ddgauss_rule site = secure_plan_site(of->plan);
    const struct ddunits_rule patient = secure_plan_patient(of->plan);
    uint8_t seed[HASH_BYTES];
    TRY(quantise_get(&of->plan->update, sum, 0, numbers, of->plan->rotated)); /* is it one at all? */
    TRY(secagg_header_hash(of->header, seed));
    return of->plan->want.mode == SECURE_SITE ? ddgauss_get(&site, seed, sum, 0, numbers)
                                              : ddunits_get(&patient, seed, sum, 0, numbers);
}

static enum err read_noised(const struct secure_sum_of *of, const struct secagg_vec *sum, struct secure_sum *s)
{
    double factor = 0;
    const struct secure_plan *p = of->plan;
    TRY(factor_of(of, sum, &s->patients, &factor));
    s->noise = fabs(factor) * p->share / p->update.scale * sqrt((double)of->members);
    double *numbers = calloc(of->plan->rotated, sizeof *numbers);
    if (numbers == NULL) return ERR_MEMORY;
    enum err e = unrotate(of, sum, numbers);
    for (size_t i = 0; e == OK && i < of->plan->want.weights; i++) s->change->flat[i] = (float)(factor * numbers[i]);
    free(numbers);
    s->weight = 1;
    s->loss = 0;
    return e;
}

static enum err new_change(const struct model_spec *spec, struct tensor_set **out)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    return tensor_set_new(shapes, model_shapes(spec, shapes), out);
}

enum err secure_sum_read(const struct secure_sum_of *of, const struct secagg_vec *sum, struct secure_sum *out,
                         struct why *why)
{
    const struct secure_plan *p = of->plan;
    struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
    if (sum->n != p->length || sum->bits != p->bits || of->members == 0) return ERR_BUG;
    TRY(new_change(&of->run->spec, &s.change));
    if (s.change->nelements != p->want.weights) return ERR_BUG;
    enum err e = (p->want.mode == SECURE_PLAIN ? read_plain : read_noised)(of, sum, &s);
    if (e == ERR_DATA)
        return why_say(why, e, "the secure sum is not one of updates of this task; a hospital's vector was nonsense");
    TRY(e);
    *out = s;
    s.change = NULL;
    return OK;
}

static enum err read_scores(const struct secure_plan *p, const struct secagg_vec *sum, struct tally *t)
{
    size_t first = SECURE_SCORES_LEAST - 1;
    if (sum->n != p->length || sum->bits != p->bits || t->nvalues != p->length) return ERR_BUG;
    TRY(quantise_get(&p->count, sum, 0, t->count, 1));
    TRY(quantise_get(&p->loss, sum, 1, t->loss_sum, 1));
    TRY(quantise_get(&p->brier, sum, 2, t->brier_sum, 1));
    TRY(quantise_get(&p->count, sum, first, t->values + first, p->length - first));
    return tally_check(t) == OK ? OK : ERR_DATA;
}

enum err secure_sum_scores(const struct secure_sum_of *of, const struct secagg_vec *sum, struct tally *out,
                           struct why *why)
{
    CLEANUP(tally_fini) struct tally t = { 0 };
    TRY(tally_init(&t, model_nclasses(&of->run->spec)));
    enum err e = read_scores(of->plan, sum, &t);
    if (e == ERR_DATA) return why_say(why, e, "the secure sum is not one of scores; a hospital's vector was nonsense");
    TRY(e);
    *out = t;
    t = (struct tally){ 0 };
    return OK;
}

void secure_sum_fini(struct secure_sum *s)
{
    if (s == NULL) return;
    tensor_set_free(s->change);
    s->change = NULL;
}

enum err secure_sum_encode(const struct secure_sum *s, struct buf *out)
{
    return safetensors_encode(s->change, NULL, 0, out);
}
