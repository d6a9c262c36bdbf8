/* A real secure sum, of vectors that are known, without its masks. */
#include "agents/coordinator/commands.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/secure_round.h"
#include "agents/coordinator/secure_sum.h"
#include "agents/coordinator/unmask.h"
#include "agents/coordinator/weights.h"
#include "common/learn/metrics.h"
#include "common/learn/safetensors.h"
#include "tests/support/secagg_world.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOSPITALS = 3,
    SCALES = 2 /* of the one input, behind the weights */,
    COMMANDS = 40,
    MODEL_BYTES = 1 << 22,
    SOON_MS = 5000
};
#define HEAD "name: toy\ndata: {columns: [{name: x, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"
#define SECURE "rounds: {count: 1, quorum: 3, max_update_norm: 1000, max_samples: 100}\naggregation: {secure: yes}\n"
static const char *const moods[] = { "silent", "silent", "silent", NULL };
static const uint64_t samples[HOSPITALS] = { 10, 20, 30 };
static const double losses[HOSPITALS] = { .5, .25, 1 };

/* The updates, in numbers that their units hold exactly. */
static double number(size_t hospital, size_t k) { return ((double)((k * 7 + hospital * 3) % 11) - 5) / 64; }
static double mean(size_t k)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < HOSPITALS; i++) sum += (double)samples[i] * number(i, k);
    for (size_t i = 0; i < HOSPITALS; i++) weights += (double)samples[i];
    return sum / weights;
}

/* ---- a coordinator that is put before a sum ---- */

enum kind { UPDATES, NONSENSE, GIVEN_UP, ANOTHER, SCORES, NO_SCORES, KINDS };
static const char *const kinds[KINDS + 1] = { "updates", "nonsense", "given-up", "another", "scores", "no-scores" };

static void fill_update(const struct secure_plan *p, size_t hospital, bool nonsense, int64_t *v)
{
    double n = (double)samples[hospital];
    size_t weights = p->want.weights;
    for (size_t k = 0; k < weights; k++) v[k] = llround(n * number(hospital, k) * p->update.scale);
    v[weights] = nonsense ? 0 : llround(n * p->count.scale);
    v[weights + 1] = llround(n * losses[hospital] * p->loss.scale);
}

/* Each scored as many records as it has samples, all of the first class, and rightly. */
static void fill_scores(const struct secure_plan *p, size_t hospital, bool nonsense, int64_t *v)
{
    int64_t n = (int64_t)samples[hospital];
    v[0] = n;
    v[1] = llround((double)n * losses[hospital] * p->loss.scale);
    v[2] = 0;
    v[3] = nonsense ? 0 : n;
    v[3 + 4 + METRICS_MAX_BINS + 5] = n;
}

/* The sum, with its masks and all that takes them off: from here on secure's. */
static void hold_sum(struct secure_round *secure, enum kind kind)
{
    struct world_plan plan = world_plan_of(HOSPITALS, 0);
    struct world w;
    struct why why = { "" };
    size_t length = secure->plan.length;
    int64_t *numbers = calloc(HOSPITALS * length, sizeof *numbers);
    cr_assert_not_null(numbers);
    for (size_t i = 0; i < HOSPITALS; i++)
        (kind < SCORES ? fill_update : fill_scores)(&secure->plan, i, kind == NONSENSE || kind == NO_SCORES,
                                                    numbers + i * length);
    plan.bits = secure->plan.bits;
    plan.length = (uint32_t)length;
    world_init(&w, &plan, 5);
    w.numbers = numbers;
    cr_assert_eq(world_open(&w, &why), OK, "%s", why.text);
    cr_assert_eq(world_share(&w, &why), OK, "%s", why.text);
    cr_assert_eq(world_input(&w, &why), OK, "%s", why.text);
    cr_assert(world_vote(&w, &why) == OK && world_answer(&w, &why) == OK, "%s", why.text);
    secure->server = w.server;
    secure->session = w.session;
    w.server = NULL;
    w.session = NULL;
    world_fini(&w);
    free(numbers);
}

