/*
 * schedule -- when a task starts by itself.
 *
 * By the clock (a cron expression, UTC), when enough hospitals have come
 * together, or when a hospital has announced new data; never while a run of
 * the task is going on, and never sooner than the task's min_interval after
 * the last automatic start.  Pure: time and facts are arguments.
 */
#pragma once
#include "common/wire/task.h"

/* What is remembered of a task's automatic starts; wall clock. */
struct schedule {
    int64_t last_start_ms; /* 0: never */
    int64_t cron_from_ms;  /* the next due time is looked for after this; 0: not yet looked */
    bool gathered;         /* their being together was used: only coming together anew starts a run */
    bool new_data;         /* announced, and not yet used */
};
struct schedule_facts {
    int64_t now_ms;
    size_t online;   /* hospitals present now */
    size_t not_away; /* hospitals present, or gone for a moment only */
    bool running;    /* a run of this task is going on */
};
enum schedule_reason { SCHEDULE_NO, SCHEDULE_CRON, SCHEDULE_PRESENT, SCHEDULE_NEW_DATA };

bool schedule_wanted(const struct task *t); /* has it any rule? */
/* Looks at the rules; when one is due, says which, and *s remembers that it was used.  A due time that passes while the
 * task runs or rests is not made up for. */
enum schedule_reason schedule_look(const struct task *t, struct schedule *s, const struct schedule_facts *f);
const char *schedule_reason_text(enum schedule_reason r); /* "schedule", "enough hospitals are here", "new data" */
