/* One piece of work from the asking to the answer.  Beginning, doing and answering are events of their own. */
#include "agents/trainer/admit.h"
#include "agents/trainer/charge.h"
#include "agents/trainer/trainer.h"
#include "common/base/put.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 32 };

static const char *key_of(char out[KEY_BYTES], const char *what, uint64_t number)
{
    struct put p = put_into(out, KEY_BYTES);
    put_z(&p, what);
    put_z(&p, "/");
    put_hex(&p, number, 16);
    return out;
}

enum err trainer_ask(struct trainer *t, struct work *w, const struct blob *model)
{
    char key[KEY_BYTES];
    char text[WORK_TEXT_BYTES];
    TRY(work_push(&t->queue, w));
    if (w->kind != WORK_SCAN) {
        TRY(agent_put(t->agent, key_of(key, "work", w->number), work_encode(w, text)));
        if (model) TRY(agent_blob_keep(t->agent, key_of(key, "model", w->number), model));
    }
    return trainer_wake(t);
}

static enum err forget_rows(void *self, const struct work *w)
{
    struct trainer *t = self;
    char key[KEY_BYTES];
    if (w->kind == WORK_SCAN) return OK;
    TRY(agent_del(t->agent, key_of(key, "work", w->number)));
    return agent_del(t->agent, key_of(key, "model", w->number));
}

static enum err settle(struct trainer *t)
{
    TRY(forget_rows(t, work_first(&t->queue)));
    work_pop(&t->queue);
    return trainer_wake(t);
}

enum err trainer_drop_work(struct trainer *t, const char *run)
{
    bool doing = t->job != NULL && strcmp(t->job->work.run, run) == 0;
    if (doing) atomic_store(&t->job->cancelled, true);
    return work_drop_run(&t->queue, run, t->job != NULL ? 1 : 0, forget_rows, t);
}

/* ---- what is known of the file ---- */

/* New data are announced once, also when they came while this process was down. */
static enum err announce(struct trainer *t, struct records_stamp now)
{
    char text[64];
    struct msg m = msg_make(MSG_DATA_NEW, NULL);
    CLEANUP(buf_free) struct buf before = buf_make(sizeof text);
    (void)snprintf(text, sizeof text, "%" PRIu64 " %" PRId64, now.bytes, now.modified_ns);
    enum err e = agent_get(t->agent, "file", &before);
    if (e != OK && e != ERR_ABSENT) return e;
    if (!now.there || str_is(buf_str(&before), text)) return OK;
    TRY(agent_put(t->agent, "file", str_bytes(str_of(text))));
    if (e == ERR_ABSENT) return OK; /* the first look ever: the JOIN says it */
    m.data_new.records = policy_told(&t->policy, t->about.good);
    return agent_send(t->agent, t->coordinator, &m);
}

/* What a job saw of the records, whatever came of the rest.  That a file does not fit one task is no trouble. */
static enum err absorb(struct trainer *t, struct job *j)
{
    if (!j->looked) return OK;
    bool scan = j->work.kind == WORK_SCAN;
    t->looked = true;
    t->stamp = j->stamp;
    if (j->loaded) {
        records_about_fini(&t->about);
        t->about = j->about;
        j->about = (struct records_about){ 0 };
    }
    if (j->loaded || j->err == ERR_ABSENT)
        t->trouble.text[0] = '\0';
    else if (scan || j->err == ERR_IO)
        t->trouble = j->why;
    if (t->trouble.text[0]) log_warn(agent_log(t->agent), "records.unusable", L_ERR(j->err));
    return scan ? announce(t, j->stamp) : OK;
}

/* ---- doing ---- */

/* Was it for a sum that was given up, and is asked for by the next one already? */
static bool begun_again(const struct run *run, const struct job *j)
{
    const struct secure *s = run->secure;
    return j->summed && s != NULL && s->round == j->work.round && s->asked && s->header.round != j->sum.round;
}

static enum err job_done(struct agent *a, void *self, void *job)
{
    struct trainer *t = self;
    struct job *j = job;
    (void)a;
    t->job = NULL;
    TRY(absorb(t, j));
    struct run *run = run_find(&t->runs, j->work.run);
    if (run != NULL && run->records == NULL) run->records = records_hold(j->records);
    if (run != NULL && j->only_read && j->err == OK) return trainer_wake(t);
    if (run != NULL && begun_again(run, j)) return trainer_wake(t);
    if (run != NULL) TRY(trainer_answer(t, j)); /* else it ended meanwhile */
    return settle(t);
}

static enum err load_model(struct trainer *t, struct job *j)
{
    char key[KEY_BYTES];
    uint64_t n = 0;
    enum err e = agent_size(t->agent, key_of(key, "model", j->work.number), &n);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    uint8_t *to = buf_grow(&j->model, (size_t)n);
    return to ? agent_read(t->agent, key, 0, (size_t)n, to) : buf_err(&j->model);
}

static enum err offload(struct trainer *t, struct job *j)
{
    j->started_ms = agent_now_ms(t->agent);
    t->job = j;
    return agent_offload(t->agent,
                         (struct agent_job){ .run = job_run, .done = job_done, .release = job_free, .job = j });
}

/* Updates of such a task leave in secure sums only; an attempt that was begun again is another sum. */
static enum err prepare_sum(struct trainer *t, struct job *j, struct why *why)
{
    const struct run *run = run_find(&t->runs, j->work.run);
    const struct secure *s = run ? run->secure : NULL;
    if (s == NULL || s->round != j->work.round || s->scores != (j->work.kind == WORK_EVALUATE))
        return why_say(why, ERR_STATE,
                       "this hospital is in no secure sum of the round: it refused, or was started again");
    j->summed = true;
    j->sum = s->header;
    j->sum_plan = s->plan;
    if (!s->scores) secure_vector_cover(&s->plan, &s->header, &j->cover);
    return OK;
}

