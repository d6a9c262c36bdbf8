/*
 * engine -- a way to learn.
 *
 * An engine is a table of functions over a model it alone understands; what
 * it exchanges is a tensor set.  A model belongs to one thread at a time and
 * shares nothing with another, so training may run on a worker thread.
 */
#pragma once
#include "common/base/str.h"
#include "common/crypto/stream.h"
#include "common/learn/metrics.h"
#include "common/learn/model.h"
#include "common/learn/table.h"

enum { TRAINING_MAX_EPOCHS = 100000, TRAINING_MAX_BATCH = 1 << 20 };
enum training_optimizer { TRAINING_SGD, TRAINING_ADAM };

/* Training that hides each unit: clipped gradients of units drawn at random, and noise on each sum (dpsgd.h). */
struct training_privacy {
    double clip;            /* bound of one record's gradient, L2; > 0 */
    double noise;           /* standard deviation over clip */
    double rate;            /* chance of a unit to be in a step, (0, 1] */
    uint64_t steps;         /* in all; a multiple of the epochs */
    size_t nunits;          /* >= 1 */
    const uint32_t *starts; /* borrowed; first row of each unit, then the number of rows: rising, nunits + 1 */
    uint8_t key[STREAM_KEY_BYTES];
};

struct training {
    enum training_optimizer optimizer;
    double learning_rate;                   /* > 0 */
    double weight_decay;                    /* decoupled, per step times learning_rate; 0 for none */
    double proximal_mu;                     /* pull towards the weights training began with; 0 for none */
    uint64_t epochs;                        /* passes over the rows; >= 1 */
    uint64_t batch;                         /* rows a step; >= 1 */
    uint64_t seed;                          /* of the order of rows */
    const struct training_privacy *privacy; /* borrowed; NULL: none, and the two above count as they are */
};

/* Called on the training thread.  Either may be NULL. */
struct training_hooks {
    void *self;
    bool (*cancelled)(void *self); /* asked before each batch: cheap */
    void (*epoch_done)(void *self, uint64_t epoch, double loss);
};

struct engine {
    const char *name;
    const char *doc; /* one sentence */

    /* A model with initial weights drawn from the seed; *out is given to the functions below and freed by free. */
    enum err (*create)(const struct model_spec *spec, uint64_t seed, void **out, struct why *why);
    /* A model with these weights: ERR_INPUT with a sentence unless they are of the spec and finite. */
    enum err (*open)(const struct model_spec *spec, const struct tensor_set *weights, void **out, struct why *why);
    void (*free)(void *model); /* NULL is fine */

    /* Weights in: ERR_INPUT with a sentence unless they are of this spec and finite.  Weights out: a new set. */
    enum err (*load)(void *model, const struct tensor_set *weights, struct why *why);
    enum err (*store)(const void *model, struct tensor_set **out);

    /* Optimiser state begins anew at each call.  *out_loss is the mean loss of the last pass.  ERR_STATE when
     * cancelled, ERR_INPUT when the rows do not fit the spec or the loss is no longer finite: the weights are then
     * what they were before.  The same model, rows and settings give the same weights, bit for bit. */
    enum err (*train)(void *model, const struct table *rows, const struct training *how,
                      const struct training_hooks *hooks, double *out_loss, struct why *why);

    /* One step's sum of clipped gradients, as unit_sum.h says; the model stays as it is.  ERR_INPUT when rows or units
     * do not fit, ERR_SETTING for a clip or rate out of range. */
    enum err (*unit_sum)(const void *model, const struct table *rows, const struct training_privacy *privacy,
                         double *out, struct why *why);

    /* Outputs as metrics.h reads them: noutputs numbers for each of n rows of inputs. */
    enum err (*predict)(const void *model, const float *inputs, size_t n, float *out);
    enum err (*evaluate)(const void *model, const struct table *rows, struct tally *tally); /* adds to the tally */
};

const struct engine *engine_find(struct str name); /* NULL when there is none */

/* ERR_SETTING with a sentence for settings outside their ranges. */
enum err training_check(const struct training *how, struct why *why) MUST_USE;
/* ERR_INPUT for units that are not those of so many rows. */
enum err training_check_units(const struct training_privacy *p, size_t nrows, struct why *why) MUST_USE;
enum err training_check_privacy(const struct training_privacy *p, struct why *why) MUST_USE; /* as training_check */
