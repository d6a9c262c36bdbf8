/* Beginning and end: the state, from settings and store. */
#include "agents/trainer/trainer.h"
#include "common/privacy/permit.h"
#include <inttypes.h>
#include <string.h>

static enum err find_coordinator(struct trainer *t, struct why *why)
{
    const struct roster *r = agent_roster(t->agent);
    const char *set = settings_text(agent_settings(t->agent), "coordinator");
    const struct member *m = set[0] ? roster_find(r, str_of(set)) : NULL;
    for (size_t i = 0; set[0] == '\0' && m == NULL && i < roster_count(r); i++)
        if (roster_at(r, i)->role & ROLE_COORDINATOR) m = roster_at(r, i);
    if (m == NULL && set[0]) return why_say(why, ERR_SETTING, "coordinator: %s is not in the roster", set);
    if (m == NULL) return why_say(why, ERR_SETTING, "coordinator: the roster names none");
    return str_copy(str_of(m->jid), t->coordinator, sizeof t->coordinator);
}

/* A broken record makes a ledger that refuses everything; the trainer says so and goes on. */
static enum err load_ledgers(struct trainer *t)
{
    static const char *const prefixes[] = { BUDGET_PREFIX, BUDGET_UNITS_PREFIX, ACCOUNTS_PREFIX };
    const char *data = settings_text(agent_settings(t->agent), "dataset");
    accounts_init(&t->accounts, false, t->policy.epsilon_max, t->policy.delta);
    for (size_t i = 0; t->policy.set && i < sizeof prefixes / sizeof *prefixes; i++)
        TRY(agent_scan(t->agent, prefixes[i], accounts_load, &t->accounts));
    TRY(accounts_open(&t->accounts, "", data, &t->account));
    bool whole = t->account->site.trouble.text[0] == '\0' && t->account->patients.trouble.text[0] == '\0';
    if (!whole) log_error(agent_log(t->agent), "ledger.broken", L_ERR(ERR_BUDGET));
    return OK;
}

static enum err load_policy(struct trainer *t, struct why *why)
{
    const char *path = settings_text(agent_settings(t->agent), "policy");
    t->policy_arena = arena_make(PLAN_ARENA_BYTES);
    if (path[0] == '\0') return OK;
    return policy_read(path, &t->policy_arena, &t->policy, why);
}

/* A task that was read before may be refused by a newer program: its run is then as good as unknown. */
static enum err load_run(void *self, const char *key, struct bytes text)
{
    struct trainer *t = self;
    struct run *run;
    struct plan *plan = NULL;
    enum err e = plan_new(bytes_str(text), &plan, NULL);
    if (e == ERR_MEMORY) return e;
    if (e == OK && run_add(&t->runs, strchr(key, '/') + 1, plan, &run) != OK) plan_drop(plan);
    if (e != OK) log_warn(agent_log(t->agent), "run.unreadable", L_ERR(e));
    return OK;
}

static enum err load_run_state(void *self, const char *key, struct bytes state)
{
    struct trainer *t = self;
    struct run *run = run_find(&t->runs, strchr(key, '/') + 1);
    if (run == NULL) return OK;
    run->accepted = str_is(bytes_str(state), "accepted");
    plan_drop(t->last_plan);
    t->last_plan = plan_hold(run->plan);
    return OK;
}

static enum err load_work(void *self, const char *key, struct bytes text)
{
    struct trainer *t = self;
    struct work w;
    (void)key;
    TRY(work_decode(text, &w));
    return work_restore(&t->queue, &w);
}

enum err trainer_left(struct trainer *t, const char *run, struct left *out)
{
    char key[RUN_KEY_BYTES];
    CLEANUP(buf_free) struct buf text = buf_make(LEFT_TEXT_BYTES);
    enum err e = agent_get(t->agent, run_key(key, "left", run), &text);
    if (e == OK) return left_read(buf_str(&text), out);
    if (e == ERR_ABSENT) *out = (struct left){ 0 };
    return e == ERR_ABSENT ? OK : e;
}

enum err trainer_init(struct agent *a, void *self, struct why *why)
{
    struct trainer *t = self;
    struct work look = { .kind = WORK_SCAN };
    const char *engine = settings_text(agent_settings(a), "engine");
    t->agent = a;
    t->engine = engine_find(str_of(engine));
    if (t->engine == NULL) return why_say(why, ERR_SETTING, "engine: there is no %s", engine);
    if (!permit_name_fine(settings_text(agent_settings(a), "dataset")))
        return why_say(why, ERR_SETTING, "dataset: a name of letters, digits and \"._-\" is wanted");
    TRY(find_coordinator(t, why));
    TRY(load_policy(t, why));
    TRY(load_ledgers(t));
    TRY(agent_scan(a, "task/", load_run, t));
    TRY(agent_scan(a, "run/", load_run_state, t));
    TRY(agent_scan(a, "work/", load_work, t));
    TRY(trainer_load_audit(t));
    TRY(trainer_load_log(t));
    log_info(agent_log(a), "trainer.ready", L_NAME("policy", t->policy.set ? "set" : "unset"),
             L_U64("runs", t->runs.count), L_U64("waiting", t->queue.count));
    if (t->queue.count == WORK_MAX) return trainer_wake(t);
    return trainer_ask(t, &look, NULL);
}

void trainer_fini(void *self)
{
    struct trainer *t = self;
    runs_fini(&t->runs);
    plan_drop(t->last_plan);
    records_about_fini(&t->about);
    accounts_fini(&t->accounts);
    trainer_count_fini(t);
    arena_free(&t->policy_arena);
}
