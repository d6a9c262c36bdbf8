#include "common/learn/model.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* clang-format off */
static const struct spec_row {
    const char *text;
    enum model_arch arch;
    size_t ninputs, nclasses;
    size_t hidden[2], nhidden;
    enum err expected;
    size_t nparameters;
} specs[] = {
    { "logistic 30-1",     MODEL_LOGISTIC, 30, 2, { 0 },      0, OK, 31 },
    { "softmax 4-3",       MODEL_SOFTMAX,  4,  3, { 0 },      0, OK, 15 },
    { "softmax 4-2",       MODEL_SOFTMAX,  4,  2, { 0 },      0, OK, 10 },
    { "mlp 30-64-32-1",    MODEL_MLP,      30, 2, { 64, 32 }, 2, OK, 4097 },
    { "mlp 5-8-4",         MODEL_MLP,      5,  4, { 8 },      1, OK, 84 },
    { "logistic, 3 classes", MODEL_LOGISTIC, 4, 3, { 0 },     0, ERR_SETTING, 0 },
    { "one class",         MODEL_MLP,      4,  1, { 8 },      1, ERR_SETTING, 0 },
    { "no inputs",         MODEL_SOFTMAX,  0,  2, { 0 },      0, ERR_SETTING, 0 },
    { "mlp without hidden", MODEL_MLP,     4,  2, { 0 },      0, ERR_SETTING, 0 },
    { "width 0",           MODEL_MLP,      4,  2, { 8, 0 },   2, ERR_SETTING, 0 },
    { "width too large",   MODEL_MLP,      4,  2, { 5000 },   1, ERR_SETTING, 0 },
    { "softmax with hidden", MODEL_SOFTMAX, 4, 2, { 8 },      1, ERR_SETTING, 0 },
};
/* clang-format on */

Test(model, specs)
{
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        const struct spec_row *row = &specs[i];
        struct model_spec spec;
        struct model_spec again;
        char text[MODEL_TEXT_BYTES];
        struct why why = { "" };
        enum err e = model_spec_make(row->arch, row->ninputs, row->nclasses, row->hidden, row->nhidden, &spec, &why);
        cr_expect_eq(e, row->expected, "%s", row->text);
        cr_expect_eq(why.text[0] == 0, e == OK, "%s", row->text);
        if (e != OK) continue;
        cr_expect_str_eq(model_text(&spec, text), row->text);
        cr_assert_eq(model_parse(str_of(row->text), &again), OK, "%s", row->text);
        cr_expect_str_eq(model_text(&again, text), row->text);
        cr_expect_eq(model_nclasses(&again), row->nclasses, "%s", row->text);
    }
}

Test(model, only_canonical_text_is_read)
{
    static const char *const rows[] = { "",
                                        "mlp",
                                        "mlp 30",
                                        "mlp 30-64-32-1-",
                                        "mlp 30--1",
                                        "mlp 030-8-1",
                                        "MLP 3-8-1",
                                        "logistic 3-2",
                                        "mlp 3-x-1",
                                        "mlp 3-8-1 ",
                                        "mlp 1-1-1-1-1-1-1-1-1-1-1",
                                        "mlp 99999999999999999999-8-1" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model_spec spec;
        cr_expect_eq(model_parse(str_of(rows[i]), &spec), ERR_INPUT, "%s", rows[i]);
    }
}

Test(model, longest_text_fits)
{
    size_t hidden[MODEL_MAX_HIDDEN];
    struct model_spec spec;
    struct model_spec again;
    char text[MODEL_TEXT_BYTES];
    for (size_t i = 0; i < MODEL_MAX_HIDDEN; i++) hidden[i] = MODEL_MAX_WIDTH;
    cr_assert_eq(model_spec_make(MODEL_MLP, MODEL_MAX_INPUTS, 64, hidden, MODEL_MAX_HIDDEN, &spec, NULL), OK);
    cr_expect_eq(model_parse(str_of(model_text(&spec, text)), &again), OK, "%s", text);
}

Test(model, initial_weights)
{
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct model_spec spec;
        CLEANUP(tensor_set_drop) struct tensor_set *a = NULL;
        CLEANUP(tensor_set_drop) struct tensor_set *b = NULL;
        CLEANUP(tensor_set_drop) struct tensor_set *c = NULL;
        if (specs[i].expected != OK) continue;
        cr_assert_eq(model_parse(str_of(specs[i].text), &spec), OK);
        cr_assert_eq(model_init(&spec, 7, &a), OK);
        cr_assert_eq(model_init(&spec, 7, &b), OK);
        cr_assert_eq(model_init(&spec, 8, &c), OK);
        cr_expect_eq(a->nelements, specs[i].nparameters, "%s", specs[i].text);
        cr_expect_arr_eq(a->flat, b->flat, a->nelements * sizeof(float));
        cr_expect_neq(memcmp(a->flat, c->flat, a->nelements * sizeof(float)), 0);
        cr_expect_eq(model_check(&spec, a, NULL), OK, "%s", specs[i].text);
    }
}

Test(model, he_before_relu_glorot_at_the_end)
{
    static const size_t hidden[] = { 512 };
    struct model_spec spec;
    CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
    double squares = 0;
    cr_assert_eq(model_spec_make(MODEL_MLP, 128, 10, hidden, 1, &spec, NULL), OK);
    cr_assert_eq(model_init(&spec, 1, &s), OK);
    const struct tensor *w = &s->tensors[0];
    for (size_t i = 0; i < w->nelements; i++) squares += (double)w->data[i] * (double)w->data[i];
    cr_expect_float_eq(squares / (double)w->nelements, 2.0 / 128, 2.0 / 128 * 0.03);
    w = &s->tensors[2];
    for (size_t i = 0; i < w->nelements; i++) cr_expect(fabsf(w->data[i]) <= (float)sqrt(6.0 / 522) + 1e-6f);
    for (size_t i = 0; i < s->tensors[1].nelements; i++) cr_expect_eq(s->tensors[1].data[i], 0);
}

Test(model, another_models_tensors_are_refused)
{
    struct model_spec a;
    struct model_spec b;
    CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
    struct why why = { "" };
    cr_assert_eq(model_parse(STR("mlp 3-8-1"), &a), OK);
    cr_assert_eq(model_parse(STR("mlp 3-9-1"), &b), OK);
    cr_assert_eq(model_init(&a, 1, &s), OK);
    cr_expect_eq(model_check(&b, s, &why), ERR_INPUT);
    cr_expect(strstr(why.text, "layer0.weight"), "%s", why.text);
    cr_assert_eq(model_parse(STR("logistic 3-1"), &b), OK);
    cr_expect_eq(model_check(&b, s, &why), ERR_INPUT);
}
