#include "common/base/file.h"
#include "common/wire/task.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 22 };

#define DATA                                                                                                           \
    "name: t\n"                                                                                                        \
    "data: {columns: [{name: age, min: 0, max: 100}, {name: y, role: label, classes: 2}]}\n"
#define THREE                                                                                                          \
    "name: t\n"                                                                                                        \
    "data: {columns: [{name: age}, {name: y, role: label, classes: 3}]}\n"

static enum err parse(const char *text, struct arena *arena, struct task *out, struct why *why)
{
    return task_parse(str_of(text), "task.yaml", arena, out, why);
}

Test(task, defaults)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct task t = { 0 };
    struct why why = { "" };
    cr_assert_eq(parse(DATA, &arena, &t, &why), OK, "%s", why.text);
    cr_expect(t.scale == SCALE_MOMENTS && t.model.arch == ARCH_LOGISTIC && t.model.nhidden == 0 && t.model.seed == 1);
    cr_expect(t.train.optimizer == OPTIMIZER_SGD && t.train.learning_rate == 0.1 && t.train.batch == 32);
    cr_expect(t.train.epochs == 1 && t.train.test_fraction == 0.2 && t.train.proximal_mu == 0);
    cr_expect(t.server.optimizer == SERVER_SGD && t.server.learning_rate == 1 && t.server.beta2 == 0.99);
    cr_expect(t.rounds.count == 10 && t.rounds.quorum == 2 && t.rounds.join_deadline_ms == 60000);
    cr_expect(t.rounds.round_deadline_ms == 600000 && t.rounds.max_samples == 1000000 && t.rounds.patience == 0 &&
              t.rounds.evaluate_every == 1);
    cr_expect(t.privacy.mechanism == NOISE_NONE && t.start.cron[0] == '\0' && t.start.min_interval_ms == 3600000);
    cr_assert_eq(parse(THREE, &arena, &t, &why), OK, "%s", why.text);
    cr_expect_eq(t.model.arch, ARCH_SOFTMAX);
    cr_assert_eq(
        parse(DATA "model: {arch: mlp}\ntrain: {optimizer: adam}\nserver: {optimizer: yogi}\n", &arena, &t, &why), OK,
        "%s", why.text);
    cr_expect(t.model.nhidden == 2 && t.model.hidden[0] == 64 && t.model.hidden[1] == 32);
    cr_expect(t.train.learning_rate == 0.01 && t.server.learning_rate == 0.01);
    cr_assert_eq(parse(DATA "privacy: {mechanism: laplace, epsilon: 1, clip: 2}\n", &arena, &t, &why), OK, "%s",
                 why.text);
    cr_expect(t.scale == SCALE_RANGES && t.privacy.epsilon == 1 && t.privacy.clip == 2);
    cr_expect(!t.aggregation.secure && t.aggregation.adversaries == 0);
    cr_assert_eq(parse(DATA "rounds: {quorum: 3}\naggregation: {secure: yes, adversaries: 1}\n", &arena, &t, &why), OK,
                 "%s", why.text);
    cr_expect(t.aggregation.secure && t.aggregation.adversaries == 1);
}

/* The example of docs/TASK.md is a task. */
Test(task, documented_example)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct buf page CLEANUP(buf_free) = buf_make(1 << 20);
    struct task t = { 0 };
    struct why why = { "" };
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/docs/TASK.md", &page, &why), OK, "%s", why.text);
    char *begin = strstr((char *)page.p, "```yaml\n");
    cr_assert(begin != NULL);
    begin += strlen("```yaml\n");
    char *end = strstr(begin, "```");
    cr_assert(end != NULL);
    *end = '\0';
    cr_assert_eq(parse(begin, &arena, &t, &why), OK, "%s", why.text);
    cr_expect_str_eq(t.name, "heart-disease");
    cr_expect(t.contract.nfeatures == 4 && t.contract.ninputs == 7 && t.contract.nclasses == 2);
    cr_expect(t.scale == SCALE_RANGES && t.model.arch == ARCH_MLP && t.server.optimizer == SERVER_YOGI);
    cr_expect(t.rounds.late == LATE_WEIGHTED && t.rounds.join_deadline_ms == 120000 && t.rounds.patience == 5 &&
              t.rounds.evaluate_every == 2);
    cr_expect(t.privacy.mechanism == NOISE_GAUSSIAN && t.privacy.delta == 1e-5);
    cr_expect(t.start.when_present == 3 && t.start.min_interval_ms == 43200000);
    cr_expect_str_eq(t.start.cron, "30 2 * * sun");
}

