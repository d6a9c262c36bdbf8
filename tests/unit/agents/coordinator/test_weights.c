#include "agents/coordinator/weights.h"
#include "common/learn/safetensors.h"
#include <criterion/criterion.h>

static const struct model_spec spec = { .arch = MODEL_MLP, .ninputs = 3, .noutputs = 1, .hidden = { 4 }, .nhidden = 1 };
/* The spec's tensors in another order, as other programs write them. */
static const struct tensor_shape turned[] = { { "layer1.bias", 1, { 1 } },
                                              { "layer0.weight", 2, { 4, 3 } },
                                              { "layer1.weight", 2, { 1, 4 } },
                                              { "layer0.bias", 1, { 4 } } };

static void encode(const struct tensor_shape *shapes, size_t count, struct buf *out)
{
    struct tensor_set *s CLEANUP(tensor_set_drop) = NULL;
    cr_assert(tensor_set_new(shapes, count, &s) == OK);
    for (size_t i = 0; i < s->nelements; i++) s->flat[i] = (float)i;
    cr_assert(safetensors_encode(s, NULL, 0, out) == OK);
}

/* Any run of numbers is that of the set arranged whole. */
static void read_all_runs(const struct tensor_shape *shapes, size_t count)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(1 << 16);
    struct tensor_set *got CLEANUP(tensor_set_drop) = NULL;
    struct tensor_set *like CLEANUP(tensor_set_drop) = NULL;
    struct tensor_set *right CLEANUP(tensor_set_drop) = NULL;
    struct weights w;
    enum weights_defect defect;
    float numbers[21];
    encode(shapes, count, &bytes);
    const struct blob b = { .data = buf_bytes(&bytes) };
    cr_assert(safetensors_decode(buf_bytes(&bytes), &got, NULL) == OK && model_init(&spec, 0, &like) == OK);
    cr_assert(tensor_set_arrange(like, got, &right) == OK);
    cr_assert(weights_of_update(NULL, &b, &spec, &w, &defect, NULL) == OK && w.total == 21);
    for (size_t first = 0; first < 21; first++)
        for (size_t n = 0; n <= 21 - first; n++) {
            cr_assert(weights_read(NULL, &b, &w, first, n, numbers) == OK);
            for (size_t i = 0; i < n; i++) cr_assert(numbers[i] == right->flat[first + i], "%zu of %zu", i, first);
        }
    cr_expect(weights_read(NULL, &b, &w, 20, 2, numbers) == ERR_BUG);
}

Test(weights, read_in_the_models_order)
{
    struct tensor_shape own[MODEL_MAX_TENSORS];
    read_all_runs(own, model_shapes(&spec, own));
    read_all_runs(turned, 4);
    const struct tensor_shape halves[] = { turned[1], turned[0], turned[3], turned[2] };
    read_all_runs(halves, 4);
}

Test(weights, what_is_no_update)
{
    static const struct tensor_shape twice[] = { { "layer0.weight", 2, { 4, 3 } },
                                                 { "layer0.bias", 1, { 4 } },
                                                 { "layer1.weight", 2, { 1, 4 } },
                                                 { "layer1.bias", 1, { 2 } } };
    static const struct row {
        const char *name;
        const struct tensor_shape *shapes;
        size_t count;
        size_t cut; /* bytes off the end */
        enum weights_defect defect;
    } rows[] = { { "a tensor of another shape", twice, 4, 0, WEIGHTS_OTHER_MODEL },
                 { "a tensor missing", turned, 3, 0, WEIGHTS_OTHER_MODEL },
                 { "cut short", turned, 4, 1, WEIGHTS_UNREADABLE },
                 { "cut in the head", turned, 4, 150, WEIGHTS_UNREADABLE },
                 { "nothing", turned, 4, 1000, WEIGHTS_UNREADABLE } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf bytes CLEANUP(buf_free) = buf_make(1 << 16);
        struct weights w;
        enum weights_defect defect = WEIGHTS_UNREADABLE;
        struct why why = { 0 };
        encode(rows[i].shapes, rows[i].count, &bytes);
        size_t n = bytes.n > rows[i].cut ? bytes.n - rows[i].cut : 0;
        const struct blob b = { .data = bytes_of(bytes.p, n) };
        cr_expect(weights_of_update(NULL, &b, &spec, &w, &defect, &why) == ERR_INPUT, "%s", rows[i].name);
        cr_expect(defect == rows[i].defect && why.text[0], "%s: %s", rows[i].name, why.text);
    }
}
