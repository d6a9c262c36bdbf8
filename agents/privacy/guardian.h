/*
 * guardian -- the state of the agent that keeps the federation to its privacy
 * policy, and what its parts call of each other.
 *
 * In the store:
 *   serial                       of the newest permit
 *   permit/<run>/<round>/<sum>   the permit as it was signed; asked again, the same bytes are the answer
 *   proof-of/<its key>           that the permit is in the log
 *   permit-publish/..., permit-query/...  the same of the other kinds
 *   reported/..., publish-later/...  models that may be published, and wishes that wait for a report (publishing.c)
 *   over/<run>                   since when its coordinator has ended it, for a day (publishing.c)
 *   veto/<run>/<round>           why there is none
 *   alarm/<run or hospital>      what was found; there are no permits for it any more
 *   alarm-clear/...              who asked for one to be cleared (alarm_commands.h)
 *   ledger/...                   what each hospital has spent (ledger.h)
 *   log/...                      the transparency log (tlog.h)
 *   break-glass/...              emergency access (breakglass.h)
 * The rest is rebuilt from it by guardian_init.
 */
#pragma once
#include "agents/privacy/breakglass.h"
#include "agents/privacy/ledger.h"
#include "agents/privacy/tlog_witness.h"
#include "agents/privacy/veto.h"
#include "common/privacy/permit_log.h"
#include "common/runtime/agent.h"

enum {
    GUARDIAN_ARENA_BYTES = 4 << 20,
    GUARDIAN_AUDITS = 16,
    GUARDIAN_AUDIT_MS = 10 * 60000,
    GUARDIAN_TEXT_BYTES = 400
};

/* A person waits for what a hospital finds. */
struct guardian_audit {
    uint64_t call; /* 0: nobody */
    uint64_t since_ms;
    char jid[ROSTER_JID_BYTES];
};
struct guardian {
    struct agent *agent;
    struct arena policy_arena;
    struct veto veto;
    struct ledger ledger;
    struct breakglass breakglass;
    struct tlog log;
    uint64_t serial;
    struct guardian_audit audits[GUARDIAN_AUDITS];
    /* since the process began */
    uint64_t permits, vetoes, alarms;
};

agent_init_fn guardian_init;
agent_fini_fn guardian_fini;
agent_gauges_fn guardian_gauges;
extern const struct agent_check guardian_checks[]; /* check.c */
/* handlers.c */
agent_handler_fn guardian_on_permit_ask, guardian_on_audit;
agent_handler_fn guardian_on_round_report; /* reported.c */
agent_handler_fn guardian_on_log_entry, guardian_on_log_model, guardian_on_log_cosign, guardian_on_log_ask; /* log.c */
agent_tick_fn guardian_on_checkpoint;
/* Says no to what the message asks, in words, and enters that into the log. */
enum err guardian_deny(struct guardian *g, const struct msg *m, enum err code, const char *text) MUST_USE;
/* publishing.c: a round of the run was reported to have made that model; may the permit's model be published, as far as
 * reports have come; else the wish waits for one, and is refused in the end. */
enum err guardian_reported(struct guardian *g, const char *run, struct str sha256) MUST_USE;
enum err guardian_may_publish(struct guardian *g, const struct permit *p, bool *out) MUST_USE;
enum err guardian_publish_later(struct guardian *g, const struct msg *m) MUST_USE;
enum err guardian_load_publishing(struct guardian *g) MUST_USE; /* after a restart */
/* Nothing more of the run will be published: what its rounds made is forgotten. */
enum err guardian_run_over(struct guardian *g, const char *run) MUST_USE;
/* The same, told by its coordinator; reports that come after it are forgotten, too. */
enum err guardian_run_ended(struct guardian *g, const char *run) MUST_USE;
/* alarm.c: kept, logged, and told to operators and privacy officers; name: a run or a hospital's JID. */
enum err guardian_alarm(struct guardian *g, const char *name, const char *sentence) MUST_USE;
enum err guardian_alarm_clear(struct guardian *g, const char *name, const char *by) MUST_USE; /* two officers said so */
enum err guardian_alarmed(struct guardian *g, const char *name, struct why *why) MUST_USE; /* ERR_REFUSED when it is */

/* permits.c: what was granted, as it is kept. */
struct permit_name {
    enum permit_kind kind;
    const char *run;
    uint64_t round, sum;
};
struct permit_name guardian_permit_name(const struct permit *p);
char *guardian_permit_key(char out[STORE_MAX_KEY], struct permit_name name);
char *guardian_permit_prefix(char out[STORE_MAX_KEY], enum permit_kind kind, const char *run); /* of all its keys */
char *guardian_proof_key(char out[STORE_MAX_KEY], struct permit_name name);
/* ERR_ABSENT; ERR_CRYPTO when this agent did not sign what is kept. */
enum err guardian_permit_get(struct guardian *g, struct permit_name name, struct arena *arena, struct permit *out,
                             struct buf *note) MUST_USE;
enum err guardian_permit_open(struct guardian *g, struct str note, struct arena *arena, struct permit *out) MUST_USE;
/* Numbers it, signs and keeps it; appends the note. */
enum err guardian_permit_make(struct guardian *g, struct permit *p, struct buf *note) MUST_USE;

extern const struct command guardian_commands[]; /* commands.c */
extern const struct agent_def guardian_agent;    /* agent.c */
