#include "agents/trainer/audit_sum.h"
#include "common/base/secret.h"
#include "common/terms/terms.h"
#include <stdlib.h>

/* One hospital, and it is honest: its share is all of the noise. */
static enum err plan_alone(const struct audit_sum *s, struct secagg_header *h, struct secure_plan *out, struct why *why)
{
    *h = (struct secagg_header){ .round = s->round, .cohort = 1, .survivors = 1 };
    struct secure_want want = terms_want(&s->plan->task, &s->plan->spec, h, false);
    TRY(secure_plan_of(&want, out, why));
    secure_plan_put(out, h);
    return OK;
}

static enum err read_back(const struct secure_plan *p, const struct secagg_header *h, const struct secagg_vec *sum,
                          double *numbers)
{
    const struct ddgauss_rule site = secure_plan_site(p);
    const struct ddunits_rule patient = secure_plan_patient(p);
    uint8_t seed[HASH_BYTES];
    TRY(secagg_header_hash(h, seed));
    return p->want.mode == SECURE_SITE ? ddgauss_get(&site, seed, sum, 0, numbers)
                                       : ddunits_get(&patient, seed, sum, 0, numbers);
}

static enum err step(const struct audit_sum *s, const struct secure_plan *p, const struct secagg_header *h,
                     const struct secagg_vec *sum, struct tensor_set *weights)
{
    const struct task *t = &s->plan->task;
    double factor = p->want.mode == SECURE_SITE ? 1 : -t->train.learning_rate / (t->privacy.rate * (double)s->units);
    double *numbers = calloc(p->rotated, sizeof *numbers);
    if (numbers == NULL) return ERR_MEMORY;
    enum err e = read_back(p, h, sum, numbers);
    for (size_t i = 0; e == OK && i < weights->nelements; i++) weights->flat[i] += (float)(factor * numbers[i]);
    secret_wipe(numbers, p->rotated * sizeof *numbers);
    free(numbers);
    return e;
}

enum err audit_sum_step(const struct audit_sum *s, struct trained *trained, struct tensor_set *weights, struct why *why)
{
    struct secagg_header header;
    struct secure_plan p;
    struct secagg_vec v CLEANUP(secagg_vec_fini) = { 0 };
    TRY(plan_alone(s, &header, &p, why));
    TRY(secure_vector_fill(&(struct secure_source){ &p, &header, s->units, s->key }, trained, &v, why));
    return step(s, &p, &header, &v, weights);
}
