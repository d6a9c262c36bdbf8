#include "common/wire/task.h"
#include "common/wire/cron.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

#define MS_MIN 60000.0
#define MS_HOUR 3600000.0
#define MS_DAY 86400000.0
#define WHOLE_MAX 9007199254740992.0 /* 2^53: exact in a double, and on the wire */
#define TINY 1e-12
#define BELOW_ONE 0.999999

enum {
    HIDDEN_MAX_WIDTH = 4096,
    QUORUM_MAX = 10000,
    SECURE_QUORUM = 3,
    ADVERSARIES_MAX = 1000,
    DEFAULT_HIDDEN_FIRST = 64,
    DEFAULT_HIDDEN_SECOND = 32
};
enum number_kind { NUMBER_COUNT, NUMBER_REAL, NUMBER_MS };

struct number {
    const char *section;
    const char *key;
    enum number_kind kind;
    double min;
    double max;
    size_t offset;
};
#define AT(member) offsetof(struct task, member)

/* clang-format off */
static const struct number numbers[] = {
    { "model",   "seed",            NUMBER_COUNT, 0,    WHOLE_MAX,      AT(model.seed) },
    { "train",   "learning_rate",   NUMBER_REAL,  1e-9, 10,             AT(train.learning_rate) },
    { "train",   "weight_decay",    NUMBER_REAL,  0,    1,              AT(train.weight_decay) },
    { "train",   "proximal_mu",     NUMBER_REAL,  0,    1000,           AT(train.proximal_mu) },
    { "train",   "epochs",          NUMBER_COUNT, 1,    1000,           AT(train.epochs) },
    { "train",   "batch",           NUMBER_COUNT, 1,    1e6,            AT(train.batch) },
    { "train",   "test_fraction",   NUMBER_REAL,  0,    0.9,            AT(train.test_fraction) },
    { "train",   "seed",            NUMBER_COUNT, 0,    WHOLE_MAX,      AT(train.seed) },
    { "server",  "learning_rate",   NUMBER_REAL,  1e-9, 100,            AT(server.learning_rate) },
    { "server",  "momentum",        NUMBER_REAL,  0,    BELOW_ONE,      AT(server.momentum) },
    { "server",  "beta1",           NUMBER_REAL,  0,    BELOW_ONE,      AT(server.beta1) },
    { "server",  "beta2",           NUMBER_REAL,  0,    BELOW_ONE,      AT(server.beta2) },
    { "server",  "tau",             NUMBER_REAL,  TINY, 1,              AT(server.tau) },
    { "rounds",  "count",           NUMBER_COUNT, 1,    1e6,            AT(rounds.count) },
    { "rounds",  "quorum",          NUMBER_COUNT, 1,    QUORUM_MAX,     AT(rounds.quorum) },
    { "rounds",  "join_deadline",   NUMBER_MS,    100,  7 * MS_DAY,     AT(rounds.join_deadline_ms) },
    { "rounds",  "round_deadline",  NUMBER_MS,    100,  7 * MS_DAY,     AT(rounds.round_deadline_ms) },
    { "rounds",  "evaluate_every",  NUMBER_COUNT, 1,    1e6,            AT(rounds.evaluate_every) },
    { "rounds",  "patience",        NUMBER_COUNT, 0,    1e6,            AT(rounds.patience) },
    { "rounds",  "min_improvement", NUMBER_REAL,  0,    1e6,            AT(rounds.min_improvement) },
    { "rounds",  "max_update_norm", NUMBER_REAL,  TINY, 1e12,           AT(rounds.max_update_norm) },
    { "rounds",  "max_samples",     NUMBER_COUNT, 1,    1e12,           AT(rounds.max_samples) },
    { "aggregation", "adversaries", NUMBER_COUNT, 0,    ADVERSARIES_MAX, AT(aggregation.adversaries) },
    { "privacy", "epsilon",         NUMBER_REAL,  1e-6, 1000,           AT(privacy.epsilon) },
    { "privacy", "delta",           NUMBER_REAL,  1e-30, BELOW_ONE,     AT(privacy.delta) },
    { "privacy", "clip",            NUMBER_REAL,  TINY, 1e9,            AT(privacy.clip) },
    { "privacy", "noise_multiplier", NUMBER_REAL, 0.01, 1e6,            AT(privacy.noise_multiplier) },
    { "privacy", "rate",            NUMBER_REAL,  1e-6, 1,              AT(privacy.rate) },
    { "start",   "when_present",    NUMBER_COUNT, 0,    QUORUM_MAX,     AT(start.when_present) },
    { "start",   "min_interval",    NUMBER_MS,    0,    366 * MS_DAY,   AT(start.min_interval_ms) },
};

