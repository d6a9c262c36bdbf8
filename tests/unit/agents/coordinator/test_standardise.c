#include "agents/coordinator/registry.h"
#include "agents/coordinator/standardise.h"
#include "common/learn/safetensors.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>

/* Puppets say 80 records each, mean 1 and 2, spread (sum of squares) 80 and 320: standard deviations 1 and 2. */
static const struct row {
    const char *scale;
    size_t tensors;
    float mean[2], scales[2];
} rows[] = {
    { "standardise: none\n", 2, { 0 }, { 0 } },
    { "standardise: ranges\n", 4, { -10, 0 }, { 20, 4 } },
    { "standardise: moments\n", 4, { 1, 2 }, { 1, 2 } },
};
#define ROUNDS "rounds: { count: 1, quorum: 2, round_deadline: 60s, max_update_norm: 10 }\n"

Test(standardise, three_ways)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        struct version_row v;
        struct tensor_set *s = NULL;
        struct buf text CLEANUP(buf_free) = buf_make(4096);
        struct buf weights CLEANUP(buf_free) = buf_make(1 << 20);
        buf_addf(&text, "%s%s", ROUNDS, rows[i].scale);
        house_open(&h, (const char *)text.p, (const char *const[]){ "honest", "honest", "liar", NULL });
        (void)house_say(&h, "start toy");
        cr_expect(house_until_over(&h));
        struct agent *a = sim_agent(h.sim, "coordinator");
        cr_assert(registry_find(a, STR("toy"), 0, &v) == OK, "%s", rows[i].scale);
        cr_assert(registry_get(a, &v, "weights", &weights) == OK);
        cr_assert(safetensors_decode(buf_bytes(&weights), &s, NULL) == OK);
        cr_expect(s->count == rows[i].tensors, "%s", rows[i].scale);
        for (size_t k = 0; k < 2 && s->count == 4; k++) {
            cr_expect(tensor_set_find(s, "input.mean")->data[k] == rows[i].mean[k], "%s%zu", rows[i].scale, k);
            cr_expect(tensor_set_find(s, "input.scale")->data[k] == rows[i].scales[k], "%s%zu", rows[i].scale, k);
        }
        tensor_set_free(s);
        house_close(&h);
    }
}
