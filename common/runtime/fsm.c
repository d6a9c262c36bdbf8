#include "common/runtime/fsm.h"
#include <string.h>

const struct fsm_edge *fsm_find(const struct fsm *f, const void *self, unsigned state, unsigned event)
{
    for (size_t i = 0; i < f->nedges; i++) {
        const struct fsm_edge *e = &f->edges[i];
        bool here = (e->in == state || e->in == FSM_ANY) && e->on == event;
        if (here && (e->guard == NULL || e->guard(self))) return e;
    }
    return NULL;
}

enum err fsm_step(const struct fsm *f, void *self, unsigned *state, unsigned event, const struct fsm_edge **out_edge)
{
    const struct fsm_edge *e = fsm_find(f, self, *state, event);
    if (e == NULL) return ERR_STATE;
    if (e->action) TRY(e->action(self));
    *state = e->then;
    if (out_edge) *out_edge = e;
    return OK;
}

static bool has(uint32_t set, unsigned state) { return (set >> state & 1u) != 0; }
static bool applies(const struct fsm_edge *e, const struct fsm *f, unsigned state)
{
    return e->in == state || (e->in == FSM_ANY && !has(f->final, state));
}

static enum err check_edge(const struct fsm *f, size_t i, struct why *why)
{
    const struct fsm_edge *e = &f->edges[i];
    if ((e->in >= f->nstates && e->in != FSM_ANY) || e->then >= f->nstates || e->on >= f->nevents)
        return why_say(why, ERR_BUG, "%s: row %zu names a state or event that does not exist", f->name, i);
    if (e->in != FSM_ANY && has(f->final, e->in))
        return why_say(why, ERR_BUG, "%s: row %zu leaves %s, which is final", f->name, i, f->states[e->in]);
    for (size_t k = 0; k < i; k++) {
        const struct fsm_edge *above = &f->edges[k];
        bool covers = (above->in == e->in || above->in == FSM_ANY) && above->on == e->on;
        if (covers && (above->guard == NULL || above->guard == e->guard))
            return why_say(why, ERR_BUG, "%s: row %zu is hidden by row %zu", f->name, i, k);
    }
    return OK;
}

static uint32_t reachable(const struct fsm *f)
{
    uint32_t seen = 1u << f->initial;
    for (uint32_t before = 0; before != seen;) {
        before = seen;
        for (size_t i = 0; i < f->nedges; i++) {
            bool from_seen = f->edges[i].in == FSM_ANY || has(seen, f->edges[i].in);
            if (from_seen) seen |= 1u << f->edges[i].then;
        }
    }
    return seen;
}

static enum err check_state(const struct fsm *f, unsigned state, struct why *why)
{
    bool way_out = false;
    bool bounded = false;
    for (size_t i = 0; i < f->nedges; i++) {
        const struct fsm_edge *e = &f->edges[i];
        if (!applies(e, f, state)) continue;
        way_out = way_out || e->then != state;
        bounded = bounded || (e->on == f->deadline && e->guard == NULL);
    }
    if (has(f->final, state)) return OK;
    if (!way_out) return why_say(why, ERR_BUG, "%s: there is no way out of %s", f->name, f->states[state]);
    if (!bounded && !has(f->resting, state))
        return why_say(why, ERR_BUG, "%s: %s waits without an unguarded %s row", f->name, f->states[state],
                       f->events[f->deadline]);
    return OK;
}

enum err fsm_defect(const struct fsm *f, struct why *why)
{
    if (f->nstates > FSM_MAX_STATES || f->nevents > FSM_MAX_EVENTS || f->initial >= f->nstates ||
        f->deadline >= f->nevents)
        return why_say(why, ERR_BUG, "%s: too many states or events, or none to begin with", f->name);
    for (size_t i = 0; i < f->nedges; i++) TRY(check_edge(f, i, why));
    uint32_t seen = reachable(f);
    for (unsigned s = 0; s < f->nstates; s++) {
        if (!has(seen, s)) return why_say(why, ERR_BUG, "%s: %s cannot be reached", f->name, f->states[s]);
        TRY(check_state(f, s, why));
    }
    return OK;
}

static void dot_label(const struct fsm *f, const struct fsm_edge *e, struct buf *out)
{
    buf_addf(out, "%s", f->events[e->on]);
    if (e->guard) buf_addf(out, "\\n[%s]", e->guard_name);
    if (e->action) buf_addf(out, "\\n/ %s", e->action_name);
}

void fsm_print_dot(const struct fsm *f, struct buf *out)
{
    buf_addf(out,
             "digraph %s {\n    rankdir=TB; node [shape=box, style=rounded, fontname=\"sans-serif\"]; edge "
             "[fontname=\"sans-serif\", fontsize=10];\n",
             f->name);
    buf_addf(out, "    start [shape=point]; start -> %s;\n", f->states[f->initial]);
    for (unsigned s = 0; s < f->nstates; s++)
        buf_addf(out, "    %s%s;\n", f->states[s], has(f->final, s) ? " [peripheries=2]" : "");
    for (size_t i = 0; i < f->nedges; i++) {
        const struct fsm_edge *e = &f->edges[i];
        buf_addf(out, "    %s -> %s [label=\"", e->in == FSM_ANY ? "any" : f->states[e->in], f->states[e->then]);
        dot_label(f, e, out);
        buf_add_z(out, e->in == FSM_ANY ? "\", style=dashed];\n" : "\"];\n");
    }
    buf_add_z(out, "}\n");
}
