#include "agents/coordinator/ask.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/permitting.h"
#include <stdio.h>

/* A question of a phase is not worth delivering once the phase is over. */
struct msg ask_question(const struct run *r, enum msg_type type, unsigned state)
{
    struct msg m = msg_make(type, NULL);
    (void)snprintf(m.run, sizeof m.run, "%s", r->id);
    (void)snprintf(m.stage, sizeof m.stage, "%s", run_state_name(state));
    m.round = r->head.round;
    m.ttl_ms = run_phase_limit_ms(r, state);
    return m;
}

/* Whom the roster lost, or has no key for, no model can be sealed to; that is no reason to keep it from the others. */
static enum err send(struct run *r, const struct site *s, struct msg *m)
{
    const struct hospital *h = hospitals_find(&r->home->hospitals, s->jid);
    if (h == NULL || !hospital_reachable(h)) return OK;
    return agent_send(r->home->agent, s->jid, m);
}

static enum err send_to_joined(struct run *r, struct msg *m)
{
    for (size_t i = 0; i < r->nsites; i++)
        if (permitting_takes(r, &r->sites[i])) TRY(send(r, &r->sites[i], m));
    return OK;
}

/* An invitation has no end of life: a hospital that was away may still join a later round. */
enum err ask_invite(struct run *r, const struct site *s)
{
    struct msg m = ask_question(r, MSG_RUN_INVITE, RUN_INVITING);
    m.ttl_ms = 0;
    m.run_invite.task = buf_str(&r->text);
    m.run_invite.digest = str_of(r->head.digest);
    return send(r, s, &m);
}

enum err ask_to_join(struct run *r)
{
    for (size_t i = 0; i < r->nsites; i++)
        if (r->sites[i].membership == SITE_INVITED) TRY(ask_invite(r, &r->sites[i]));
    return OK;
}

enum err ask_moments(struct run *r)
{
    struct msg m = ask_question(r, MSG_STATS_ASK, RUN_STATISTICS);
    return send_to_joined(r, &m);
}

/* The model goes by its name in the store: nobody holds it in memory. */
const char *ask_model_key(const struct run *r, uint64_t round, char out[STORE_MAX_KEY])
{
    char tail[32];
    return journal_key(out, "model", r, journal_round_tail(round, tail));
}

enum err ask_training(struct run *r)
{
    char key[STORE_MAX_KEY];
    CLEANUP(permitting_words_fini) struct permitting_words words = { .permit = { 0 } };
    struct msg m = ask_question(r, MSG_ROUND_START, RUN_TRAINING);
    TRY(permitting_put(r, &words, &m));
    m.round_start.model.kept = ask_model_key(r, r->head.round - 1, key);
    return send_to_joined(r, &m);
}

enum err ask_evaluation(struct run *r)
{
    char key[STORE_MAX_KEY];
    struct msg m = ask_question(r, MSG_EVALUATE, RUN_EVALUATING);
    m.evaluate.model.kept = ask_model_key(r, r->head.round, key);
    return send_to_joined(r, &m);
}

enum err ask_to_forget(struct run *r, unsigned final_state)
{
    struct msg m = ask_question(r, MSG_RUN_END, final_state);
    m.run_end.outcome = str_of(run_state_name(final_state));
    m.run_end.text = str_of(r->head.why);
    for (size_t i = 0; i < r->nsites; i++)
        if (r->sites[i].membership != SITE_DECLINED) TRY(send(r, &r->sites[i], &m));
    return OK;
}
