/* What the trainer does on each message: keep what was asked, in one transaction, and let handlers_work.c do it. */
#include "agents/trainer/admit.h"
#include "agents/trainer/permitted.h"
#include "agents/trainer/trainer.h"
#include "common/terms/terms.h"
#include <string.h>

/* A hospital serves the one coordinator it was set up for. */
static bool from_ours(const struct trainer *t, const struct msg *m) { return strcmp(m->from, t->coordinator) == 0; }

/* ---- invitations ---- */

static enum err run_state(struct trainer *t, const char *id, struct buf *out)
{
    char key[RUN_KEY_BYTES];
    enum err e = agent_get(t->agent, run_key(key, "run", id), out);
    return e == ERR_ABSENT ? OK : e;
}

static enum err check_digest(const struct msg_run_invite *m, struct why *why)
{
    char digest[65];
    TRY(agent_sha256(str_bytes(m->task), digest));
    if (str_is(m->digest, digest)) return OK;
    return why_say(why, ERR_CRYPTO, "the digest is not that of the task document");
}

/* Everything that can be said without the records. */
static enum err consider(struct trainer *t, const struct msg *m, struct plan **out, struct why *why)
{
    CLEANUP(buf_free) struct buf state = buf_make(RUN_KEY_BYTES);
    TRY(run_state(t, m->run, &state));
    if (str_is(buf_str(&state), "ended"))
        return why_say(why, ERR_STATE, "this run ended here; a new one needs another name");
    TRY(check_digest(&m->run_invite, why));
    TRY(plan_new(m->run_invite.task, out, why));
    return admit_task(&t->policy, *out, why);
}

static enum err keep_run(struct trainer *t, const struct msg *m, struct plan *plan)
{
    char key[RUN_KEY_BYTES];
    struct run *run;
    TRY(run_add(&t->runs, m->run, plan_hold(plan), &run));
    TRY(agent_put(t->agent, run_key(key, "task", m->run), str_bytes(m->run_invite.task)));
    TRY(agent_put(t->agent, run_key(key, "run", m->run), str_bytes(STR("invited"))));
    plan_drop(t->last_plan);
    t->last_plan = plan_hold(plan);
    return OK;
}

static enum err invite(struct trainer *t, const struct msg *m, struct work *w, struct why *why)
{
    CLEANUP(plan_let_go) struct plan *plan = NULL;
    struct run *run = run_find(&t->runs, m->run);
    TRY(consider(t, m, &plan, why));
    if (run != NULL && strcmp(run->plan->digest, plan->digest) != 0)
        return why_say(why, ERR_STATE, "this run was accepted with another task document");
    if (run == NULL && t->runs.count == RUNS_MAX)
        return why_say(why, ERR_LIMIT, "this hospital already takes part in %d runs", RUNS_MAX);
    if (t->queue.count == WORK_MAX) return why_say(why, ERR_LIMIT, "%d requests are already waiting", WORK_MAX);
    if (run == NULL) TRY(keep_run(t, m, plan));
    return trainer_ask(t, w, NULL);
}

/* Errors of our own go to the runtime; everything else is an answer. */
static enum err or_decline(struct trainer *t, const struct work *w, enum err e, const struct why *why)
{
    enum err_class c = err_class(e);
    if (e == OK || c == ERR_CLASS_ENV || c == ERR_CLASS_BUG) return e;
    return trainer_decline(t, w, e, why->text);
}

enum err trainer_on_run_invite(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    struct work w = work_of(WORK_INVITE, m);
    struct why why = { 0 };
    (void)a;
    if (!from_ours(t, m)) return ERR_ROLE;
    if (!run_id_fine(m->run)) return ERR_PROTO;
    if (work_has(&t->queue, &w)) return OK;
    return or_decline(t, &w, invite(t, m, &w, &why), &why);
}

/* ---- work for a run that was accepted ---- */

