/* Every word to the coordinator about a piece of work: what came of it, or why nothing will. */
#include "agents/trainer/admit.h"
#include "agents/trainer/trainer.h"
#include <stdio.h>
#include <string.h>

enum { MS_PER_S = 1000 };

static struct msg about(const struct work *w, enum msg_type type)
{
    struct msg m = msg_make(type, NULL);
    memcpy(m.run, w->run, sizeof m.run);
    memcpy(m.stage, w->stage, sizeof m.stage);
    memcpy(m.in_reply_to, w->asked, sizeof m.in_reply_to);
    m.round = w->round;
    return m;
}

/* A sentence may have been cut in the middle of a character. */
static struct str sendable(const char *text)
{
    struct str s = str_of(text);
    while (s.n > 0 && !str_is_utf8(s)) s.n--;
    return s;
}

static enum trainer_outcome outcome_of(enum err code)
{
    if (code == ERR_BUDGET) return OUTCOME_BUDGET;
    return code == ERR_POLICY || code == ERR_REFUSED ? OUTCOME_POLICY : OUTCOME_FAILED;
}

/* A hospital that declines an invitation knows nothing of the run afterwards. */
static enum err decline_run(struct trainer *t, const struct work *w, enum err code, struct str text)
{
    char key[RUN_KEY_BYTES];
    struct msg m = about(w, MSG_RUN_DECLINE);
    m.run_decline.code = str_of(err_name(code));
    m.run_decline.text = text;
    TRY(agent_send(t->agent, t->coordinator, &m));
    TRY(trainer_tell_log(t, &m, "decline"));
    struct run *run = run_find(&t->runs, w->run);
    if (run == NULL || run->accepted) return OK;
    TRY(agent_del(t->agent, run_key(key, "task", w->run)));
    TRY(agent_del(t->agent, run_key(key, "run", w->run)));
    run_remove(&t->runs, w->run);
    return OK;
}

static enum err decline_round(struct trainer *t, const struct work *w, enum err code, struct str text)
{
    struct msg m = about(w, MSG_ROUND_DECLINE);
    m.round_decline.code = str_of(err_name(code));
    m.round_decline.text = text;
    TRY(agent_send(t->agent, t->coordinator, &m));
    TRY(trainer_tell_log(t, &m, "refusal"));
    if (w->kind == WORK_TRAIN) t->updates[outcome_of(code)]++;
    return OK;
}

enum err trainer_decline(struct trainer *t, const struct work *w, enum err code, const char *text)
{
    if (w->kind == WORK_SCAN) return OK; /* nobody asked */
    struct str words = sendable(text[0] ? text : err_text(code));
    log_info(agent_log(t->agent), "work.declined", L_NAME("work", work_name(w->kind)), L_NAME("run", w->run),
             L_U64("round", w->round), L_ERR(code));
    return w->kind == WORK_INVITE ? decline_run(t, w, code, words) : decline_round(t, w, code, words);
}

/* Where no line at all could be read the file and the task do not go together, which no policy decides. */
static enum err need_lines(const struct trainer *t, struct why *why)
{
    if (t->about.good > 0 || t->about.flawed == 0) return OK;
    return why_say(why, ERR_DATA, "no line of the records fits the task (`records` there names the first, and why)");
}

/* Now that the records were counted: would the first round be allowed? */
static enum err admit_counted(struct trainer *t, const struct job *j, struct why *why)
{
    TRY(need_lines(t, why));
    TRY(policy_allows_cohort(&t->policy, j->samples, why));
    if (!plan_has_unit(j->plan)) return OK;
    return admit_units(&t->policy, j->plan, records_units(j->records, NULL), &t->last_unit, why);
}

/* What a round costs here, for the guardian's ledger; 0 where there is no noise. */
static enum err fill_cost(const struct trainer *t, const struct job *j, struct msg_run_accept *out, struct why *why)
{
    const struct update_cover cover = update_cover_of(j->plan);
    struct privacy_event e = { .rate = 0 };
    if (plan_has_unit(j->plan))
        e = unit_rule_event(&t->last_unit);
    else if (cover.wanted)
        TRY(local_event(&cover.rule, &e, why));
    out->noise = e.noise;
    out->steps = e.steps;
    out->rate = e.mechanism == PRIVACY_GAUSSIAN || e.mechanism == PRIVACY_LAPLACE ? (double)(e.steps > 0) : e.rate;
    return OK;
}

static enum err answer_invite(struct trainer *t, struct job *j)
{
    char key[RUN_KEY_BYTES];
    struct why why = { 0 };
    struct run *run = run_find(&t->runs, j->work.run);
    enum err e = admit_counted(t, j, &why);
    if (e != OK) return trainer_decline(t, &j->work, e, why.text);
    struct msg m = about(&j->work, MSG_RUN_ACCEPT);
    m.run_accept.records = j->plan->task.aggregation.secure ? 0 : j->samples;
    m.run_accept.data = str_of(settings_text(agent_settings(t->agent), "dataset"));
    e = fill_cost(t, j, &m.run_accept, &why);
    if (e != OK) return trainer_decline(t, &j->work, e, why.text);
    TRY(agent_send(t->agent, t->coordinator, &m));
    TRY(agent_put(t->agent, run_key(key, "run", run->id), str_bytes(STR("accepted"))));
    run->accepted = true;
    return OK;
}

