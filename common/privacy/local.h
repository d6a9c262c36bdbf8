/*
 * local -- local differential privacy of a hospital's update.
 *
 * UNIT: the whole update of one hospital.  Neighbours are any two data sets of
 * that hospital, so the update may change to any other vector within the clip
 * bound: the sensitivity is LOCAL_SENSITIVITY times the bound (replacement,
 * not adding or removing).  Whoever sees the update learns little of the
 * hospital's records beyond epsilon, whatever else they know.
 *
 * Gaussian: L2 clip, noise by gaussian.h.  Laplace: L1 clip, b = sensitivity /
 * epsilon.
 */
#pragma once
#include "common/privacy/noise.h"

#define LOCAL_SENSITIVITY 2.0 /* in clip bounds */

struct local_rule {
    enum privacy_mechanism mechanism;
    double epsilon; /* of one release; > 0 */
    double delta;   /* Gaussian: in (0, 1); Laplace: not looked at */
    double clip;    /* bound of the L2 (Gaussian) or L1 (Laplace) norm; > 0 */
    double least;   /* its noise is not below this times the sensitivity, whatever epsilon asks for */
};

/* Scale of the noise: standard deviation, Laplace: b.  ERR_INPUT with a sentence when the rule cannot be kept. */
enum err local_noise_scale(const struct local_rule *rule, double *out, struct why *why) MUST_USE;

/* The standard deviation of noise of this scale. */
double local_deviation(enum privacy_mechanism mechanism, double scale);

/* The event to charge before local_privatise may run; its epsilon at the rule's delta is at most the rule's. */
enum err local_event(const struct local_rule *rule, struct privacy_event *out, struct why *why) MUST_USE;

/* Clips, then adds noise, in place.  *out_scale is the scale used.  After an error v must not leave: it is untouched
 * or clipped (ERR_INPUT), or zeros. */
enum err local_privatise(const struct local_rule *rule, float *v, size_t n, random_fn *random, void *self,
                         double *out_scale, struct why *why) MUST_USE;
