#include "common/runtime/relay.h"
#include "common/runtime/sim.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What each test looks at; every test runs in a process of its own. */
static struct {
    unsigned pieces, keeps, freed, wanted;
    enum err fails; /* the keep of the second piece */
    bool begun;
} seen;

static void piece(void *work)
{
    ++*(unsigned *)work;
    seen.pieces++;
}

static enum err keep(struct agent *a, void *self, void *work, bool *out_more)
{
    (void)self;
    cr_expect(agent_now_ms(a) > 0 && !*out_more);
    if (++seen.keeps == 2 && seen.fails) return seen.fails;
    *out_more = *(unsigned *)work < seen.wanted;
    return OK;
}

static void let_go(void *work)
{
    seen.freed++;
    free(work);
}

static const struct relay counting = { piece, keep, let_go };

static enum err tick(struct agent *a, void *self)
{
    (void)self;
    if (seen.begun) return OK;
    seen.begun = true;
    return relay_begin(a, &counting, calloc(1, sizeof(unsigned)));
}

static const struct setting settings[] = { { "period_ms", SET_COUNT, "5", 1, 1000, "ms" }, { 0 } };
static const struct agent_ticker tickers[] = { { "period_ms", tick }, { 0 } };
static const struct agent_def runner = {
    .name = "runner", .role = ROLE_TRAINER, .state_size = 1, .settings = settings, .tickers = tickers
};

static struct sim *begin(unsigned wanted, enum err fails)
{
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 2 };
    struct sim *s = sim_new(1, &calm);
    seen.wanted = wanted;
    seen.fails = fails;
    cr_assert(s && sim_add(s, &runner, "runner", "", NULL) == OK && sim_start(s, NULL) == OK);
    return s;
}

Test(relay, each_piece_is_kept_and_the_work_let_go_once)
{
    static const struct {
        const char *name;
        unsigned wanted;
        enum err fails;
        unsigned pieces, keeps;
    } rows[] = {
        { "one piece", 1, OK, 1, 1 },
        { "five pieces", 5, OK, 5, 5 },
        { "the second is not kept", 5, ERR_STORE, 2, 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&seen, 0, sizeof seen);
        struct sim *s = begin(rows[i].wanted, rows[i].fails);
        (void)sim_run(s, 10000, NULL, NULL);
        cr_expect(seen.pieces == rows[i].pieces && seen.keeps == rows[i].keeps && seen.freed == 1, "%s: %u, %u, %u",
                  rows[i].name, seen.pieces, seen.keeps, seen.freed);
        sim_free(s);
        cr_expect_eq(seen.freed, 1u, "%s", rows[i].name);
    }
}

static bool under_way(struct sim *s, void *to)
{
    (void)s;
    (void)to;
    return seen.keeps > 2;
}

Test(relay, is_let_go_when_the_agent_ends)
{
    struct sim *s = begin(1000000, OK);
    cr_assert(sim_run(s, 100000, under_way, NULL));
    sim_kill(s, "runner", 100);
    (void)sim_run(s, 10000, NULL, NULL);
    unsigned keeps = seen.keeps;
    cr_expect(seen.freed == 1 && keeps < 1000);
    sim_free(s);
    cr_expect_eq(seen.freed, 1u);
}
