#include "common/learn/safetensors.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const float mean[] = { 1, -2 };
static const float scale[] = { 2, 4 };
static const float tiny[] = { 1e-45f, 1 };

static enum err read(const struct plan *p, const float *m, const float *s, struct incoming *out, struct why *why)
{
    CLEANUP(buf_free) struct buf bytes = buf_make(1 << 20);
    learned_model(p, m, s, &bytes);
    return incoming_read(buf_bytes(&bytes), &p->spec, out, why);
}

Test(incoming, scaling)
{
    static const float bad[] = { 0, NAN, -1, INFINITY };
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    struct incoming in = { 0 };
    struct why why = { "" };
    cr_assert_eq(read(p, mean, scale, &in, &why), OK, "%s", why.text);
    cr_expect(in.weights->count == 2 && in.mean[1] == -2 && in.scale[0] == 2);
    incoming_fini(&in);
    cr_assert_eq(read(p, NULL, NULL, &in, &why), OK);
    cr_expect_null(in.mean);
    incoming_fini(&in);
    cr_expect_eq(read(p, mean, NULL, &in, &why), ERR_INPUT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read(p, mean, (float[]){ 1, bad[i] }, &in, &why), ERR_INPUT, "%g", (double)bad[i]);
    cr_expect_null(in.weights);
}

Test(incoming, what_is_not_the_model)
{
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(plan_let_go) struct plan *other = learned_plan(SITE_TASK "model: {arch: mlp}\n");
    CLEANUP(buf_free) struct buf bytes = buf_make(1 << 20);
    struct incoming in = { 0 };
    struct why why = { "" };
    learned_model(other, NULL, NULL, &bytes);
    cr_expect_eq(incoming_read(buf_bytes(&bytes), &p->spec, &in, &why), ERR_INPUT);
    cr_expect(why.text[0] != '\0');
    for (size_t n = 0; n < bytes.n; n += 7)
        cr_expect_neq(incoming_read(bytes_of(bytes.p, n), &other->spec, &in, NULL), OK, "%zu bytes", n);
    cr_expect_null(in.weights);
}

/* Other programs write their tensors in another order. */
Test(incoming, another_order)
{
    static const struct tensor_shape shapes[] = { { "layer0.bias", 1, { 1 } }, { "layer0.weight", 2, { 1, 2 } } };
    CLEANUP(plan_let_go) struct plan *p = learned_plan(SITE_TASK);
    CLEANUP(buf_free) struct buf bytes = buf_make(1 << 20);
    struct tensor_set *set CLEANUP(tensor_set_drop) = NULL;
    CLEANUP(incoming_fini) struct incoming in = { 0 };
    cr_assert_eq(tensor_set_new(shapes, 2, &set), OK);
    for (size_t i = 0; i < 3; i++) set->flat[i] = (float)i;
    cr_assert_eq(safetensors_encode(set, NULL, 0, &bytes), OK);
    cr_assert_eq(incoming_read(buf_bytes(&bytes), &p->spec, &in, NULL), OK);
    cr_expect_str_eq(in.weights->tensors[0].shape.name, "layer0.weight");
    cr_expect(in.weights->flat[0] == 1 && in.weights->flat[1] == 2 && in.weights->flat[2] == 0);
}

Test(incoming, rows_as_the_model_sees_them)
{
    static const char none[] = "name: t\ndata: {columns: [{name: a, min: -10, max: 10}, {name: b, min: -10, max: 10}, "
                               "{name: y, role: label, classes: 2}]}\nstandardise: none\n";
    static const char moments[] = "name: t\ndata: {columns: [{name: a}, {name: b}, {name: y, role: label, classes: "
                                  "2}]}\nstandardise: moments\n";
    static const struct {
        const char *name, *task;
        const float *mean, *scale;
        enum err err;
        float want[2];
    } rows[] = {
        { "sent scaling", SITE_TASK, mean, scale, OK, { .5, 1.75 } },
        { "ranges of the contract", SITE_TASK, NULL, NULL, OK, { .6f, .75f } },
        { "as they are", none, NULL, NULL, OK, { 2, 5 } },
        { "moments are missing", moments, NULL, NULL, ERR_INPUT, { 2, 5 } },
        { "too big", SITE_TASK, mean, tiny, ERR_INPUT, { INFINITY, 7 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *p = learned_plan(rows[i].task);
        CLEANUP(incoming_fini) struct incoming in = { 0 };
        CLEANUP(table_fini) struct table t = { 0 };
        cr_assert_eq(read(p, rows[i].mean, rows[i].scale, &in, NULL), OK, "%s", rows[i].name);
        cr_assert_eq(table_init(&t, 1, 2), OK);
        t.inputs[0] = 2;
        t.inputs[1] = 5;
        cr_expect_eq(incoming_scale(&in, &p->task, &t, NULL), rows[i].err, "%s", rows[i].name);
        cr_expect(t.inputs[0] == rows[i].want[0] && t.inputs[1] == rows[i].want[1], "%s: %g %g", rows[i].name,
                  (double)t.inputs[0], (double)t.inputs[1]);
    }
}
