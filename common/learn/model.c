#include "common/learn/model.h"
#include "common/base/put.h"
#include "common/base/rng.h"
#include "common/learn/safetensors.h"
#include <math.h>
#include <string.h>

static const struct arch_row {
    const char *name;
    size_t min_outputs, max_outputs;
    size_t min_hidden, max_hidden;
} archs[] = {
    [MODEL_LOGISTIC] = { "logistic", 1, 1, 0, 0 },
    [MODEL_SOFTMAX] = { "softmax", 2, MODEL_MAX_OUTPUTS, 0, 0 },
    [MODEL_MLP] = { "mlp", 1, MODEL_MAX_OUTPUTS, 1, MODEL_MAX_HIDDEN },
};
enum { ARCH_COUNT = sizeof archs / sizeof archs[0] };

static enum err spec_check(const struct model_spec *s, struct why *why)
{
    const struct arch_row *a = &archs[s->arch];
    if (s->ninputs == 0 || s->ninputs > MODEL_MAX_INPUTS)
        return why_say(why, ERR_SETTING, "a model takes 1 to %d inputs, not %zu", MODEL_MAX_INPUTS, s->ninputs);
    if (s->noutputs < a->min_outputs || s->noutputs > a->max_outputs)
        return why_say(why, ERR_SETTING, "%s cannot have %zu outputs (%zu to %zu)", a->name, s->noutputs,
                       a->min_outputs, a->max_outputs);
    if (s->nhidden < a->min_hidden || s->nhidden > a->max_hidden)
        return why_say(why, ERR_SETTING, "%s cannot have %zu hidden layers (%zu to %zu)", a->name, s->nhidden,
                       a->min_hidden, a->max_hidden);
    for (size_t i = 0; i < s->nhidden; i++)
        if (s->hidden[i] == 0 || s->hidden[i] > MODEL_MAX_WIDTH)
            return why_say(why, ERR_SETTING, "hidden layer %zu has width %zu; 1 to %d is possible", i + 1, s->hidden[i],
                           MODEL_MAX_WIDTH);
    return OK;
}

enum err model_spec_make(enum model_arch arch, size_t ninputs, size_t nclasses, const size_t *hidden, size_t nhidden,
                         struct model_spec *out, struct why *why)
{
    if ((size_t)arch >= ARCH_COUNT) return why_say(why, ERR_SETTING, "unknown architecture");
    struct model_spec s = { .arch = arch, .ninputs = ninputs, .nhidden = nhidden };
    s.noutputs = nclasses == 2 && arch != MODEL_SOFTMAX ? 1 : nclasses;
    if (nclasses < 2) return why_say(why, ERR_SETTING, "a label has at least 2 classes, not %zu", nclasses);
    for (size_t i = 0; i < nhidden && i < MODEL_MAX_HIDDEN; i++) s.hidden[i] = hidden[i];
    TRY(spec_check(&s, why));
    *out = s;
    return OK;
}

size_t model_nclasses(const struct model_spec *spec) { return spec->noutputs == 1 ? 2 : spec->noutputs; }
size_t model_nlayers(const struct model_spec *spec) { return spec->nhidden + 1; }

/* Width of the layer's input; layer model_nlayers() is the output itself. */
static size_t width(const struct model_spec *spec, size_t layer)
{
    if (layer == 0) return spec->ninputs;
    return layer > spec->nhidden ? spec->noutputs : spec->hidden[layer - 1];
}

char *model_text(const struct model_spec *spec, char out[MODEL_TEXT_BYTES])
{
    struct put p = put_into(out, MODEL_TEXT_BYTES);
    put_z(&p, archs[spec->arch].name);
    for (size_t l = 0; l <= model_nlayers(spec); l++) {
        put_z(&p, l ? "-" : " ");
        put_u64(&p, width(spec, l), 1);
    }
    return out;
}

static enum err parse_sizes(struct str text, size_t sizes[MODEL_MAX_HIDDEN + 2], size_t *out_n)
{
    size_t n = 0;
    while (text.n > 0) {
        uint64_t size;
        if (n == MODEL_MAX_HIDDEN + 2) return ERR_INPUT;
        TRY(str_u64(str_next(&text, '-'), &size));
        if (size > MODEL_MAX_INPUTS) return ERR_INPUT;
        sizes[n++] = (size_t)size;
    }
    *out_n = n;
    return n >= 2 ? OK : ERR_INPUT;
}

