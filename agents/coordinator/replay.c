/* A journal proves its head: walking the protocol's table with the journalled events must end where the head says. */
#include "agents/coordinator/journal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_row_of_table(const struct fsm *f, unsigned from, struct str event, unsigned to)
{
    for (size_t i = 0; i < f->nedges; i++) {
        const struct fsm_edge *e = &f->edges[i];
        if ((e->in == from || e->in == FSM_ANY) && e->then == to && str_is(event, f->events[e->on])) return true;
    }
    return false;
}

/* A round begins when a permit for it is to be asked for, and at no other time: another sum of it may need one, too. */
static uint64_t round_after(uint64_t round, unsigned from, const char *event, unsigned to)
{
    static const bool within[RUN_STATES] = {
        [RUN_PERMITTING] = true, [RUN_KEYS] = true,        [RUN_SHARES] = true,
        [RUN_TRAINING] = true,   [RUN_CONSISTENCY] = true, [RUN_UNMASKING] = true
    };
    bool again = within[from] || strcmp(event, round_event_name(EVENT_LOST)) == 0;
    return round + (to == RUN_PERMITTING && !again);
}

enum err journal_replay(const struct journal_row *rows, size_t n, unsigned *out_state, uint64_t *out_round,
                        struct why *why)
{
    const struct fsm *f = round_fsm();
    unsigned state = f->initial;
    uint64_t round = 0;
    for (size_t i = 0; i < n; i++) {
        const struct journal_row *row = &rows[i];
        unsigned to = run_state_of(str_of(row->to));
        if (row->number != i + 1)
            return why_say(why, ERR_BUG, "row %zu of the journal has number %" PRIu64, i + 1, row->number);
        if (run_state_of(str_of(row->from)) != state)
            return why_say(why, ERR_BUG, "row %zu begins in %s, not in %s", i + 1, row->from, run_state_name(state));
        if (to >= RUN_STATES || !is_row_of_table(f, state, str_of(row->event), to))
            return why_say(why, ERR_BUG, "row %zu: no row of the table leads from %s by %s to %s", i + 1, row->from,
                           row->event, row->to);
        round = round_after(round, state, row->event, to);
        state = to;
        if (row->round != round)
            return why_say(why, ERR_BUG, "row %zu is of round %" PRIu64 ", not %" PRIu64, i + 1, row->round, round);
    }
    *out_state = state;
    *out_round = round;
    return OK;
}

struct replayed {
    struct journal_row *rows;
    size_t n, cap;
};

static enum err collect_row(void *to, const char *key, struct bytes value)
{
    struct replayed *all = to;
    (void)key;
    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : 64;
        struct journal_row *grown = realloc(all->rows, cap * sizeof *grown);
        if (grown == NULL) return ERR_MEMORY;
        all->rows = grown;
        all->cap = cap;
    }
    TRY(journal_read_row(value, &all->rows[all->n]));
    all->n++;
    return OK;
}

struct checking {
    struct store *store;
    struct why *why;
};

static enum err compare(const struct replayed *all, const char *id, const struct run_head *head, struct why *why)
{
    unsigned state;
    uint64_t round;
    TRY(journal_replay(all->rows, all->n, &state, &round, why));
    if (state != head->state || round != head->round || all->n != head->journal)
        return why_say(why, ERR_BUG,
                       "%s: the journal's %zu rows lead to %s in round %" PRIu64 ", the head says %s in round %" PRIu64
                       " after %" PRIu64 " rows",
                       id, all->n, run_state_name(state), round, run_state_name(head->state), head->round,
                       head->journal);
    return OK;
}

static enum err check_head(void *to, const char *key, struct bytes value)
{
    struct checking *c = to;
    struct run_head head;
    struct replayed all = { 0 };
    char prefix[STORE_MAX_KEY];
    const char *id = key + strlen("head/");
    TRY(journal_read_head(value, &head));
    (void)snprintf(prefix, sizeof prefix, "journal/%s/", id);
    enum err e = store_scan(c->store, prefix, collect_row, &all);
    if (e == OK) e = compare(&all, id, &head, c->why);
    free(all.rows);
    return e;
}

enum err journal_check(struct store *s, struct why *why)
{
    return store_scan(s, "head/", check_head, &(struct checking){ s, why });
}
