#include "agents/coordinator/commands.h"
#include "agents/coordinator/keep.h"
#include <inttypes.h>
#include <stdio.h>

enum err command_start(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct coordinator *c = self;
    struct str name = call_text(call, "task");
    const struct task_file *task = tasks_find(&c->tasks, name);
    struct why why = { 0 };
    struct run *r;
    (void)a;
    if (task == NULL) return commands_no_task(c, name, out);
    struct start_order order = {
        .task = task, .rounds = call_u64(call, "rounds"), .quorum = call_u64(call, "quorum"), .by = call->from
    };
    enum err e = coordinator_start(c, &order, &r, &why);
    if (e != OK) {
        result_say(out, "%s", why.text[0] ? why.text : err_text(e));
        return e;
    }
    result_say(out, "%s has begun: %" PRIu64 " rounds, %zu hospitals invited, %" PRIu64 " needed.", r->id,
               r->head.rounds, r->nsites, r->head.quorum);
    result_field(out, "run", "%s", r->id);
    return OK;
}

static enum err steer(struct run *r, enum run_event event, struct result *out)
{
    if (fsm_find(round_fsm(), r, r->head.state, event) != NULL) return keep_whole(round_step(r, event, NULL));
    result_say(out, "%s is %s; that cannot be done now.", r->id, run_state_name(r->head.state));
    return ERR_STATE;
}

enum err command_pause(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct run *r;
    (void)a;
    TRY(commands_pick_run(self, call, &r, out));
    bool before = r->head.pause_wanted;
    r->head.pause_wanted = true;
    enum err e = steer(r, EVENT_PAUSE, out);
    if (e != OK) {
        r->head.pause_wanted = before;
        return e;
    }
    if (r->head.state == RUN_PAUSED)
        result_say(out, "%s is paused; `resume` goes on.", r->id);
    else
        result_say(out, "%s pauses when round %" PRIu64 " is closed.", r->id, r->head.round);
    return OK;
}

enum err command_resume(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct run *r;
    (void)a;
    TRY(commands_pick_run(self, call, &r, out));
    bool before = r->head.pause_wanted;
    r->head.pause_wanted = false;
    enum err e = steer(r, EVENT_RESUME, out);
    if (e != OK) {
        r->head.pause_wanted = before;
        return e;
    }
    result_say(out, "%s goes on: %s, round %" PRIu64 " of %" PRIu64 ".", r->id, run_state_name(r->head.state),
               r->head.round, r->head.rounds);
    return OK;
}

enum err command_abort(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct run *r;
    (void)a;
    TRY(commands_pick_run(self, call, &r, out));
    (void)snprintf(r->head.why, sizeof r->head.why, "aborted by %s in round %" PRIu64, call->from, r->head.round);
    TRY(steer(r, EVENT_ABORT, out));
    result_say(out, "%s is aborted; the hospitals are told.", r->id);
    return OK;
}
