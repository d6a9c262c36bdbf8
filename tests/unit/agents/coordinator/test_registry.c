#include "agents/coordinator/registry.h"
#include "common/base/file.h"
#include "common/learn/safetensors.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void run_once(struct house *h)
{
    (void)house_say(h, "start toy");
    cr_assert(house_until_over(h));
}

Test(registry, versions_with_lineage)
{
    struct house h;
    struct version_row v;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    run_once(&h);
    run_once(&h);
    struct agent *a = sim_agent(h.sim, "coordinator");
    cr_assert(registry_find(a, STR("toy"), 0, &v) == OK);
    cr_expect(v.version == 2 && v.parent == 0 && v.round == 3 && v.hospitals == 2 && v.records == 160);
    cr_expect(strcmp(v.run, "toy-2") == 0 && strcmp(v.model, "logistic 2-1") == 0 && strcmp(v.outcome, "done") == 0);
    cr_expect(v.auc == 0.75 && v.epsilon == 0.75, "%g %g", v.auc, v.epsilon);
    cr_expect(registry_find(a, STR("toy"), 1, &v) == OK && strcmp(v.run, "toy-1") == 0);
    cr_expect(registry_find(a, STR("toy"), 3, &v) == ERR_ABSENT && registry_find(a, STR("to"), 0, &v) == ERR_ABSENT);
    house_close(&h);
}

/* Weights out are the weights kept: initial ones plus three times the mean change of 0.5. */
Test(registry, exported_and_read_again)
{
    struct house h;
    char path[128];
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    run_once(&h);
    cr_expect(house_says(&h, "models export toy", "toy-1.safetensors and .card.json are written"));
    struct buf bytes CLEANUP(buf_free) = buf_make(1 << 20);
    struct buf card CLEANUP(buf_free) = buf_make(1 << 20);
    (void)snprintf(path, sizeof path, "%s/out/toy-1.safetensors", h.dir);
    cr_assert(file_read(path, &bytes, NULL) == OK);
    struct tensor_set *s = NULL;
    struct tensor_set *first = NULL;
    const struct model_spec spec = { .arch = MODEL_LOGISTIC, .ninputs = 2, .noutputs = 1 };
    cr_assert(safetensors_decode(buf_bytes(&bytes), &s, NULL) == OK && model_init(&spec, 3, &first) == OK);
    cr_expect(s->count == 4 && s->nelements == 7, "weights and the scaling by ranges");
    for (size_t i = 0; i < 3; i++) cr_expect_float_eq(s->flat[i], first->flat[i] + 1.5f, 1e-6f, "weight %zu", i);
    cr_expect(s->flat[3] == -10 && s->flat[4] == 0 && s->flat[5] == 20 && s->flat[6] == 4, "mean = min, scale = width");
    (void)snprintf(path, sizeof path, "%s/out/toy-1.card.json", h.dir);
    cr_assert(file_read(path, &card, NULL) == OK);
    cr_expect(strstr((const char *)card.p, "\"weights_sha256\": \"") != NULL);
    tensor_set_free(s);
    tensor_set_free(first);
    house_close(&h);
}
