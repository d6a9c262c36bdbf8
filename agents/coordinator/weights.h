/*
 * weights -- a model's numbers where they are kept, a window at a time.
 *
 * A checkpoint or an update may be longer than anybody wants to hold, and other
 * programs write its tensors in another order: this says where each tensor of
 * the model lies in the bytes, and reads any run of numbers in the model's own
 * order.  The bytes are an attachment's or a stored value's: both are a blob.
 */
#pragma once
#include "common/learn/model.h"
#include "common/runtime/agent.h"

enum { WEIGHTS_WINDOW = 1 << 18 }; /* numbers in memory at a time: 1 MiB */

struct weights {
    size_t count;                   /* tensors of the model */
    uint64_t at[MODEL_MAX_TENSORS]; /* byte offset of each */
    size_t n[MODEL_MAX_TENSORS];    /* numbers of each */
    size_t total;                   /* numbers */
    uint64_t scaling_at;            /* a checkpoint's input.mean and input.scale, behind the weights */
    uint64_t scaling_bytes;         /* 0: it has none */
};

/* What is wrong with bytes that are no such model: ERR_INPUT with a sentence. */
enum weights_defect { WEIGHTS_UNREADABLE, WEIGHTS_OTHER_MODEL };

/* An update: exactly the model's tensors.  *out_defect is set on ERR_INPUT and ERR_LIMIT.  Else the store's errors. */
enum err weights_of_update(struct agent *a, const struct blob *b, const struct model_spec *spec, struct weights *out,
                           enum weights_defect *out_defect, struct why *why) MUST_USE;
/* A checkpoint as global.h writes it.  ERR_STORE when it is none of this model's. */
enum err weights_of_checkpoint(struct agent *a, const struct blob *b, const struct model_spec *spec,
                               struct weights *out) MUST_USE;

/* n numbers from the first one on, in the model's order. */
enum err weights_read(struct agent *a, const struct blob *b, const struct weights *w, size_t first, size_t n,
                      float *out) MUST_USE;
