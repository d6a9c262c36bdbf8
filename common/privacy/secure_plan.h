/*
 * secure_plan -- what the securely summed vector of a run is: which numbers
 * stand where, in which units, and in which ring, so that their sum cannot
 * wrap.  Coordinator and trainers compute it alike from the task; its text, by
 * hash in the signed header, says what the coordinator will learn.
 *
 *   SECURE_PLAIN  update times weight | weight | loss times weight
 *
 * OVERFLOW: each part is planned by quantise.h for `cohort` summands at their
 * bound, and the ring is the widest that a part needs, so no sum of as many
 * wraps.  The bound of a number of the update times its weight is update_norm
 * times samples_max: a longer update is refused where it is made.
 *
 * STEP: the mean is the sum divided by the weights' sum, which is at least the
 * number of summands; each is rounded by at most half a unit, so each number of
 * the mean is off by at most half of `update`'s step.
 */
#pragma once
#include "common/base/buf.h"
#include "common/privacy/quantise.h"
#include "common/privacy/secagg_header.h"

enum secure_mode { SECURE_PLAIN, SECURE_MODES };
enum { SECURE_TEXT_BYTES = 2000 };
#define SECURE_STEP 0x1p-20     /* of an update's number times a weight of 1, at best */
#define SECURE_STEP_MAX 0x1p-10 /* at worst, where a finer one fits no ring */
#define SECURE_LOSS_MAX 1000.0  /* a mean loss beyond counts as this */
#define SECURE_LOSS_STEP 0x1p-10

struct secure_want {
    enum secure_mode mode;
    size_t weights;       /* numbers of the model; >= 1 */
    uint32_t cohort;      /* vectors in the sum, at most */
    double update_norm;   /* rounds.max_update_norm */
    uint64_t samples_max; /* rounds.max_samples: no weight is larger */
};
struct secure_plan {
    struct secure_want want;
    size_t length; /* elements of the vector */
    unsigned bits;
    struct quantise update; /* of each number of the update, times the weight */
    struct quantise count;  /* of the weight */
    struct quantise loss;   /* of the loss, times the weight */
    uint8_t layout_sha256[HASH_BYTES];
};

/* ERR_SETTING with a sentence that names the task's keys when no ring holds such a sum; ERR_INPUT for numbers out of
 * range; ERR_CRYPTO. */
enum err secure_plan_of(const struct secure_want *want, struct secure_plan *out, struct why *why) MUST_USE;

/* What the vector holds and who learns what of it, in lines; layout_sha256 is its hash.  Buf's errors. */
enum err secure_plan_text(const struct secure_plan *p, struct buf *out) MUST_USE;

/* Fills in the header's layout, bits, length, scale, clip and sigma. */
void secure_plan_put(const struct secure_plan *p, struct secagg_header *h);
/* Does the coordinator's header say just that?  ERR_REFUSED with a sentence. */
enum err secure_plan_match(const struct secure_plan *p, const struct secagg_header *h, struct why *why) MUST_USE;
