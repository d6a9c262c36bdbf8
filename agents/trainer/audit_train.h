/*
 * audit_train -- a model trained as in a run, by this hospital alone, and its
 * loss on records.  For audits: nothing of it leaves.
 */
#pragma once
#include "agents/trainer/audit_run.h"
#include "common/crypto/random.h"
#include "common/learn/tensor.h"

/* How it is hidden, and what that is claimed to cost over all rounds. */
struct audit_claim {
    double epsilon; /* 0: nothing hides the records */
    double delta;
};

/* Rows in the file's units, and the first row of each unit and the end (records_units). */
struct audit_rows {
    struct table table;
    uint32_t *starts;
    size_t nunits;
};
void audit_rows_fini(struct audit_rows *r); /* for CLEANUP() */

struct audit_training {
    const struct audit_order *order;
    uint64_t rounds;
    bool hidden;       /* with the task's noise */
    uint64_t units;    /* the rate of DP-SGD is made for so many, however many there are */
    random_fn *random; /* of keys of noise */
    void *source;
};

/* From the task's first weights.  scale: rows whose moments scale the inputs where the task wants that; the model's
 * bytes are appended to *out, as a coordinator sends them. */
enum err audit_train(const struct audit_training *t, const struct audit_rows *rows, const struct table *scale,
                     struct buf *out, struct why *why) MUST_USE;
enum err audit_claim(const struct audit_training *t, struct audit_claim *out, struct why *why) MUST_USE;

/* The loss on each row, in nats; rows in the file's units. */
enum err audit_losses(const struct audit_order *o, struct bytes model, const struct table *rows, double *out,
                      struct why *why) MUST_USE;
enum err audit_copy(const struct table *from, struct table *out) MUST_USE;