static enum err put_before(struct run *r, enum kind kind)
{
    struct secagg_header header;
    char from[STORE_MAX_KEY], to[STORE_MAX_KEY], tail[32];
    cr_assert(r->head.state == RUN_KEYS && r->secure != NULL);
    r->head.scoring = kind >= SCORES;
    header = r->secure->header;
    cr_assert_eq(secure_sum_plan(r, &header, &r->secure->plan, NULL), OK);
    hold_sum(r->secure, kind);
    r->head.state = RUN_AGGREGATING;
    for (size_t i = 0; i < r->nsites; i++) r->sites[i].counted_round = r->head.round;
    journal_key(from, "model", r, journal_round_tail(0, tail));
    journal_key(to, "model", r, journal_round_tail(1, tail));
    if (r->head.scoring) return agent_link(r->home->agent, from, to);
    return journal_put(r, "half", "sum", str_bytes(STR("left by one that was cut short")));
}

/* While the worker has the sum it is not wanted any more. */
static void turn_away(struct run *r, enum kind kind)
{
    if (kind == GIVEN_UP) r->head.state = RUN_TRAINING;
    if (kind != ANOTHER) return;
    secure_round_free(r->secure);
    r->secure = secure_round_new(HOSPITALS);
}

static enum err run_unmask(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct run *r = coordinator_run(self, "toy-1");
    enum kind kind = UPDATES;
    (void)a;
    while (!str_is(call_text(c, "kind"), kinds[kind])) kind++;
    cr_assert(r != NULL && kind < KINDS);
    TRY(put_before(r, kind));
    TRY(unmask_begin(r));
    turn_away(r, kind);
    result_say(out, "begun");
    return OK;
}

static const struct argument unmask_args[] = { { "kind", ARG_TEXT, ARG_REQUIRED, 1, 20, .doc = "of sum" }, { 0 } };

struct bench {
    struct house h;
    struct agent_def coordinator;
    struct command commands[COMMANDS];
};

/* Up to where the worker begins. */
static void open_bench(struct bench *b, const char *model, const char *kind)
{
    char task[500], words[60];
    *b = (struct bench){ .coordinator = coordinator_agent,
                         .commands = { { "unmask", ROLE_OFFICER, unmask_args, "begins", NULL, run_unmask } } };
    for (size_t i = 0; coordinator_commands[i].name; i++) b->commands[i + 1] = coordinator_commands[i];
    b->coordinator.commands = b->commands;
    (void)snprintf(task, sizeof task, HEAD "model: {%s}\n", model);
    house_open_with(
        &b->h, &(struct house_plan){ .task = task, .extra = SECURE, .moods = moods, .coordinator = &b->coordinator });
    (void)house_say(&b->h, "start toy");
    (void)snprintf(words, sizeof words, "/unmask kind=%s", kind);
    sim_say(b->h.sim, "paul", "coordinator", words);
}

static bool has_update(struct sim *s, void *house)
{
    (void)s;
    return house_has(house, "update/toy-1/");
}

static struct tensor_set *model_of(const struct house *h, const char *key)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(MODEL_BYTES);
    struct tensor_set *out = NULL;
    cr_assert_eq(store_get(sim_store(h->sim, "coordinator"), key, &bytes), OK, "%s", key);
    cr_assert_eq(safetensors_decode(buf_bytes(&bytes), &out, NULL), OK, "%s", key);
    return out;
}

/* ---- updates ---- */

