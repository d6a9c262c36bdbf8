#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/merge.h"
#include "agents/coordinator/progress.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

static void report_bad_tasks(const struct coordinator *c)
{
    for (size_t i = 0; i < c->tasks.count; i++)
        if (!c->tasks.files[i].good)
            log_warn(agent_log(c->agent), "task.refused", L_STR("file", c->tasks.files[i].file),
                     L_STR("why", c->tasks.files[i].why.text));
}

/* What was waiting waits on, for the rest of its time; what a worker was doing is begun again.  While the coordinator
 * was away nobody could answer, so at least the grace is left, and to the worker, which begins anew, the whole time. */
static enum err take_up(struct run *r)
{
    bool merging = r->head.state == RUN_AGGREGATING;
    uint64_t limit = run_phase_limit_ms(r, r->head.state);
    uint64_t grace = settings_u64(agent_settings(r->home->agent), "grace_ms");
    uint64_t least = merging || grace > limit ? limit : grace;
    int64_t earliest = agent_wall_ms(r->home->agent) + (int64_t)least;
    if (r->head.deadline_ms && r->head.deadline_ms < earliest) r->head.deadline_ms = earliest;
    if (merging && !run_unmasks(r)) TRY(merge_begin(r));
    return coordinator_arm(r);
}

enum err coordinator_init(struct agent *a, void *self, struct why *why)
{
    struct coordinator *c = self;
    c->agent = a;
    TRY(hospitals_init(&c->hospitals, agent_roster(a), agent_now_ms(a), agent_wall_ms(a)));
    for (size_t i = 0; i < c->hospitals.count; i++)
        c->hospitals.all[i].online = agent_online(a, c->hospitals.all[i].who->jid);
    TRY(tasks_init(&c->tasks, settings_text(agent_settings(a), "tasks"), why));
    report_bad_tasks(c);
    TRY(coordinator_schedule_load(c));
    TRY(feed_load(c));
    TRY(journal_load(c, why));
    for (size_t i = 0; i < c->nruns; i++) TRY(take_up(c->runs[i]));
    return OK;
}

void coordinator_fini(void *self)
{
    struct coordinator *c = self;
    if (c == NULL) return;
    for (size_t i = 0; i < c->nruns; i++) {
        run_fini(c->runs[i]);
        free(c->runs[i]);
    }
    c->nruns = 0;
    for (size_t i = 0; i < COUNTING_MAX; i++) counting_free(c->countings[i]);
    tasks_fini(&c->tasks);
    hospitals_fini(&c->hospitals);
}

/* ---- runs ---- */

struct run *coordinator_run(struct coordinator *c, const char *id)
{
    for (size_t i = 0; i < c->nruns; i++)
        if (strcmp(c->runs[i]->id, id) == 0) return c->runs[i];
    return NULL;
}

struct run *coordinator_run_of_task(struct coordinator *c, const char *task)
{
    for (size_t i = 0; i < c->nruns; i++)
        if (!run_over(c->runs[i]) && strcmp(c->runs[i]->task.name, task) == 0) return c->runs[i];
    return NULL;
}

static void drop_ended(struct coordinator *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->nruns; i++) {
        struct run *r = c->runs[i];
        if (!run_over(r)) {
            c->runs[kept++] = r;
            continue;
        }
        run_fini(r);
        free(r);
    }
    c->nruns = kept;
}

/* A run may ask for less than the document the hospitals agree to, never for more. */
static enum err check_order(struct coordinator *c, const struct start_order *o, struct why *why)
{
    const struct task *t = &o->task->task;
    const struct run *running = coordinator_run_of_task(c, t->name);
    uint64_t quorum = o->quorum ? o->quorum : t->rounds.quorum;
    if (running) return why_say(why, ERR_STATE, "%s is running already, as %s", t->name, running->id);
    if (c->nruns == COORDINATOR_MAX_RUNS)
        return why_say(why, ERR_LIMIT, "%d runs are going on; wait for one to end", COORDINATOR_MAX_RUNS);
    if (o->rounds > t->rounds.count)
        return why_say(why, ERR_INPUT, "%s is a task of %" PRIu64 " rounds; a run may ask for fewer, not for more",
                       t->name, t->rounds.count);
    if (quorum < t->rounds.quorum)
        return why_say(why, ERR_INPUT, "%s needs %" PRIu64 " hospitals; a run may ask for more, not for fewer", t->name,
                       t->rounds.quorum);
    if (quorum > c->hospitals.count)
        return why_say(why, ERR_INPUT, "%" PRIu64 " hospitals are needed, and the roster has %zu", quorum,
                       c->hospitals.count);
    return OK;
}

