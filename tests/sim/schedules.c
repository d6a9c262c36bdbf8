#include "tests/sim/schedules.h"
#include "common/base/clock.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20, BROKEN_ENOUGH = 3 };

struct tally {
    uint64_t run, broken;
};

static uint64_t from_environment(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    uint64_t n = fallback;
    if (text && str_u64(str_of(text), &n) != OK) tap_note("%s is no number", name);
    return n;
}

static struct plan plan_of(const struct schedules *all, size_t row, uint64_t seed)
{
    struct plan p = all->rows[row].plan;
    p.row = row;
    p.seed = seed;
    return p;
}

static void tell(const struct schedules *all, const struct plan *p, const struct outcome *out)
{
    struct buf line CLEANUP(buf_free) = buf_make(LINE_MAX_BYTES);
    plan_print(&all->rows[p->row].plan, p, &line);
    tap_note("  %s", out->why.text);
    tap_note("  again: %s %s", all->program, buf_err(&line) == OK ? (const char *)line.p : "");
    for (size_t i = 0; i < p->nstrikes; i++) {
        buf_clear(&line);
        plan_say_strike(&p->strikes[i], &line);
        tap_note("    %s", (const char *)line.p);
    }
}

static void make_short(const struct schedules *all, struct plan *p, struct outcome *out)
{
    tap_note("\"%s\" fails:", all->rows[p->row].name);
    tell(all, p, out);
    unsigned runs = shrink(p, out, all->run, all->self);
    tap_note("and shorter, after %u runs:", runs);
    tell(all, p, out);
}

/* Returns whether it held. */
static bool one(const struct schedules *all, struct plan *p, bool shorten)
{
    struct outcome *out = calloc(1, sizeof *out);
    if (out == NULL) return false;
    all->run(all->self, p, out);
    bool held = !out->failed;
    if (!held && shorten)
        make_short(all, p, out);
    else if (!held)
        tell(all, p, out);
    free(out);
    return held;
}

static uint64_t again(const struct schedules *all, struct tap *t, int argc, char **argv)
{
    struct plan p = plan_of(all, 0, 1);
    struct why why = { 0 };
    for (int pass = 0; pass < 2; pass++) /* first for the row, then for what differs from it */
        for (int i = 1; i < argc; i++) {
            if (plan_parse(str_of(argv[i]), &p, &why) != OK || p.row >= all->nrows) {
                tap_is(t, false, "%s", why.text[0] ? why.text : "there is no such row");
                return 0;
            }
            if (pass == 0 && i + 1 == argc) p = plan_of(all, (size_t)p.row, p.seed);
        }
    tap_is(t, one(all, &p, false), "%s, once", all->rows[p.row].name);
    return 1;
}

static void run_all(const struct schedules *all, struct tally *tallies)
{
    uint64_t least = from_environment("SIM_SCHEDULES", all->fallback);
    uint64_t first = from_environment("SIM_FIRST", 0);
    uint64_t until_ms = clock_mono_ms() + 1000 * from_environment("SIM_SECONDS", 0);
    for (uint64_t i = first; i < first + least || clock_mono_ms() < until_ms; i++) {
        size_t row = (size_t)(i % all->nrows);
        struct plan p = plan_of(all, row, 1 + i / all->nrows);
        if (tallies[row].broken == BROKEN_ENOUGH) continue;
        tallies[row].run++;
        tallies[row].broken += !one(all, &p, tallies[row].broken == 0);
    }
}

uint64_t schedules_run(const struct schedules *all, struct tap *t, int argc, char **argv)
{
    uint64_t since_ms = clock_mono_ms();
    uint64_t run = 0;
    struct tally *tallies = calloc(all->nrows, sizeof *tallies);
    if (argc > 1 || tallies == NULL) {
        free(tallies);
        return again(all, t, argc, argv);
    }
    run_all(all, tallies);
    for (size_t i = 0; i < all->nrows; i++) {
        tap_is(t, tallies[i].broken == 0 && tallies[i].run > 0, "%s: every invariant over %" PRIu64 " schedules",
               all->rows[i].name, tallies[i].run);
        run += tallies[i].run;
    }
    free(tallies);
    tap_note("%" PRIu64 " schedules in %.1f s", run, (double)(clock_mono_ms() - since_ms) / 1000);
    return run;
}
