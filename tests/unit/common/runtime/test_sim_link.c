#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>

enum { MB = 1000000 };

static bool has_come(struct sim *s, void *unused)
{
    (void)unused;
    return sim_agent(s, "client") && toys_state(s, "client")->evaluations == 1;
}

/* 8 MB up and down again at 1 MB/s, and what a loss of a tenth costs. */
Test(sim_link, a_link_takes_its_time, .timeout = 60)
{
    static const struct {
        double drop, least_s, most_s, least_mb, most_mb;
    } rows[] = { { 0, 16, 17, 8, 8.2 }, { .1, 17.7, 25, 8.8, 9.2 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim_faults faults = { .delay_min_ms = 1, .delay_max_ms = 3, .bits_per_second = 8 * MB };
        faults.drop = rows[i].drop;
        struct sim *s = toys_start_with(&faults, "size: 8000000");
        double began = (double)sim_now_ms(s);
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        cr_assert(sim_run(s, 60000, has_come, NULL));
        double took_s = ((double)sim_now_ms(s) - began) / 1000;
        double mb = (double)sim_traffic(s, "client").received / MB;
        cr_expect(took_s >= rows[i].least_s && took_s <= rows[i].most_s, "row %zu: %.1f s", i, took_s);
        cr_expect(mb >= rows[i].least_mb && mb <= rows[i].most_mb, "row %zu: %.2f MB", i, mb);
        sim_free(s);
    }
}
