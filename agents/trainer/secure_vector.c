#include "agents/trainer/secure_vector.h"
#include "common/base/secret.h"
#include "common/terms/terms.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 };

enum err secure_vector_plan(const struct plan *plan, const struct secagg_header *header, bool scores,
                            struct secure_plan *out, struct why *why)
{
    const struct secure_want want = terms_want(&plan->task, &plan->spec, header, scores);
    struct secure_plan p;
    TRY(secure_plan_of(&want, &p, why));
    TRY(secure_plan_match(&p, header, why));
    *out = p;
    return OK;
}

void secure_vector_cover(const struct secure_plan *p, const struct secagg_header *header, struct update_cover *cover)
{
    if (p->want.mode != SECURE_PLAIN) cover->unit.noise = p->want.noise.multiplier;
    cover->sum = header->round;
}

/* Of the update's numbers those in the part.  The product of a float and a weight is one double, rounded once to
 * units. */
static enum err put_update(const struct secure_numbers *m, size_t first, struct secagg_vec *part)
{
    double block[BLOCK];
    size_t left = first < m->plan.want.weights ? m->plan.want.weights - first : 0;
    size_t end = left < part->n ? left : part->n;
    for (size_t at = 0; at < end; at += BLOCK) {
        size_t n = end - at < BLOCK ? end - at : BLOCK;
        for (size_t i = 0; i < n; i++) block[i] = m->weight * (double)m->delta->flat[first + at + i];
        TRY(quantise_put(&m->plan.update, block, n, part, at));
    }
    return OK;
}

static bool is_in(size_t element, size_t first, const struct secagg_vec *part)
{
    return element >= first && element - first < part->n;
}

static enum err put_plain(const struct secure_numbers *m, size_t first, struct secagg_vec *part)
{
    size_t count = m->plan.want.weights;
    size_t loss = count + 1;
    TRY(put_update(m, first, part));
    if (is_in(count, first, part)) TRY(quantise_put(&m->plan.count, &m->weight, 1, part, count - first));
    return is_in(loss, first, part) ? quantise_put(&m->plan.loss, &m->loss, 1, part, loss - first) : OK;
}

enum err secure_numbers_put(const struct secure_numbers *m, size_t at, struct secagg_vec *part)
{
    if (part->bits != m->plan.bits || at > m->plan.length || part->n > m->plan.length - at) return ERR_INPUT;
    if (m->delta != NULL) return put_plain(m, at, part);
    for (size_t i = 0; i < part->n; i++) secagg_vec_put(part, i, secagg_vec_get(&m->vector, at + i));
    return OK;
}

/* The result as numbers that are summed; it stays the owner of its update. */
static struct secure_numbers numbers_of(const struct secure_source *source, const struct trained *t)
{
    const struct secure_plan *p = source->plan;
    double weight = (double)(t->samples < p->want.samples_max ? t->samples : p->want.samples_max);
    double loss = weight * fmax(-SECURE_LOSS_MAX, fmin(SECURE_LOSS_MAX, t->loss));
    if (source->key != NULL) loss = 0; /* exact, it would tell what the noise in the training hides */
    return (struct secure_numbers){ .plan = *p, .delta = t->delta, .weight = weight, .loss = loss };
}

/* ---- with noise ---- */

static enum err from_stream(void *self, void *out, size_t n) { return stream_read(self, out, n); }

/* The key itself decided who is in the sum; the dither and the noise have another, made of it. */
static enum err noise_stream(const uint8_t *key, struct stream **out)
{
    static const char purpose[] = "himas secure vector noise 1";
    uint8_t bytes[STREAM_KEY_BYTES + sizeof purpose];
    uint8_t made[HASH_BYTES];
    memcpy(bytes, key, STREAM_KEY_BYTES);
    memcpy(bytes + STREAM_KEY_BYTES, purpose, sizeof purpose);
    enum err e = hash_of(bytes_of(bytes, sizeof bytes), made);
    if (e == OK) e = stream_new(made, out);
    secret_wipe(bytes, sizeof bytes);
    secret_wipe(made, sizeof made);
    return e;
}

static enum err put_noise(const struct secure_source *source, double *numbers)
{
    CLEANUP(stream_drop) struct stream *stream = NULL;
    const struct secure_plan *p = source->plan;
    const struct ddgauss_rule site = secure_plan_site(p);
    const struct ddunits_rule patient = secure_plan_patient(p);
    uint8_t seed[HASH_BYTES];
    if (source->key == NULL) return ERR_BUG;
    TRY(secagg_header_hash(source->header, seed));
    TRY(noise_stream(source->key, &stream));
    return p->want.mode == SECURE_SITE ? ddgauss_put(&site, seed, numbers, from_stream, stream)
                                       : ddunits_put(&patient, seed, numbers, from_stream, stream);
}

