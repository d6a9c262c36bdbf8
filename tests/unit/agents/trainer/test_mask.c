/* A hospital's numbers, masked on a worker, in a real secure sum with two others, whose masks are taken off again. */
#include "agents/trainer/mask.h"
#include "agents/trainer/secure.h"
#include "common/crypto/encode.h"
#include "common/terms/terms.h"
#include "tests/support/secagg_world.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSPITALS = 3, SAMPLES = 40, SEED = 9, SOON_MS = 10000, INPUT_BYTES = 500 };
#define LOSS .75
#define POLICY SITE_POLICY(10, "optional", 8)

static double number(size_t k) { return ((double)(k * 7 % 11) - 5) / 1024; }

/* ---- a trainer that is put before the masking ---- */

struct masked {
    struct trainer trainer; /* first: the real one's handlers take this for theirs */
    struct world world;
    int64_t *others; /* vectors of the sum's other members */
    struct secure_plan plan;
};

static void masked_fini(void *self)
{
    struct masked *m = self;
    trainer_fini(&m->trainer);
    if (m->world.members) world_fini(&m->world);
    free(m->others);
}

/* The sum in which this is the first of three, up to where vectors leave. */
static void open_world(struct masked *m, const struct run *run)
{
    struct world_plan plan = world_plan_of(HOSPITALS, 0);
    const struct secagg_header header = { .cohort = HOSPITALS, .survivors = plan.survivors };
    const struct secure_want want = terms_want(&run->plan->task, &run->plan->spec, &header, false);
    struct why why = { "" };
    cr_assert_eq(secure_plan_of(&want, &m->plan, &why), OK, "%s", why.text);
    plan.bits = m->plan.bits;
    plan.length = (uint32_t)m->plan.length;
    m->others = calloc(HOSPITALS * m->plan.length, sizeof *m->others);
    cr_assert_not_null(m->others);
    for (size_t k = 0; k < HOSPITALS * m->plan.length; k++) m->others[k] = (int64_t)(k % 1000) - 500;
    world_init(&m->world, &plan, SEED);
    m->world.numbers = m->others;
    cr_assert_eq(world_open(&m->world, &why), OK, "%s", why.text);
    cr_assert_eq(world_share(&m->world, &why), OK, "%s", why.text);
}

static struct secure *secure_of(struct masked *m, const struct run *run)
{
    struct secure *s = calloc(1, sizeof *s);
    struct trained t = { .samples = SAMPLES, .loss = LOSS };
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    cr_assert(s != NULL && tensor_set_new(shapes, model_shapes(&run->plan->spec, shapes), &t.delta) == OK);
    for (size_t k = 0; k < t.delta->nelements; k++) t.delta->flat[k] = (float)number(k);
    s->round = 1;
    s->header = m->world.header;
    s->plan = m->plan;
    s->client = m->world.clients[0];
    m->world.clients[0] = NULL;
    s->received = s->filled = true;
    struct why why = { "" };
    const struct secure_source source = { &s->plan, &s->header, 0, NULL };
    cr_assert_eq(secure_numbers_take(&source, &t, &s->numbers, &why), OK, "%s", why.text);
    trained_fini(&t);
    return s;
}

static enum err begin(struct masked *m, struct run *run)
{
    char key[RUN_KEY_BYTES], text[SECURE_SEEN_BYTES];
    const struct secagg_seen seen = { .round = m->world.header.round };
    struct agent *a = m->trainer.agent;
    TRY(agent_put(a, run_key(key, "sum", run->id), str_bytes(str_of(secure_seen_print(&seen, text)))));
    TRY(agent_put(a, mask_key(key, run->id), str_bytes(STR("left by a sum that was cut short"))));
    return trainer_send_input(&m->trainer, run);
}

/* While the worker masks. */
static void meddle(struct run *run, struct str how)
{
    if (str_is(how, "another")) run->secure->header.round++;
    if (!str_is(how, "given-up")) return;
    secure_free(run->secure);
    run->secure = NULL;
}

static enum err run_mask(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct masked *m = self;
    struct run *run = run_find(&m->trainer.runs, "toy-1");
    (void)a;
    cr_assert(run != NULL && run->accepted);
    open_world(m, run);
    run->secure = secure_of(m, run);
    if (str_is(call_text(c, "how"), "broken")) run->secure->numbers.plan.bits = 0;
    TRY(begin(m, run));
    meddle(run, call_text(c, "how"));
    result_say(out, "begun");
    return OK;
}

static const struct argument mask_args[] = { { "how", ARG_TEXT, ARG_REQUIRED, 1, 20, .doc = "what happens" }, { 0 } };
static const struct command commands[] = { { "mask", ROLE_OFFICER, mask_args, "masks", NULL, run_mask }, { 0 } };

static void open_site(struct site *s, struct agent_def *hospital, const char *task, const char *how)
{
    *hospital = trainer_agent;
    hospital->state_size = sizeof(struct masked);
    hospital->fini = masked_fini;
    hospital->commands = commands;
    site_open(s, &(struct site_plan){ .task = task, .policy = POLICY, .agent = hospital });
    site_do(s, "invite");
    cr_assert_eq(site_heard(s)->got[MSG_RUN_ACCEPT], 1, "%s", site_heard(s)->text);
    char words[40];
    (void)snprintf(words, sizeof words, "/mask how=%s", how);
    const char *said = site_ask(s, "paul", words);
    cr_assert(strstr(said, "begun"), "%s", said);
    (void)sim_run(s->sim, SOON_MS, NULL, NULL);
}

