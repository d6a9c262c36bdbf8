/*
 * job -- one piece of work on a worker thread.
 *
 * The job owns copies of, or holds on, everything it needs, so that the loop
 * may forget the run meanwhile.  Only `progress` and `cancelled` are looked at
 * from both sides while it runs.
 */
#pragma once
#include "agents/trainer/engines/engine.h"
#include "agents/trainer/plan.h"
#include "agents/trainer/records.h"
#include "agents/trainer/secure_vector.h"
#include "agents/trainer/train_job.h"
#include "agents/trainer/update.h"
#include "agents/trainer/work.h"
#include "common/learn/moments.h"

enum { JOB_PATH_BYTES = 4096 };

struct job {
    /* what is to be done */
    struct work work;
    const struct engine *engine;
    struct plan *plan;       /* held; NULL for a scan before any task was seen */
    struct records *records; /* held; NULL: the job reads them, and they stay NULL when it could not */
    bool keep_records;       /* not for a scan */
    bool only_read;          /* the records, and nothing else yet */
    char path[JOB_PATH_BYTES];
    char schema[JOB_PATH_BYTES];
    struct buf model; /* TRAIN, EVALUATE: safetensors */
    struct update_cover cover;
    bool summed; /* TRAIN: for a secure sum, of which the next two say what is made */
    struct secagg_header sum;
    struct secure_plan sum_plan;
    uint64_t started_ms;
    /* while it is done */
    _Atomic double progress; /* 0 to 1 */
    atomic_bool cancelled;
    /* what came of it */
    enum err err; /* why it could not be done, with a sentence */
    struct why why;
    bool looked;                /* at the file, whose `stamp` follows */
    bool loaded;                /* the records were read, and `about` tells of them */
    struct records_stamp stamp; /* of the file, before it was read */
    struct records_about about;
    struct moments moments;        /* STATS */
    uint64_t samples;              /* STATS, TRAIN */
    double loss;                   /* TRAIN */
    double noise;                  /* TRAIN */
    struct buf update;             /* TRAIN: what may leave */
    struct secure_numbers numbers; /* TRAIN, summed: what may leave masked */
    struct tally tally;            /* EVALUATE */
};

/* Not owned arguments are copied or held.  ERR_LIMIT for a path that is too long, ERR_MEMORY. */
struct job_order {
    const struct work *work;
    const struct engine *engine;
    struct plan *plan;
    struct records *records;
    const char *path;
    const char *schema;
};
enum err job_new(const struct job_order *order, struct job **out) MUST_USE;
void job_run(void *job);  /* the worker's part: fills in what came of it */
void job_free(void *job); /* wipes; NULL is fine */
