/*
 * trainer -- the state of the agent, and what its parts call of each other.
 *
 * What must survive is in the store, under these keys:
 *   run/<run>          "invited", "accepted" or "ended"; the last stays, so that no run begins a second time
 *   task/<run>         the task's text, until the run ends
 *   work/<n> model/<n> what was asked and not yet answered (work.h), and the model that came with it
 *   left/<run>         the rounds whose updates left (left.h), until the run ends
 *   sum/<run> told/<run>  the newest secure sum that was seen and whether it was answered; which halves were told
 *   ledger/<data set>/... the privacy ledger of whole updates, and of training that hides each patient (accounts.h)
 *   budget/... budget-patients/... what was charged before there was one for each data set
 *   vector/<run>       what was masked so far of the vector for a secure sum (mask.h)
 *   audit/ask          an audit that a guardian asked for and that is not answered yet
 *   audit/alarm        the canaries proved more than was claimed: no training until a later audit finds it in order
 *   count/document     the task document whose columns were counted; count/table/... what left (handlers_count.c)
 *   log/<key>/kept     the newest checkpoint of the guardian's log that was signed, or shown with a permit, here
 *   log/<key>/unproven/<n> one that a permit is under, and that is not yet shown to be of the same log
 *   log/<key>/alarm    that log showed what cannot both be true: no training; evidence/... is what it signed
 * The rest is rebuilt from it by trainer_init.
 */
#pragma once
#include "agents/trainer/job.h"
#include "agents/trainer/left.h"
#include "agents/trainer/policy.h"
#include "agents/trainer/run.h"
#include "common/privacy/accounts.h"
#include "common/runtime/agent.h"

/* What became of the rounds asked for, since the process began. */
enum trainer_outcome { OUTCOME_SENT, OUTCOME_BUDGET, OUTCOME_POLICY, OUTCOME_FAILED, OUTCOMES };

struct trainer {
    struct agent *agent;
    const struct engine *engine;
    char coordinator[ROSTER_JID_BYTES];
    struct policy policy; /* not `set`: everything is refused */
    struct arena policy_arena;
    struct accounts accounts;   /* of each data set that ever was here */
    struct account *account;    /* of the one that is here, by the setting `dataset` */
    struct unit_rule last_unit; /* newest that was admitted; zero before */
    struct runs runs;
    struct plan *last_plan; /* held; newest task seen: a scan without a schema reads the file by it */
    struct work_queue queue;
    struct job *job; /* being done; the runtime's, and valid only inside this agent's events.  NULL: idle */
    bool looked;     /* the fields below are about the file as it was read last */
    struct records_stamp stamp;
    struct records_about about;
    bool counting;              /* a table of counts is being made, or waits */
    struct count_later *later;  /* that waits; NULL: none */
    struct audit_job *auditing; /* being done, as job above; NULL: none */
    struct why alarm;           /* "" without one */
    struct why log_alarm;       /* the same, of the guardian's log */
    struct why trouble;         /* why the records cannot be used; "" when they can */
    uint64_t updates[OUTCOMES];
    double training_seconds;
};

/* What agent.c names: handlers*.c, gauges.c, commands.c. */
agent_init_fn trainer_init;
agent_fini_fn trainer_fini;
agent_handler_fn trainer_on_run_invite, trainer_on_stats_ask, trainer_on_round_start, trainer_on_evaluate,
    trainer_on_run_end, trainer_on_secure_header, trainer_on_secure_session, trainer_on_secure_delivery,
    trainer_on_secure_request, trainer_on_secure_votes, trainer_on_query;
agent_room_fn trainer_model_room;
agent_presence_fn trainer_on_presence;
agent_tick_fn trainer_on_heartbeat, trainer_on_rescan;
agent_gauges_fn trainer_gauges;
void trainer_count_fini(struct trainer *t); /* handlers_count.c */
extern const struct command trainer_commands[];
extern const struct agent_check trainer_checks[]; /* check.c */

