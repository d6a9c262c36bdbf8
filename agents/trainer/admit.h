/*
 * admit -- a task, a round, a question: does this hospital's policy allow it?
 *
 * Decisions only; nothing is sent or changed.  ERR_POLICY when there is no
 * policy, ERR_REFUSED for what it forbids, each with the sentence that is sent
 * back.
 */
#pragma once
#include "agents/trainer/plan.h"
#include "agents/trainer/policy.h"
#include "agents/trainer/work.h"

/* May the hospital take part?  Asked at the invitation, and again before each piece of work, because the policy may
 * have been tightened since. */
enum err admit_task(const struct policy *p, const struct plan *plan, struct why *why) MUST_USE;

/* The same once the number of patients, or records, trained on is known; for a task that hides them in training.  The
 * rule is what the round is done and charged by.  Also unit_rule_make's errors. */
enum err admit_units(const struct policy *p, const struct plan *plan, uint64_t units, struct unit_rule *out,
                     struct why *why) MUST_USE;

/* May this piece of work of that task be done?  Also ERR_STATE for a round the task does not have. */
enum err admit_work(const struct policy *p, const struct plan *plan, const struct work *w, struct why *why) MUST_USE;
