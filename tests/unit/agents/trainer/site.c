#include "tests/unit/agents/trainer/site.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "common/learn/safetensors.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 128, SHORT_MS = 5000, TASK_BYTES = 1 << 16 };
static const char run_name[] = "toy-1";

/* ---- the coordinator ---- */

static void path_of(char out[PATH_BYTES], const char *dir, const char *file)
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", dir, file);
}

static struct msg word(enum msg_type type, const char *stage, uint64_t round)
{
    struct msg m = msg_make(type, NULL);
    (void)snprintf(m.run, sizeof m.run, "%s", run_name);
    (void)snprintf(m.stage, sizeof m.stage, "%s", stage);
    m.round = round;
    return m;
}

static enum err read_task(struct agent *a, struct buf *out)
{
    return file_read(settings_text(agent_settings(a), "task"), out, NULL);
}

static enum err send(struct agent *a, struct msg *m)
{
    return agent_send(a, roster_by_name(agent_roster(a), STR("hospital"))->jid, m);
}

static enum err send_invitation(struct agent *a, struct str digest)
{
    char right[65];
    struct msg m = word(MSG_RUN_INVITE, "inviting", 0);
    CLEANUP(buf_free) struct buf task = buf_make(TASK_BYTES);
    TRY(read_task(a, &task));
    TRY(agent_sha256(buf_bytes(&task), right));
    m.run_invite.task = buf_str(&task);
    m.run_invite.digest = digest.n ? digest : str_of(right);
    return send(a, &m);
}

static enum err send_model(struct agent *a, enum msg_type type, uint64_t round)
{
    struct msg m = word(type, "training", round);
    CLEANUP(buf_free) struct buf task = buf_make(TASK_BYTES);
    CLEANUP(buf_free) struct buf model = buf_make(1 << 20);
    CLEANUP(plan_let_go) struct plan *plan = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *weights = NULL;
    TRY(read_task(a, &task));
    TRY(plan_new(buf_str(&task), &plan, NULL));
    TRY(model_init(&plan->spec, 3, &weights));
    TRY(safetensors_encode(weights, NULL, 0, &model));
    msg_blob(&m)->data = buf_bytes(&model);
    return send(a, &m);
}

static enum err run_tell(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct str what = call_text(c, "what");
    struct msg stats = word(MSG_STATS_ASK, "statistics", 0);
    struct msg end = word(MSG_RUN_END, "done", 0);
    (void)self;
    result_say(out, "said");
    end.run_end.outcome = STR("done");
    if (str_is(what, "invite")) return send_invitation(a, (struct str){ 0 });
    if (str_is(what, "forged")) return send_invitation(a, str_of(wrong));
    if (str_is(what, "moments")) return send(a, &stats);
    if (str_is(what, "end")) return send(a, &end);
    return send_model(a, str_is(what, "train") ? MSG_ROUND_START : MSG_EVALUATE, call_u64(c, "round"));
}

static void note_words(char *out, size_t size, struct str s) { (void)snprintf(out, size, STR_F, STR_ARG(s)); }

static void note_decline(struct heard *h, struct str code, struct str text)
{
    note_words(h->code, sizeof h->code, code);
    note_words(h->text, sizeof h->text, text);
}

static void note_update(struct heard *h, const struct msg_update *u)
{
    h->number = u->samples;
    h->noise = u->noise;
    h->epsilon = u->epsilon_spent;
    h->loss = u->loss;
    buf_clear(&h->delta);
    buf_add(&h->delta, u->delta.data.p, u->delta.data.n);
}

static enum err note_input(struct agent *a, struct heard *h, const struct msg_secure_input *in)
{
    uint64_t n = agent_blob_bytes(a, &in->vector);
    note_words(h->input, sizeof h->input, in->input);
    h->number = in->sum;
    buf_clear(&h->delta);
    uint8_t *at = buf_grow(&h->delta, n);
    return at ? agent_blob_read(a, &in->vector, 0, n, at) : ERR_MEMORY;
}

static enum err hear(struct agent *a, void *self, const struct msg *m)
{
    struct heard *h = self;
    h->got[m->type]++;
    if (m->type == MSG_SECURE_INPUT) return note_input(a, h, &m->secure_input);
    if (m->type == MSG_UPDATE) note_update(h, &m->update);
    if (m->type == MSG_RUN_DECLINE) note_decline(h, m->run_decline.code, m->run_decline.text);
    if (m->type == MSG_ROUND_DECLINE) note_decline(h, m->round_decline.code, m->round_decline.text);
    if (m->type == MSG_RUN_ACCEPT) h->number = m->run_accept.records;
    if (m->type == MSG_JOIN) h->number = m->join.records;
    if (m->type == MSG_DATA_NEW) h->number = m->data_new.records;
    if (m->type == MSG_EVALUATION) h->number = m->evaluation.samples;
    if (m->type == MSG_STATS) h->number = m->stats.count;
    if (m->type == MSG_STATS) h->ninputs = m->stats.mean.n;
    if (m->type == MSG_HEARTBEAT) note_words(h->doing, sizeof h->doing, m->heartbeat.doing);
    return OK;
}

static enum err fake_init(struct agent *a, void *self, struct why *why)
{
    (void)a;
    (void)why;
    ((struct heard *)self)->delta = buf_make(1 << 20);
    return OK;
}
static void fake_fini(void *self) { buf_free(&((struct heard *)self)->delta); }

