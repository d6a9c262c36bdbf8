/*
 * secagg_header -- stage 0: what a round is, signed by the coordinator, and
 * what a trainer refuses whatever the coordinator says.
 *
 * The canonical bytes are what is hashed, signed and logged; the hash is in
 * every later message.
 */
#pragma once
#include "common/base/buf.h"
#include "common/crypto/sign.h"
#include "common/privacy/secagg.h"

enum { SECAGG_HEADER_BYTES = 226 };
#define SECAGG_DEADLINE_MAX_MS ((uint64_t)1 << 53)

struct secagg_header {
    uint8_t run[HASH_BYTES];           /* the run's entry in the log */
    uint64_t round;                    /* from 1 */
    uint8_t model_sha256[HASH_BYTES];  /* what everybody trains on */
    uint8_t roster_sha256[HASH_BYTES]; /* secagg_roster_hash */
    uint8_t
        layout_sha256[HASH_BYTES]; /* of the caller's account of what the vector's elements mean and who sees what */
    uint32_t cohort;               /* members asked, at most */
    uint32_t survivors;            /* of these, how many must end the round */
    uint32_t adversaries;          /* of these, how many may tell the coordinator all they know */
    uint32_t degree;               /* neighbours of each in a Harary graph; 0: everybody is everybody's */
    uint32_t threshold;            /* holders to recover one secret; survivors votes */
    uint32_t bits;                 /* of the ring */
    uint32_t length;               /* of the vector, elements */
    double scale;                  /* units of 1.0 */
    double clip;                   /* L2 bound of one trainer's contribution: what the ring is sized for */
    double
        sensitivity; /* L2 of what one of whom the noise hides (a hospital, a patient) may move the sum; 0: no noise */
    double sigma;    /* of the noise on the sum, over sensitivity, from honest survivors alone; 0: none */
    uint64_t deadline_ms; /* wall clock, of the whole round */
};
struct secagg_policy { /* the trainer's own */
    uint8_t model_sha256[HASH_BYTES];
    uint8_t roster_sha256[HASH_BYTES];
    uint32_t cohort_min;  /* least members in a sum, itself among them; at least SECAGG_COHORT_LEAST is enforced */
    uint32_t adversaries; /* how many it reckons with, at least */
    double sigma_min;     /* of whom the task hides; 0: sums without noise are allowed */
};
struct secagg_seen { /* of one run; all zeros at its begin; the caller keeps it durably */
    uint64_t round;
    uint8_t header_sha256[HASH_BYTES];
    bool answered; /* a masked vector has left for this round */
};

/* Appends the canonical bytes, SECAGG_HEADER_BYTES of them.  Buf's errors. */
enum err secagg_header_encode(const struct secagg_header *h, struct buf *out) MUST_USE;
enum err secagg_header_hash(const struct secagg_header *h, uint8_t out[HASH_BYTES]) MUST_USE;
/* ERR_PROTO when the bytes are none; what they say is judged by secagg_header_check. */
enum err secagg_header_parse(struct bytes in, struct secagg_header *out) MUST_USE;

enum err secagg_header_sign(const struct secagg_header *h, const struct sign_key *coordinator,
                            uint8_t out[ED25519_SIGNATURE_BYTES]) MUST_USE;
/* ERR_CRYPTO when this coordinator did not sign it. */
enum err secagg_header_verify(const struct secagg_header *h, const uint8_t coordinator[ED25519_KEY_BYTES],
                              const uint8_t signature[ED25519_SIGNATURE_BYTES]) MUST_USE;

/* Could such a round be held at all, and would it keep secrets from a coordinator who lies, with the adversaries it
 * reckons with?  ERR_INPUT, or ERR_REFUSED when it would not. */
enum err secagg_header_check(const struct secagg_header *h, struct why *why) MUST_USE;

/* secagg_header_check, and the trainer's own demands: ERR_REFUSED with the first that is not met. */
enum err secagg_header_admit(const struct secagg_header *h, const struct secagg_policy *policy, struct why *why)
    MUST_USE;

/* Is the threshold high enough among this many present members?  As secagg_header_check, for who really came. */
enum err secagg_header_present(const struct secagg_header *h, uint32_t present, struct why *why) MUST_USE;

/* Standard deviation of one trainer's noise, in units: sigma sensitivities spread over the honest survivors.  0: none.
 */
double secagg_header_share(const struct secagg_header *h);

/* A header that may be taken part in: a later round than any before, or the same again as long as nothing was answered.
 * Updates *seen, which the caller stores before its advert leaves.  ERR_REFUSED: two headers for one round (evidence);
 * ERR_DUPLICATE: answered already, or a round gone by. */
enum err secagg_seen_admit(struct secagg_seen *seen, const struct secagg_header *h, struct why *why) MUST_USE;
