/*
 * terms -- what a task asks for, in the words of common/privacy: what each end
 * must work out alike, or it refuses the other's.
 */
#pragma once
#include "common/learn/model.h"
#include "common/privacy/permit.h"
#include "common/privacy/secure_plan.h"
#include "common/wire/task.h"

enum secure_mode terms_mode(const struct task *t); /* of the secure sums of its updates */

/* Of one secure sum, by its header's cohort, survivors, adversaries and noise: the header may have more than the task
 * names, never less; where neither has any it is to be found.  scores: of a sum of scores, not of updates. */
struct secure_want terms_want(const struct task *t, const struct model_spec *spec, const struct secagg_header *header,
                              bool scores);

/* By which the guardian knows how large an update can be. */
struct permit_training terms_training(const struct task *t);