static const char *const task_keys[] = { "name", "purpose", "data", "standardise", "model", "train", "server", "rounds",
                                         "aggregation", "privacy", "start", NULL };
static const struct section {
    const char *name;
    const char *keys[12];
} sections[] = {
    { "model",   { "arch", "hidden", "seed" } },
    { "train",   { "optimizer", "learning_rate", "weight_decay", "proximal_mu", "epochs", "batch", "test_fraction",
                   "seed" } },
    { "server",  { "optimizer", "learning_rate", "momentum", "beta1", "beta2", "tau" } },
    { "rounds",  { "count", "quorum", "join_deadline", "round_deadline", "late", "evaluate_every", "patience",
                   "min_improvement", "max_update_norm", "max_samples" } },
    { "aggregation", { "secure", "adversaries" } },
    { "privacy", { "mechanism", "unit", "epsilon", "delta", "clip", "noise_multiplier", "rate" } },
    { "start",   { "cron", "when_present", "when_new_data", "min_interval" } },
};
/* clang-format on */

static enum err choose(const struct doc *map, const char *key, const char *const names[], unsigned usual, unsigned *out,
                       struct why *why)
{
    *out = usual;
    return doc_get_choice(map, key, names, out, why);
}

/* The choices, and the defaults that hang on them. */
static enum err read_choices(const struct doc *d, struct task *t, struct why *why)
{
    static const char *const archs[] = { "logistic", "softmax", "mlp", NULL };
    static const char *const optimizers[] = { "sgd", "adam", NULL };
    static const char *const servers[] = { "sgd", "momentum", "adam", "yogi", NULL };
    static const char *const lates[] = { "discard", "weighted", NULL };
    static const char *const mechanisms[] = { "none", "gaussian", "laplace", "dp-sgd", "distributed", NULL };
    static const char *const units[] = { "patient", "site", NULL };
    static const char *const scales[] = { "none", "ranges", "moments", NULL };
    unsigned n = 0;
    TRY(choose(d, "purpose", purpose_names, PURPOSE_RESEARCH, &n, why));
    t->purpose = (enum purpose)n;
    TRY(choose(doc_get(d, "model"), "arch", archs, t->contract.nclasses > 2 ? ARCH_SOFTMAX : ARCH_LOGISTIC, &n, why));
    t->model.arch = (enum task_arch)n;
    TRY(choose(doc_get(d, "train"), "optimizer", optimizers, OPTIMIZER_SGD, &n, why));
    t->train.optimizer = (enum task_optimizer)n;
    TRY(choose(doc_get(d, "server"), "optimizer", servers, SERVER_SGD, &n, why));
    t->server.optimizer = (enum task_server)n;
    TRY(choose(doc_get(d, "rounds"), "late", lates, LATE_DISCARD, &n, why));
    t->rounds.late = (enum task_late)n;
    TRY(choose(doc_get(d, "privacy"), "mechanism", mechanisms, NOISE_NONE, &n, why));
    t->privacy.mechanism = (enum task_noise)n;
    TRY(choose(doc_get(d, "privacy"), "unit", units, UNIT_PATIENT, &n, why));
    t->privacy.unit = (enum task_unit)n;
    TRY(doc_get_flag(doc_get(d, "aggregation"), "secure", &t->aggregation.secure, why));
    bool open = t->privacy.mechanism == NOISE_NONE && !t->aggregation.secure;
    TRY(choose(d, "standardise", scales, open ? SCALE_MOMENTS : SCALE_RANGES, &n, why));
    t->scale = (enum task_scale)n;
    bool adaptive = t->server.optimizer == SERVER_ADAM || t->server.optimizer == SERVER_YOGI;
    t->server.learning_rate = adaptive ? 0.01 : 1.0;
    t->train.learning_rate = t->train.optimizer == OPTIMIZER_ADAM ? 0.01 : 0.1;
    return OK;
}

