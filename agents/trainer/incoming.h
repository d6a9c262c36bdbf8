/*
 * incoming -- a model as the coordinator sent it, checked strictly.
 *
 * The bytes hold exactly the tensors of the task's model and, when the inputs
 * are to be standardised by moments, "input.mean" and "input.scale" of one
 * number an input: a model sees (x - mean) / scale.
 */
#pragma once
#include "common/base/buf.h"
#include "common/learn/model.h"
#include "common/learn/table.h"
#include "common/wire/task.h"

struct incoming {
    struct tensor_set *weights; /* owned; the spec's tensors in the spec's order, finite */
    float *mean;                /* owned; NULL when inputs are taken as they are */
    float *scale;               /* > 0 */
};

/* ERR_INPUT with a sentence: other tensors, other shapes, not finite, a scale that is not positive; ERR_MEMORY. */
enum err incoming_read(struct bytes in, const struct model_spec *spec, struct incoming *out, struct why *why) MUST_USE;
/* The same from bytes that are not needed after: frees them before it looks at the weights. */
enum err incoming_take(struct buf *in, const struct model_spec *spec, struct incoming *out, struct why *why) MUST_USE;
void incoming_fini(struct incoming *m); /* for CLEANUP() */

/* Turns rows in the file's units, in place, into what the model sees: by the model's scaling, else by the contract's
 * ranges where the task says so.  ERR_INPUT with a sentence when scaling is missing or a number gets too big;
 * ERR_SETTING for a range without ends; ERR_MEMORY. */
enum err incoming_scale(const struct incoming *m, const struct task *task, struct table *rows, struct why *why)
    MUST_USE;
