#include "agents/trainer/engines/dpsgd.h"
#include "agents/trainer/engines/gemm.h"
#include "agents/trainer/engines/ghost.h"
#include "agents/trainer/engines/kernels.h"
#include "agents/trainer/engines/loss.h"
#include "agents/trainer/engines/optimizer.h"
#include "agents/trainer/engines/poisson.h"
#include "common/base/secret.h"
#include "common/crypto/stream.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PART_ROWS_MAX = 4096, NOISE_PAIRS = 512 };

struct session {
    const struct model_spec *spec;
    const struct training *how;
    const struct training_privacy *privacy;
    struct dense_tape tape;
    struct ghost ghost;
    struct optimizer optimizer;
    struct tensor_set *origin;
    struct tensor_set *gradient;
    struct table part;     /* rows of a step, so many at a time */
    uint32_t *chosen;      /* rows of a step */
    struct stream *master; /* the keys of the steps */
    double loss;           /* sum over this epoch's records */
    uint64_t seen;
};

static void session_fini(struct session *s)
{
    dense_tape_fini(&s->tape);
    ghost_fini(&s->ghost);
    optimizer_fini(&s->optimizer);
    tensor_set_free(s->origin);
    tensor_set_free(s->gradient);
    table_fini(&s->part);
    free(s->chosen);
    stream_free(s->master);
}

/* Rows that fit a usual draw in one go: three standard deviations above the mean. */
static size_t part_rows(const struct training_privacy *p)
{
    double mean = p->rate * (double)p->nunits;
    double rows = ceil(mean + 3 * sqrt(mean) + 1);
    rows = fmin(rows, fmin((double)p->nunits, PART_ROWS_MAX));
    return (size_t)rows;
}

static enum err session_init(struct session *s, const struct tensor_set *weights, size_t ninputs)
{
    size_t rows = part_rows(s->privacy);
    TRY(dense_tape_init(&s->tape, s->spec, rows));
    TRY(ghost_init(&s->ghost, s->spec, rows));
    TRY(optimizer_init(&s->optimizer, s->how, weights->nelements));
    TRY(tensor_set_clone(weights, &s->origin));
    TRY(tensor_set_zeros_like(weights, &s->gradient));
    TRY(table_init(&s->part, rows, ninputs));
    s->chosen = calloc(s->privacy->nunits, sizeof *s->chosen);
    if (s->chosen == NULL) return ERR_MEMORY;
    return stream_new(s->privacy->key, &s->master);
}

static enum err step_stream(struct session *s, struct stream **out)
{
    uint8_t key[STREAM_KEY_BYTES];
    TRY(stream_read(s->master, key, sizeof key));
    enum err e = stream_new(key, out);
    secret_wipe(key, sizeof key);
    return e;
}

static void gather(struct session *s, const struct table *rows, const uint32_t *which, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float *row = rows->inputs + (size_t)which[i] * rows->ninputs;
        memcpy(s->part.inputs + i * rows->ninputs, row, rows->ninputs * sizeof *row);
        s->part.labels[i] = rows->labels[which[i]];
    }
}

static void add_part(struct session *s, const struct tensor_set *weights, const struct table *rows,
                     const uint32_t *which, size_t n, int add)
{
    gather(s, rows, which, n);
    dense_forward(&s->tape, weights, s->part.inputs, n);
    s->loss += loss_slopes(dense_outputs(&s->tape), s->spec->noutputs, s->part.labels, n, 1);
    ghost_norms(&s->ghost, &s->tape, weights, s->part.inputs, n);
    ghost_clip(&s->ghost, &s->tape, weights, n, s->privacy->clip);
    ghost_sum(&s->ghost, &s->tape, s->part.inputs, n, add, s->gradient);
}

/* The power of two at most this far below the deviation. */
static double grid_of(double deviation)
{
    int exponent = 0;
    (void)frexp(deviation, &exponent);
    return ldexp(0.5, exponent - DPSGD_GRID_BITS);
}

static enum err blur(struct session *s, struct stream *stream)
{
    uint64_t words[2 * NOISE_PAIRS];
    double noise[2 * NOISE_PAIRS];
    double deviation = s->privacy->noise * s->privacy->clip;
    double by = 1 / (s->privacy->rate * (double)s->privacy->nunits);
    size_t left = s->gradient->nelements;
    enum err e = OK;
    for (float *v = s->gradient->flat; left > 0 && e == OK;) {
        size_t n = left < 2 * NOISE_PAIRS ? left : 2 * NOISE_PAIRS;
        size_t pairs = (n + 1) / 2;
        e = stream_read(stream, words, 2 * pairs * sizeof *words);
        kernel_normals(words, pairs, noise);
        kernel_blur(v, noise, n, deviation, grid_of(deviation), by);
        v += n;
        left -= n;
    }
    secret_wipe(words, sizeof words);
    secret_wipe(noise, sizeof noise);
    return e;
}

static enum err step(struct session *s, struct tensor_set *weights, const struct table *rows)
{
    CLEANUP(stream_drop) struct stream *stream = NULL;
    size_t n = 0;
    TRY(step_stream(s, &stream));
    TRY(poisson_rows(s->privacy, stream, s->chosen, &n));
    memset(s->gradient->flat, 0, s->gradient->nelements * sizeof(float));
    for (size_t at = 0; at < n; at += s->part.nrows) {
        size_t rows_now = n - at < s->part.nrows ? n - at : s->part.nrows;
        add_part(s, weights, rows, s->chosen + at, rows_now, 1);
    }
    s->seen += n;
    TRY(blur(s, stream));
    optimizer_step(&s->optimizer, weights->flat, s->gradient->flat, s->origin->flat);
    return OK;
}

static bool cancelled(const struct training_hooks *hooks)
{
    return hooks && hooks->cancelled && hooks->cancelled(hooks->self);
}

static enum err steps(struct session *s, struct tensor_set *weights, const struct table *rows,
                      const struct training_hooks *hooks, struct why *why)
{
    uint64_t total = s->privacy->steps;
    uint64_t of_epoch = total / s->how->epochs;
    for (uint64_t i = 0; i < total; i++) {
        if (cancelled(hooks)) return why_say(why, ERR_STATE, "the training was cancelled");
        if (of_epoch > 0 && i % of_epoch == 0) s->loss = 0, s->seen = 0;
        TRY(step(s, weights, rows));
        if (hooks && hooks->epoch_done && of_epoch > 0 && (i + 1) % of_epoch == 0)
            hooks->epoch_done(hooks->self, (i + 1) / of_epoch, s->seen ? s->loss / (double)s->seen : 0);
    }
    if (tensor_set_finite(weights)) return OK;
    return why_say(why, ERR_INPUT, "the training diverged; a smaller learning rate may help");
}

enum err dpsgd_train(const struct model_spec *spec, struct tensor_set *weights, const struct table *rows,
                     const struct training *how, const struct training_hooks *hooks, double *out_loss, struct why *why)
{
    CLEANUP(session_fini) struct session s = { .spec = spec, .how = how, .privacy = how->privacy };
    TRY(session_init(&s, weights, rows->ninputs));
    gemm_begin();
    TRY(steps(&s, weights, rows, hooks, why));
    *out_loss = s.seen ? s.loss / (double)s.seen : 0;
    return OK;
}
