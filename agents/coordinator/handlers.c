/* What the coordinator does on each message: who is there, and answers handed to incoming.h. */
#include "agents/coordinator/ask.h"
#include "agents/coordinator/incoming.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/publish.h"
#include <inttypes.h>

static void note_sign_of_life(struct coordinator *c, const char *jid)
{
    struct hospital *h = hospitals_find(&c->hospitals, jid);
    if (h) hospital_seen(h, agent_now_ms(c->agent));
}

static enum err handle(struct coordinator *c, const struct msg *m, enum err (*answer)(struct incoming *in))
{
    struct incoming in;
    bool go;
    note_sign_of_life(c, m->from);
    TRY(incoming_find(c, m, &in, &go));
    return go ? keep_whole(answer(&in)) : OK;
}

/* Somebody new to the run, or who declined before and may have changed its mind, is invited. */
static enum err welcome(struct run *r, const struct hospital *h)
{
    struct site *s = run_site(r, h->who->jid);
    bool fresh = s == NULL;
    if (run_over(r) || (s && s->membership != SITE_DECLINED)) return OK;
    if (fresh) s = run_add_site(r, h->who->jid, h->who->name);
    if (s == NULL) return ERR_MEMORY;
    if (fresh)
        run_recount(r);
    else
        run_set_membership(r, s, SITE_INVITED);
    if (r->head.state == RUN_INVITING) run_set_answer(r, s, ANSWER_ASKED);
    TRY(journal_put_site(r, s));
    return ask_invite(r, s);
}

enum err coordinator_on_join(struct agent *a, void *self, const struct msg *m)
{
    struct coordinator *c = self;
    struct hospital *h = hospitals_find(&c->hospitals, m->from);
    if (h == NULL) return ERR_ROLE;
    hospital_seen(h, agent_now_ms(a));
    hospital_joined(h, &m->join);
    TRY(feed_tell(c, "joined", NULL, NULL, "%s is here", h->who->name));
    for (size_t i = 0; i < c->nruns; i++) TRY(keep_whole(welcome(c->runs[i], h)));
    return keep_whole(coordinator_schedule(c));
}

enum err coordinator_on_heartbeat(struct agent *a, void *self, const struct msg *m)
{
    struct coordinator *c = self;
    struct hospital *h = hospitals_find(&c->hospitals, m->from);
    if (h == NULL) return ERR_ROLE;
    hospital_seen(h, agent_now_ms(a));
    hospital_beat(h, &m->heartbeat);
    return OK;
}

enum err coordinator_on_data_new(struct agent *a, void *self, const struct msg *m)
{
    struct coordinator *c = self;
    struct hospital *h = hospitals_find(&c->hospitals, m->from);
    if (h == NULL) return ERR_ROLE;
    hospital_seen(h, agent_now_ms(a));
    h->records = m->data_new.records;
    TRY(feed_tell(c, "joined", NULL, NULL, "%s has new data", h->who->name));
    return keep_whole(coordinator_new_data(c));
}

enum err coordinator_on_accept(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_accept);
}
enum err coordinator_on_run_decline(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_leave);
}
enum err coordinator_on_stats(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_moments);
}
enum err coordinator_on_update(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_update);
}
enum err coordinator_on_evaluation(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_scores);
}
enum err coordinator_on_secure_keys(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_secure_keys);
}
enum err coordinator_on_secure_shares(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_secure_shares);
}
enum err coordinator_on_secure_input(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_secure_input);
}
enum err coordinator_on_secure_vote(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_secure_vote);
}
enum err coordinator_on_secure_answer(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_secure_answer);
}

enum err coordinator_on_cosign(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, incoming_cosign);
}

static enum err decline_round(struct incoming *in)
{
    return incoming_decline(in, in->m->round_decline.code, in->m->round_decline.text);
}
enum err coordinator_on_round_decline(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return handle(self, m, decline_round);
}

/* A trainer that cannot make sense of a question says error; when it says of which run, that is its answer. */
static enum err decline_by_error(struct incoming *in)
{
    return incoming_decline(in, in->m->error.code, in->m->error.text);
}
enum err coordinator_on_error(struct agent *a, void *self, const struct msg *m)
{
    struct coordinator *c = self;
    struct run *r = coordinator_run(c, m->run);
    log_warn(agent_log(a), "error.received", L_NAME("from", m->from), L_NAME("run", r ? r->id : "-"));
    if (r == NULL || run_over(r) || run_site(r, m->from) == NULL) return OK;
    return handle(c, m, decline_by_error);
}

enum err coordinator_on_subscribe(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return m->feed_subscribe.on ? feed_watch(self, m->from, FEED_EVENTS) : feed_unwatch(self, m->from, FEED_EVENTS);
}
