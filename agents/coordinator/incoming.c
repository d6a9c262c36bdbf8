#include "agents/coordinator/incoming.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/scores.h"
#include "agents/coordinator/standardise.h"
#include "agents/coordinator/stored.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- common to all ---- */

static enum err old_head(struct coordinator *c, const char *id, struct run_head *out)
{
    CLEANUP(buf_free) struct buf head = buf_make(STORED_MAX_BYTES);
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "head/%s", id);
    TRY(agent_get(c->agent, key, &head));
    return journal_read_head(buf_bytes(&head), out);
}

enum err incoming_find(struct coordinator *c, const struct msg *m, struct incoming *out, bool *out_go)
{
    *out = (struct incoming){ .home = c, .m = m, .run = coordinator_run(c, m->run) };
    *out_go = false;
    struct run_head head;
    enum err e = out->run ? OK : old_head(c, m->run, &head);
    if (e == ERR_ABSENT) return incoming_refuse(out, REFUSAL_NO_RUN, e, "there is no such run");
    TRY(e);
    if (out->run == NULL || run_over(out->run)) return incoming_late(out);
    out->site = run_site(out->run, m->from);
    if (out->site == NULL)
        return incoming_refuse(out, REFUSAL_STRANGER, ERR_STATE, "this hospital was not invited to the run");
    *out_go = true;
    return OK;
}

bool incoming_is_present(const struct incoming *in, unsigned state)
{
    const struct run *r = in->run;
    if (r->head.state != state || in->m->round != r->head.round) return false;
    return in->m->stage[0] == 0 || strcmp(in->m->stage, run_state_name(state)) == 0;
}

/* Nothing that was acknowledged goes without a trace, also when its run has ended and left memory. */
enum err incoming_late(struct incoming *in)
{
    struct run old = { .home = in->home };
    in->home->counts.late++;
    struct run *r = in->run ? in->run : &old;
    if (r == &old) {
        (void)snprintf(old.id, sizeof old.id, "%s", in->m->run);
        TRY(old_head(in->home, old.id, &old.head));
    }
    r->head.late++;
    return journal_put_head(r);
}

enum err incoming_refuse(struct incoming *in, enum refusal reason, enum err code, const char *sentence)
{
    struct msg answer = msg_make(MSG_ERROR, in->m);
    answer.error.code = str_of(err_name(code));
    answer.error.text = str_of(sentence);
    in->home->counts.refused[reason]++;
    if (in->run) {
        in->run->head.refused++;
        TRY(journal_put_head(in->run));
    }
    log_warn(agent_log(in->home->agent), "answer.refused", L_NAME("reason", refusal_name(reason)),
             L_NAME("run", in->run ? in->run->id : "-"), L_NAME("from", in->m->from), L_U64("round", in->m->round));
    return agent_reply(in->home->agent, in->m, &answer);
}

void incoming_note_why(struct site *s, struct str code, struct str text)
{
    (void)keep_text(code, s->code, sizeof s->code);
    (void)keep_text(text, s->why, sizeof s->why);
}

enum err incoming_answered(struct incoming *in, enum answer answer)
{
    run_set_answer(in->run, in->site, answer);
    return round_step(in->run, EVENT_CHANGED, in->site);
}

enum err incoming_refuse_answer(struct incoming *in, enum refusal reason, enum err code, const char *sentence)
{
    incoming_note_why(in->site, str_of(err_name(code)), str_of(sentence));
    TRY(incoming_refuse(in, reason, code, sentence));
    TRY(feed_tell(in->home, "declined", in->run, in->site, "%s's answer was refused: %s", in->site->name, sentence));
    return incoming_answered(in, ANSWER_OUT);
}

/* ---- taking part ---- */

static enum err changed_or_kept(struct incoming *in)
{
    if (run_asks(in->run)) return round_step(in->run, EVENT_CHANGED, in->site);
    return journal_put_site(in->run, in->site);
}