struct refusal {
    const char *text;
    const char *sentence;
};

static void expect_refused(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        struct task t = { 0 };
        struct why why = { "" };
        cr_expect_eq(parse(rows[i].text, &arena, &t, &why), ERR_SETTING, "%s", rows[i].text);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].text, why.text);
        cr_expect_eq(t.name[0], '\0', "%s", rows[i].text);
    }
}

Test(task, values_refused)
{
    static const struct refusal rows[] = {
        { "data: {}\n", "task.yaml:1: `name` is missing" },
        { "name: t\n", "`data` is missing" },
        { "name: Heart\ndata: {}\n", "task.yaml:1: name: a task's name is lower-case" },
        { "name: -x\ndata: {}\n", "a task's name" },
        { "name: ''\ndata: {}\n", "a task's name" },
        { "[1]\n", "keys with values" },
        { DATA "round: {}\n", "task.yaml:3: round: no such key; did you mean `rounds`?" },
        { DATA "rounds: {quorm: 2}\n", "task.yaml:3: rounds.quorm: no such key; did you mean `quorum`?" },
        { DATA "rounds:\n  count: 3\n  quorum: 0\n", "task.yaml:5: rounds.quorum: 0 is not between 1 and 10000" },
        { DATA "rounds: {quorum: 10001}\n", "not between 1 and 10000" },
        { DATA "rounds: {evaluate_every: 0}\n", "rounds.evaluate_every: 0 is not between 1 and" },
        { DATA "rounds: 3\n", "task.yaml:3: rounds: keys with values are wanted here" },
        { DATA "rounds: {join_deadline: 30}\n", "rounds.join_deadline: \"30\" is not a duration" },
        { DATA "rounds: {round_deadline: 8d}\n", "8d is not between 100ms and 7d" },
        { DATA "rounds: {late: drop}\n", "\"drop\" is not one of: discard, weighted" },
        { DATA "train: {learning_rate: 0}\n", "train.learning_rate: 0 is not between 1e-09 and 10" },
        { DATA "train: {learning_rate: nan}\n", "train.learning_rate: \"nan\" is not a number" },
        { DATA "train: {test_fraction: 1}\n", "not between 0 and 0.9" },
        { DATA "server: {beta1: 1}\n", "not between 0 and 0.999999" },
        { DATA "model: {hidden: [3]}\n", "model.hidden: hidden layers are for arch mlp only" },
        { DATA "model: {arch: mlp, hidden: []}\n", "0 hidden layers are not between 1 and 8" },
        { DATA "model: {arch: mlp, hidden: [1,1,1,1,1,1,1,1,1]}\n", "9 hidden layers" },
        { DATA "model: {arch: mlp, hidden: [0]}\n", "a layer's width is" },
        { DATA "model: {arch: mlp, hidden: [[1]]}\n", "a layer's width is" },
        { DATA "model: {arch: forest}\n", "\"forest\" is not one of: logistic, softmax, mlp" },
        { DATA "start: {cron: '0 0 31 2 *'}\n", "task.yaml:3: start.cron: no month given has such a day" },
        { DATA "start: {cron: daily}\n", "start.cron: minute: \"daily\"" },
        { DATA "start: {when_new_data: often}\n", "\"often\" is not yes or no" },
    };
    expect_refused(rows, sizeof rows / sizeof rows[0]);
}

#define SUMMED "aggregation: {secure: yes}\nrounds: {quorum: 3}\n"
#define SHARES "mechanism: distributed, epsilon: 8, delta: 0.1, clip: 1, unit: "

