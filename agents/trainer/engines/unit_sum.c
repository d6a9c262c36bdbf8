#include "agents/trainer/engines/unit_sum.h"
#include "agents/trainer/engines/gemm.h"
#include "agents/trainer/engines/ghost.h"
#include "agents/trainer/engines/loss.h"
#include "agents/trainer/engines/poisson.h"
#include "common/privacy/ddunits.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LITTLE (1 + 0x1p-41) /* more than what a norm and its products round off, within what ddunits.h allows */

struct session {
    const struct tensor_set *weights;
    struct dense_tape tape;
    struct ghost ghost;
    uint32_t *chosen;
    double grid;
};

static void session_fini(struct session *s)
{
    dense_tape_fini(&s->tape);
    ghost_fini(&s->ghost);
    free(s->chosen);
}

static enum err session_init(struct session *s, const struct model_spec *spec, const struct training_privacy *p)
{
    TRY(dense_tape_init(&s->tape, spec, 1));
    TRY(ghost_init(&s->ghost, spec, 1));
    s->grid = ddunits_grid(p->clip);
    s->chosen = calloc(p->nunits, sizeof *s->chosen);
    return s->chosen ? OK : ERR_MEMORY;
}

static const float *inputs_of(const struct session *s, const float *row, size_t l)
{
    return l ? s->tape.values[l - 1] : row;
}

static double squares(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

static double norm_of(const struct session *s, const float *row)
{
    double sum = 0;
    for (size_t l = 0; l < s->tape.nlayers; l++) {
        struct dense_layer y = dense_layer_of(s->weights, l);
        sum += (squares(inputs_of(s, row, l), y.ninputs) + 1) * squares(s->ghost.slopes[l], y.noutputs);
    }
    return sqrt(sum);
}

/* One layer's part of the gradient times the factor; its numbers stand in `out` where the layer's stand among all. */
static void add_layer(const struct session *s, size_t l, const float *x, double factor, double *out)
{
    struct dense_layer y = dense_layer_of(s->weights, l);
    double *weight = out + (y.weight - s->weights->flat);
    double *bias = out + (y.bias - s->weights->flat);
    for (size_t j = 0; j < y.noutputs; j++) {
        double slope = factor * (double)s->ghost.slopes[l][j];
        for (size_t k = 0; k < y.ninputs; k++)
            weight[j * y.ninputs + k] += ddunits_on_grid(slope * (double)x[k], s->grid);
        bias[j] += ddunits_on_grid(slope, s->grid);
    }
}

static void add_record(struct session *s, size_t noutputs, const float *row, const uint32_t *label, double clip,
                       double *out)
{
    dense_forward(&s->tape, s->weights, row, 1);
    (void)loss_slopes(dense_outputs(&s->tape), noutputs, label, 1, 1);
    ghost_norms(&s->ghost, &s->tape, s->weights, row, 1);
    double norm = norm_of(s, row) * LITTLE;
    double factor = norm > clip ? clip / norm : 1;
    for (size_t l = 0; isfinite(norm) && l < s->tape.nlayers; l++) add_layer(s, l, inputs_of(s, row, l), factor, out);
}

enum err unit_sum(const struct model_spec *spec, const struct tensor_set *weights, const struct table *rows,
                  const struct training_privacy *p, double *out, struct why *why)
{
    CLEANUP(session_fini) struct session s = { .weights = weights };
    CLEANUP(stream_drop) struct stream *stream = NULL;
    size_t n = 0;
    if (p->nunits > DDUNITS_UNITS_MAX)
        return why_say(why, ERR_LIMIT, "a secure sum takes at most %" PRIu64 " patients or records of a hospital",
                       DDUNITS_UNITS_MAX);
    TRY(session_init(&s, spec, p));
    TRY(stream_new(p->key, &stream));
    TRY(poisson_rows(p, stream, s.chosen, &n));
    gemm_begin();
    memset(out, 0, weights->nelements * sizeof *out);
    for (size_t i = 0; i < n; i++)
        add_record(&s, spec->noutputs, rows->inputs + (size_t)s.chosen[i] * rows->ninputs, rows->labels + s.chosen[i],
                   p->clip, out);
    return OK;
}
