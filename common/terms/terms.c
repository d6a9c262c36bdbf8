#include "common/terms/terms.h"
#include "common/learn/metrics.h"
#include <math.h>

enum secure_mode terms_mode(const struct task *t)
{
    if (t->privacy.mechanism != NOISE_DISTRIBUTED) return SECURE_PLAIN;
    return task_hides_patients(t) ? SECURE_PATIENT : SECURE_SITE;
}

static size_t count_weights(const struct model_spec *spec)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    size_t count = model_shapes(spec, shapes);
    size_t weights = 0;
    for (size_t i = 0; i < count; i++) weights += tensor_shape_elements(&shapes[i]);
    return weights;
}

struct secure_want terms_want(const struct task *t, const struct model_spec *spec, const struct secagg_header *header,
                              bool scores)
{
    return (struct secure_want){ .mode = scores ? SECURE_SCORES : terms_mode(t),
                                 .weights = scores ? tally_values(model_nclasses(spec)) : count_weights(spec),
                                 .cohort = header->cohort,
                                 .survivors = header->survivors,
                                 .adversaries = header->adversaries,
                                 .update_norm = t->rounds.max_update_norm,
                                 .samples_max = t->rounds.max_samples,
                                 .rounds = t->rounds.count,
                                 .noise = { .epsilon = t->privacy.epsilon,
                                            .delta = t->privacy.delta,
                                            .clip = t->privacy.clip,
                                            .rate = t->privacy.rate,
                                            .multiplier = fmax(t->privacy.noise_multiplier, header->sigma) } };
}

struct permit_training terms_training(const struct task *t)
{
    return (struct permit_training){ .adam = t->train.optimizer == OPTIMIZER_ADAM,
                                     .learning_rate = t->train.learning_rate,
                                     .weight_decay = t->train.weight_decay,
                                     .proximal_mu = t->train.proximal_mu,
                                     .batch = task_batch(t) };
}
