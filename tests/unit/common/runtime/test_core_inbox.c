#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

Test(core_inbox, a_repeat_is_handled_once_and_acknowledged_again)
{
    struct sim *s = toys_start("");
    for (int i = 0; i < 3; i++) toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-2"));
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("19-3"));
    cr_expect_eq(toys_state(s, "server")->joins, 2, "1a-1 once, 1a-2 once, and an older epoch not at all");
    cr_expect(toys_metric(s, "server", "himas_messages_duplicate_total 3"));
    cr_expect_eq(toys_state(s, "client")->evaluations, 2);
    sim_free(s);
}

Test(core_inbox, hostile_packets_are_refused_and_counted)
{
    static const struct {
        const char *name, *from, *json, *counted;
    } rows[] = {
        { "a stranger", "mallory@sim.local", TOYS_JOIN("1a-1"), "himas_strangers_total 1" },
        { "a role that may not", "olga@sim.local", TOYS_JOIN("1a-1"),
          "himas_messages_refused_total{reason=\"ERR_ROLE\"} 1" },
        { "no JSON", "client@sim.local", "{", "himas_messages_refused_total{reason=\"ERR_PROTO\"} 1" },
        { "no such id", "client@sim.local", TOYS_JOIN("zz"), "himas_messages_refused_total{reason=\"ERR_PROTO\"} 1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim *s = toys_start("");
        toys_feed(s, "server", rows[i].from, rows[i].json);
        cr_expect(toys_state(s, "server")->joins == 0 && toys_metric(s, "server", rows[i].counted), "%s", rows[i].name);
        sim_free(s);
    }
}

Test(core_inbox, a_flood_is_dropped_and_counted)
{
    struct sim *s = toys_start("");
    struct agent *server = sim_agent(s, "server");
    const struct packet p = { .peer = "client@sim.local", .body = STR(TOYS_JOIN("1a-1")) };
    for (int i = 0; i < CORE_RATE_BURST + 1000; i++) core_on_packet(server, &p); /* at one moment of virtual time */
    cr_expect(toys_metric(s, "server", "himas_messages_flooded_total 1000\n"));
    (void)sim_run(s, 1000, NULL, NULL);
    for (int i = 0; i < CORE_RATE_PER_S + 10; i++) core_on_packet(server, &p);
    cr_expect(toys_metric(s, "server", "himas_messages_flooded_total 1010\n"), "what a second gives is taken");
    cr_expect_eq(server->counts.duplicates, CORE_RATE_BURST - 1 + CORE_RATE_PER_S);
    sim_free(s);
}