static enum err answer_stats(struct trainer *t, struct job *j)
{
    struct why why = { 0 };
    enum err e = policy_allows_cohort(&t->policy, j->samples, &why);
    if (e != OK) return trainer_decline(t, &j->work, e, why.text);
    struct msg m = about(&j->work, MSG_STATS);
    m.stats.count = j->samples;
    m.stats.mean = (struct vec){ moments_means(&j->moments), j->moments.nfeatures };
    m.stats.m2 = (struct vec){ moments_m2(&j->moments), j->moments.nfeatures };
    return agent_send(t->agent, t->coordinator, &m);
}

/* The note that an update left, in the transaction in which it leaves: no second noise is ever drawn for the round.
 * Where it cannot be written nothing may leave either, whatever the reason: ERR_STORE undoes the whole event. */
static enum err note_left(struct trainer *t, struct job *j)
{
    char key[RUN_KEY_BYTES];
    char text[LEFT_TEXT_BYTES];
    struct left left;
    enum err e = trainer_left(t, j->work.run, &left);
    if (e == OK && j->cover.wanted) e = trainer_commit(t, j->plan, j->work.run, j->work.round);
    if (e == OK) {
        left_note(&left, j->work.round);
        e = agent_put(t->agent, run_key(key, "left", j->work.run), str_bytes(str_of(left_print(&left, text))));
    }
    return e == OK ? OK : ERR_STORE;
}

/* The vector waits here for the others' shares.  Of a sum that was given up nothing is said. */
static enum err answer_sum(struct trainer *t, struct job *j)
{
    uint64_t took_ms = agent_now_ms(t->agent) - j->started_ms;
    struct run *run = run_find(&t->runs, j->work.run);
    struct secure *s = run->secure;
    if (s == NULL || s->header.round != j->sum.round || s->filled) return OK;
    s->numbers = j->numbers;
    j->numbers = (struct secure_numbers){ .delta = NULL };
    s->filled = true;
    s->noise = j->noise;
    s->seconds = (took_ms + MS_PER_S - 1) / MS_PER_S;
    return trainer_send_input(t, run);
}

/* A cohort under the minimum says nothing: the others' counts hide its zeros. */
static enum err answer_scores(struct trainer *t, struct job *j)
{
    struct why why = { 0 };
    bool all = policy_allows_cohort(&t->policy, (uint64_t)*j->tally.count, NULL) == OK;
    j->numbers.plan = j->sum_plan;
    enum err e = secure_vector_scores(&j->sum_plan, &j->tally, all, &j->numbers.vector, &why);
    return e == ERR_INPUT ? trainer_decline(t, &j->work, e, why.text) : e == OK ? answer_sum(t, j) : e;
}

static enum err answer_train(struct trainer *t, struct job *j)
{
    uint64_t took_ms = agent_now_ms(t->agent) - j->started_ms;
    t->training_seconds += (double)took_ms / MS_PER_S;
    if (j->summed) return answer_sum(t, j);
    struct msg m = about(&j->work, MSG_UPDATE);
    m.update.samples = j->samples;
    m.update.loss = j->cover.wanted ? 0 : j->loss; /* exact, it would tell what the noise hides */
    m.update.noise = j->noise;
    m.update.epsilon_spent = trainer_spent(t);
    m.update.seconds = (took_ms + MS_PER_S - 1) / MS_PER_S;
    m.update.delta.data = buf_bytes(&j->update);
    TRY(agent_send(t->agent, t->coordinator, &m));
    TRY(note_left(t, j));
    t->updates[OUTCOME_SENT]++;
    log_info(agent_log(t->agent), "update.sent", L_NAME("run", j->work.run), L_U64("round", j->work.round),
             L_U64("samples", j->samples), L_U64("bytes", j->update.n), L_F64("noise", j->noise));
    return OK;
}

/* A cohort under the minimum says nothing but that. */
static enum err answer_evaluate(struct trainer *t, struct job *j)
{
    const struct tally *s = &j->tally;
    if (j->summed) return answer_scores(t, j);
    struct msg m = about(&j->work, MSG_EVALUATION);
    if (policy_allows_cohort(&t->policy, (uint64_t)*s->count, NULL) == OK) {
        m.evaluation.samples = (uint64_t)*s->count;
        m.evaluation.loss_sum = *s->loss_sum;
        m.evaluation.brier_sum = *s->brier_sum;
        m.evaluation.confusion = (struct vec){ s->confusion, s->nclasses * s->nclasses };
        m.evaluation.positives = (struct vec){ s->positives, s->nscores * s->nbins };
        m.evaluation.negatives = (struct vec){ s->negatives, s->nscores * s->nbins };
    }
    return agent_send(t->agent, t->coordinator, &m);
}

typedef enum err answer_fn(struct trainer *t, struct job *j);
static answer_fn *const answers[WORK_KINDS] = {
    [WORK_INVITE] = answer_invite,
    [WORK_STATS] = answer_stats,
    [WORK_TRAIN] = answer_train,
    [WORK_EVALUATE] = answer_evaluate,
};

enum err trainer_answer(struct trainer *t, struct job *j)
{
    if (answers[j->work.kind] == NULL) return OK;
    if (j->err != OK) return trainer_decline(t, &j->work, j->err, j->why.text);
    enum err e = answers[j->work.kind](t, j);
    bool unsendable = err_class(e) == ERR_CLASS_PEER || err_class(e) == ERR_CLASS_LIMIT;
    return unsendable ? trainer_decline(t, &j->work, e, "the answer could not be sent") : e;
}
