#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

/* Prometheus text format 0.0.4: every sample belongs to a family announced before it, each family once. */
Test(core_metrics, every_sample_is_announced_and_counters_end_in_total)
{
    struct sim *s = toys_start("");
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    toys_feed(s, "server", "client@sim.local", "{}");
    core_metrics(sim_agent(s, "server"), &out);
    struct str rest = buf_str(&out);
    char family[128] = "";
    char kind[32] = "";
    unsigned samples = 0;
    while (rest.n > 0) {
        struct str line = str_next(&rest, '\n');
        if (str_starts(line, "# TYPE ")) {
            line = (struct str){ line.p + 7, line.n - 7 };
            cr_assert(str_copy(str_next(&line, ' '), family, sizeof family) == OK &&
                      str_copy(line, kind, sizeof kind) == OK);
            bool total = strlen(family) > 6 && strcmp(family + strlen(family) - 6, "_total") == 0;
            cr_expect_eq(total, strcmp(kind, "counter") == 0, "%s is a %s", family, kind);
        } else if (!str_starts(line, "#")) {
            samples++;
            cr_expect(str_starts(line, family), STR_F " is not of %s", STR_ARG(line), family);
        }
    }
    cr_expect(samples > 10);
    cr_expect(toys_metric(s, "server", "himas_messages_received_total{type=\"join\"} 1"));
    cr_expect(toys_metric(s, "server", "himas_messages_refused_total{reason=\"ERR_PROTO\"} 1"));
    cr_expect(toys_metric(s, "server", "himas_peers_online 1"));
    sim_free(s);
}