enum err model_parse(struct str text, struct model_spec *out)
{
    struct str rest = text;
    struct str name = str_next(&rest, ' ');
    struct model_spec s = { .arch = MODEL_LOGISTIC };
    size_t sizes[MODEL_MAX_HIDDEN + 2];
    size_t n;
    size_t arch = 0;
    while (arch < ARCH_COUNT && !str_is(name, archs[arch].name)) arch++;
    if (arch == ARCH_COUNT) return ERR_INPUT;
    TRY(parse_sizes(rest, sizes, &n));
    s.arch = (enum model_arch)arch;
    s.ninputs = sizes[0];
    s.noutputs = sizes[n - 1];
    s.nhidden = n - 2;
    memcpy(s.hidden, sizes + 1, s.nhidden * sizeof *sizes);
    char canonical[MODEL_TEXT_BYTES];
    if (spec_check(&s, NULL) != OK || !str_is(text, model_text(&s, canonical))) return ERR_INPUT;
    *out = s;
    return OK;
}

static void name_layer(struct tensor_shape *s, size_t layer, const char *what)
{
    struct put p = put_into(s->name, sizeof s->name);
    put_z(&p, "layer");
    put_u64(&p, layer, 1);
    put_z(&p, what);
}

size_t model_shapes(const struct model_spec *spec, struct tensor_shape shapes[MODEL_MAX_TENSORS])
{
    for (size_t l = 0; l < model_nlayers(spec); l++) {
        struct tensor_shape *w = &shapes[2 * l];
        struct tensor_shape *b = &shapes[2 * l + 1];
        *w = (struct tensor_shape){ .rank = 2, .dims = { width(spec, l + 1), width(spec, l) } };
        *b = (struct tensor_shape){ .rank = 1, .dims = { width(spec, l + 1) } };
        name_layer(w, l, ".weight");
        name_layer(b, l, ".bias");
    }
    return 2 * model_nlayers(spec);
}

uint64_t model_file_bytes(const struct model_spec *spec)
{
    uint64_t numbers = 2 * spec->ninputs;
    for (size_t l = 0; l < model_nlayers(spec); l++) numbers += (uint64_t)width(spec, l + 1) * (width(spec, l) + 1);
    return SAFETENSORS_LENGTH_BYTES + SAFETENSORS_MAX_HEADER_BYTES + numbers * sizeof(float);
}

/* He et al. 2015 (doi:10.1109/ICCV.2015.123, eq. 10): variance 2 / fan-in before a ReLU. */
static void init_he(struct rng *r, struct tensor *w)
{
    double sd = sqrt(2.0 / (double)w->shape.dims[1]);
    for (size_t i = 0; i < w->nelements; i++) w->data[i] = (float)(sd * rng_normal(r));
}

/* Glorot & Bengio 2010 (AISTATS, eq. 16): uniform within sqrt(6 / (fan-in + fan-out)) for the layer that stays linear.
 */
static void init_glorot(struct rng *r, struct tensor *w)
{
    double bound = sqrt(6.0 / (double)(w->shape.dims[0] + w->shape.dims[1]));
    for (size_t i = 0; i < w->nelements; i++) w->data[i] = (float)(bound * (2 * rng_unit(r) - 1));
}

enum err model_init(const struct model_spec *spec, uint64_t seed, struct tensor_set **out)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    struct rng r = rng_make(seed);
    TRY(tensor_set_new(shapes, model_shapes(spec, shapes), out));
    for (size_t l = 0; l < spec->nhidden; l++) init_he(&r, &(*out)->tensors[2 * l]);
    init_glorot(&r, &(*out)->tensors[2 * spec->nhidden]);
    return OK;
}

enum err model_check(const struct model_spec *spec, const struct tensor_set *s, struct why *why)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    char text[MODEL_TEXT_BYTES];
    size_t n = model_shapes(spec, shapes);
    if (s->count != n)
        return why_say(why, ERR_INPUT, "%zu tensors where %s has %zu", s->count, model_text(spec, text), n);
    for (size_t i = 0; i < n; i++)
        if (!tensor_shape_same(&s->tensors[i].shape, &shapes[i]))
            return why_say(why, ERR_INPUT, "tensor %zu is not %s of %s", i + 1, shapes[i].name, model_text(spec, text));
    return OK;
}