enum err incoming_accept(struct incoming *in)
{
    struct run *r = in->run;
    struct site *s = in->site;
    s->records = in->m->run_accept.records;
    s->cost_noise = in->m->run_accept.noise;
    s->cost_rate = in->m->run_accept.rate;
    s->cost_steps = (double)in->m->run_accept.steps;
    (void)keep_text(in->m->run_accept.data, s->data, sizeof s->data);
    if (s->membership == SITE_JOINED) return journal_put_site(r, s);
    run_set_membership(r, s, SITE_JOINED);
    if (r->head.state == RUN_INVITING) run_set_answer(r, s, ANSWER_IN);
    if (s->records == 0)
        TRY(feed_tell(in->home, "joined", r, s, "%s takes part", s->name));
    else
        TRY(feed_tell(in->home, "joined", r, s, "%s takes part with %" PRIu64 " records", s->name, s->records));
    return changed_or_kept(in);
}

enum err incoming_leave(struct incoming *in)
{
    struct run *r = in->run;
    struct site *s = in->site;
    const struct msg_run_decline *m = &in->m->run_decline;
    bool was_asked = site_answer(r, s) == ANSWER_ASKED;
    incoming_note_why(s, m->code, m->text);
    run_set_membership(r, s, SITE_DECLINED);
    if (was_asked) run_set_answer(r, s, ANSWER_OUT);
    TRY(feed_tell(in->home, "declined", r, s, "%s does not take part: %s %s", s->name, s->code, s->why));
    return changed_or_kept(in);
}

/* ---- answers to a phase's question ---- */

enum err incoming_decline(struct incoming *in, struct str code, struct str text)
{
    struct site *s = in->site;
    bool present = run_asks(in->run) && incoming_is_present(in, in->run->head.state);
    if (!present || site_answer(in->run, s) != ANSWER_ASKED) return incoming_late(in);
    incoming_note_why(s, code, text);
    bool others_fault = run_in_sum(in->run) && str_is(code, err_name(ERR_CRYPTO));
    if (!str_is(code, err_name(ERR_STATE)) && !others_fault)
        s->refused_round = in->run->head.round; /* else it may next time */
    TRY(feed_tell(in->home, "declined", in->run, s, "%s declined %s: %s %s", s->name,
                  run_state_name(in->run->head.state), s->code, s->why));
    return incoming_answered(in, ANSWER_OUT);
}

enum err incoming_moments(struct incoming *in)
{
    struct why why = { 0 };
    if (!incoming_is_present(in, RUN_STATISTICS) || site_answer(in->run, in->site) != ANSWER_ASKED)
        return incoming_late(in);
    enum err e = standardise_keep(in->run, in->site, &in->m->stats, &why);
    if (e == ERR_INPUT) return incoming_refuse_answer(in, REFUSAL_NUMBERS, e, why.text);
    TRY(e);
    TRY(feed_tell(in->home, "update", in->run, in->site, "%s returned the moments of its inputs, %zu of %zu in",
                  in->site->name, in->run->counts.in + 1, in->run->counts.asked));
    return incoming_answered(in, ANSWER_IN);
}

enum err incoming_scores(struct incoming *in)
{
    struct why why = { 0 };
    struct site *s = in->site;
    if (!incoming_is_present(in, RUN_EVALUATING) || site_answer(in->run, s) != ANSWER_ASKED) return incoming_late(in);
    enum err e = scores_keep(in->run, s, &in->m->evaluation, &why);
    if (e == ERR_INPUT) return incoming_refuse_answer(in, REFUSAL_NUMBERS, e, why.text);
    TRY(e);
    TRY(feed_tell(in->home, "evaluated", in->run, s,
                  "round %" PRIu64 ": %s scored the model on %" PRIu64 " records, %zu of %zu in", in->run->head.round,
                  s->name, s->scored, in->run->counts.in + 1, in->run->counts.asked));
    return incoming_answered(in, ANSWER_IN);
}
