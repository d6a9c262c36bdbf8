#include "tests/bench/toys.h"
#include "common/learn/metrics.h"
#include "tests/bench/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_BYTES = 1 << 16, TTL_MS = 600000, TOY_RECORDS = 100, TOY_MAX_BYTES = 1 << 30 };

/* ---- the coordinator ---- */

static struct bytes content(size_t n, uint64_t stamp, uint8_t **out)
{
    uint8_t *p = *out = malloc(n + sizeof stamp);
    if (p == NULL) report_die("memory");
    for (size_t i = 0; i < n && i < PATTERN_BYTES; i++) p[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t at = PATTERN_BYTES; at < n; at += PATTERN_BYTES)
        memcpy(p + at, p, n - at < PATTERN_BYTES ? n - at : PATTERN_BYTES);
    memcpy(p, &stamp, n < sizeof stamp ? n : sizeof stamp);
    return bytes_of(p, n);
}

static enum err run_round(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct toy_round *t = self;
    const struct roster *r = agent_roster(a);
    uint8_t *p = NULL;
    struct msg m = msg_make(MSG_ROUND_START, NULL);
    m.round_start.model.data = content(call_u64(call, "bytes"), ++t->round, &p);
    m.round = t->round;
    m.ttl_ms = TTL_MS;
    (void)out;
    (void)snprintf(m.run, sizeof m.run, "bench-1");
    (void)snprintf(m.stage, sizeof m.stage, "training");
    t->started_ns = report_now_ns();
    t->ended_ns = t->got = t->want = 0;
    enum err e = OK;
    for (size_t i = 0; i < roster_count(r) && e == OK; i++) {
        if (roster_at(r, i)->role != ROLE_TRAINER) continue;
        t->want++;
        e = agent_send(a, roster_at(r, i)->jid, &m);
    }
    t->sent_ns = report_now_ns();
    free(p);
    return e;
}

static enum err on_update(struct agent *a, void *self, const struct msg *m)
{
    struct toy_round *t = self;
    (void)a;
    if (m->round == t->round && ++t->got == t->want) t->ended_ns = report_now_ns();
    return OK;
}

static enum err on_join(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)self;
    (void)m;
    return OK;
}

static enum err on_presence(struct agent *a, void *self, const struct member *who, bool online)
{
    struct toy_round *t = self;
    (void)a;
    (void)who;
    t->online += online ? 1 : (size_t)-1;
    return OK;
}

static const struct argument round_args[] = {
    { "bytes", ARG_COUNT, ARG_REQUIRED, 8, TOY_MAX_BYTES, "bytes", NULL, NULL, "length of the model" },
    { NULL },
};
static const struct command commands[] = {
    { "round", ROLE_OPERATOR, round_args, "one round", NULL, run_round },
    { NULL },
};
static const struct setting no_settings[] = { { 0 } };
static const struct agent_handler coordinator_handlers[] = {
    { MSG_UPDATE, on_update, MSG_NONE },
    { MSG_JOIN, on_join, MSG_NONE },
    { 0 },
};
const struct agent_def toy_coordinator = {
    .name = "toy-coordinator",
    .role = ROLE_COORDINATOR,
    .doc = "sends a model and counts the answers",
    .peers = ROLE_TRAINER,
    .safety = STORE_PROCESS_SAFE,
    .state_size = sizeof(struct toy_round),
    .settings = no_settings,
    .handlers = coordinator_handlers,
    .commands = commands,
    .presence = on_presence,
};

/* ---- the trainer ---- */

static enum err on_round_start(struct agent *a, void *self, const struct msg *m)
{
    struct msg answer = msg_make(MSG_UPDATE, m);
    uint8_t *p = NULL;
    uint64_t n = settings_u64(agent_settings(a), "reply_bytes");
    (void)self;
    answer.update.samples = TOY_RECORDS;
    answer.update.loss = 0.5;
    answer.update.delta.data = n ? content(n, m->round, &p) : m->round_start.model.data;
    enum err e = agent_reply(a, m, &answer);
    free(p);
    return e;
}

/* The histograms of a hundred records, as long on the wire as a hospital's are. */
static enum err on_evaluate(struct agent *a, void *self, const struct msg *m)
{
    struct tally t CLEANUP(tally_fini) = { 0 };
    struct msg answer = msg_make(MSG_EVALUATION, m);
    (void)self;
    TRY(tally_init(&t, 2));
    for (uint32_t i = 0; i < TOY_RECORDS; i++) {
        float output = (float)i / 10 - 5;
        uint32_t label = i % 2;
        tally_add(&t, &output, 1, &label, 1);
    }
    answer.evaluation.samples = TOY_RECORDS;
    answer.evaluation.loss_sum = *t.loss_sum;
    answer.evaluation.brier_sum = *t.brier_sum;
    answer.evaluation.confusion = (struct vec){ t.confusion, t.nclasses * t.nclasses };
    answer.evaluation.positives = (struct vec){ t.positives, t.nscores * t.nbins };
    answer.evaluation.negatives = (struct vec){ t.negatives, t.nscores * t.nbins };
    return agent_reply(a, m, &answer);
}

static enum err on_invite(struct agent *a, void *self, const struct msg *m)
{
    struct msg answer = msg_make(MSG_RUN_ACCEPT, m);
    (void)self;
    answer.run_accept.records = TOY_RECORDS;
    answer.run_accept.data = STR("records");
    return agent_reply(a, m, &answer);
}

static enum err on_run_end(struct agent *a, void *self, const struct msg *m) { return on_join(a, self, m); }

static const struct setting trainer_settings[] = {
    { "reply_bytes", SET_COUNT, "0", 0, TOY_MAX_BYTES, "length of the update in bytes; 0: the model comes back" },
    { 0 },
};
static const struct agent_handler trainer_handlers[] = {
    { MSG_ROUND_START, on_round_start, MSG_UPDATE },
    { MSG_EVALUATE, on_evaluate, MSG_EVALUATION },
    { MSG_RUN_INVITE, on_invite, MSG_RUN_ACCEPT },
    { MSG_RUN_END, on_run_end, MSG_NONE },
    { 0 },
};
const struct agent_def toy_trainer = {
    .name = "toy-trainer",
    .role = ROLE_TRAINER,
    .doc = "answers at once",
    .peers = ROLE_COORDINATOR,
    .safety = STORE_PROCESS_SAFE,
    .settings = trainer_settings,
    .handlers = trainer_handlers,
};