Test(task, noise_in_shares)
{
    static const struct {
        const char *text;
        enum task_unit unit;
        bool patients;
        double rate;
    } rows[] = {
        { DATA SUMMED "privacy: {" SHARES "patient, rate: 0.25, noise_multiplier: 2}\n", UNIT_PATIENT, true, .25 },
        { DATA SUMMED "train: {epochs: 3, batch: 8}\nprivacy: {" SHARES "site}\n", UNIT_SITE, false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        struct task t;
        struct why why = { "" };
        cr_assert_eq(parse(rows[i].text, &arena, &t, &why), OK, "%s", why.text);
        cr_expect(t.privacy.mechanism == NOISE_DISTRIBUTED && t.privacy.unit == rows[i].unit &&
                  t.scale == SCALE_RANGES);
        cr_expect(task_hides_patients(&t) == rows[i].patients && t.privacy.rate == rows[i].rate);
    }
}

/* Several steps at each hospital for a secure sum, each with noise of its own. */
Test(task, noise_in_the_training_for_a_sum)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct task t;
    struct why why = { "" };
    cr_assert_eq(parse(DATA SUMMED "train: {epochs: 3}\nprivacy: {mechanism: dp-sgd, epsilon: 8, delta: 0.1, "
                                   "clip: 1, rate: 0.1}\n",
                       &arena, &t, &why),
                 OK, "%s", why.text);
    cr_expect(t.aggregation.secure && task_hides_patients(&t) && t.train.epochs == 3 && t.scale == SCALE_RANGES);
    cr_expect(t.privacy.rate == .1 && task_batch(&t) == 0);
}