static enum err read_number(const struct doc *d, const struct number *n, struct task *t, struct why *why)
{
    const struct doc *map = doc_get(d, n->section);
    void *at = (char *)t + n->offset;
    if (n->kind == NUMBER_REAL) return doc_get_f64(map, n->key, n->min, n->max, at, why);
    uint64_t min = (uint64_t)n->min;
    uint64_t max = (uint64_t)n->max;
    if (n->kind == NUMBER_MS) return doc_get_ms(map, n->key, min, max, at, why);
    return doc_get_u64(map, n->key, min, max, at, why);
}

static enum err read_hidden(const struct doc *model, struct task *t, struct why *why)
{
    const struct doc *hidden = NULL;
    TRY(doc_get_child(model, "hidden", DOC_LIST, &hidden, why));
    if (hidden == NULL && t->model.arch == ARCH_MLP) {
        t->model.nhidden = 2;
        t->model.hidden[0] = DEFAULT_HIDDEN_FIRST;
        t->model.hidden[1] = DEFAULT_HIDDEN_SECOND;
    }
    if (hidden == NULL) return OK;
    if (t->model.arch != ARCH_MLP) return doc_refuse(hidden, why, "hidden layers are for arch mlp only");
    if (hidden->count < 1 || hidden->count > TASK_MAX_HIDDEN)
        return doc_refuse(hidden, why, "%zu hidden layers are not between 1 and %d", hidden->count, TASK_MAX_HIDDEN);
    for (; t->model.nhidden < hidden->count; t->model.nhidden++) {
        const struct doc *item = hidden->items[t->model.nhidden];
        uint64_t width = 0;
        if (item->kind != DOC_SCALAR || str_u64(item->text, &width) != OK || width < 1 || width > HIDDEN_MAX_WIDTH)
            return doc_refuse(item, why, "a layer's width is a whole number between 1 and %d", HIDDEN_MAX_WIDTH);
        t->model.hidden[t->model.nhidden] = width;
    }
    return OK;
}

static enum err read_name(const struct doc *d, struct task *t, struct why *why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    TRY(doc_need_text(d, "name", t->name, sizeof t->name, why));
    if (t->name[0] == '\0' || t->name[strspn(t->name, allowed)] != '\0' || strchr("-_.", t->name[0]) != NULL)
        return doc_refuse(doc_get(d, "name"), why,
                          "a task's name is lower-case letters, digits, and - _ . after the first");
    return OK;
}

/* The node a complaint is about, or the whole when the value is a default. */
static const struct doc *place(const struct doc *whole, const struct doc *part) { return part ? part : whole; }

static enum err check_model(const struct doc *d, const struct task *t, struct why *why)
{
    if (t->model.arch == ARCH_LOGISTIC && t->contract.nclasses != 2)
        return doc_refuse(place(d, doc_get(doc_get(d, "model"), "arch")), why,
                          "logistic is for 2 classes, the label has %zu; use softmax", t->contract.nclasses);
    for (size_t i = 0; t->scale == SCALE_RANGES && i < t->contract.count; i++) {
        const struct column *c = &t->contract.columns[i];
        if (c->role != COLUMN_FEATURE || c->kind == COLUMN_CATEGORY) continue;
        if (isfinite(c->min) && isfinite(c->max) && c->min < c->max) continue;
        return doc_refuse(place(d, doc_get(d, "standardise")), why,
                          "to standardise by ranges every feature needs `min` below `max`; `%s` has none", c->name);
    }
    return OK;
}

/* A mean over the records put into one of them would make it depend on all the others. */
static enum err check_missing(const struct doc *d, const struct task *t, struct why *why)
{
    for (size_t i = 0; task_hides_patients(t) && i < t->contract.count; i++)
        if (t->contract.columns[i].role == COLUMN_FEATURE && t->contract.columns[i].missing == MISSING_MEAN)
            return doc_refuse(d, why, "the mechanism hides each patient, and `missing: mean` of `%s` mixes them",
                              t->contract.columns[i].name);
    return OK;
}

/* A round is one step of all hospitals together; what would make it several, or change it, is refused. */
static enum err check_step(const struct doc *d, const struct task *t, struct why *why)
{
    const struct doc *train = doc_get(d, "train");
    static const char *const unused[] = { "batch", "proximal_mu", "weight_decay" };
    if (t->privacy.mechanism != NOISE_DISTRIBUTED || t->privacy.unit != UNIT_PATIENT) return OK;
    if (t->train.epochs != 1)
        return doc_refuse(doc_get(train, "epochs"), why,
                          "with mechanism distributed and unit patient a round is one step; leave `epochs` at 1");
    if (t->train.optimizer != OPTIMIZER_SGD)
        return doc_refuse(doc_get(train, "optimizer"), why,
                          "with unit patient a round is one step of sgd; choose another server.optimizer instead");
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (doc_get(train, unused[i]) != NULL)
            return doc_refuse(doc_get(train, unused[i]), why,
                              "with unit patient a round draws patients by `privacy.rate`, and does not use this");
    return OK;
}