static enum err ask_permitted(struct trainer *t, enum work_kind kind, const struct msg *m, const struct blob *model,
                              struct permitted_as as)
{
    struct work w = work_of(kind, m);
    w.noise = as.noise;
    w.point = as.point;
    if (!from_ours(t, m)) return ERR_ROLE;
    if (!run_id_fine(m->run)) return ERR_PROTO;
    if (work_has(&t->queue, &w)) return OK;
    const struct run *run = run_find(&t->runs, m->run);
    if (run == NULL || !run->accepted)
        return trainer_decline(t, &w, ERR_STATE, "this hospital does not take part in the run");
    if (t->queue.count == WORK_MAX)
        return trainer_decline(t, &w, ERR_LIMIT, "too many requests are already waiting here");
    return trainer_ask(t, &w, model);
}

static enum err ask(struct trainer *t, enum work_kind kind, const struct msg *m, const struct blob *model)
{
    return ask_permitted(t, kind, m, model, (struct permitted_as){ 0 });
}

enum err trainer_on_stats_ask(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return ask(self, WORK_STATS, m, NULL);
}

static bool is_in_shares(struct trainer *t, const struct msg *m)
{
    const struct run *run = run_find(&t->runs, m->run);
    return run != NULL && run->secure != NULL && plan_is_summed(run->plan);
}

/* The secure sum that the round is about; its number is 0 and it has no noise where there is none. */
static struct secagg_header sum_of(struct trainer *t, const struct msg *m)
{
    const struct run *run = run_find(&t->runs, m->run);
    return run && run->secure ? run->secure->header : (struct secagg_header){ .round = 0 };
}

static bool is_summed(struct trainer *t, const struct msg *m)
{
    const struct run *run = run_find(&t->runs, m->run);
    return run != NULL && run->accepted && run->plan->task.aggregation.secure && from_ours(t, m);
}

/* The noise is what the permit asks for, where there is one: in shares it was settled by the sum's header, else it is
 * added. */
static enum err look_at_permit(struct trainer *t, const struct msg *m, struct permitted_as *out, struct why *why)
{
    char model[PERMIT_DIGEST_BYTES];
    const struct secagg_header sum = sum_of(t, m);
    TRY(agent_blob_digest(t->agent, &m->round_start.model, model));
    const struct run *run = run_find(&t->runs, m->run);
    const struct permit_training training = run ? terms_training(&run->plan->task) : (struct permit_training){ 0 };
    const struct permit_wish wish = { .run = m->run,
                                      .round = m->round,
                                      .sum = sum.round,
                                      .model = model,
                                      .counted = !is_summed(t, m),
                                      .training = run ? &training : NULL };
    const struct permitted_by by = { m->round_start.permit, m->round_start.proof };
    TRY(permitted(t, &by, &wish, out, why));
    if (!is_in_shares(t, m) || out->noise == 0 || sum.sigma == out->noise) return OK;
    return why_say(why, ERR_REFUSED, "the secure sum has noise of %.4g sensitivities, and %.4g are permitted",
                   sum.sigma, out->noise);
}

static enum err work_for_sum(struct trainer *t, enum work_kind kind, const struct msg *m)
{
    struct why why = { 0 };
    struct work w = work_of(kind, m);
    struct run *run = run_find(&t->runs, m->run);
    struct permitted_as as = { .noise = 0 };
    if (run->secure == NULL && run->refused_round == m->round) return OK; /* it was told why */
    enum err e = kind == WORK_TRAIN ? look_at_permit(t, m, &as, &why) : OK;
    if (e == OK) e = trainer_admit_model(t, run, m, &why);
    if (e == OK) return ask_permitted(t, kind, m, msg_blob((struct msg *)(uintptr_t)m), as);
    enum err_class c = err_class(e);
    return c == ERR_CLASS_ENV || c == ERR_CLASS_BUG ? e : trainer_refuse_sum(t, run, &w, e, why.text);
}

/* Once an update left, nothing more leaves for that round: the runtime still delivers the first one if need be. */
enum err trainer_on_round_start(struct agent *a, void *self, const struct msg *m)
{
    struct left left;
    struct work w = work_of(WORK_TRAIN, m);
    struct why why = { "" };
    (void)a;
    if (m->round == 0) return ERR_PROTO;
    if (is_summed(self, m)) return work_for_sum(self, WORK_TRAIN, m);
    TRY(trainer_left(self, m->run, &left));
    if (left_has(&left, m->round)) return OK;
    struct permitted_as as = { .noise = 0 };
    enum err e = from_ours(self, m) ? look_at_permit(self, m, &as, &why) : ERR_ROLE;
    if (e != OK) return or_decline(self, &w, e, &why);
    return ask_permitted(self, WORK_TRAIN, m, &m->round_start.model, as);
}

