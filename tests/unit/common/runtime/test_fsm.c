#include "common/base/rng.h"
#include "common/runtime/fsm.h"
#include <criterion/criterion.h>
#include <string.h>

enum { IDLE, BUSY, DONE, NSTATES };
enum { GO, FINISH, DEADLINE, NEVENTS };
static const char *const states[] = { "IDLE", "BUSY", "DONE" };
static const char *const events[] = { "GO", "FINISH", "DEADLINE" };

struct machine {
    bool allowed;
    unsigned works;
    enum err fails;
};
static bool allowed(const void *self) { return ((const struct machine *)self)->allowed; }
static enum err work(void *self)
{
    struct machine *m = self;
    m->works += m->fails == OK;
    return m->fails;
}

/* clang-format off */
static const struct fsm_edge good[] = {
    { FSM_ROW(IDLE, GO,       allowed, work, BUSY) },
    { FSM_ROW(IDLE, GO,       NULL,    NULL, IDLE) },
    { FSM_ROW(BUSY, FINISH,   NULL,    NULL, DONE) },
    { FSM_ROW(BUSY, DEADLINE, NULL,    NULL, DONE) },
};
static const struct fsm_edge hidden[] = {
    { FSM_ROW(IDLE, GO,       NULL,    NULL, BUSY) },
    { FSM_ROW(IDLE, GO,       allowed, NULL, IDLE) },
    { FSM_ROW(BUSY, DEADLINE, NULL,    NULL, DONE) },
};
static const struct fsm_edge unreachable[] = {
    { FSM_ROW(IDLE, GO,       NULL,    NULL, DONE) },
    { FSM_ROW(BUSY, DEADLINE, NULL,    NULL, DONE) },
};
static const struct fsm_edge trapped[] = {
    { FSM_ROW(IDLE, GO,       NULL,    NULL, BUSY) },
    { FSM_ROW(IDLE, FINISH,   NULL,    NULL, DONE) },
    { FSM_ROW(BUSY, DEADLINE, NULL,    NULL, BUSY) },
};
static const struct fsm_edge endless[] = {
    { FSM_ROW(IDLE, GO,       NULL,    NULL, BUSY) },
    { FSM_ROW(BUSY, FINISH,   NULL,    NULL, DONE) },
    { FSM_ROW(BUSY, DEADLINE, allowed, NULL, DONE) },
};
static const struct fsm_edge outside[] = {
    { FSM_ROW(IDLE, GO,       NULL,    NULL, 7) },
};
static const struct fsm_edge undead[] = {
    { FSM_ROW(IDLE, GO,       NULL,    NULL, BUSY) },
    { FSM_ROW(BUSY, DEADLINE, NULL,    NULL, DONE) },
    { FSM_ROW(DONE, GO,       NULL,    NULL, IDLE) },
};
/* clang-format on */

static struct fsm machine_of(const struct fsm_edge *edges, size_t n)
{
    return (struct fsm){ .name = "m",
                         .edges = edges,
                         .nedges = n,
                         .states = states,
                         .nstates = NSTATES,
                         .events = events,
                         .nevents = NEVENTS,
                         .initial = IDLE,
                         .deadline = DEADLINE,
                         .resting = 1u << IDLE,
                         .final = 1u << DONE };
}
#define MACHINE(edges) machine_of(edges, sizeof edges / sizeof edges[0])

Test(fsm, first_matching_row_wins_and_actions_decide)
{
    struct fsm f = MACHINE(good);
    struct machine m = { .allowed = false };
    unsigned state = IDLE;
    const struct fsm_edge *edge = NULL;
    cr_expect(fsm_step(&f, &m, &state, GO, &edge) == OK && state == IDLE && edge == &good[1]);
    m.allowed = true;
    m.fails = ERR_IO;
    cr_expect(fsm_step(&f, &m, &state, GO, NULL) == ERR_IO && state == IDLE, "an action that fails leaves the state");
    m.fails = OK;
    cr_expect(fsm_step(&f, &m, &state, GO, NULL) == OK && state == BUSY && m.works == 1);
    cr_expect(fsm_step(&f, &m, &state, GO, NULL) == ERR_STATE && state == BUSY, "no row changes nothing");
    cr_expect(fsm_step(&f, &m, &state, DEADLINE, NULL) == OK && state == DONE);
}

Test(fsm, defects_are_found)
{
    const struct {
        const char *name;
        struct fsm fsm;
        const char *says; /* NULL: no defect */
    } rows[] = {
        { "good", MACHINE(good), NULL },
        { "hidden row", MACHINE(hidden), "hidden" },
        { "unreachable state", MACHINE(unreachable), "cannot be reached" },
        { "no way out", MACHINE(trapped), "no way out" },
        { "guarded deadline only", MACHINE(endless), "unguarded" },
        { "no such state", MACHINE(outside), "does not exist" },
        { "leaves a final state", MACHINE(undead), "final" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct why why = { 0 };
        enum err e = fsm_defect(&rows[i].fsm, &why);
        cr_expect_eq(e, rows[i].says ? ERR_BUG : OK, "%s: %s", rows[i].name, why.text);
        if (rows[i].says) cr_expect(strstr(why.text, rows[i].says), "%s says: %s", rows[i].name, why.text);
    }
}

Test(fsm, a_random_walk_stays_inside_the_table)
{
    struct fsm f = MACHINE(good);
    struct rng rng = rng_make(7);
    struct machine m = { 0 };
    unsigned state = IDLE;
    for (int i = 0; i < 100000; i++) {
        m.allowed = rng_below(&rng, 2) == 0;
        unsigned event = (unsigned)rng_below(&rng, NEVENTS);
        const struct fsm_edge *row = fsm_find(&f, &m, state, event);
        unsigned before = state;
        enum err e = fsm_step(&f, &m, &state, event, NULL);
        cr_assert(row ? e == OK && state == row->then : e == ERR_STATE && state == before, "step %d", i);
        if (state == DONE) state = IDLE;
    }
}

Test(fsm, the_picture_names_every_row)
{
    struct fsm f = MACHINE(good);
    struct buf out CLEANUP(buf_free) = buf_make(10000);
    fsm_print_dot(&f, &out);
    const char *text = (const char *)out.p;
    cr_assert(buf_err(&out) == OK);
    cr_expect(strstr(text, "IDLE -> BUSY [label=\"GO\\n[allowed]\\n/ work\"]"));
    cr_expect(strstr(text, "DONE [peripheries=2]"));
}
