#include "agents/coordinator/secure_sum.h"
#include "common/privacy/hadamard.h"
#include "common/terms/terms.h"
#include <math.h>
#include <stdlib.h>

enum { BLOCK = 1024 };

enum err secure_sum_plan(const struct run *r, const struct secagg_header *header, struct secure_plan *out,
                         struct why *why)
{
    const struct secure_want want = terms_want(&r->task, &r->spec, header, r->head.scoring);
    return secure_plan_of(&want, out, why);
}

double secure_sum_step(const struct task *t)
{
    return t->privacy.rate > 0 ? t->train.learning_rate / t->privacy.rate : 0;
}

/* Is each of the first n numbers one that hospitals' numbers add up to? */
static enum err check_numbers(const struct quantise *q, const struct secagg_vec *sum, size_t n)
{
    double block[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) TRY(quantise_get(q, sum, at, block, n - at < BLOCK ? n - at : BLOCK));
    return OK;
}

static enum err read_plain(const struct secure_sum_of *of, struct secagg_vec *sum, struct secure_sum *s)
{
    const struct secure_plan *p = of->plan;
    double loss = 0;
    TRY(quantise_get(&p->count, sum, p->want.weights, &s->weight, 1));
    TRY(quantise_get(&p->loss, sum, p->want.weights + 1, &loss, 1));
    if (!(s->weight >= 1)) return ERR_DATA;
    TRY(check_numbers(&p->update, sum, p->want.weights));
    s->loss = loss / s->weight;
    s->units = p->update;
    s->vector = *sum;
    *sum = (struct secagg_vec){ 0 };
    return OK;
}

/* What the sum is multiplied by: the mean of the hospitals' updates; or minus the step along the mean gradient, taken
 * over the expected number of patients, which is no secret, and not over how many were drawn. */
static enum err find_factor(const struct secure_sum_of *of, const struct secagg_vec *sum, struct secure_sum *s)
{
    double patients = 0;
    s->factor = 1 / (double)of->members;
    if (of->plan->want.mode == SECURE_SITE) return OK;
    TRY(quantise_get(&of->plan->count, sum, of->plan->rotated, &patients, 1));
    if (!(patients >= 1)) return ERR_DATA;
    s->patients = (uint64_t)patients;
    s->factor = -of->step / patients;
    return OK;
}

/* Both kinds of noise are on numbers rotated alike (ddgauss.h, ddunits.h). */
static enum err read_noised(const struct secure_sum_of *of, struct secagg_vec *sum, struct secure_sum *s)
{
    const struct secure_plan *p = of->plan;
    uint8_t seed[HASH_BYTES];
    TRY(find_factor(of, sum, s));
    TRY(check_numbers(&p->update, sum, p->rotated));
    TRY(secagg_header_hash(of->header, seed));
    TRY(secagg_vec_into_numbers(sum, p->rotated, p->update.scale, &s->numbers));
    s->noise = fabs(s->factor) * p->share / p->update.scale * sqrt((double)of->members);
    s->weight = 1;
    return hadamard_back_64(seed, s->numbers, p->rotated);
}

enum err secure_sum_read(const struct secure_sum_of *of, struct secagg_vec *sum, struct secure_sum *out,
                         struct why *why)
{
    const struct secure_plan *p = of->plan;
    struct secure_sum s CLEANUP(secure_sum_fini) = { 0 };
    if (sum->n != p->length || sum->bits != p->bits || of->members == 0) return ERR_BUG;
    enum err e = (p->want.mode == SECURE_PLAIN ? read_plain : read_noised)(of, sum, &s);
    if (e == ERR_DATA)
        return why_say(why, e, "the secure sum is not one of updates of this task; a hospital's vector was nonsense");
    TRY(e);
    *out = s;
    s = (struct secure_sum){ 0 };
    return OK;
}

static enum err mean_window(const struct secure_sum *s, size_t first, size_t n, float *out)
{
    double block[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t some = n - at < BLOCK ? n - at : BLOCK;
        TRY(quantise_get(&s->units, &s->vector, first + at, block, some));
        for (size_t i = 0; i < some; i++) out[at + i] = (float)(block[i] / s->weight);
    }
    return OK;
}

enum err secure_sum_window(const struct secure_sum *s, size_t at, size_t n, float *out)
{
    if (s->numbers == NULL) return mean_window(s, at, n, out);
    for (size_t i = 0; i < n; i++) out[i] = (float)(s->factor * s->numbers[at + i]);
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

enum err secure_sum_scores(const struct secure_plan *plan, const struct model_spec *spec, const struct secagg_vec *sum,
                           struct tally *out, struct why *why)
{
    CLEANUP(tally_fini) struct tally t = { 0 };
    TRY(tally_init(&t, model_nclasses(spec)));
    enum err e = read_scores(plan, sum, &t);
    if (e == ERR_DATA) return why_say(why, e, "the secure sum is not one of scores; a hospital's vector was nonsense");
    TRY(e);
    *out = t;
    t = (struct tally){ 0 };
    return OK;
}

void secure_sum_fini(struct secure_sum *s)
{
    if (s == NULL) return;
    secagg_vec_fini(&s->vector);
    free(s->numbers);
    s->numbers = NULL;
}
