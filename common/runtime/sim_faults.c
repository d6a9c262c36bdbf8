/* What goes wrong in a simulation: by chance, from dice of its own, and what was ordered. */
#include "common/runtime/sim_private.h"
#include <math.h>
#include <stdlib.h>

uint64_t sim_delay(struct sim *s)
{
    const struct sim_faults *f = &s->faults;
    return f->delay_min_ms + rng_below(&s->rng, f->delay_max_ms - f->delay_min_ms + 1);
}

bool sim_faulty(const struct sim *s) { return s->faults.faults_until_ms == 0 || s->now_ms < s->faults.faults_until_ms; }

bool sim_chance(struct sim *s, struct rng *dice, double probability)
{
    return probability > 0 && sim_faulty(s) && rng_unit(dice) < probability;
}

void sim_schedule(struct sim_node *n, enum sim_event_kind kind, uint64_t delay_ms)
{
    struct sim_event e = { .kind = kind, .node = n->index, .at_ms = n->sim->now_ms + delay_ms, .life = n->life };
    sim_push(n->sim, &e);
}

static int64_t down_time(struct sim *s)
{
    const struct sim_faults *f = &s->faults;
    uint64_t more = f->down_max_ms > f->down_min_ms ? rng_below(&s->fates, f->down_max_ms - f->down_min_ms + 1) : 0;
    return (int64_t)(f->down_min_ms + more);
}

static int64_t jump(struct sim *s)
{
    int64_t most = (int64_t)s->faults.clock_jump_max_ms;
    return most - (int64_t)rng_below(&s->fates, 2 * (uint64_t)most + 1);
}

/* A Poisson process. */
void sim_next_fault(struct sim_node *n, enum sim_event_kind kind)
{
    struct sim *s = n->sim;
    const struct sim_faults *f = &s->faults;
    const double per_second[SIM_EVENT_KINDS] = {
        [SIM_KILL] = f->kill_per_second, [SIM_CUT] = f->cut_per_second, [SIM_CLOCK] = f->clock_jump_per_second
    };
    if (per_second[kind] <= 0) return;
    double wait_s = -log(1 - rng_unit(&s->fates)) / per_second[kind];
    struct sim_event e = { .kind = kind, .node = n->index, .flag = true };
    e.at_ms = s->now_ms + (uint64_t)(wait_s * 1000) + 1;
    e.by_ms = kind == SIM_CLOCK ? jump(s) : down_time(s);
    sim_push(s, &e);
}

static void order(struct sim *s, const struct sim_strike *k)
{
    static const enum sim_event_kind kinds[SIM_STRIKE_KINDS] = {
        [SIM_STRIKE_KILL] = SIM_KILL, [SIM_STRIKE_CUT] = SIM_CUT, [SIM_STRIKE_CLOCK] = SIM_CLOCK
    };
    if (k->kind > SIM_STRIKE_CLOCK || k->node >= s->nnodes) return; /* the others are looked for at each write */
    struct sim_event e = { .kind = kinds[k->kind], .node = k->node, .at_ms = k->at, .by_ms = k->by_ms };
    sim_push(s, &e);
}

void sim_schedule_strikes(struct sim *s)
{
    for (size_t i = 0; i < s->faults.nstrikes; i++) order(s, &s->faults.strikes[i]);
    for (size_t i = 0; i < s->nnodes; i++) {
        if (s->nodes[i]->def == NULL) continue;
        sim_next_fault(s->nodes[i], SIM_KILL);
        sim_next_fault(s->nodes[i], SIM_CUT);
        sim_next_fault(s->nodes[i], SIM_CLOCK);
    }
}

/* Out of memory it is not noted: then it cannot be ordered again. */
void sim_note(struct sim_node *n, enum sim_strike_kind kind, uint64_t at, int64_t by_ms)
{
    struct sim *s = n->sim;
    if (s->nstruck == s->cap_struck) {
        size_t more = s->cap_struck ? 2 * s->cap_struck : 16;
        struct sim_strike *p = realloc(s->struck, more * sizeof *p);
        if (p == NULL) return;
        s->struck = p;
        s->cap_struck = more;
    }
    s->struck[s->nstruck++] = (struct sim_strike){ .kind = kind, .node = n->index, .at = at, .by_ms = by_ms };
}

const struct sim_strike *sim_strikes(const struct sim *s, size_t *out_n)
{
    *out_n = s->nstruck;
    return s->struck;
}

static const struct sim_strike *ordered(const struct sim_node *n)
{
    const struct sim_faults *f = &n->sim->faults;
    for (size_t i = 0; i < f->nstrikes; i++)
        if (f->strikes[i].kind > SIM_STRIKE_CLOCK && f->strikes[i].node == n->index && f->strikes[i].at == n->writes)
            return &f->strikes[i];
    return NULL;
}

static void die(struct sim_node *n, int64_t down_ms)
{
    n->dying = true;
    n->dying_ms = (uint64_t)down_ms;
}

static enum sim_strike_kind crash_by_chance(struct sim_node *n)
{
    struct sim *s = n->sim;
    enum sim_strike_kind kind = rng_below(&s->fates, 2) ? SIM_STRIKE_CRASH_AFTER : SIM_STRIKE_CRASH_BEFORE;
    die(n, down_time(s));
    sim_note(n, kind, n->writes, (int64_t)n->dying_ms);
    return kind;
}

enum sim_strike_kind sim_write_fate(struct sim_node *n, bool commit)
{
    struct sim *s = n->sim;
    n->writes++;
    const struct sim_strike *told = s->faults.nstrikes ? ordered(n) : NULL;
    if (told && told->kind != SIM_STRIKE_STORE) die(n, told->by_ms);
    if (told) {
        s->counts.failed_writes += told->kind == SIM_STRIKE_STORE;
        return told->kind;
    }
    if (commit && sim_chance(s, &s->fates, s->faults.crash_at_commit)) return crash_by_chance(n);
    if (!sim_chance(s, &s->fates, s->faults.store_fail)) return SIM_STRIKE_KINDS;
    s->counts.failed_writes++;
    sim_note(n, SIM_STRIKE_STORE, n->writes, 0);
    return SIM_STRIKE_STORE;
}
