/*
 * registry -- the models that came out: versions of a task, with lineage.
 *
 *   version/<task>/<version>   struct version_row
 *   card/<task>/<version>      the model card, JSON
 *   weights/<task>/<version>   safetensors
 *   proof/<task>/<version>     that it is in the guardian's log, and who signed it; where there is one
 */
#pragma once
#include "agents/coordinator/run.h"
#include "common/runtime/store.h"

enum { VERSION_MODEL_BYTES = MODEL_TEXT_BYTES, VERSION_OUTCOME_BYTES = 32 };

struct version_row {
    char task[TASK_NAME_BYTES];
    uint64_t version; /* 1, 2 ... */
    uint64_t parent;  /* version it was trained on from; 0: from a seed */
    char run[MSG_RUN_BYTES];
    uint64_t round;
    char outcome[VERSION_OUTCOME_BYTES]; /* of the run: done, failed, aborted */
    char model[VERSION_MODEL_BYTES];
    char digest[RUN_DIGEST_BYTES]; /* of the task document */
    char sha256[RUN_DIGEST_BYTES]; /* of the weights */
    uint64_t bytes;
    int64_t created_ms;
    uint64_t hospitals, records;       /* that scored or trained in that round; records trained on */
    double loss, auc, accuracy, brier; /* NAN: not known */
    double epsilon;
};

/* Makes the next version of the run's task from the checkpoint of a closed round. */
enum err registry_publish(struct run *r, uint64_t round, unsigned outcome, uint64_t *out_version) MUST_USE;

struct agent;
/* version 0: the newest.  ERR_ABSENT. */
enum err registry_find(struct agent *a, struct str task, uint64_t version, struct version_row *out) MUST_USE;
/* Appends what: "card", "weights" or "proof". */
enum err registry_get(struct agent *a, const struct version_row *v, const char *what, struct buf *out) MUST_USE;
/* Calls fn for every version in order of task and number. */
typedef enum err registry_fn(void *to, const struct version_row *v);
enum err registry_each(struct agent *a, registry_fn *fn, void *to) MUST_USE;
/* Writes <task>-<version>.safetensors and .card.json, and .proof where there is one, into the directory, made when
 * missing.  ERR_IO with a sentence.  Blocks on the disk. */
enum err registry_export(struct agent *a, const struct version_row *v, const char *directory, struct why *why) MUST_USE;
