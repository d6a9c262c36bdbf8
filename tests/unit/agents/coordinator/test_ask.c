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