/* A rate of each hospital's own would tell how many patients it has: in a sum all have the task's. */
static enum err check_rate(const struct doc *d, const struct task *t, struct why *why)
{
    const struct doc *privacy = doc_get(d, "privacy");
    const struct doc *batch = doc_get(doc_get(d, "train"), "batch");
    const struct doc *rate = doc_get(privacy, "rate");
    if (t->privacy.mechanism != NOISE_DP_SGD) return OK;
    if (!t->aggregation.secure && rate != NULL)
        return doc_refuse(rate, why, "mechanism dp-sgd without secure sums does not use it: `train.batch` says it");
    if (t->aggregation.secure && rate == NULL)
        return doc_refuse(privacy, why,
                          "mechanism dp-sgd in secure sums needs `rate`: the chance of each patient to be "
                          "in a step");
    return t->aggregation.secure && batch != NULL
               ? doc_refuse(batch, why, "in secure sums a step draws patients by `privacy.rate`, and does not use this")
               : OK;
}

uint64_t task_batch(const struct task *t) { return t->privacy.rate > 0 ? 0 : t->train.batch; }

static enum err check_unit(const struct doc *d, const struct task *t, struct why *why)
{
    const struct doc *privacy = doc_get(d, "privacy");
    bool distributed = t->privacy.mechanism == NOISE_DISTRIBUTED;
    bool patients = t->privacy.unit == UNIT_PATIENT;
    if (distributed && doc_get(privacy, "unit") == NULL)
        return doc_refuse(privacy, why, "mechanism distributed needs `unit`: patient or site");
    if (distributed && patients && doc_get(privacy, "rate") == NULL)
        return doc_refuse(privacy, why, "unit patient needs `rate`: the chance of each patient to be in a round");
    if (distributed && !patients && doc_get(privacy, "rate") != NULL)
        return doc_refuse(doc_get(privacy, "rate"), why, "unit site does not use it: every hospital is in every round");
    TRY(check_rate(d, t, why));
    return check_step(d, t, why);
}

bool task_hides_patients(const struct task *t)
{
    return t->privacy.mechanism == NOISE_DP_SGD ||
           (t->privacy.mechanism == NOISE_DISTRIBUTED && t->privacy.unit == UNIT_PATIENT);
}

/* What each mechanism needs, and what would be a misunderstanding. */
static enum err check_privacy(const struct doc *d, const struct task *t, struct why *why)
{
    static const struct {
        const char *name;
        unsigned needs, allows; /* bits of `keys` */
    } rules[] = { [NOISE_NONE] = { "none", 0, 0 },
                  [NOISE_GAUSSIAN] = { "gaussian", 7, 7 },
                  [NOISE_LAPLACE] = { "laplace", 5, 5 },
                  [NOISE_DP_SGD] = { "dp-sgd", 7, 47 },
                  [NOISE_DISTRIBUTED] = { "distributed", 7, 63 } };
    static const char *const keys[] = { "epsilon", "delta", "clip", "noise_multiplier", "unit", "rate" };
    const struct doc *privacy = doc_get(d, "privacy");
    const char *name = rules[t->privacy.mechanism].name;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct doc *given = doc_get(privacy, keys[i]);
        bool needed = rules[t->privacy.mechanism].needs >> i & 1;
        if (needed && !given) return doc_refuse(privacy, why, "mechanism %s needs `%s`", name, keys[i]);
        if (!(rules[t->privacy.mechanism].allows >> i & 1) && given)
            return doc_refuse(given, why, "mechanism %s does not use it", name);
    }
    if (t->privacy.mechanism != NOISE_NONE && t->scale == SCALE_MOMENTS)
        return doc_refuse(doc_get(d, "standardise"), why,
                          "moments would leave each hospital without noise; with privacy use ranges");
    TRY(check_unit(d, t, why));
    return check_missing(place(d, privacy), t, why);
}

