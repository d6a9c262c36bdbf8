#include "common/runtime/rtt.h"
#include <criterion/criterion.h>
#include <math.h>

static const struct rtt_bounds bounds = { 3000, 60000 };

static uint64_t first_wait(struct rtt *r)
{
    unsigned tries = 0;
    return rtt_wait_ms(r, &tries, &bounds);
}

/* Worked by hand from RFC 6298, 2.2 and 2.3; exact in binary. */
Test(rtt, smoothed_as_the_rfc_says)
{
    static const struct {
        uint64_t took_ms;
        double smoothed, spread;
        uint64_t wait;
    } rows[] = {
        { 800, 800, 400, 3000 },        /* first: R, R/2; 2400 is under the least */
        { 1600, 900, 500, 3000 },       /* 7/8 800 + 1/8 1600; 3/4 400 + 1/4 800 */
        { 4900, 1400, 1375, 6900 },     /* 1/4 of |900 - 4900| + 3/4 500 */
        { 1400, 1400, 1031.25, 5525 },  /* as expected: only the spread shrinks */
        { 400, 1275, 1023.4375, 5368 }, /* quicker than expected spreads too */
    };
    struct rtt r = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rtt_answered(&r, rows[i].took_ms);
        cr_expect(r.smoothed_ms == rows[i].smoothed && r.spread_ms == rows[i].spread, "row %zu: %f %f", i,
                  r.smoothed_ms, r.spread_ms);
        cr_expect_eq(first_wait(&r), rows[i].wait, "row %zu", i);
    }
}

Test(rtt, waits_double_to_the_most)
{
    static const uint64_t rows[] = { 3000, 6000, 12000, 24000, 48000, 60000, 60000 };
    struct rtt r = { 0 };
    unsigned tries = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(rtt_wait_ms(&r, &tries, &bounds), rows[i], "try %zu", i);
}

/* Many messages that wait for the same answer are one reason to wait longer, not many. */
Test(rtt, waits_that_end_together_double_once)
{
    enum { MESSAGES = 50 };
    struct rtt r = { 0 };
    unsigned tries[MESSAGES] = { 0 };
    for (int i = 0; i < MESSAGES; i++) cr_expect_eq(rtt_wait_ms(&r, &tries[i], &bounds), 3000, "%d", i);
    for (int i = 0; i < MESSAGES; i++) cr_expect_eq(rtt_wait_ms(&r, &tries[i], &bounds), 6000, "%d", i);
}

/* A peer that always takes 20 s: without the second half of Karn's rule each message would go out thrice for ever. */
Test(rtt, a_slow_peer_is_measured_in_the_end)
{
    enum { TAKES_MS = 20000, MESSAGES = 20 };
    struct rtt r = { 0 };
    unsigned again = 0;
    unsigned late = 0;
    for (int m = 0; m < MESSAGES; m++) {
        unsigned tries = 0;
        unsigned more = 0;
        for (uint64_t at = rtt_wait_ms(&r, &tries, &bounds); at < TAKES_MS; at += rtt_wait_ms(&r, &tries, &bounds))
            more++;
        if (more == 0) rtt_answered(&r, TAKES_MS);
        again += more;
        if (m > 1) late += more;
    }
    cr_expect(again > 0 && late == 0, "%u again, %u of them late", again, late);
    cr_expect(fabs(r.smoothed_ms - TAKES_MS) < 1, "%f", r.smoothed_ms);
}

Test(rtt, another_way_there_is_tried_soon)
{
    struct rtt r = { 0 };
    rtt_answered(&r, 1000);
    unsigned tries = 3;
    cr_expect_eq(rtt_wait_ms(&r, &tries, &bounds), 24000);
    cr_expect_eq(first_wait(&r), 24000, "kept for new messages");
    rtt_afresh(&r);
    cr_expect_eq(first_wait(&r), 3000);
    cr_expect(r.known && r.smoothed_ms == 1000, "what was measured stays");
}

Test(rtt, what_others_take_is_a_first_guess)
{
    static const struct {
        uint64_t others_ms, after_ms; /* 0: nothing is known of others */
        bool comes;
    } rows[] = { { 0, 1, false }, { 4000, 7999, true }, { 4000, 8000, false }, { 1000, 3000, false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtt others = { 0 };
        if (rows[i].others_ms) rtt_answered(&others, rows[i].others_ms);
        cr_expect_eq(rtt_may_come(&others, rows[i].after_ms), rows[i].comes, "row %zu", i);
    }
}
