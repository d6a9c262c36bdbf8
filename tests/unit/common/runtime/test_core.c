#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

Test(core, presence_is_mutual_and_ends_with_the_link)
{
    struct sim *s = toys_start("");
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local") &&
              agent_online(sim_agent(s, "client"), "server@sim.local"));
    sim_cut(s, "client", 5000);
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect(!agent_online(sim_agent(s, "server"), "client@sim.local"));
    (void)sim_run(s, 6000, NULL, NULL);
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local"));
    sim_kill(s, "server", 1000);
    (void)sim_run(s, 3000, NULL, NULL);
    cr_expect(agent_online(sim_agent(s, "server"), "client@sim.local"), "a restarted agent learns who is there");
    sim_free(s);
}

/* The simulation's roster without one member, as a file would say it. */
static struct roster *without(const struct roster *old, const char *name)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    struct roster *r = NULL;
    buf_add_z(&text, "members:\n");
    for (size_t i = 0; i < roster_count(old); i++) {
        const struct member *m = roster_at(old, i);
        if (strcmp(m->name, name) != 0)
            buf_addf(&text, "  - {jid: %s, name: %s, role: %s}\n", m->jid, m->name, role_name(m->role));
    }
    cr_assert(roster_parse(buf_str(&text), "test", &r, NULL) == OK);
    return r;
}

Test(core, who_is_taken_off_the_roster_is_refused_at_once)
{
    struct sim *s = toys_start("");
    struct agent *server = sim_agent(s, "server");
    const struct roster *all = agent_roster(server);
    struct roster *fresh = without(all, "client");
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    cr_assert_eq(toys_state(s, "server")->joins, 1);
    cr_assert(core_on_roster(server, fresh, NULL) == OK);
    cr_expect(toys_state(s, "server")->rebuilt == 1 && toys_state(s, "server")->joins == 0, "the state is made anew");
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-2"));
    cr_expect(toys_state(s, "server")->joins == 0 && toys_metric(s, "server", "himas_strangers_total 1"));
    cr_expect(!agent_online(server, "client@sim.local"));
    cr_assert(core_on_roster(server, all, NULL) == OK);
    (void)sim_run(s, 5000, NULL, NULL);
    cr_expect(agent_online(server, "client@sim.local"), "taken in again, it is asked whether it is there");
    sim_free(s);
    roster_free(fresh);
}

/* Two that are further apart than the wait before a presence is answered: each could be the answer to the last. */
Test(core, presences_far_apart_come_to_rest)
{
    static const uint64_t ways_ms[] = { 1, 700, 3000, 20000 };
    for (size_t i = 0; i < sizeof ways_ms / sizeof *ways_ms; i++) {
        struct sim *s =
            toys_start_with(&(struct sim_faults){ .delay_min_ms = ways_ms[i], .delay_max_ms = ways_ms[i] }, "");
        (void)sim_run(s, 900000, NULL, NULL);
        const struct peer *client = core_peer_find(sim_agent(s, "server"), "client@sim.local");
        cr_expect(client->online, "%d ms", (int)ways_ms[i]);
        cr_expect(agent_now_ms(sim_agent(s, "server")) - client->shown_ms > 300000, "%d ms: shown %d ms ago",
                  (int)ways_ms[i], (int)(agent_now_ms(sim_agent(s, "server")) - client->shown_ms));
        sim_free(s);
    }
}

/* A socket that takes nothing for a while, as with more peers than may wait for it. */
struct narrow {
    unsigned asked, shown;
    bool full;
};
static enum err narrow_show(void *self, const char *to, bool online)
{
    struct narrow *n = self;
    (void)to;
    (void)online;
    n->asked++;
    if (n->full) return ERR_LIMIT;
    n->shown++;
    return OK;
}
static enum err narrow_send(void *self, const struct packet *p)
{
    (void)self;
    (void)p;
    return ERR_LIMIT;
}

Test(core, a_presence_that_did_not_go_out_goes_later)
{
    struct sim *s = toys_start("");
    struct narrow n = { .full = true };
    struct agent *server = sim_agent(s, "server");
    core_attach(server, &(struct transport){ .self = &n, .send = narrow_send, .show = narrow_show });
    core_on_link(server, true);
    (void)sim_run(s, 10 * CORE_SWEEP_MS, NULL, NULL);
    cr_expect(n.asked >= 5 && n.shown == 0, "tried %u times", n.asked);
    n.full = false;
    (void)sim_run(s, 10 * CORE_SWEEP_MS, NULL, NULL);
    cr_expect_eq(n.shown, 1, "%u", n.shown);
    sim_free(s);
}