/* Takes what was trained, as the plan's length of doubles, in its own memory. */
static enum err take_numbers(const struct secure_plan *p, struct trained *t, double **out)
{
    if (p->want.mode == SECURE_SITE) {
        TRY(tensor_set_into_numbers(t->delta, p->length, out));
        t->delta = NULL;
        return OK;
    }
    *out = t->gradient;
    t->gradient = NULL;
    return OK;
}

/* The numbers become the vector where they lie. */
static enum err fill_noised(const struct secure_source *source, struct trained *t, struct secagg_vec *v)
{
    const struct secure_plan *p = source->plan;
    const double patients = (double)source->units;
    double *numbers = NULL;
    TRY(take_numbers(p, t, &numbers));
    enum err e = put_noise(source, numbers);
    if (e == OK) e = secagg_vec_of_numbers(numbers, p->length, p->bits, v);
    if (e != OK) {
        secret_wipe(numbers, p->length * sizeof *numbers);
        free(numbers);
        return e;
    }
    return p->want.mode == SECURE_PATIENT ? quantise_put(&p->count, &patients, 1, v, p->rotated) : OK;
}

/* ---- both ---- */

static enum err check(const struct secure_plan *p, const struct trained *t, struct why *why)
{
    const bool patients = p->want.mode == SECURE_PATIENT;
    bool fits = patients ? t->gradient != NULL && t->ngradient == p->want.weights
                         : t->delta != NULL && t->delta->nelements == p->want.weights;
    if (!fits || t->samples == 0 || (!patients && !tensor_set_finite(t->delta)))
        return why_say(why, ERR_INPUT, "the update is not one of the round's model");
    if (p->want.mode != SECURE_PLAIN) return OK;
    double norm = tensor_set_l2(t->delta);
    if (norm <= p->want.update_norm) return OK;
    return why_say(why, ERR_INPUT, "the update's norm %g is above the task's `rounds.max_update_norm` %g", norm,
                   p->want.update_norm);
}

static enum err fill_plain(const struct secure_source *source, const struct trained *t, struct secagg_vec *v)
{
    const struct secure_numbers m = numbers_of(source, t);
    TRY(secagg_vec_init(v, source->plan->bits, source->plan->length));
    return put_plain(&m, 0, v);
}

enum err secure_vector_fill(const struct secure_source *source, struct trained *trained, struct secagg_vec *out,
                            struct why *why)
{
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    TRY(check(source->plan, trained, why));
    TRY(source->plan->want.mode == SECURE_PLAIN ? fill_plain(source, trained, &v) : fill_noised(source, trained, &v));
    *out = v;
    v = (struct secagg_vec){ 0 };
    return OK;
}

enum err secure_numbers_take(const struct secure_source *source, struct trained *trained, struct secure_numbers *out,
                             struct why *why)
{
    if (source->plan->want.mode != SECURE_PLAIN) {
        out->plan = *source->plan;
        return secure_vector_fill(source, trained, &out->vector, why);
    }
    TRY(check(source->plan, trained, why));
    *out = numbers_of(source, trained);
    trained->delta = NULL;
    return OK;
}

void secure_numbers_fini(struct secure_numbers *m)
{
    if (m == NULL) return;
    tensor_set_free(m->delta);
    m->delta = NULL;
    secagg_vec_fini(&m->vector);
}

/* ---- scores ---- */

static enum err put_scores(const struct secure_plan *p, const struct tally *t, struct secagg_vec *v)
{
    size_t first = SECURE_SCORES_LEAST - 1;
    double loss = fmin(*t->loss_sum, SECURE_LOSS_MAX * *t->count);
    TRY(quantise_put(&p->count, t->count, 1, v, 0));
    TRY(quantise_put(&p->loss, &loss, 1, v, 1));
    TRY(quantise_put(&p->brier, t->brier_sum, 1, v, 2));
    return quantise_put(&p->count, t->values + first, p->length - first, v, first);
}

enum err secure_vector_scores(const struct secure_plan *p, const struct tally *counted, bool all,
                              struct secagg_vec *out, struct why *why)
{
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    if (p->want.mode != SECURE_SCORES || counted->nvalues != p->length) return ERR_BUG;
    TRY(secagg_vec_init(&v, p->bits, p->length));
    enum err e = all ? put_scores(p, counted, &v) : OK;
    if (e == ERR_INPUT)
        return why_say(why, e, "%.0f held-out records are more than the task's `rounds.max_samples`", *counted->count);
    TRY(e);
    *out = v;
    v = (struct secagg_vec){ 0 };
    return OK;
}
