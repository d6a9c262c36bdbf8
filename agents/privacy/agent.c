/*
 * guardian -- keeps the federation to its privacy policy.
 *
 * Where a roster has a guardian, no round is trained without its permit: the
 * coordinator asks, and each hospital looks at the signature for itself.  The
 * guardian's policy may refuse; its ledger charges every hospital of the
 * cohort before the permit leaves; afterwards it compares what was done with
 * what was permitted.
 *
 *     coordinator --permit.ask-->     guardian --permit | permit.deny--> coordinator
 *                 --round.report-->             --permit.revoke-->       coordinator
 *                 --log.model-->                --log.proof-->           coordinator
 *                 --log.entry-->                --log.checkpoint-->      trainer
 *     trainer     --log.entry, log.cosign-->
 *                 --log.ask-->      guardian  --log.consistency-->     trainer
 *     guardian    --audit.ask-->      trainer  --audit-->                guardian
 */
#include "agents/privacy/breakglass_commands.h"
#include "agents/privacy/guardian.h"

/* clang-format off */
static const struct setting settings[] = {
    /* name      kind      fallback  min max   meaning and unit */
    { "policy",  SET_PATH, "",       0,  4095, "YAML file of what the federation may do; empty: everything is refused" },
    { "export_dir", SET_PATH, "",    0,  1000, "directory that `log export` writes into; empty: no export" },
    { "checkpoint_ms", SET_COUNT, "30000", 100, 3600000, "how often what is new in the log is signed and shown to the hospitals" },
    { 0 },
};
static const struct agent_handler handlers[] = {
    /* on              do                         may reply */
    { MSG_PERMIT_ASK,   guardian_on_permit_ask,    MSG_PERMIT },
    { MSG_ROUND_REPORT, guardian_on_round_report,  MSG_NONE   },
    { MSG_AUDIT,        guardian_on_audit,         MSG_NONE   },
    { MSG_LOG_ENTRY,    guardian_on_log_entry,     MSG_ERROR  },
    { MSG_LOG_MODEL,    guardian_on_log_model,     MSG_LOG_PROOF },
    { MSG_LOG_COSIGN,   guardian_on_log_cosign,    MSG_ERROR  },
    { MSG_LOG_ASK,      guardian_on_log_ask,       MSG_LOG_CONSISTENCY },
    { 0 },
};
static const struct agent_ticker tickers[] = { { "checkpoint_ms", guardian_on_checkpoint }, { 0 } };

const struct agent_def guardian_agent = {
    .name = "guardian",
    .role = ROLE_GUARDIAN,
    .doc = "permits rounds, keeps the privacy ledgers, checks what was done",
    .examples = "himas-guardian --policy guardian.yaml\nhimas-guardian --config guardian-config.yaml",
    .peers = ROLE_COORDINATOR | ROLE_TRAINER,
    .safety = STORE_POWER_SAFE, /* what was spent outlives a power cut */
    .state_size = sizeof(struct guardian),
    .init = guardian_init,
    .fini = guardian_fini,
    .settings = settings,
    .handlers = handlers,
    .commands = guardian_commands,
    .tickers = tickers,
    .gauges = guardian_gauges,
    .checks = guardian_checks,
};
/* clang-format on */

static enum err put(void *agent, const char *key, struct bytes record) { return agent_put(agent, key, record); }

static enum err load_serial(struct guardian *g)
{
    CLEANUP(buf_free) struct buf text = buf_make(GUARDIAN_TEXT_BYTES);
    enum err e = agent_get(g->agent, "serial", &text);
    if (e == ERR_ABSENT) return OK;
    TRY(e);
    return str_u64(buf_str(&text), &g->serial) == OK ? OK : ERR_STORE;
}

enum err guardian_init(struct agent *a, void *self, struct why *why)
{
    struct guardian *g = self;
    const char *path = settings_text(agent_settings(a), "policy");
    g->agent = a;
    g->policy_arena = arena_make(GUARDIAN_ARENA_BYTES);
    if (path[0]) TRY(veto_read(path, &g->policy_arena, &g->veto, why));
    ledger_init(&g->ledger, g->veto.epsilon_max, g->veto.delta, put, a);
    TRY(load_serial(g));
    TRY(agent_scan(a, ACCOUNTS_PREFIX, ledger_load, &g->ledger));
    TRY(breakglass_restore(&g->breakglass, a));
    log_info(agent_log(a), "guardian.ready", L_NAME("policy", g->veto.set ? "set" : "unset"),
             L_U64("ledgers", g->ledger.accounts.count), L_U64("permits", g->serial));
    TRY(tlog_load(&g->log, a, why));
    TRY(tlog_add_roster(&g->log));
    TRY(tlog_forget_asked(&g->log));
    TRY(guardian_load_publishing(g));
    return tlog_show_all(&g->log);
}

void guardian_fini(void *self)
{
    struct guardian *g = self;
    ledger_fini(&g->ledger);
    breakglass_fini(&g->breakglass);
    arena_free(&g->policy_arena);
}
