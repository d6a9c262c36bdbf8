/* Audits: asked by an officer, or by the hospital's guardian; done by a worker beside the runs' work; answered with
 * rates. */
#include "agents/trainer/audit_run.h"
#include "agents/trainer/audit_show.h"
#include "agents/trainer/trainer.h"
#include "common/base/secret.h"
#include "common/privacy/audit_words.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_BYTES = 600, TEXT_BYTES = 400 };
static const char ask_key[] = "audit/ask", alarm_key[] = "audit/alarm";

/* Who waits for it: a person, or a guardian's message. */
struct audit_ask {
    uint64_t call;
    char guardian[ROSTER_JID_BYTES];
    char asked[MSG_ID_BYTES];
    unsigned attacks;
    uint64_t rounds, canaries;
};
struct audit_job {
    struct audit_ask ask;
    struct audit_order order;
    struct plan *plan; /* held, as what follows */
    struct records_order file;
    char path[JOB_PATH_BYTES], schema[JOB_PATH_BYTES];
    uint64_t training; /* records */
    enum err err;
    struct why why;
    struct audit audit;
};

/* ---- doing ---- */

static void audit_job_run(void *job)
{
    struct audit_job *j = job;
    struct records *r = NULL;
    struct records_about about = { 0 };
    j->err = records_load(&j->file, &r, &about, &j->why);
    records_about_fini(&about);
    j->training = j->err == OK ? records_count(r, RECORDS_TRAINING) : 0;
    j->order.records = r;
    if (j->err == OK) j->err = audit_run(&j->order, &j->audit, &j->why);
    records_drop(r);
    j->order.records = NULL;
}

static void audit_job_free(void *job)
{
    struct audit_job *j = job;
    if (j == NULL) return;
    plan_drop(j->plan);
    secret_wipe(&j->order, sizeof j->order);
    free(j);
}

/* ---- answering ---- */

static void tell_person(struct trainer *t, const struct audit_job *j)
{
    CLEANUP(result_free) struct result r;
    result_init(&r);
    r.code = j->err;
    if (j->err == OK)
        audit_show(&j->audit, &r);
    else
        result_say(&r, "%s", j->why.text[0] ? j->why.text : err_text(j->err));
    agent_answer(t->agent, j->ask.call, &r);
}

static enum err tell_guardian(struct trainer *t, const struct audit_job *j)
{
    double numbers[AUDIT_NUMBERS];
    char text[TEXT_BYTES];
    struct msg m = msg_make(MSG_AUDIT, NULL);
    memcpy(m.in_reply_to, j->ask.asked, sizeof m.in_reply_to);
    m.audit.code = str_of(err_name(j->err));
    const char *said = j->why.text[0] ? j->why.text : err_text(j->err);
    (void)snprintf(text, sizeof text, "%s", j->err == OK ? audit_grade_words(audit_worst(&j->audit)) : said);
    m.audit.text = str_of(text);
    if (j->err == OK) m.audit.results = (struct vec){ numbers, audit_write(&j->audit, numbers) };
    TRY(agent_del(t->agent, ask_key));
    return agent_send(t->agent, j->ask.guardian, &m);
}

/* The alarm stays until a later audit with canaries finds claim and proof in order. */
static enum err note_alarm(struct trainer *t, const struct audit *a)
{
    if (a->canaries == 0) return OK;
    if (!audit_alarm(a)) {
        t->alarm.text[0] = '\0';
        return agent_del(t->agent, alarm_key);
    }
    (void)why_say(&t->alarm, ERR_REFUSED,
                  "training is stopped here: an audit proved epsilon %.4f where %.4f was claimed",
                  a->rows[a->n - 1].epsilon_low, a->epsilon);
    log_error(agent_log(t->agent), "audit.alarm", L_F64("proved", a->rows[a->n - 1].epsilon_low),
              L_F64("claimed", a->epsilon));
    return agent_put(t->agent, alarm_key, str_bytes(str_of(t->alarm.text)));
}

static enum err audit_done(struct agent *a, void *self, void *job)
{
    struct trainer *t = self;
    struct audit_job *j = job;
    t->auditing = NULL;
    if (j->err == OK) j->err = policy_allows_cohort(&t->policy, j->training, &j->why);
    if (j->err == OK) TRY(note_alarm(t, &j->audit));
    log_info(agent_log(a), "audit.done", L_ERR(j->err), L_U64("attacks", j->audit.n));
    if (j->ask.guardian[0]) return tell_guardian(t, j);
    tell_person(t, j);
    return OK;
}

/* ---- beginning ---- */

static enum err fill(struct trainer *t, const struct audit_ask *ask, struct audit_job *j)
{
    const struct settings *s = agent_settings(t->agent);
    j->ask = *ask;
    j->plan = plan_hold(t->last_plan);
    j->order = (struct audit_order){
        .engine = t->engine, .plan = j->plan, .attacks = ask->attacks, .rounds = ask->rounds, .canaries = ask->canaries
    };
    TRY(str_copy(str_of(settings_text(s, "records")), j->path, sizeof j->path));
    TRY(str_copy(str_of(settings_text(s, "schema")), j->schema, sizeof j->schema));
    j->file = (struct records_order){ .path = j->path,
                                      .schema = j->schema,
                                      .need = &j->plan->task.contract,
                                      .test_fraction = j->plan->task.train.test_fraction,
                                      .seed = j->plan->task.train.seed };
    return agent_random(t->agent, j->order.key, sizeof j->order.key);
}

