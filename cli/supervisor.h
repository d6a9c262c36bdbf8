/*
 * supervisor -- keeps a federation's processes running on one machine.
 *
 * It holds a lock on run/lock for its whole life, so "is it running, and which
 * process is it" is asked of the kernel, never of a stale file.  A child that
 * ends is started again after a pause (services.h); on SIGTERM or SIGINT all
 * are told to stop, in reverse order of their start, and killed after a grace.
 */
#pragma once
#include "cli/home.h"
#include "cli/services.h"
#include <sys/types.h>

struct supervised {
    const char *name;
    const char *const *argv; /* borrowed; ends with NULL */
};
struct supervisor_plan {
    const struct home *home;
    const struct supervised *children; /* in the order of their start */
    size_t n;
};

/* Takes the lock, starts everything and returns when told to stop.  Blocks.  ERR_STATE: another one holds the lock. */
enum err supervisor_run(const struct supervisor_plan *plan, struct why *why) MUST_USE;
/* The same in a process of its own that outlives us; what it says goes to logs/supervisor.log.  Returns when it holds
 * the lock. */
enum err supervisor_detach(const struct supervisor_plan *plan, struct why *why) MUST_USE;

/* Nobody else makes or starts a federation there until the process ends or closes the file.  ERR_STATE when another
 * does. */
enum err supervisor_making(const struct home *l, int *out_fd, struct why *why) MUST_USE;
pid_t supervisor_pid(const struct home *l); /* who holds the lock; 0: nobody */
enum err supervisor_services(const struct home *l, struct services *out, struct why *why) MUST_USE;
/* Asks it to stop, waits until it has, and kills it after the deadline (its children then end too).  OK when none was
 * running; *out_was tells.  Blocks. */
enum err supervisor_stop(const struct home *l, uint64_t deadline_ms, bool *out_was, struct why *why) MUST_USE;
