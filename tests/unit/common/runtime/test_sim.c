#include "common/wire/codec.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

static void digest(void *to, const char *from, const struct packet *p)
{
    uint64_t *h = to;
    for (const char *c = from; *c; c++) *h = (*h ^ (uint8_t)*c) * 1099511628211u;
    for (size_t i = 0; i < p->body.n; i++) *h = (*h ^ (uint8_t)p->body.p[i]) * 1099511628211u;
}

static uint64_t history(uint64_t seed)
{
    struct sim_faults faults = { .delay_min_ms = 1,
                                 .delay_max_ms = 50,
                                 .drop = .1,
                                 .duplicate = .1,
                                 .kill_per_second = .1,
                                 .down_min_ms = 10,
                                 .down_max_ms = 1000,
                                 .crash_at_commit = .02 };
    uint64_t h = 14695981039346656037u;
    struct sim *s = sim_new(seed, &faults);
    cr_assert(s && sim_add(s, &toy_server, "server", "", NULL) == OK &&
              sim_add(s, &toy_client, "client", "", NULL) == OK);
    sim_watch(s, digest, &h);
    cr_assert(sim_start(s, NULL) == OK);
    for (int i = 1; i < 10; i++) {
        char json[] = TOYS_JOIN("1a-N");
        *strchr(json, 'N') = (char)('0' + i);
        if (sim_agent(s, "server"))
            core_on_packet(sim_agent(s, "server"),
                           &(struct packet){ .peer = "client@sim.local", .body = str_of(json) });
        (void)sim_run(s, 3000, NULL, NULL);
    }
    sim_free(s);
    return h;
}

Test(sim, a_seed_is_a_history)
{
    uint64_t first = history(1);
    cr_expect_eq(first, history(1), "the same seed, the same words in the same order");
    cr_expect_neq(first, history(2), "another seed, another history");
}

static bool never(struct sim *s, void *to)
{
    (void)s;
    ++*(unsigned *)to;
    return false;
}

Test(sim, time_passes_only_as_asked)
{
    struct sim *s = toys_start("");
    unsigned asked = 0;
    uint64_t before = sim_now_ms(s);
    cr_expect(!sim_run(s, 12345, never, &asked) && asked > 0);
    cr_expect_eq(sim_now_ms(s), before + 12345);
    sim_kill(s, "client", 5000);
    cr_expect(sim_agent(s, "client") == NULL && sim_counts(s).kills == 1);
    (void)sim_run(s, 6000, NULL, NULL);
    cr_expect(sim_agent(s, "client") != NULL);
    sim_free(s);
}