static const struct setting settings[] = { { "task", SET_PATH, NULL, 1, 200, "the task" }, { 0 } };
static const struct argument tell_args[] = {
    { "what", ARG_TEXT, ARG_REQUIRED, 1, 20, NULL, NULL, NULL, "what to say" },
    { "round", ARG_COUNT, ARG_OPTIONAL, 0, 1000, NULL, NULL, "0", "of which round" },
    { 0 },
};
static const struct command commands[] = {
    { "tell", ROLE_OPERATOR, tell_args, "says something to the hospital", NULL, run_tell },
    { 0 },
};
static const struct agent_handler handlers[] = {
    { MSG_JOIN, hear, MSG_NONE },         { MSG_HEARTBEAT, hear, MSG_NONE },     { MSG_DATA_NEW, hear, MSG_NONE },
    { MSG_RUN_ACCEPT, hear, MSG_NONE },   { MSG_RUN_DECLINE, hear, MSG_NONE },   { MSG_STATS, hear, MSG_NONE },
    { MSG_UPDATE, hear, MSG_NONE },       { MSG_ROUND_DECLINE, hear, MSG_NONE }, { MSG_EVALUATION, hear, MSG_NONE },
    { MSG_SECURE_INPUT, hear, MSG_NONE }, { MSG_ERROR, hear, MSG_NONE },         { 0 },
};
static const struct agent_def fake_coordinator = {
    .name = "coordinator",
    .role = ROLE_COORDINATOR,
    .doc = "says what it is told",
    .peers = ROLE_TRAINER,
    .state_size = sizeof(struct heard),
    .init = fake_init,
    .fini = fake_fini,
    .settings = settings,
    .handlers = handlers,
    .commands = commands,
};

/* ---- the hospital ---- */

void site_write(const struct site *s, const char *file, const char *text)
{
    char path[PATH_BYTES];
    path_of(path, s->dir, file);
    cr_assert_eq(file_write(path, str_bytes(str_of(text)), 0600, NULL), OK);
}

void site_write_records(const struct site *s, unsigned rows)
{
    struct rng rng = rng_make(7);
    CLEANUP(buf_free) struct buf text = buf_make(1 << 20);
    for (unsigned i = 0; i < rows; i++) {
        int y = (int)(i % 2);
        buf_addf(&text, "%.4f,%.4f,%d\n", 2 * y - 1 + rng_normal(&rng), 1 - 2 * y + rng_normal(&rng), y);
    }
    site_write(s, "records.csv", (const char *)text.p);
}

static void add_agents(struct site *s, const struct site_plan *plan)
{
    const bool policy = plan->policy != NULL;
    char text[4 * PATH_BYTES];
    struct why why = { "" };
    (void)snprintf(text, sizeof text, "task: %s/task.yaml\n", s->dir);
    cr_assert_eq(sim_add(s->sim, &fake_coordinator, "coordinator", text, &why), OK, "%s", why.text);
    (void)snprintf(text, sizeof text, "records: %s/records.csv\nrescan_ms: 1000\nheartbeat_ms: 1000\n%s%s%s", s->dir,
                   policy ? "policy: " : "", policy ? s->dir : "", policy ? "/policy.yaml\n" : "");
    cr_assert_eq(sim_add(s->sim, plan->agent ? plan->agent : &trainer_agent, "hospital", text, &why), OK, "%s",
                 why.text);
    cr_assert_eq(sim_add_person(s->sim, "olga", ROLE_OPERATOR), OK);
    cr_assert_eq(sim_add_person(s->sim, "sam", ROLE_SCIENTIST), OK);
    cr_assert_eq(sim_add_person(s->sim, "paul", ROLE_OFFICER), OK);
    if (plan->guard) cr_assert_eq(sim_add(s->sim, plan->guard, "guard", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_start(s->sim, &why), OK, "%s", why.text);
    (void)sim_run(s->sim, SHORT_MS, NULL, NULL);
}

void site_open(struct site *s, const struct site_plan *plan)
{
    *s = (struct site){ .dir = "/tmp/himas-site-XXXXXX" };
    cr_assert(mkdtemp(s->dir) != NULL);
    site_write(s, "task.yaml", plan->task ? plan->task : SITE_TASK);
    if (plan->policy) site_write(s, "policy.yaml", plan->policy);
    if (!plan->no_records) site_write_records(s, SITE_ROWS);
    s->sim = sim_new(11, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 5 });
    cr_assert(s->sim != NULL);
    add_agents(s, plan);
}

void site_close(struct site *s)
{
    static const char *const files[] = { "task.yaml", "policy.yaml", "records.csv" };
    char path[PATH_BYTES];
    sim_free(s->sim);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        path_of(path, s->dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(s->dir);
}

void site_do(struct site *s, const char *words)
{
    char line[64];
    (void)snprintf(line, sizeof line, "/tell %s", words);
    sim_say(s->sim, "olga", "coordinator", line);
    (void)sim_run(s->sim, SHORT_MS, NULL, NULL);
    cr_assert(strstr((const char *)sim_heard(s->sim, "olga").p, "said") != NULL, "%s: " STR_F, words,
              STR_ARG(sim_heard(s->sim, "olga")));
    sim_forget(s->sim, "olga");
}

void site_kill(struct site *s)
{
    sim_kill(s->sim, "hospital", 100);
    (void)sim_run(s->sim, SHORT_MS, NULL, NULL);
}

const char *site_ask(struct site *s, const char *person, const char *words)
{
    sim_forget(s->sim, person);
    sim_say(s->sim, person, "hospital", words);
    (void)sim_run(s->sim, SHORT_MS, NULL, NULL);
    return sim_heard(s->sim, person).n ? sim_heard(s->sim, person).p : "";
}

const struct heard *site_heard(struct site *s) { return core_state(sim_agent(s->sim, "coordinator")); }
const struct trainer *site_trainer(struct site *s) { return core_state(sim_agent(s->sim, "hospital")); }