/* handlers_state.c: which updates of the run have left; ERR_STORE when the row cannot be read. */
enum err trainer_left(struct trainer *t, const char *run, struct left *out) MUST_USE;

/* handlers_work.c: asking, doing, answering. */
/* Keeps it, and wakes; model: what came with it, or NULL. */
enum err trainer_ask(struct trainer *t, struct work *w, const struct blob *model) MUST_USE;
enum err trainer_drop_work(struct trainer *t, const char *run) MUST_USE; /* the run ended */
enum err trainer_wake(struct trainer *t) MUST_USE; /* begins the next piece soon, when there is one and none is going */

/* handlers_secure.c: secure sums. */
/* Begins to mask the vector, once it and the others' shares are there; and sends it, masked (mask.h). */
enum err trainer_send_input(struct trainer *t, struct run *run) MUST_USE;
enum err trainer_masked(struct trainer *t, struct run *run, const uint8_t packed_sha256[HASH_BYTES]) MUST_USE;
/* May the round's model be trained on, for the sum under way?  ERR_REFUSED, ERR_STATE with a sentence. */
enum err trainer_admit_model(struct trainer *t, struct run *run, const struct msg *m, struct why *why) MUST_USE;
enum err trainer_refuse_sum(struct trainer *t, struct run *run, const struct work *w, enum err code, const char *text)
    MUST_USE;                                                              /* ends it here, and says why */
enum err trainer_forget_sums(struct trainer *t, const char *run) MUST_USE; /* the run ended */

/* handlers_answer.c: every word to the coordinator about a piece of work. */
enum err trainer_answer(struct trainer *t, struct job *j) MUST_USE; /* what came of it, good or bad */
enum err trainer_decline(struct trainer *t, const struct work *w, enum err code, const char *text) MUST_USE;

/* handlers_count.c */
command_run_fn trainer_run_tables;

/* handlers_audit.c */
agent_handler_fn trainer_on_audit_ask;
command_run_fn trainer_run_audit;
enum err trainer_load_audit(struct trainer *t) MUST_USE; /* an alarm, and what was asked before a restart */
extern const struct argument trainer_audit_args[];

/* handlers_log.c */
agent_handler_fn trainer_on_log_checkpoint;
/* handlers_proof.c */
agent_handler_fn trainer_on_log_consistency;
/* Is that checkpoint, under which a permit is, known to be of one log with the one kept here? */
enum err trainer_log_shown(struct trainer *t, uint64_t point, bool *out) MUST_USE;
/* Of what waits for that: work is refused (handlers_work.c); a table of counts is begun, or refused (handlers_count.c).
 */
enum err trainer_refuse_point(struct trainer *t, uint64_t point, enum err code, const char *text) MUST_USE;
enum err trainer_count_point(struct trainer *t, uint64_t point, enum err code, const char *text) MUST_USE;
/* handlers_log.c: a run.decline or round.decline, into the guardian's log where there is one. */
enum err trainer_tell_log(struct trainer *t, const struct msg *about, const char *kind) MUST_USE;
enum err trainer_load_log(struct trainer *t) MUST_USE; /* an alarm */

/* The ledger a plan's updates are charged to; keeping its records; and that an update left: an error of it is to undo
 * the whole event. */
struct budget *trainer_budget(struct trainer *t, const struct plan *plan);
struct account_page trainer_page(struct trainer *t);
enum err trainer_commit(struct trainer *t, const struct plan *plan, const char *run, uint64_t round) MUST_USE;
double trainer_spent(const struct trainer *t);      /* epsilon, the larger of the ledgers'; 0 without a policy */
const char *trainer_doing(const struct trainer *t); /* "training" */
double trainer_progress(const struct trainer *t);   /* 0 to 1; not from trainer_gauges, which may come between events */

extern const struct agent_def trainer_agent;