static enum err fill_run(struct coordinator *c, struct run *r, const struct start_order *o, struct why *why)
{
    struct run_head *h = &r->head;
    r->home = c;
    TRY(run_init(r, buf_str(&o->task->text), why));
    h->number = ++c->runs_made;
    h->rounds = o->rounds ? o->rounds : r->task.rounds.count;
    h->quorum = o->quorum ? o->quorum : r->task.rounds.quorum;
    h->started_ms = h->entered_ms = agent_wall_ms(c->agent);
    (void)snprintf(r->id, sizeof r->id, "%.40s-%" PRIu64, r->task.name, h->number);
    (void)snprintf(h->task, sizeof h->task, "%s", r->task.name);
    (void)snprintf(h->digest, sizeof h->digest, "%s", o->task->digest);
    (void)snprintf(h->started_by, sizeof h->started_by, "%s", o->by);
    for (size_t i = 0; i < c->hospitals.count; i++) {
        const struct member *who = c->hospitals.all[i].who;
        if (run_add_site(r, who->jid, who->name) == NULL) return ERR_MEMORY;
    }
    return OK;
}

static enum err begin_run(struct coordinator *c, struct run *r, const struct start_order *order, struct why *why)
{
    TRY(fill_run(c, r, order, why));
    TRY(journal_put_run(r));
    TRY(coordinator_patrol_run(r));
    return round_step(r, EVENT_START, NULL);
}

enum err coordinator_start(struct coordinator *c, const struct start_order *order, struct run **out, struct why *why)
{
    drop_ended(c);
    TRY(check_order(c, order, why));
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_MEMORY;
    c->runs[c->nruns++] = r;
    TRY(keep_whole(begin_run(c, r, order, why)));
    *out = r;
    return OK;
}

/* ---- time ---- */

static enum err on_deadline(struct agent *a, void *self, uint64_t number);

/* One timer a run, whatever its phases: one that comes early waits on, for otherwise each phase would leave one behind
 * until its own deadline. */
static enum err wait_until(struct run *r, uint64_t due_ms)
{
    struct agent *a = r->home->agent;
    uint64_t now = agent_now_ms(a);
    r->due_ms = due_ms;
    if (agent_timer_due_ms(a, on_deadline, r->head.number) <= due_ms) return OK;
    return agent_after(a, due_ms > now ? due_ms - now : 0, on_deadline, r->head.number);
}

static enum err at_deadline(struct run *r)
{
    uint64_t now = agent_now_ms(r->home->agent);
    if (now < r->due_ms) return wait_until(r, r->due_ms);
    TRY(keep_whole(progress_note(r)));
    uint64_t left = progress_left_ms(r);
    return left ? wait_until(r, now + left) : keep_whole(round_step(r, EVENT_DEADLINE, NULL));
}

static enum err on_deadline(struct agent *a, void *self, uint64_t number)
{
    struct coordinator *c = self;
    (void)a;
    for (size_t i = 0; i < c->nruns; i++) {
        struct run *r = c->runs[i];
        if (r->head.number == number) return run_over(r) || r->head.deadline_ms == 0 ? OK : at_deadline(r);
    }
    return OK;
}

enum err coordinator_arm(struct run *r)
{
    struct agent *a = r->home->agent;
    if (r->head.deadline_ms == 0) return OK;
    int64_t limit = (int64_t)run_phase_limit_ms(r, r->head.state);
    int64_t left = r->head.deadline_ms - agent_wall_ms(a);
    if (left > limit) left = limit;
    return wait_until(r, agent_now_ms(a) + (left > 0 ? (uint64_t)left : 0));
}

static void look_at_site(struct run *r, struct site *s)
{
    struct coordinator *c = r->home;
    uint64_t now = agent_now_ms(c->agent);
    const struct hospital *h = hospitals_find(&c->hospitals, s->jid);
    bool away = h == NULL || hospital_away(h, now, settings_u64(agent_settings(c->agent), "grace_ms"));
    if (h == NULL && s->silent_since_ms == 0) s->silent_since_ms = agent_wall_ms(c->agent);
    if (h) s->silent_since_ms = agent_wall_ms(c->agent) - (int64_t)(now - h->seen_ms);
    if (away != s->away) run_set_away(r, s, away);
}

enum err coordinator_patrol_run(struct run *r)
{
    for (size_t i = 0; i < r->nsites; i++) look_at_site(r, &r->sites[i]);
    TRY(progress_note(r));
    if (run_over(r)) return OK;
    if (r->broken.text[0]) return round_step(r, EVENT_BROKEN, NULL);
    if (run_lost_sum(r)) return round_step(r, EVENT_LOST, NULL);
    if (!run_asks(r) || run_still_waiting(r)) return OK;
    return round_step(r, EVENT_CHANGED, NULL);
}

enum err coordinator_on_tick(struct agent *a, void *self)
{
    struct coordinator *c = self;
    (void)a;
    drop_ended(c);
    for (size_t i = 0; i < c->nruns; i++) TRY(keep_whole(coordinator_patrol_run(c->runs[i])));
    return keep_whole(coordinator_schedule(c));
}

enum err coordinator_on_presence(struct agent *a, void *self, const struct member *who, bool online)
{
    struct coordinator *c = self;
    struct hospital *h = hospitals_find(&c->hospitals, who->jid);
    if (h) hospital_set_online(h, online, agent_now_ms(a), agent_wall_ms(a));
    if (h && !online) TRY(feed_tell(c, "joined", NULL, NULL, "%s has gone", who->name));
    if (!h && !online) TRY(feed_unwatch(c, who->jid, FEED_EVENTS | FEED_CHAT));
    return h && online ? keep_whole(coordinator_schedule(c)) : OK;
}
