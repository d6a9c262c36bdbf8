#include "agents/coordinator/check.h"
#include "agents/coordinator/weights.h"
#include "common/learn/safetensors.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct model_spec spec = { .arch = MODEL_LOGISTIC, .ninputs = 2, .noutputs = 1 };
static const struct tensor_shape good[] = { { "layer0.weight", 2, { 1, 2 } }, { "layer0.bias", 1, { 1 } } };
static const struct tensor_shape turned[] = { { "layer0.bias", 1, { 1 } }, { "layer0.weight", 2, { 1, 2 } } };
static const struct tensor_shape other_name[] = { { "layer0.weights", 2, { 1, 2 } }, { "layer0.bias", 1, { 1 } } };
static const struct tensor_shape other_shape[] = { { "layer0.weight", 2, { 2, 1 } }, { "layer0.bias", 1, { 1 } } };
static const struct tensor_shape more[] = { { "layer0.weight", 2, { 1, 2 } },
                                            { "layer0.bias", 1, { 1 } },
                                            { "input.mean", 1, { 2 } } };

static const struct row {
    const char *name;
    const struct tensor_shape *shapes;
    size_t count;
    float first; /* the other numbers are 0 */
    double max_norm;
    enum err err;
    enum refusal reason;
} rows[] = {
    { "right", good, 2, 1, 10, OK, REFUSAL_NONE },
    { "right, in another order", turned, 2, 1, 10, OK, REFUSAL_NONE },
    { "norm exactly at the bound", good, 2, 10, 10, OK, REFUSAL_NONE },
    { "norm above the bound", good, 2, 10.01f, 10, ERR_INPUT, REFUSAL_NORM },
    { "no bound", good, 2, 1e30f, 0, OK, REFUSAL_NONE },
    { "NaN", good, 2, NAN, 10, ERR_INPUT, REFUSAL_NOT_FINITE },
    { "infinite", good, 2, INFINITY, 10, ERR_INPUT, REFUSAL_NOT_FINITE },
    { "another name", other_name, 2, 1, 10, ERR_INPUT, REFUSAL_ARCHITECTURE },
    { "another shape", other_shape, 2, 1, 10, ERR_INPUT, REFUSAL_ARCHITECTURE },
    { "a tensor too many", more, 3, 1, 10, ERR_INPUT, REFUSAL_ARCHITECTURE },
    { "a tensor missing", good, 1, 1, 10, ERR_INPUT, REFUSAL_ARCHITECTURE },
};

static void encode(const struct row *row, struct buf *out)
{
    struct tensor_set *s = NULL;
    cr_assert(tensor_set_new(row->shapes, row->count, &s) == OK, "%s", row->name);
    s->flat[0] = row->first;
    cr_assert(safetensors_encode(s, NULL, 0, out) == OK, "%s", row->name);
    tensor_set_free(s);
}

Test(check, refusals)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct buf bytes CLEANUP(buf_free) = buf_make(1 << 16);
        double norm = -1;
        struct check_limits limits = { &spec, row->max_norm, &norm };
        struct weights w = { 0 };
        enum weights_defect defect;
        float numbers[3] = { 0 };
        struct why why = { 0 };
        enum refusal reason = REFUSAL_NONE;
        encode(row, &bytes);
        const struct blob update = { .data = buf_bytes(&bytes) };
        enum err e = check_update(NULL, &limits, &update, &reason, &why);
        cr_expect(e == row->err && reason == row->reason, "%s: %s %s", row->name, err_name(e), refusal_name(reason));
        cr_expect((e == OK) == (why.text[0] == 0), "%s: %s", row->name, why.text);
        if (e != OK) continue;
        cr_assert(weights_of_update(NULL, &update, &spec, &w, &defect, NULL) == OK && w.total == 3);
        cr_assert(weights_read(NULL, &update, &w, 0, 3, numbers) == OK);
        cr_expect_float_eq(norm, hypot(hypot(numbers[0], numbers[1]), numbers[2]), 1e-6, "%s", row->name);
        cr_expect(numbers[row->shapes == turned ? 2 : 0] == row->first, "%s: in the model's order", row->name);
    }
}

Test(check, bytes_that_are_no_safetensors)
{
    static const char *const texts[] = { "", "{}", "\xff\xff\xff\xff\xff\xff\xff\x7f{", "\x02\0\0\0\0\0\0\0{}" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct check_limits limits = { &spec, 10 };
        enum refusal reason = REFUSAL_NONE;
        size_t n = i == 3 ? 10 : strlen(texts[i]);
        const struct blob update = { .data = bytes_of(texts[i], n) };
        cr_expect(check_update(NULL, &limits, &update, &reason, NULL) != OK, "text %zu", i);
        cr_expect(reason != REFUSAL_NONE, "text %zu: %s", i, refusal_name(reason));
    }
}

Test(check, every_reason_has_a_name)
{
    for (unsigned r = 0; r < REFUSAL_COUNT; r++) cr_expect(refusal_name((enum refusal)r)[0] != 0, "reason %u", r);
    cr_expect_str_eq(refusal_name(REFUSAL_COUNT), "unknown");
}