/* A vector in a sum is hidden by the others': of two, each can subtract its own. */
static enum err read_aggregation(const struct doc *d, struct task *t, struct why *why)
{
    const struct doc *a = doc_get(d, "aggregation");
    const struct doc *rounds = doc_get(d, "rounds");
    if (!t->aggregation.secure && t->privacy.mechanism == NOISE_DISTRIBUTED)
        return doc_refuse(doc_get(doc_get(d, "privacy"), "mechanism"), why,
                          "noise in shares is enough only in a sum; say `aggregation: {secure: yes}`");
    if (t->aggregation.secure && t->scale == SCALE_MOMENTS)
        return doc_refuse(doc_get(d, "standardise"), why,
                          "moments would be told of each hospital by itself; with secure sums use ranges or none");
    if (!t->aggregation.secure)
        return t->aggregation.adversaries ? doc_refuse(a, why, "`adversaries` is for `secure: yes`") : OK;
    if (t->rounds.quorum < SECURE_QUORUM)
        return doc_refuse(place(a, doc_get(rounds, "quorum")), why,
                          "a secure sum of fewer than %d hospitals hides nothing; raise rounds.quorum", SECURE_QUORUM);
    if (t->aggregation.adversaries + 2 > t->rounds.quorum)
        return doc_refuse(doc_get(a, "adversaries"), why, "rounds.quorum must leave two hospitals that are none");
    if (t->rounds.late != LATE_DISCARD)
        return doc_refuse(doc_get(rounds, "late"), why, "what comes after a secure sum is in none; use discard");
    if (t->privacy.mechanism != NOISE_GAUSSIAN && t->privacy.mechanism != NOISE_LAPLACE) return OK;
    return doc_refuse(place(a, doc_get(d, "privacy")), why,
                      "noise on each whole update is more than a secure sum needs; use distributed with unit site");
}

static enum err read_start(const struct doc *d, struct task *t, struct why *why)
{
    const struct doc *start = doc_get(d, "start");
    struct cron cron = { 0 };
    struct why cause = { "" };
    TRY(doc_get_text(start, "cron", t->start.cron, sizeof t->start.cron, why));
    TRY(doc_get_flag(start, "when_new_data", &t->start.when_new_data, why));
    if (t->start.cron[0] != '\0' && cron_parse(str_of(t->start.cron), &cron, &cause) != OK)
        return doc_refuse(doc_get(start, "cron"), why, "%s", cause.text);
    if (t->start.when_present > 0 && t->start.when_present < t->rounds.quorum)
        return doc_refuse(doc_get(start, "when_present"), why, "fewer hospitals than rounds.quorum cannot run");
    return OK;
}

static enum err read_sections(const struct doc *d, struct task *t, struct why *why)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        TRY(doc_only(doc_get(d, sections[i].name), sections[i].keys, why));
    TRY(read_choices(d, t, why));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) TRY(read_number(d, &numbers[i], t, why));
    TRY(read_hidden(doc_get(d, "model"), t, why));
    TRY(check_privacy(d, t, why));
    TRY(read_aggregation(d, t, why));
    TRY(check_model(d, t, why));
    return read_start(d, t, why);
}

static struct task usual_task(void)
{
    return (struct task){
        .model = { .seed = 1 },
        .train = { .epochs = 1, .batch = 32, .test_fraction = 0.2, .seed = 1 },
        .server = { .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.99, .tau = 1e-3 },
        .rounds = { .count = 10,
                    .quorum = 2,
                    .join_deadline_ms = (uint64_t)MS_MIN,
                    .round_deadline_ms = 10 * (uint64_t)MS_MIN,
                    .evaluate_every = 1,
                    .min_improvement = 1e-4,
                    .max_update_norm = 1e4,
                    .max_samples = 1000000 },
        .start = { .min_interval_ms = (uint64_t)MS_HOUR },
    };
}

enum err task_parse(struct str text, const char *source, struct arena *arena, struct task *out, struct why *why)
{
    struct task t = usual_task();
    const struct doc *d = NULL;
    const struct doc *data = NULL;
    if (text.n > TASK_MAX_BYTES)
        return why_say(why, ERR_LIMIT, "%s: a task has at most %d bytes", source, TASK_MAX_BYTES);
    TRY(doc_parse(text, source, arena, &d, why));
    TRY(doc_only(d, task_keys, why));
    TRY(read_name(d, &t, why));
    TRY(doc_need_child(d, "data", DOC_MAP, &data, why));
    TRY(contract_parse(data, arena, &t.contract, why));
    TRY(read_sections(d, &t, why));
    *out = t;
    return OK;
}
