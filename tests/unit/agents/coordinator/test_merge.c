#include "agents/coordinator/merge.h"
#include "agents/coordinator/registry.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void model_of(const char *extra, uint64_t kill_at_ms, char out[RUN_DIGEST_BYTES])
{
    struct house h;
    struct version_row v;
    house_open(&h, extra, (const char *const[]){ "honest", "honest", "honest", NULL });
    sim_say(h.sim, "olga", "coordinator", "start toy");
    house_run(&h, kill_at_ms);
    if (kill_at_ms) sim_kill(h.sim, "coordinator", 300);
    house_run(&h, 1000);
    cr_expect(house_until_over(&h));
    cr_expect_float_eq(house_head(&h, "toy-1").mean_norm, sqrt(.75), 1e-6, "three numbers of .5");
    cr_expect_gt(house_head(&h, "toy-1").start_norm, 0);
    cr_assert(registry_find(sim_agent(h.sim, "coordinator"), STR("toy"), 1, &v) == OK);
    memcpy(out, v.sha256, sizeof v.sha256);
    house_close(&h);
}

/* With every optimiser: killed or not, the same updates give the same model, bit for bit. */
Test(merge, killed_or_not_the_same_model, .timeout = 60)
{
    static const char *const optimizers[] = { "server: { optimizer: sgd }\n", "server: { optimizer: momentum }\n",
                                              "server: { optimizer: adam }\n", "server: { optimizer: yogi }\n" };
    char first[RUN_DIGEST_BYTES] = "";
    for (size_t i = 0; i < 4; i++) {
        char calm[RUN_DIGEST_BYTES];
        model_of(optimizers[i], 0, calm);
        cr_expect(strcmp(calm, first) != 0, "%sdiffers from the one before", optimizers[i]);
        memcpy(first, calm, sizeof first);
        for (uint64_t at = 10; at < 40; at += 10) {
            char killed[RUN_DIGEST_BYTES];
            model_of(optimizers[i], at, killed);
            cr_expect(strcmp(calm, killed) == 0, "%skilled at %d ms", optimizers[i], (int)at);
        }
    }
}
