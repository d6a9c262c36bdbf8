/*
 * trainer -- one hospital's learner.
 *
 * The only process that opens patient records.  The coordinator invites it to
 * a run of a task; it looks at its own site policy, its data and its privacy
 * budget, and takes part or declines with the reason.  Each round it trains
 * the model it is given on its own records and answers with the change,
 * clipped and noised where the task or the policy wants it.  No policy, or no
 * budget left: nothing leaves.
 *
 *                                 trainer --join, heartbeat, data.new-->       coordinator
 *     coordinator --run.invite-->         --run.accept | run.decline-->        coordinator
 *                 --stats.ask-->          --stats | round.decline-->
 *                 --round.start-->        --update | round.decline-->
 *                 --evaluate-->           --evaluation | round.decline-->
 *                 --run.end-->
 *                 --query-->              --query.answer-->
 *     and of a task with secure sums, around round.start and instead of update:
 *                 --secure.header-->      --secure.keys-->    --secure.session-->  --secure.shares-->
 *                 --secure.delivery-->    --secure.input-->
 *                 --secure.request-->     --secure.vote-->    --secure.votes-->    --secure.answer-->
 *     guardian    --audit.ask-->          --audit-->                           guardian
 *                 --log.checkpoint-->     --log.cosign-->                      and coordinator
 *                                         --log.entry, log.ask-->              guardian
 *                 --log.consistency-->
 *
 * A message is only noted here (handlers.c) and answered later, one after the
 * other (handlers_work.c, handlers_answer.c), by a worker thread (job.c).
 */
#include "agents/trainer/trainer.h"
#include "common/privacy/permit.h"

/* clang-format off */
static const struct setting settings[] = {
    /* name            kind       fallback  min   max      meaning and unit */
    { "records",       SET_PATH,  NULL,     1,    4095,    "CSV file of this hospital's records" },
    { "schema",        SET_PATH,  "",       0,    4095,    "YAML file that declares its columns; empty: as each task's contract" },
    { "policy",        SET_PATH,  "",       0,    4095,    "YAML file of what this hospital allows; empty: everything is refused" },
    { "dataset",       SET_TEXT,  PERMIT_DATA, 1, 63,      "name of the data set in it, by which its ledger here and the guardian's are kept" },
    { "site",          SET_TEXT,  "",       0,    63,      "display name; empty: the roster's" },
    { "coordinator",   SET_TEXT,  "",       0,    255,     "JID it serves; empty: the roster's coordinator" },
    { "engine",        SET_TEXT,  "net",    1,    31,      "how it learns: net" },
    { "heartbeat_ms",  SET_COUNT, "5000",   100,  600000,  "time between heartbeats" },
    { "rescan_ms",     SET_COUNT, "30000",  1000, 3600000, "time between looks whether the records file changed" },
    { 0 },
};
static const struct agent_handler handlers[] = {
    /* on               do                      answers, sooner or later; its model may come again, and be so long */
    { MSG_RUN_INVITE,   trainer_on_run_invite,  MSG_RUN_ACCEPT, false },
    { MSG_STATS_ASK,    trainer_on_stats_ask,   MSG_STATS,      false },
    { MSG_ROUND_START,  trainer_on_round_start, MSG_UPDATE,     true, trainer_model_room },
    { MSG_EVALUATE,     trainer_on_evaluate,    MSG_EVALUATION, true, trainer_model_room },
    { MSG_RUN_END,      trainer_on_run_end,     MSG_NONE,       false },
    { MSG_SECURE_HEADER,   trainer_on_secure_header,   MSG_SECURE_KEYS,   false },
    { MSG_SECURE_SESSION,  trainer_on_secure_session,  MSG_SECURE_SHARES, false },
    { MSG_SECURE_DELIVERY, trainer_on_secure_delivery, MSG_SECURE_INPUT,  false },
    { MSG_SECURE_REQUEST,  trainer_on_secure_request,  MSG_SECURE_VOTE,   false },
    { MSG_SECURE_VOTES,    trainer_on_secure_votes,    MSG_SECURE_ANSWER, false },
    { MSG_QUERY,        trainer_on_query,       MSG_QUERY_ANSWER, false },
    { MSG_AUDIT_ASK,    trainer_on_audit_ask,   MSG_AUDIT,      false },
    { MSG_LOG_CHECKPOINT, trainer_on_log_checkpoint, MSG_LOG_COSIGN, false },
    { MSG_LOG_CONSISTENCY, trainer_on_log_consistency, MSG_NONE, false },
    { 0 },
};
static const struct agent_ticker tickers[] = {
    { "heartbeat_ms", trainer_on_heartbeat },
    { "rescan_ms",    trainer_on_rescan    },
    { 0 },
};

const struct agent_def trainer_agent = {
    .name = "trainer",
    .role = ROLE_TRAINER,
    .doc = "trains on one hospital's records, which never leave it",
    .examples = "himas-trainer --records records.csv --policy policy.yaml\n"
                "himas-trainer --config hospital-a.yaml",
    .peers = ROLE_COORDINATOR | ROLE_GUARDIAN,
    .safety = STORE_POWER_SAFE, /* the privacy ledger outlives a power cut */
    .state_size = sizeof(struct trainer),
    .init = trainer_init,
    .fini = trainer_fini,
    .settings = settings,
    .handlers = handlers,
    .commands = trainer_commands,
    .tickers = tickers,
    .presence = trainer_on_presence,
    .gauges = trainer_gauges,
    .checks = trainer_checks,
};
/* clang-format on */
