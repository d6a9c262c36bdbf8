/*
 * update -- the bytes that leave a hospital: a model's change, clipped and
 * covered with noise where the task says so.
 */
#pragma once
#include "agents/trainer/unit_rule.h"
#include "common/base/buf.h"
#include "common/crypto/stream.h"
#include "common/learn/tensor.h"
#include "common/privacy/local.h"

/* How one update is protected: by noise on the whole of it, by noise in each step that made it, or by a share of noise
 * in a secure sum.  The key is drawn
 * for this update alone, after its cost was written down. */
struct update_cover {
    bool wanted;
    bool in_training;
    bool in_sum;            /* in shares, in a secure sum (secure_vector.h); `unit` says of what it costs */
    uint64_t sum;           /* the secure sum's number (its header's round), by which it is charged; 0: by itself */
    struct local_rule rule; /* on the whole */
    struct unit_rule unit;  /* in training; filled in by whoever knows the number of units */
    uint8_t key[STREAM_KEY_BYTES];
};

struct update_cover update_cover_of(const struct plan *plan); /* without a key yet */

/* Standard deviation of the noise on each step's sum of gradients; 0: the training had none. */
double update_training_noise(const struct update_cover *cover);

/* Protects the change in place and appends its safetensors bytes to *out.  *out_noise is the standard deviation of what
 * was added to each number (in training: of each step's sum of gradients), 0 for none.  After an error the change must
 * not leave, and *out holds nothing new. ERR_INPUT with a sentence, ERR_LIMIT, ERR_MEMORY. */
enum err update_write(struct tensor_set *delta, const struct update_cover *cover, struct buf *out, double *out_noise,
                      struct why *why) MUST_USE;