static bool is_kept(struct site *s, const char *key, struct buf *out)
{
    enum err e = store_get(sim_store(s->sim, "hospital"), key, out);
    cr_assert(e == OK || e == ERR_ABSENT);
    return e == OK;
}

/* ---- what left ---- */

/* Masks of the others are taken off with the answers of two of three. */
static void finish(struct masked *m, const struct heard *h, struct secagg_vec *out)
{
    static const enum world_drop drops[HOSPITALS] = { WORLD_VOTE, WORLD_NEVER, WORLD_NEVER };
    struct world *w = &m->world;
    struct why why = { "" };
    for (size_t i = 0; i < HOSPITALS; i++) {
        struct buf packed CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
        uint8_t bytes[INPUT_BYTES];
        struct secagg_input input;
        size_t n = strlen(h->input) / 2;
        cr_assert(n < sizeof bytes && hex_decode(str_of(h->input), bytes, n) == OK);
        if (i == 0) cr_assert_eq(secagg_input_parse(bytes_of(bytes, n), &input), OK);
        if (i > 0) cr_assert_eq(world_vector(w, i, &input, &packed), OK);
        const struct bytes vector = i == 0 ? buf_bytes(&h->delta) : buf_bytes(&packed);
        const struct secagg_packed in = world_packed(&vector);
        cr_assert_eq(secagg_server_take_input(w->server, &input, &in, &why), OK, "%zu: %s", i, why.text);
    }
    w->drops = drops;
    cr_assert_eq(secagg_server_end_inputs(w->server, &why), OK, "%s", why.text);
    cr_assert_eq(world_vote(w, &why), OK, "%s", why.text);
    cr_assert_eq(world_answer(w, &why), OK, "%s", why.text);
    cr_assert_eq(secagg_server_finish(w->server, out, &why), OK, "%s", why.text);
}

static double expected(const struct secure_plan *p, size_t k)
{
    size_t weights = p->want.weights;
    if (k < weights) return SAMPLES * number(k) * p->update.scale;
    return k == weights ? SAMPLES * p->count.scale : SAMPLES * LOSS * p->loss.scale;
}

/* Nothing of a number is seen in what leaves, and with the others' vectors it adds up: of one window and of two. */
Test(mask, what_leaves_is_masked_and_adds_up, .timeout = 60)
{
    static const struct {
        const char *model;
        bool windows; /* more than one */
    } rows[] = { { SITE_SECURE_TASK, false }, { SITE_SECURE_TASK "model: {arch: mlp, hidden: [400, 330]}\n", true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        struct agent_def hospital;
        struct secagg_seen seen;
        struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
        struct buf text CLEANUP(buf_free) = buf_make(SECURE_SEEN_BYTES);
        open_site(&s, &hospital, rows[i].model, "nothing");
        const struct heard *h = site_heard(&s);
        struct masked *m = (struct masked *)(uintptr_t)site_trainer(&s);
        size_t n = m->plan.length, wrong = 0, plain = 0;
        cr_assert_eq(h->got[MSG_SECURE_INPUT], 1, "row %zu: %s", i, h->text);
        cr_expect(h->number == m->world.header.round && (n > MASK_WINDOW) == rows[i].windows, "row %zu", i);
        cr_assert_eq(h->delta.n, secagg_vec_packed_bytes(m->plan.bits, n), "row %zu", i);
        struct secagg_vec left CLEANUP(secagg_vec_fini) = { 0 };
        cr_assert_eq(secagg_vec_init(&left, m->plan.bits, n), OK);
        cr_assert_eq(secagg_vec_add_packed(&left, 0, n, buf_bytes(&h->delta)), OK);
        finish(m, h, &sum);
        for (size_t k = 0; k < n; k++) {
            double mine = (double)(secagg_vec_get(&sum, k) - m->others[n + k] - m->others[2 * n + k]);
            wrong += !(fabs(mine - expected(&m->plan, k)) <= 1);
            plain += secagg_vec_get(&left, k) == (int64_t)mine;
        }
        cr_expect(wrong == 0 && plain <= 2, "row %zu: %zu wrong, %zu plain of %zu", i, wrong, plain, n);
        cr_assert(is_kept(&s, "sum/toy-1", &text) && secure_seen_read(buf_str(&text), &seen) == OK);
        cr_expect(seen.answered, "row %zu", i);
        cr_expect_not(is_kept(&s, "vector/toy-1", &text), "row %zu", i);
        site_close(&s);
    }
}

Test(mask, what_else_may_happen, .timeout = 60)
{
    static const struct {
        const char *how;
        bool told; /* in words */
    } rows[] = { { "given-up", false }, { "another", false }, { "broken", true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        struct agent_def hospital;
        struct secagg_seen seen;
        struct buf text CLEANUP(buf_free) = buf_make(SECURE_SEEN_BYTES);
        open_site(&s, &hospital, SITE_SECURE_TASK, rows[i].how);
        const struct heard *h = site_heard(&s);
        cr_expect_eq(h->got[MSG_SECURE_INPUT], 0, "%s", rows[i].how);
        cr_expect_eq(h->got[MSG_ROUND_DECLINE], rows[i].told, "%s: %s", rows[i].how, h->text);
        const struct run *run = run_find((struct runs *)(uintptr_t)&site_trainer(&s)->runs, "toy-1");
        cr_expect_eq(run->secure != NULL, strcmp(rows[i].how, "another") == 0, "%s", rows[i].how);
        cr_assert(is_kept(&s, "sum/toy-1", &text) && secure_seen_read(buf_str(&text), &seen) == OK);
        cr_expect_not(seen.answered, "%s: nothing left", rows[i].how);
        site_close(&s);
    }
}