enum err trainer_on_evaluate(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    if (is_summed(self, m)) return work_for_sum(self, WORK_EVALUATE, m);
    return ask(self, WORK_EVALUATE, m, &m->evaluate.model);
}

uint64_t trainer_model_room(void *self, const struct msg *m)
{
    const struct run *run = run_find(&((struct trainer *)self)->runs, m->run);
    return run ? model_file_bytes(&run->plan->spec) : 0;
}

/* The name of a run that was accepted stays: were it to begin again, rounds already paid for would be noised anew. */
enum err trainer_on_run_end(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    char key[RUN_KEY_BYTES];
    const struct run *run = run_find(&t->runs, m->run);
    if (!from_ours(t, m)) return ERR_ROLE;
    if (run == NULL) return OK;
    TRY(agent_del(a, run_key(key, "task", m->run)));
    TRY(run->accepted ? agent_put(a, run_key(key, "run", m->run), str_bytes(STR("ended")))
                      : agent_del(a, run_key(key, "run", m->run)));
    TRY(agent_del(a, run_key(key, "left", m->run)));
    TRY(trainer_forget_sums(t, m->run));
    TRY(trainer_drop_work(t, m->run));
    run_remove(&t->runs, m->run);
    return OK;
}

/* ---- being there ---- */

static const char *site_name(const struct trainer *t)
{
    const char *set = settings_text(agent_settings(t->agent), "site");
    const struct member *self = roster_find(agent_roster(t->agent), str_of(agent_jid(t->agent)));
    return set[0] || self == NULL || self->name[0] == '\0' ? set : self->name;
}

enum err trainer_on_presence(struct agent *a, void *self, const struct member *who, bool online)
{
    struct trainer *t = self;
    struct msg m = msg_make(MSG_JOIN, NULL);
    const char *site = site_name(t);
    if (!online || strcmp(who->jid, t->coordinator) != 0) return OK;
    m.join.site = str_of(site[0] ? site : "hospital");
    m.join.software = STR("himas-trainer " HIMAS_VERSION);
    m.join.records = policy_told(&t->policy, t->about.good);
    return agent_send(a, t->coordinator, &m);
}

static const char *const transfers[] = { [TRANSFER_RECEIVING] = "receiving", [TRANSFER_SENDING] = "sending" };

/* What moves goes before what is worked on: the coordinator waits as long as something moves.  Work that could not be
 * begun or answered before is tried again here. */
enum err trainer_on_heartbeat(struct agent *a, void *self)
{
    struct trainer *t = self;
    struct msg m = msg_make(MSG_HEARTBEAT, NULL);
    enum transfer transfer = agent_transfer(a, &m.heartbeat.progress);
    if (transfer == TRANSFER_NONE) m.heartbeat.progress = trainer_progress(t);
    m.heartbeat.doing = str_of(transfer == TRANSFER_NONE ? trainer_doing(t) : transfers[transfer]);
    m.heartbeat.records = policy_told(&t->policy, t->about.good);
    m.heartbeat.epsilon_spent = trainer_spent(t);
    m.heartbeat.epsilon_max = t->policy.epsilon_max;
    TRY(agent_send(a, t->coordinator, &m));
    return trainer_wake(t);
}

enum err trainer_on_rescan(struct agent *a, void *self)
{
    struct trainer *t = self;
    struct work w = { .kind = WORK_SCAN };
    struct records_stamp now = records_stamp(settings_text(agent_settings(a), "records"));
    if (!t->looked || records_stamp_same(now, t->stamp) || work_has(&t->queue, &w)) return OK;
    if (t->queue.count == WORK_MAX) return OK; /* the next look will see it too */
    return trainer_ask(t, &w, NULL);
}
