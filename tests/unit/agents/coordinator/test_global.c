#include "agents/coordinator/global.h"
#include "agents/coordinator/weights.h"
#include "common/learn/safetensors.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct model_spec spec = { .arch = MODEL_LOGISTIC, .ninputs = 4, .noutputs = 1 };
static const struct global_label label = { "toy", "d1", "toy-1", 3 };

Test(global, ranges)
{
    static struct column columns[] = {
        { .name = "age", .kind = COLUMN_REAL, .role = COLUMN_FEATURE, .min = 10, .max = 90 },
        { .name = "sex", .kind = COLUMN_CATEGORY, .role = COLUMN_FEATURE, .nclasses = 2 },
        { .name = "who", .kind = COLUMN_INTEGER, .role = COLUMN_PATIENT, .min = 0, .max = 9 },
        { .name = "open", .kind = COLUMN_REAL, .role = COLUMN_FEATURE, .min = -INFINITY, .max = INFINITY },
        { .name = "y", .kind = COLUMN_CATEGORY, .role = COLUMN_LABEL, .nclasses = 2 },
    };
    struct contract c = { .columns = columns, .count = 5, .nfeatures = 3, .ninputs = 4 };
    struct global_scaling s = { 0 };
    cr_assert(global_scaling_ranges(&c, &s) == OK);
    static const float mean[4] = { 10, 0, 0, 0 };
    static const float scale[4] = { 80, 1, 1, 1 };
    cr_expect(s.n == 4 && memcmp(s.mean, mean, sizeof mean) == 0 && memcmp(s.scale, scale, sizeof scale) == 0);
    global_scaling_fini(&s);
}

static enum err collect(void *to, struct bytes piece)
{
    buf_add(to, piece.p, piece.n);
    return buf_err(to);
}

Test(global, written_and_read)
{
    float mean[4] = { 1, 2, 3, 4 };
    float scale[4] = { 5, 6, 7, 8 };
    const struct global_scaling scalings[] = { { 0 }, { mean, scale, 4 } };
    for (size_t i = 0; i < 2; i++) {
        struct buf bytes CLEANUP(buf_free) = buf_make(1 << 16);
        struct tensor_set *s = NULL;
        struct weights w = { 0 };
        cr_assert(global_begin(&spec, 3, &scalings[i], &label, collect, &bytes) == OK);
        const struct blob b = { .data = buf_bytes(&bytes) };
        cr_assert(weights_of_checkpoint(NULL, &b, &spec, &w) == OK, "scaling %zu", i);
        cr_expect(w.total == 5 && w.scaling_bytes == (i ? 32u : 0u), "scaling %zu: %zu weights", i, w.total);
        cr_assert(safetensors_decode(buf_bytes(&bytes), &s, NULL) == OK);
        cr_expect(s->nelements == (i ? 13u : 5u), "scaling %zu", i);
        cr_expect(strstr((const char *)bytes.p + 8, "\"himas.model\":\"logistic 4-1\"") != NULL);
        if (i) cr_expect(memcmp(s->flat + 5, mean, sizeof mean) == 0 && memcmp(s->flat + 9, scale, sizeof scale) == 0);
        tensor_set_free(s);
    }
}

Test(global, another_model_is_refused)
{
    const struct model_spec other = { .arch = MODEL_LOGISTIC, .ninputs = 5, .noutputs = 1 };
    struct buf bytes CLEANUP(buf_free) = buf_make(1 << 16);
    struct weights w;
    cr_assert(global_begin(&other, 3, &(struct global_scaling){ 0 }, &label, collect, &bytes) == OK);
    const struct blob b = { .data = buf_bytes(&bytes) };
    const struct blob no = { .data = str_bytes(STR("no")) };
    cr_expect(weights_of_checkpoint(NULL, &b, &spec, &w) == ERR_STORE);
    cr_expect(weights_of_checkpoint(NULL, &no, &spec, &w) == ERR_STORE);
}

Test(global, moments)
{
    struct moments m = { 0 };
    struct global_scaling s = { 0 };
    const float rows[2][2] = { { 1, 5 }, { 3, 5 } };
    cr_assert(moments_init(&m, 2) == OK);
    moments_add(&m, rows[0]);
    moments_add(&m, rows[1]);
    cr_assert(global_scaling_moments(&m, &s) == OK);
    cr_expect(s.mean[0] == 2 && s.scale[0] == 1 && s.mean[1] == 5 && s.scale[1] == 1);
    global_scaling_fini(&s);
    moments_fini(&m);
}
