/*
 * coordinator -- runs federations: it asks, waits with a bound, adds up, and keeps the models.
 *
 * A run is one task at several hospitals.  The coordinator invites them, sends each round the model, collects one
 * update a hospital, averages them, lets the hospitals score the result, and begins the next round; round.c is that
 * protocol as one table.  It never sees a record.  A round needs a quorum, not everybody; every wait ends at a
 * deadline, and `status` says whom it waits for.  Each step is stored before it is acted on: killed anywhere, it goes
 * on from there.
 *
 *     run.invite -->  <-- run.accept     ( stats.ask -->  <-- stats )     who, and how inputs are scaled
 *     permit.ask -->  <-- permit         of the guardian, where there is one: each round, and the model at the end
 *     round.start -->  <-- update        evaluate -->  <-- evaluation     each round
 *     secure.* around them instead of update and evaluation, where the task says so: only sums are learned
 *     round.report -->                   to the guardian: what was done under the permit
 *     run.end -->                        and the model goes into the registry
 */
#include "agents/coordinator/coordinator.h"

/* clang-format off */
static const struct setting settings[] = {
    /* name          kind       fallback  min   max      meaning and unit */
    { "tasks",       SET_PATH,  "",       0,    1000,    "directory of task documents (*.yaml), read at start" },
    { "export_dir",  SET_PATH,  "",       0,    1000,    "directory that `models export` writes into; empty: no export" },
    { "patrol_ms",   SET_COUNT, "2000",   10,   3600000, "how often runs and schedules are looked at, in ms" },
    { "grace_ms",    SET_COUNT, "30000",  0,    86400000,"a hospital that is offline so long is not waited for when a quorum is in, in ms" },
    { 0 },
};
static const struct agent_handler handlers[] = {
    /* on               do                             may reply: a refusal, with its reason; how much may come */
    { MSG_JOIN,           coordinator_on_join,           MSG_NONE  },
    { MSG_HEARTBEAT,      coordinator_on_heartbeat,      MSG_NONE  },
    { MSG_DATA_NEW,       coordinator_on_data_new,       MSG_NONE  },
    { MSG_RUN_ACCEPT,     coordinator_on_accept,         MSG_ERROR },
    { MSG_RUN_DECLINE,    coordinator_on_run_decline,    MSG_ERROR },
    { MSG_STATS,          coordinator_on_stats,          MSG_ERROR },
    { MSG_UPDATE,         coordinator_on_update,         MSG_ERROR, false, coordinator_update_room },
    { MSG_ROUND_DECLINE,  coordinator_on_round_decline,  MSG_ERROR },
    { MSG_EVALUATION,     coordinator_on_evaluation,     MSG_ERROR },
    { MSG_LOG_COSIGN,     coordinator_on_cosign,         MSG_ERROR },
    { MSG_LOG_PROOF,      coordinator_on_proof,          MSG_NONE  },
    { MSG_SECURE_KEYS,    coordinator_on_secure_keys,    MSG_ERROR },
    { MSG_SECURE_SHARES,  coordinator_on_secure_shares,  MSG_ERROR },
    { MSG_SECURE_INPUT,   coordinator_on_secure_input,   MSG_ERROR, false, coordinator_input_room },
    { MSG_SECURE_VOTE,    coordinator_on_secure_vote,    MSG_ERROR },
    { MSG_SECURE_ANSWER,  coordinator_on_secure_answer,  MSG_ERROR },
    { MSG_ERROR,          coordinator_on_error,          MSG_NONE  },
    { MSG_PERMIT,         coordinator_on_permit,         MSG_NONE  },
    { MSG_PERMIT_DENY,    coordinator_on_permit_deny,    MSG_NONE  },
    { MSG_PERMIT_REVOKE,  coordinator_on_permit_revoke,  MSG_NONE  },
    { MSG_QUERY_ANSWER,   coordinator_on_query_answer,   MSG_NONE  },
    { MSG_FEED_SUBSCRIBE, coordinator_on_subscribe,      MSG_NONE  },
    { 0 },
};
static const struct agent_ticker tickers[] = { { "patrol_ms", coordinator_on_tick }, { 0 } };

const struct agent_def coordinator_agent = {
    .name = "coordinator",
    .role = ROLE_COORDINATOR,
    .doc = "runs federations: rounds, aggregation, the model registry",
    .examples = "himas-coordinator --config coordinator.yaml\nhimas-coordinator --describe",
    .peers = ROLE_TRAINER | ROLE_GUARDIAN | ROLE_GATEWAY | ROLE_PEOPLE,
    .safety = STORE_PROCESS_SAFE,
    .state_size = sizeof(struct coordinator),
    .init = coordinator_init,
    .fini = coordinator_fini,
    .settings = settings,
    .handlers = handlers,
    .commands = coordinator_commands,
    .tickers = tickers,
    .presence = coordinator_on_presence,
    .gauges = coordinator_gauges,
};
/* clang-format on */