Test(task, combinations_refused)
{
    static const struct refusal rows[] = {
        { DATA "aggregation: {secure: yes}\n", "aggregation: a secure sum of fewer than 3 hospitals hides nothing" },
        { DATA "rounds: {quorum: 2}\naggregation: {secure: yes}\n", "rounds.quorum: a secure sum of fewer than 3" },
        { DATA "rounds: {quorum: 3}\naggregation: {secure: yes}\nstandardise: moments\n",
          "standardise: moments would be told of each hospital" },
        { DATA SUMMED "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 0.1, clip: 1}\n", "needs `rate`" },
        { DATA SUMMED "train: {batch: 8}\nprivacy: {mechanism: dp-sgd, epsilon: 8, delta: 0.1, clip: 1, rate: 0.1}\n",
          "batch: in secure sums a step draws" },
        { DATA "privacy: {mechanism: dp-sgd, epsilon: 8, delta: 0.1, clip: 1, rate: 0.1}\n", "`train.batch` says it" },
        { DATA "purpose: profit\n", "task.yaml:3: purpose: " },
        { DATA "aggregation: {adversaries: 1}\n", "`adversaries` is for `secure: yes`" },
        { DATA "rounds: {quorum: 3}\naggregation: {secure: yes, adversaries: 2}\n",
          "aggregation.adversaries: rounds.quorum must leave two hospitals" },
        { DATA "rounds: {quorum: 3, late: weighted}\naggregation: {secure: yes}\n", "rounds.late: what comes after" },
        { DATA "rounds: {quorum: 3}\naggregation: {secure: yes}\nprivacy: {mechanism: laplace, epsilon: 1, clip: 1}\n",
          "privacy: noise on each whole update is more than a secure sum needs" },
        { THREE "model: {arch: logistic}\n", "task.yaml:3: model.arch: logistic is for 2 classes, the label has 3" },
        { THREE "standardise: ranges\n", "task.yaml:3: standardise: to standardise by ranges every feature needs" },
        { THREE "privacy: {mechanism: laplace, epsilon: 1, clip: 1}\n", "`age` has none" },
        { DATA "privacy: {mechanism: gaussian, epsilon: 1, clip: 1}\n", "mechanism gaussian needs `delta`" },
        { DATA "privacy: {mechanism: gaussian, delta: 0.1, clip: 1}\n", "mechanism gaussian needs `epsilon`" },
        { DATA "privacy: {mechanism: laplace, epsilon: 1}\n", "privacy: mechanism laplace needs `clip`" },
        { DATA "privacy: {mechanism: laplace, epsilon: 1, delta: 0.1, clip: 1}\n", "privacy.delta: mechanism laplace" },
        { DATA "privacy: {epsilon: 1}\n", "privacy.epsilon: mechanism none does not use it" },
        { DATA "privacy: {mechanism: dp-sgd, epsilon: 8, clip: 1}\n", "mechanism dp-sgd needs `delta`" },
        { DATA "privacy: {mechanism: gaussian, epsilon: 1, delta: 0.1, clip: 1, noise_multiplier: 1}\n",
          "privacy.noise_multiplier: mechanism gaussian does not use it" },
        { DATA "privacy: {mechanism: gaussian, epsilon: 0, delta: 0.1, clip: 1}\n", "privacy.epsilon: 0 is not" },
        { DATA "privacy: {mechanism: gaussian, epsilon: 1, delta: 1, clip: 1}\n", "privacy.delta: 1 is not" },
        { DATA "privacy: {mechanism: gaussian, epsilon: 1, delta: 0.1, clip: 0}\n", "privacy.clip: 0 is not" },
        { DATA "standardise: moments\nprivacy: {mechanism: laplace, epsilon: 1, clip: 1}\n",
          "task.yaml:3: standardise: moments would leave each hospital without noise" },
        { DATA "rounds: {quorum: 3}\nstart: {when_present: 2}\n", "fewer hospitals than rounds.quorum" },
        { DATA "privacy: {mechanism: distributed, epsilon: 8, delta: 0.1, clip: 1}\n",
          "mechanism distributed needs `unit`" },
        { DATA "privacy: {mechanism: distributed, unit: patient, epsilon: 8, clip: 1}\n", "distributed needs `delta`" },
        { DATA "privacy: {" SHARES "patient}\n", "task.yaml:3: privacy: unit patient needs `rate`" },
        { DATA "privacy: {" SHARES "site, rate: 0.5}\n", "privacy.rate: unit site does not use it" },
        { DATA "privacy: {" SHARES "ward}\n", "privacy.unit: \"ward\" is not one of: patient, site" },
        { DATA "privacy: {mechanism: gaussian, epsilon: 1, delta: 0.1, clip: 1, unit: site}\n",
          "privacy.unit: mechanism gaussian does not use it" },
        { DATA "train: {epochs: 2}\nprivacy: {" SHARES "patient, rate: 0.5}\n",
          "task.yaml:3: train.epochs: with mechanism distributed and unit patient a round is one step" },
        { DATA "train: {optimizer: adam}\nprivacy: {" SHARES "patient, rate: 0.5}\n", "train.optimizer: with unit" },
        { DATA "train: {batch: 16}\nprivacy: {" SHARES "patient, rate: 0.5}\n", "train.batch: with unit patient" },
        { DATA "train: {weight_decay: 0}\nprivacy: {" SHARES "patient, rate: 0.5}\n", "train.weight_decay: with unit" },
        { DATA "train: {proximal_mu: 1}\nprivacy: {" SHARES "patient, rate: 0.5}\n", "train.proximal_mu: with unit" },
        { DATA "privacy: {" SHARES "site}\n", "privacy.mechanism: noise in shares is enough only in a sum" },
    };
    expect_refused(rows, sizeof rows / sizeof rows[0]);
}

Test(task, size_and_memory)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    struct task t = { 0 };
    bool done = false;
    buf_add_z(&text, DATA "# ");
    while (text.n <= TASK_MAX_BYTES) buf_add_z(&text, "0123456789");
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    cr_expect_eq(task_parse(buf_str(&text), "t", &arena, &t, NULL), ERR_LIMIT);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct arena small CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        enum err e = parse(DATA, &small, &t, NULL);
        done = e == OK;
        cr_expect(done || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
    }
    cr_expect(done);
}
