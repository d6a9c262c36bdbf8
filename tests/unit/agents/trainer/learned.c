#include "tests/unit/agents/trainer/learned.h"
#include "common/base/rng.h"
#include "common/learn/safetensors.h"
#include <criterion/criterion.h>
#include <string.h>

enum { INPUTS = 2 };

struct plan *learned_plan(const char *task)
{
    struct plan *p = NULL;
    struct why why = { "" };
    cr_assert_eq(plan_new(str_of(task), &p, &why), OK, "%s", why.text);
    return p;
}

void learned_rows(size_t n, struct table *out)
{
    struct rng rng = rng_make(4);
    cr_assert_eq(table_init(out, n, INPUTS), OK);
    for (size_t i = 0; i < n; i++) {
        out->labels[i] = (uint32_t)(i % 2);
        for (size_t k = 0; k < INPUTS; k++)
            out->inputs[INPUTS * i + k] = (float)((i % 2 ? 1 : -1) * (k ? -1 : 1) + rng_normal(&rng));
    }
}

static void add_tensor(const struct tensor *t, struct tensor_shape *shapes, size_t *n) { shapes[(*n)++] = t->shape; }

void learned_model(const struct plan *plan, const float *mean, const float *scale, struct buf *out)
{
    struct tensor_set *weights CLEANUP(tensor_set_drop) = NULL;
    struct tensor_set *all CLEANUP(tensor_set_drop) = NULL;
    struct tensor_shape shapes[TENSOR_SET_MAX];
    size_t n = 0;
    cr_assert_eq(model_init(&plan->spec, 3, &weights), OK);
    for (size_t i = 0; i < weights->count; i++) add_tensor(&weights->tensors[i], shapes, &n);
    if (mean) shapes[n++] = (struct tensor_shape){ "input.mean", 1, { INPUTS } };
    if (scale) shapes[n++] = (struct tensor_shape){ "input.scale", 1, { INPUTS } };
    cr_assert_eq(tensor_set_new(shapes, n, &all), OK);
    memcpy(all->flat, weights->flat, weights->nelements * sizeof(float));
    float *rest = all->flat + weights->nelements;
    if (mean) memcpy(rest, mean, INPUTS * sizeof *mean);
    if (scale) memcpy(mean ? rest + INPUTS : rest, scale, INPUTS * sizeof *scale);
    cr_assert_eq(safetensors_encode(all, NULL, 0, out), OK);
}
