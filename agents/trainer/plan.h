/*
 * plan -- a run's task, read once and shared with the worker.
 *
 * Immutable after plan_new, counted by its holders: the loop and a worker may
 * look at it at the same time, and the last to drop it frees it.
 */
#pragma once
#include "common/learn/model.h"
#include "common/wire/task.h"
#include <stdatomic.h>

enum { PLAN_DIGEST_BYTES = 65, PLAN_ARENA_BYTES = 8 << 20 };

struct plan {
    atomic_uint holders;
    struct arena arena; /* the task's arrays */
    struct task task;
    struct model_spec spec;
    char digest[PLAN_DIGEST_BYTES]; /* SHA-256 of the task's text, lower-case hex */
};

/* One holder, the caller.  ERR_SETTING and the like with a sentence when the text is no task; ERR_MEMORY. */
enum err plan_new(struct str text, struct plan **out, struct why *why) MUST_USE;
struct plan *plan_hold(struct plan *p); /* returns p; NULL is fine */
void plan_drop(struct plan *p);         /* NULL is fine */
void plan_let_go(struct plan **p);      /* for CLEANUP() */

bool plan_is_private(const struct plan *p); /* does the task ask for noise? */
bool plan_has_unit(const struct plan *p);   /* one promise for the whole run (unit_rule.h), and not one an update? */
bool plan_hides_patients(const struct plan *p); /* each patient, and not the hospital? */
bool plan_is_summed(const struct plan *p);      /* is its noise made in shares, for a secure sum only? */
