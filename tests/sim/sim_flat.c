/*
 * Memory stays flat however many rounds a run has: what grows, the coordinator's journal, grows on the disk.
 *
 *   SIM_FLAT_ROUNDS, SIM_FLAT_TRAINERS   otherwise 3000 and 10; `make soak` takes 10000 and 50
 */
#include "common/base/clock.h"
#include "tests/support/crowd.h"
#include "tests/support/tap.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3000, TRAINERS = 10, SAMPLES = 50, MOST_BYTES_A_ROUND = 1000, WARM_UP_ROUNDS = 600 };
#define CALM                                                                                                           \
    {                                                                                                                  \
        .delay_min_ms = 1, .delay_max_ms = 20, .job_max_ms = 20                                                        \
    }

/* Sums of a least-squares line through (round, bytes). */
struct line {
    double n, x, y, xx, xy;
};

static void add(struct line *l, double x, double y)
{
    l->n++;
    l->x += x;
    l->y += y;
    l->xx += x * x;
    l->xy += x * y;
}

static double slope(const struct line *l) { return (l->n * l->xy - l->x * l->y) / (l->n * l->xx - l->x * l->x); }

static uint64_t number(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    uint64_t n = fallback;
    if (text && str_u64(str_of(text), &n) != OK) tap_note("%s is no number", name);
    return n;
}

/* The first tenth, in which caches fill, does not count. */
static void measure(struct tap *t, struct crowd *c, uint64_t rounds)
{
    struct line resident = { 0 };
    struct line allocated = { 0 };
    uint64_t first = rounds / 10 > WARM_UP_ROUNDS ? rounds / 10 : WARM_UP_ROUNDS;
    for (uint64_t i = 0; i <= SAMPLES; i++) {
        uint64_t round = first + (rounds - 1 - first) * i / SAMPLES;
        if (!crowd_run(c, round)) break;
        add(&resident, (double)round, (double)crowd_resident_bytes());
        add(&allocated, (double)round, (double)crowd_allocated_bytes());
        if (i % 10 == 0)
            tap_note("round %" PRIu64 ": %.1f MB resident, %.1f MB allocated", round,
                     (double)crowd_resident_bytes() / 1e6, (double)crowd_allocated_bytes() / 1e6);
    }
    tap_is(t, resident.n > SAMPLES && slope(&resident) < MOST_BYTES_A_ROUND,
           "resident memory: %+.1f bytes a round over rounds %" PRIu64 " to %" PRIu64, slope(&resident), first,
           rounds - 1);
    tap_is(t, allocated.n > SAMPLES && slope(&allocated) < MOST_BYTES_A_ROUND, "allocated memory: %+.1f bytes a round",
           slope(&allocated));
}

int main(void)
{
    struct tap t = { 0 };
    struct why why = { 0 };
    struct crowd_end end = { 0 };
    struct crowd c;
    uint64_t since_ms = clock_mono_ms();
    uint64_t sites = number("SIM_FLAT_TRAINERS", TRAINERS);
    const struct crowd_order order = {
        .sites = sites, .quorum = sites, .rounds = number("SIM_FLAT_ROUNDS", ROUNDS), .on_disk = true, .faults = CALM
    };
    if (crowd_init(&c, &order, &why) == OK)
        measure(&t, &c, order.rounds);
    else
        tap_is(&t, false, "%s", why.text);
    bool ended = c.sim && crowd_run(&c, 0) && crowd_look(&c, &end) == OK && strcmp(end.state, "done") == 0;
    tap_is(&t, ended && end.updates == order.rounds * sites,
           "%" PRIu64 " rounds x %" PRIu64 " trainers: %" PRIu64 " updates, in %.0f s", order.rounds, sites,
           end.updates, (double)(clock_mono_ms() - since_ms) / 1000);
    crowd_fini(&c);
    return tap_end(&t);
}
