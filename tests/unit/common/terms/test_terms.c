#include "common/learn/metrics.h"
#include "common/terms/terms.h"
#include <criterion/criterion.h>

enum { ARENA_BYTES = 1 << 20 };

#define COLUMNS "name: toy\ndata: {columns: [{name: a, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"
#define SUMS(unit)                                                                                                     \
    COLUMNS "rounds: {count: 7, max_samples: 50, quorum: 3, max_update_norm: 2}\naggregation: {secure: yes}\n"         \
            "privacy: {mechanism: distributed, epsilon: 8, delta: 1.0e-5, clip: 0.5, noise_multiplier: 3, unit: " unit \
            "}\n"
#define DP_SGD                                                                                                         \
    COLUMNS "rounds: {count: 7, max_samples: 50, quorum: 3}\naggregation: {secure: yes}\n"                             \
            "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 1.0e-5, clip: 0.5, rate: 0.25}\n"

struct read {
    struct arena arena;
    struct task task;
    struct model_spec spec;
};
static void read_end(struct read *r) { arena_free(&r->arena); }

static struct read read_task(const char *text)
{
    struct read r = { .arena = arena_make(ARENA_BYTES), .spec = { .ninputs = 1, .noutputs = 1 } };
    struct why why = { "" };
    cr_assert_eq(task_parse(str_of(text), "task", &r.arena, &r.task, &why), OK, "%s", why.text);
    return r;
}

Test(terms, of_secure_sums)
{
    static const struct {
        const char *name, *task;
        bool scores;
        double told; /* sigma of the header */
        enum secure_mode mode;
        double multiplier, rate;
    } rows[] = {
        { "no noise", COLUMNS, false, 0, SECURE_PLAIN, 0, 0 },
        { "noise in the training", DP_SGD, false, 0, SECURE_PLAIN, 0, .25 },
        { "hospitals", SUMS("site"), false, 0, SECURE_SITE, 3, 0 },
        { "patients", SUMS("patient, rate: 0.3"), false, 2, SECURE_PATIENT, 3, .3 },
        { "patients, more noise", SUMS("patient, rate: 0.3"), false, 4, SECURE_PATIENT, 4, .3 },
        { "their scores", SUMS("patient, rate: 0.3"), true, 0, SECURE_SCORES, 3, .3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(read_end) struct read r = read_task(rows[i].task);
        const struct secagg_header h = { .cohort = 5, .survivors = 4, .adversaries = 1, .sigma = rows[i].told };
        const struct secure_want w = terms_want(&r.task, &r.spec, &h, rows[i].scores);
        cr_expect(w.mode == rows[i].mode && terms_mode(&r.task) == (rows[i].scores ? SECURE_PATIENT : rows[i].mode),
                  "%s", rows[i].name);
        cr_expect(w.cohort == 5 && w.survivors == 4 && w.adversaries == 1, "%s", rows[i].name);
        cr_expect(w.weights == (rows[i].scores ? tally_values(2) : 2), "%s: %zu", rows[i].name, w.weights);
        cr_expect(w.noise.multiplier == rows[i].multiplier && w.noise.rate == rows[i].rate, "%s", rows[i].name);
        cr_expect(w.update_norm == r.task.rounds.max_update_norm && w.samples_max == r.task.rounds.max_samples &&
                      w.rounds == r.task.rounds.count && w.noise.clip == r.task.privacy.clip &&
                      w.noise.epsilon == r.task.privacy.epsilon && w.noise.delta == r.task.privacy.delta,
                  "%s", rows[i].name);
    }
}

Test(terms, of_training)
{
    static const struct {
        const char *task;
        struct permit_training expected;
    } rows[] = {
        { COLUMNS "train: {optimizer: adam, learning_rate: 0.5, batch: 9, weight_decay: 0.125}\n",
          { true, .5, .125, 0, 9 } },
        { COLUMNS "train: {learning_rate: 0.25, batch: 9, proximal_mu: 0.5}\n", { false, .25, 0, .5, 9 } },
        { DP_SGD "train: {learning_rate: 0.25}\n", { false, .25, 0, 0, 0 } }, /* drawn by the rate */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(read_end) struct read r = read_task(rows[i].task);
        const struct permit_training t = terms_training(&r.task), *e = &rows[i].expected;
        cr_expect(t.adam == e->adam && t.learning_rate == e->learning_rate && t.weight_decay == e->weight_decay &&
                      t.proximal_mu == e->proximal_mu && t.batch == e->batch,
                  "row %zu", i);
    }
}