static enum err begin(struct trainer *t, const struct audit_ask *ask, struct why *why)
{
    if (!t->policy.set) return why_say(why, ERR_POLICY, "no site policy is set, so nothing is computed for anybody");
    if (t->last_plan == NULL)
        return why_say(why, ERR_STATE, "no task has come yet; an audit attacks the training of the newest one");
    if (t->auditing) return why_say(why, ERR_LIMIT, "an audit is going on; ask again when it is done");
    struct audit_job *j = calloc(1, sizeof *j);
    if (j == NULL) return ERR_MEMORY;
    enum err e = fill(t, ask, j);
    if (e != OK) {
        audit_job_free(j);
        return e;
    }
    t->auditing = j;
    return agent_offload(t->agent, (struct agent_job){ audit_job_run, audit_done, audit_job_free, j });
}

/* ---- a person ---- */

/* clang-format off */
const struct argument trainer_audit_args[] = {
    { .name = "canaries", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .min = 0, .max = AUDIT_CANARIES_MAX, .fallback = "2000", .doc = "made-up records, each in by a coin; 0 for none" },
    { .name = "rounds",   .kind = ARG_COUNT, .need = ARG_OPTIONAL, .min = 0, .max = AUDIT_ROUNDS_MAX,   .fallback = "0",    .doc = "rounds of the training attacked; 0 as the task" },
    { 0 },
};
/* clang-format on */

enum err trainer_run_audit(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct trainer *t = self;
    struct why why = { "" };
    const struct audit_ask ask = { .call = c->id,
                                   .rounds = call_u64(c, "rounds"),
                                   .canaries = call_u64(c, "canaries") };
    enum err e = begin(t, &ask, &why);
    if (e == OK) return agent_later(a, c);
    if (why.text[0]) result_say(out, "%s", why.text);
    return e;
}

/* ---- a guardian ---- */

static enum err keep_ask(struct trainer *t, const struct audit_ask *ask)
{
    char text[ASK_BYTES];
    int n = snprintf(text, sizeof text, "%s %s %u %" PRIu64 " %" PRIu64, ask->guardian, ask->asked, ask->attacks,
                     ask->rounds, ask->canaries);
    return n > 0 && n < ASK_BYTES ? agent_put(t->agent, ask_key, str_bytes(str_of(text))) : ERR_LIMIT;
}

/* A refusal is an answer; only what is wrong here is an error of this event. */
static enum err ask_or_tell(struct trainer *t, const struct audit_ask *ask)
{
    struct audit_job refused = { .ask = *ask };
    bool busy = t->auditing != NULL;
    refused.err = begin(t, ask, &refused.why);
    enum err_class c = err_class(refused.err);
    if (refused.err == OK) return keep_ask(t, ask);
    if (c == ERR_CLASS_ENV || c == ERR_CLASS_BUG || busy) return refused.err;
    return tell_guardian(t, &refused);
}

enum err trainer_on_audit_ask(struct agent *a, void *self, const struct msg *m)
{
    struct audit_ask ask = { .attacks = (unsigned)m->audit_ask.attacks,
                             .rounds = m->audit_ask.rounds,
                             .canaries = m->audit_ask.canaries };
    (void)a;
    TRY(str_copy(str_of(m->from), ask.guardian, sizeof ask.guardian));
    memcpy(ask.asked, m->id, sizeof ask.asked);
    return ask_or_tell(self, &ask);
}

static enum err parse_ask(struct str text, struct audit_ask *out)
{
    uint64_t attacks = 0;
    TRY(str_copy(str_next(&text, ' '), out->guardian, sizeof out->guardian));
    TRY(str_copy(str_next(&text, ' '), out->asked, sizeof out->asked));
    TRY(str_u64(str_next(&text, ' '), &attacks));
    TRY(str_u64(str_next(&text, ' '), &out->rounds));
    out->attacks = (unsigned)attacks;
    return str_u64(text, &out->canaries);
}

enum err trainer_load_audit(struct trainer *t)
{
    CLEANUP(buf_free) struct buf text = buf_make(ASK_BYTES);
    struct audit_ask ask = { .call = 0 };
    enum err e = agent_get(t->agent, alarm_key, &text);
    if (e == OK) (void)why_say(&t->alarm, ERR_REFUSED, STR_F, STR_ARG(buf_str(&text)));
    if (e != OK && e != ERR_ABSENT) return e;
    buf_clear(&text);
    e = agent_get(t->agent, ask_key, &text);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    return parse_ask(buf_str(&text), &ask) == OK ? ask_or_tell(t, &ask) : ERR_STORE;
}