/* Paying comes last: what may be refused is refused before anything changes. */
static enum err prepare(struct trainer *t, struct job *j, struct why *why)
{
    TRY(load_model(t, j));
    if (j->work.kind != WORK_TRAIN && j->work.kind != WORK_EVALUATE) return OK;
    bool secure = j->plan->task.aggregation.secure;
    if (j->work.kind == WORK_EVALUATE) return secure ? prepare_sum(t, j, why) : OK;
    if (t->alarm.text[0]) return why_say(why, ERR_REFUSED, "%s", t->alarm.text);
    if (t->log_alarm.text[0]) return why_say(why, ERR_REFUSED, "%s", t->log_alarm.text);
    struct account_page page = trainer_page(t);
    struct charge charge = { trainer_budget(t, j->plan), account_put, &page, agent_random_fn, t->agent };
    j->cover = update_cover_of(j->plan);
    j->cover.rule.least = j->work.noise;
    if (j->cover.in_sum && !secure)
        return why_say(why, ERR_REFUSED,
                       "the task's noise is made in shares; by itself an update would have too little");
    if (plan_has_unit(j->plan))
        TRY(admit_units(&t->policy, j->plan, records_units(j->records, NULL), &j->cover.unit, why));
    if (j->cover.in_training) j->cover.unit.noise = fmax(j->cover.unit.noise, j->work.noise);
    if (j->cover.in_training) t->last_unit = j->cover.unit;
    if (secure) TRY(prepare_sum(t, j, why));
    return charge_round(&charge, &j->work, &j->cover, why);
}

/* What a round costs hangs on the number of patients: after a restart the records are read before it is paid for. */
static enum err begin(struct trainer *t, const struct work *w, struct why *why)
{
    const struct settings *s = agent_settings(t->agent);
    struct run *run = run_find(&t->runs, w->run);
    struct job *j = NULL;
    if (w->kind != WORK_SCAN && run == NULL)
        return why_say(why, ERR_STATE, "this hospital does not take part in the run");
    if (run != NULL) TRY(admit_work(&t->policy, run->plan, w, why));
    TRY(job_new(&(struct job_order){ .work = w,
                                     .engine = t->engine,
                                     .plan = run ? run->plan : t->last_plan,
                                     .records = run ? run->records : NULL,
                                     .path = settings_text(s, "records"),
                                     .schema = settings_text(s, "schema") },
                &j));
    j->only_read = w->kind == WORK_TRAIN && j->records == NULL && plan_has_unit(j->plan);
    enum err e = j->only_read ? OK : prepare(t, j, why);
    if (e == OK) return offload(t, j);
    job_free(j);
    return e;
}

/* A refusal is an answer; only what is wrong here (disk, memory) is an error of this event. */
static enum err next(struct agent *a, void *self, uint64_t arg)
{
    struct trainer *t = self;
    const struct work *w = work_first(&t->queue);
    struct why why = { 0 };
    (void)a;
    (void)arg;
    bool shown = true;
    if (t->job != NULL || w == NULL) return OK;
    TRY(trainer_log_shown(t, w->point, &shown));
    if (!shown) return OK;
    enum err e = begin(t, w, &why);
    enum err_class c = err_class(e);
    if (e == OK || c == ERR_CLASS_ENV || c == ERR_CLASS_BUG) return e;
    TRY(trainer_decline(t, w, e, why.text));
    return settle(t);
}

enum err trainer_refuse_point(struct trainer *t, uint64_t point, enum err code, const char *text)
{
    for (size_t i = t->job != NULL ? 1 : 0; i < t->queue.count;) {
        const struct work w = t->queue.items[i];
        if (w.point != point) {
            i++;
            continue;
        }
        TRY(forget_rows(t, &w));
        work_remove(&t->queue, i);
        TRY(trainer_decline(t, &w, code, text));
    }
    return trainer_wake(t);
}

enum err trainer_wake(struct trainer *t)
{
    return t->job == NULL && t->queue.count > 0 ? agent_after(t->agent, 0, next, 0) : OK;
}

/* ---- what it looks like from outside ---- */

const char *trainer_doing(const struct trainer *t)
{
    if (t->job != NULL && t->job->work.kind == WORK_TRAIN) return "training";
    if (t->job != NULL && t->job->work.kind == WORK_EVALUATE) return "evaluating";
    return !t->policy.set || t->trouble.text[0] ? "refusing" : "idle";
}

double trainer_progress(const struct trainer *t) { return t->job != NULL ? atomic_load(&t->job->progress) : 0; }

struct budget *trainer_budget(struct trainer *t, const struct plan *plan)
{
    return account_budget(t->account, plan_hides_patients(plan));
}

static enum err put_record(void *sink, const char *key, struct bytes record) { return agent_put(sink, key, record); }

struct account_page trainer_page(struct trainer *t)
{
    return (struct account_page){ t->account, put_record, t->agent };
}

enum err trainer_commit(struct trainer *t, const struct plan *plan, const char *run, uint64_t round)
{
    struct account_page page = trainer_page(t);
    return budget_commit(trainer_budget(t, plan), run, round, account_put, &page, NULL);
}

double trainer_spent(const struct trainer *t)
{
    return t->policy.set ? fmax(budget_spent(&t->account->site), budget_spent(&t->account->patients)) : 0;
}
