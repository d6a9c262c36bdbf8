/*
 * coordinator -- the state of the agent, and what its parts call of each other.
 *
 * Everything that must survive is in the store (journal.h, registry.h); this
 * is rebuilt from it by coordinator_init.
 */
#pragma once
#include "agents/coordinator/check.h"
#include "agents/coordinator/counting.h"
#include "agents/coordinator/feed.h"
#include "agents/coordinator/hospitals.h"
#include "agents/coordinator/round.h"
#include "agents/coordinator/tasks.h"
#include "common/runtime/agent.h"

enum { COORDINATOR_MAX_RUNS = 32 }; /* at once */

/* Since the process began; for /metrics. */
struct coordinator_counts {
    uint64_t rounds_closed, rounds_failed;
    uint64_t runs_ended[RUN_STATES]; /* by final state */
    double round_seconds;            /* sum */
    uint64_t refused[REFUSAL_COUNT];
    uint64_t late;
    uint64_t repeated; /* updates that came again with the same bytes */
};

struct coordinator {
    struct agent *agent;
    struct hospitals hospitals;
    struct tasks tasks;
    struct feed feed;
    struct run *runs[COORDINATOR_MAX_RUNS]; /* owned; those that ended are dropped at the next tick */
    size_t nruns;
    struct counting *countings[COUNTING_MAX]; /* owned; those that are going on */
    uint64_t runs_made;                       /* ever; the next run's number is one more */
    struct coordinator_counts counts;
};

extern const struct agent_def coordinator_agent; /* agent.c */

agent_init_fn coordinator_init;
agent_fini_fn coordinator_fini;
agent_tick_fn coordinator_on_tick;
agent_presence_fn coordinator_on_presence;
agent_gauges_fn coordinator_gauges;
agent_handler_fn coordinator_on_join, coordinator_on_heartbeat, coordinator_on_data_new, coordinator_on_accept,
    coordinator_on_run_decline, coordinator_on_stats, coordinator_on_update, coordinator_on_round_decline,
    coordinator_on_evaluation, coordinator_on_cosign, coordinator_on_proof /* publish.c */, coordinator_on_error,
    coordinator_on_permit, coordinator_on_permit_deny, coordinator_on_subscribe, coordinator_on_secure_keys,
    coordinator_on_secure_shares, coordinator_on_secure_input, coordinator_on_secure_vote, coordinator_on_secure_answer,
    coordinator_on_query_answer, coordinator_on_permit_revoke;
agent_room_fn coordinator_update_room /* updates.c */, coordinator_input_room /* secure_incoming.c */;
extern const struct command coordinator_commands[];

/* Runs in memory: NULL when absent.  The run may be over. */
struct run *coordinator_run(struct coordinator *c, const char *id);
struct run *coordinator_run_of_task(struct coordinator *c, const char *task); /* the one going on */

struct start_order {
    const struct task_file *task;
    uint64_t rounds; /* 0: as the task says; never more than that */
    uint64_t quorum; /* 0: as the task says; never less */
    const char *by;  /* a JID, or the rule that started it */
};
/* Makes a run and invites.  ERR_STATE, ERR_LIMIT, ERR_INPUT with a sentence. */
enum err coordinator_start(struct coordinator *c, const struct start_order *order, struct run **out, struct why *why)
    MUST_USE;
/* Sets the timer for the present phase; after a step and after a restart. */
enum err coordinator_arm(struct run *r) MUST_USE;
/* Starts what the tasks' schedules say is due (schedule.h). */
enum err coordinator_schedule(struct coordinator *c) MUST_USE;
enum err coordinator_new_data(struct coordinator *c) MUST_USE; /* a hospital announced some */
enum err coordinator_schedule_load(struct coordinator *c) MUST_USE;
/* Looks who is away, and steps the run when it need not wait any more. */
enum err coordinator_patrol_run(struct run *r) MUST_USE;
