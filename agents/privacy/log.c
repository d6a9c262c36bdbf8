/* The transparency log (tlog.h), as messages and time move it. */
#include "agents/privacy/guardian.h"

/* Said by a coordinator: a hospital ends no run. */
static bool ends_run(const struct agent *a, const struct msg *m)
{
    const struct member *who = roster_find(agent_roster(a), str_of(m->from));
    bool is_run = str_is(m->log_entry.kind, "run") && m->run[0];
    return is_run && !str_is(m->log_entry.code, "OK") && who && who->role == ROLE_COORDINATOR;
}

enum err guardian_on_log_entry(struct agent *a, void *self, const struct msg *m)
{
    struct guardian *g = self;
    TRY(tlog_take_entry(&g->log, m));
    return ends_run(a, m) ? guardian_run_ended(g, m->run) : OK;
}

/* Only a model with a permit to publish is entered. */
enum err guardian_on_log_model(struct agent *a, void *self, const struct msg *m)
{
    CLEANUP(arena_free) struct arena arena = arena_make(GUARDIAN_ARENA_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(2 * PERMIT_MAX_BYTES);
    struct guardian *g = self;
    struct permit p;
    (void)a;
    enum err e = guardian_permit_get(g, (struct permit_name){ PERMIT_PUBLISH, m->run, m->round, 0 }, &arena, &p, &note);
    if (e == ERR_ABSENT) return guardian_deny(g, m, ERR_REFUSED, "there is no permit to publish a model of this run");
    TRY(e);
    if (!str_is(m->log_model.sha256, p.model))
        return guardian_deny(g, m, ERR_REFUSED, "the permit is to publish another model than this");
    return tlog_take_model(&g->log, m);
}

enum err guardian_on_log_cosign(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_cosign(&((struct guardian *)self)->log, m);
}

enum err guardian_on_log_ask(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_ask(&((struct guardian *)self)->log, m);
}

enum err guardian_on_checkpoint(struct agent *a, void *self)
{
    (void)a;
    return tlog_show_all(&((struct guardian *)self)->log);
}