/* The mean is kept as one update, whose digest is told, and is then added to the model: of one window and of two. */
Test(unmask, the_mean_is_one_update, .timeout = 60)
{
    static const struct {
        const char *model;
        size_t windows;
    } rows[] = { { "arch: logistic", 1 }, { "arch: mlp, hidden: [520, 520]", 2 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct update_row row;
        char digest[RUN_DIGEST_BYTES];
        struct buf text CLEANUP(buf_free) = buf_make(MODEL_BYTES);
        open_bench(&b, rows[i].model, "updates");
        cr_assert(sim_run(b.h.sim, SOON_MS, has_update, &b.h), "%s", rows[i].model);
        struct agent *a = sim_agent(b.h.sim, "coordinator");
        cr_assert_eq(agent_get(a, "update/toy-1/0000000001/sum/0000000001", &text), OK);
        cr_assert_eq(journal_read_update(buf_bytes(&text), &row), OK);
        cr_assert_eq(agent_digest(a, "delta/toy-1/0000000001/sum/0000000001", digest), OK);
        cr_expect(row.round == 1 && row.samples == 60 && row.weight == 60 && strcmp(row.sha256, digest) == 0);
        house_run(&b.h, SOON_MS);
        struct run_head head = house_head(&b.h, "toy-1");
        cr_expect(head.sum_kept == 1 && head.sum_samples == 60 && head.sum_noise == 0 && head.sum_patients == 0);
        cr_expect_float_eq(head.sum_loss, (10 * .5 + 20 * .25 + 30 * 1) / 60, 1e-6);
        cr_expect(head.scoring && head.state == RUN_KEYS, "the scores are next");
        cr_expect_not(house_has(&b.h, "half/toy-1/sum"));
        CLEANUP(tensor_set_drop) struct tensor_set *before = model_of(&b.h, "model/toy-1/0000000000");
        CLEANUP(tensor_set_drop) struct tensor_set *after = model_of(&b.h, "model/toy-1/0000000001");
        cr_assert_eq((before->nelements + WEIGHTS_WINDOW - 1) / WEIGHTS_WINDOW, rows[i].windows);
        size_t wrong = 0;
        for (size_t k = 0; k < after->nelements; k++) {
            double expected = k + SCALES < after->nelements ? mean(k) : 0;
            wrong += !(fabs((double)after->flat[k] - (double)before->flat[k] - expected) < 1e-6);
        }
        cr_expect_eq(wrong, 0, "%s: %zu of %zu numbers", rows[i].model, wrong, after->nelements);
        house_close(&b.h);
    }
}

Test(unmask, what_comes_of_other_sums)
{
    static const struct {
        const char *kind;
        unsigned state;
        const char *why;
    } rows[] = { { "nonsense", RUN_FAILED, "not one of updates" },
                 { "given-up", RUN_TRAINING, "" }, /* it is let go */
                 { "another", RUN_AGGREGATING, "" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        open_bench(&b, "arch: logistic", rows[i].kind);
        house_run(&b.h, SOON_MS);
        const struct coordinator *c = house_state(&b.h);
        unsigned state = rows[i].state == RUN_FAILED ? house_head(&b.h, "toy-1").state : c->runs[0]->head.state;
        struct run_head head = house_head(&b.h, "toy-1");
        cr_expect_eq(state, rows[i].state, "%s: %s", rows[i].kind, run_state_name(state));
        cr_expect(strstr(head.why, rows[i].why), "%s: %s", rows[i].kind, head.why);
        cr_expect(head.sum_kept == 0 && head.sum_samples == 0, "%s", rows[i].kind);
        cr_expect(!house_has(&b.h, "update/") && !house_has(&b.h, "model/toy-1/0000000001"), "%s", rows[i].kind);
        house_close(&b.h);
    }
}

/* ---- scores ---- */

Test(unmask, scores_are_told_of_all_together)
{
    static const struct {
        const char *kind;
        uint64_t scored;
        double loss, correct;
    } rows[] = { { "scores", 60, 10 * .5 + 20 * .25 + 30 * 1, 60 }, { "no-scores", 0, 0, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        open_bench(&b, "arch: logistic", rows[i].kind);
        house_run(&b.h, SOON_MS);
        struct run_head head = house_head(&b.h, "toy-1");
        cr_expect_eq(head.state, RUN_DONE, "%s: %s, %s", rows[i].kind, run_state_name(head.state), head.why);
        cr_expect_eq(head.sum_scored, rows[i].scored, "%s", rows[i].kind);
        cr_expect_float_eq(head.sum_score_loss, rows[i].loss, 1e-6, "%s", rows[i].kind);
        cr_expect_eq(head.sum_correct, rows[i].correct, "%s", rows[i].kind);
        house_close(&b.h);
    }
}
