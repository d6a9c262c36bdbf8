/*
 * run -- the federation runs this hospital was invited to.
 */
#pragma once
#include "agents/trainer/plan.h"
#include "agents/trainer/records.h"
#include "agents/trainer/secure.h"
#include "common/wire/msg.h"

enum { RUNS_MAX = 16 }; /* at once */

struct run {
    char id[MSG_RUN_BYTES];
    bool accepted;
    struct plan *plan;       /* held */
    struct secure *secure;   /* owned; the secure sum under way, or NULL */
    uint64_t refused_round;  /* whose secure sum was refused here, and told so */
    struct records *records; /* held; NULL until a worker has read them.  Kept to the run's end, so that a file that
                                changes meanwhile does not move records between training and held-out */
};
struct runs {
    struct run items[RUNS_MAX];
    size_t count;
};

/* Ids come from a peer and become part of keys: 1 to 63 of letters, digits and "._-:". */
bool run_id_fine(const char *id);

struct run *run_find(struct runs *r, const char *id); /* NULL when absent */
/* Takes the caller's hold of the plan.  ERR_LIMIT, and the hold stays the caller's, when there are too many. */
enum err run_add(struct runs *r, const char *id, struct plan *take_plan, struct run **out) MUST_USE;
void run_remove(struct runs *r, const char *id); /* absent is fine; moves the others */
void runs_fini(struct runs *r);

/* A key in the store. */
enum { RUN_KEY_BYTES = 128 };
const char *run_key(char out[RUN_KEY_BYTES], const char *what, const char *id); /* "task/<id>" */
