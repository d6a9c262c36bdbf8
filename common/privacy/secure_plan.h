/*
 * secure_plan -- what the securely summed vector of a run is: which numbers
 * stand where, in which units, in which ring, and under how much noise.
 * Coordinator and trainers compute it alike from the task; its text, by hash in
 * the signed header, says what the coordinator will learn.
 *
 *   SECURE_PLAIN    update times weight | weight | loss times weight (0 where noise was in the training itself)
 *   SECURE_SITE     the update, clipped and rotated, with a share of noise (ddgauss.h): hides each hospital
 *   SECURE_PATIENT  one step's sum of clipped gradients of patients drawn by chance, rotated, with a share of noise
 *                   (ddunits.h): hides each patient, as central DP-SGD on all hospitals' records would | number of
 *                   patients, exactly
 *   SECURE_SCORES   what scoring the model counted (a tally's values, common/learn/metrics.h), exactly: number of
 *                   records, loss, squared errors, and counts
 *
 * OVERFLOW: each part is planned by quantise.h for `cohort` summands at their
 * bound, and noise of so many shares, and the ring is the widest that a part
 * needs: no sum wraps, with noise up to QUANTISE_HEADROOM deviations of it.
 *
 * STEP (plain): the mean is the sum divided by the weights' sum, which is at
 * least the number of summands; each is rounded by at most half a unit, so each
 * number of the mean is off by at most half of `update`'s step.
 *
 * NOISE: sigma is its deviation over the sensitivity, from honest survivors
 * alone; the run's epsilon holds for secure_plan_sums releases, which is a few
 * more than there are rounds: a sum that was given up after a vector left is
 * spent.
 */
#pragma once
#include "common/base/buf.h"
#include "common/privacy/accountant.h"
#include "common/privacy/ddunits.h"
#include "common/privacy/quantise.h"
#include "common/privacy/secagg_header.h"

enum secure_mode { SECURE_PLAIN, SECURE_SITE, SECURE_PATIENT, SECURE_SCORES, SECURE_MODES };
enum {
    SECURE_TEXT_BYTES = 3000,
    SECURE_SPARE = 10,           /* one more sum is reckoned with for every so many rounds */
    SECURE_STEP_BITS = 20,       /* behind the point, of an update's number times a weight of 1, at best */
    SECURE_STEP_BITS_LEAST = 10, /* at worst, where a finer step fits no ring */
    SECURE_FINE_BITS = 10 /* with noise: the clip is 2^10 roots of the length, in units; then rounding costs .1 % */
};
#define SECURE_LOSS_MAX 1000.0 /* a mean loss beyond counts as this */
#define SECURE_LOSS_STEP 0x1p-10
#define SECURE_BRIER_STEP 0x1p-20
enum { SECURE_SCORES_LEAST = 4 };

struct secure_noise {
    double epsilon; /* of the whole run */
    double delta;
    double clip;       /* L2: of a hospital's update, or of a patient's gradient */
    double rate;       /* SECURE_PATIENT: chance of a patient to be in a step */
    double multiplier; /* sigma; 0: the least that keeps epsilon */
};
struct secure_want {
    enum secure_mode mode;
    size_t weights;            /* numbers of the model; >= 1.  SECURE_SCORES: of the tally; >= SECURE_SCORES_LEAST */
    uint32_t cohort;           /* vectors in the sum, at most */
    uint32_t survivors;        /* and at least */
    uint32_t adversaries;      /* of these */
    double update_norm;        /* rounds.max_update_norm; SECURE_PLAIN */
    uint64_t samples_max;      /* rounds.max_samples: no weight, and with patients no hospital, is larger */
    uint64_t rounds;           /* rounds.count */
    struct secure_noise noise; /* SECURE_SITE, SECURE_PATIENT */
};
struct secure_plan {
    struct secure_want want; /* its multiplier was found */
    size_t length;           /* elements of the vector */
    size_t rotated;          /* of these, with noise: a power of two */
    unsigned bits;
    struct quantise update; /* of each number of the update, times the weight; with noise, of each element */
    struct quantise count;  /* of the weight, or of any other number of records */
    struct quantise loss;   /* of the loss, times the weight */
    struct quantise brier;  /* of the squared errors */
    double clip;            /* L2 bound of one vector */
    double sensitivity;     /* L2, of what one hospital or patient moves; 0 without noise */
    double share;           /* standard deviation of one trainer's noise, in units; 0 without */
    uint8_t layout_sha256[HASH_BYTES];
};

/* ERR_SETTING with a sentence that names the task's keys when no ring holds such a sum, or no noise keeps epsilon, or
 * the task's multiplier does not; ERR_INPUT for numbers out of range; ERR_CRYPTO. */
enum err secure_plan_of(const struct secure_want *want, struct secure_plan *out, struct why *why) MUST_USE;

size_t secure_plan_room(size_t weights); /* doubles in which a vector with noise is made, of any such plan */
uint64_t secure_plan_sums(uint64_t rounds);
/* What one sum costs, of a plan with noise: in the ledger of hospitals or in that of patients. */
struct privacy_event secure_plan_event(const struct secure_plan *p);
/* How the vector is made, of each mode with noise. */
struct ddgauss_rule secure_plan_site(const struct secure_plan *p);
struct ddunits_rule secure_plan_patient(const struct secure_plan *p);

const char *secure_plan_learned(enum secure_mode mode); /* a sentence: what the coordinator learns */

/* What the vector holds and who learns what of it, in lines; layout_sha256 is its hash.  Buf's errors. */
enum err secure_plan_text(const struct secure_plan *p, struct buf *out) MUST_USE;

/* Fills in the header's layout, bits, length, scale, clip, sensitivity and sigma. */
void secure_plan_put(const struct secure_plan *p, struct secagg_header *h);
/* Does the coordinator's header say just that?  ERR_REFUSED with a sentence. */
enum err secure_plan_match(const struct secure_plan *p, const struct secagg_header *h, struct why *why) MUST_USE;
