#include "agents/coordinator/ask.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct seen {
    size_t invites, stats, starts, evaluations, ends, bounded;
};
static void look(void *to, const char *from, const struct packet *p)
{
    struct seen *s = to;
    char body[16384];
    if (p->kind != PACKET_MESSAGE || strncmp(from, "coordinator@", 12) != 0) return;
    (void)snprintf(body, sizeof body, STR_F, STR_ARG(p->body));
    s->invites += strstr(body, "\"run.invite\"") != NULL;
    s->stats += strstr(body, "\"stats.ask\"") != NULL;
    s->starts += strstr(body, "\"round.start\"") != NULL;
    s->evaluations += strstr(body, "\"evaluate\"") != NULL;
    s->ends += strstr(body, "\"run.end\"") != NULL;
    s->bounded += strstr(body, "\"ttl_ms\":60000") != NULL;
}

Test(ask, each_once_of_each_hospital_that_joined)
{
    struct house h;
    struct seen seen = { 0 };
    house_open(&h, "rounds: { count: 2, quorum: 2, join_deadline: 60s, round_deadline: 60s }\nstandardise: moments\n",
               (const char *const[]){ "honest", "honest", "declines", NULL });
    sim_watch(h.sim, look, &seen);
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    cr_expect(seen.invites == 3 && seen.stats == 2 && seen.starts == 4 && seen.evaluations == 4, "%zu %zu %zu %zu",
              seen.invites, seen.stats, seen.starts, seen.evaluations);
    cr_expect(seen.ends == 2, "who declined was never in");
    cr_expect(seen.bounded == 10, "%zu: a phase's question dies with the phase", seen.bounded);
    house_close(&h);
}

/* A hospital is taken off the roster in the middle of a run: the others go on. */
static void write_member(const struct member *m, struct buf *out)
{
    buf_addf(out, "  - {jid: %s, name: %s, role: %s, key: ", m->jid, m->name, role_name(m->role));
    for (size_t i = 0; i < ROSTER_KEY_BYTES; i++) buf_addf(out, "%02x", m->key[i]);
    buf_add_z(out, "}\n");
}

Test(ask, who_is_taken_off_the_roster_is_left_out)
{
    struct house h;
    struct roster *fewer = NULL;
    struct why why = { 0 };
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "silent", NULL });
    (void)house_say(&h, "start toy");
    struct agent *a = sim_agent(h.sim, "coordinator");
    const struct roster *all = agent_roster(a);
    buf_add_z(&text, "members:\n");
    for (size_t i = 0; i < roster_count(all); i++)
        if (roster_at(all, i)->has_key && strncmp(roster_at(all, i)->jid, "hospital-2@", 11) != 0)
            write_member(roster_at(all, i), &text);
    cr_assert(roster_parse(buf_str(&text), "roster", &fewer, &why) == OK, "%s", why.text);
    cr_assert(core_on_roster(a, fewer, &why) == OK, "%s", why.text);
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE, "%s", house_head(&h, "toy-1").why);
    house_close(&h);
    roster_free(fewer);
}
