#include "tests/sim/coverage.h"
#include "agents/coordinator/journal.h"
#include <string.h>

_Static_assert(FSM_MAX_STATES * 4 <= COVERAGE_MAX_ROWS, "room for the table");

struct counting {
    struct coverage *coverage;
    struct why *why;
};

static enum err count_row(void *to, const char *key, struct bytes value)
{
    const struct counting *c = to;
    const struct fsm *f = round_fsm();
    struct journal_row row;
    TRY(journal_read_row(value, &row));
    unsigned from = run_state_of(str_of(row.from));
    unsigned then = run_state_of(str_of(row.to));
    for (size_t i = 0; i < f->nedges && i < COVERAGE_MAX_ROWS; i++) {
        const struct fsm_edge *e = &f->edges[i];
        bool fits = (e->in == from || e->in == FSM_ANY) && e->then == then;
        if (!fits || strcmp(row.event, f->events[e->on]) != 0) continue;
        c->coverage->taken[i]++;
        return OK;
    }
    return why_say(c->why, ERR_BUG, "%s: no row leads from %s by %s to %s", key, row.from, row.event, row.to);
}

enum err coverage_add(struct coverage *c, struct store *s, struct why *why)
{
    return store_scan(s, "journal/", count_row, &(struct counting){ c, why });
}

static bool is_of_sums(const struct fsm_edge *e)
{
    static const bool sums[RUN_STATES] = {
        [RUN_KEYS] = true, [RUN_SHARES] = true, [RUN_CONSISTENCY] = true, [RUN_UNMASKING] = true
    };
    bool again = e->then == RUN_PERMITTING && (e->in == RUN_TRAINING || e->on == EVENT_LOST);
    return again || e->on == EVENT_SCORED || (e->in < RUN_STATES && sums[e->in]) || sums[e->then];
}

void coverage_tell(const struct coverage *c, bool of_sums, struct tap *t)
{
    const struct fsm *f = round_fsm();
    size_t rows = 0;
    size_t taken = 0;
    for (size_t i = 0; i < f->nedges; i++) {
        const struct fsm_edge *e = &f->edges[i];
        if (is_of_sums(e) != of_sums) continue;
        rows++;
        taken += c->taken[i] > 0;
        if (c->taken[i] > 0) continue;
        tap_note("never taken: %s on %s if %s to %s", e->in == FSM_ANY ? "any" : f->states[e->in], f->events[e->on],
                 e->guard_name, f->states[e->then]);
    }
    tap_is(t, taken == rows, "%zu of %zu rows taken", taken, rows);
}
