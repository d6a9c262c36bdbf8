#include "tests/unit/agents/coordinator/house.h"
#include "agents/coordinator/journal.h"
#include "common/base/file.h"
#include "common/crypto/note.h"
#include "common/learn/metrics.h"
#include "common/learn/safetensors.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUND_BYTES = 4096, NOTE_BYTES = 8000, SLOW_MS = 70000, BEAT_MS = 10000, BEATS = 15, VIRTUAL_MS = 3600 * 1000 };

const char house_task[] = "name: toy\n"
                          "data:\n"
                          "  columns:\n"
                          "    - { name: a, kind: real, min: -10, max: 10 }\n"
                          "    - { name: b, kind: real, min: 0, max: 4 }\n"
                          "    - { name: y, role: label, classes: [\"0\", \"1\"] }\n"
                          "model: { arch: logistic, seed: 3 }\n";
static const char usual_rounds[] =
    "rounds: { count: 3, quorum: 2, join_deadline: 60s, round_deadline: 60s, max_update_norm: 10 }\n";

/* ---- puppets ---- */

struct puppet {
    struct agent *agent;
    const char *mood;
    char coordinator[ROSTER_JID_BYTES];
    struct msg asked; /* of the round; the slow one keeps it */
    unsigned beats;
};

static bool is(const struct puppet *p, const char *mood) { return strcmp(p->mood, mood) == 0; }

static enum err send(struct puppet *p, struct msg *m) { return agent_send(p->agent, p->coordinator, m); }

static enum err puppet_init(struct agent *a, void *self, struct why *why)
{
    struct puppet *p = self;
    (void)why;
    p->agent = a;
    p->mood = settings_text(agent_settings(a), "mood");
    (void)snprintf(p->coordinator, sizeof p->coordinator, "coordinator%s", strchr(agent_jid(a), '@'));
    return OK;
}

static enum err on_presence(struct agent *a, void *self, const struct member *who, bool online)
{
    struct msg m = msg_make(MSG_JOIN, NULL);
    (void)a;
    if (!online || !(who->role & ROLE_COORDINATOR)) return OK;
    m.join.site = STR("puppet");
    m.join.software = STR("puppet 1");
    m.join.records = 100;
    return send(self, &m);
}

static enum err on_invite(struct agent *a, void *self, const struct msg *about)
{
    struct puppet *p = self;
    struct msg m = msg_make(is(p, "declines") ? MSG_RUN_DECLINE : MSG_RUN_ACCEPT, about);
    (void)a;
    if (is(p, "declines")) {
        m.run_decline.code = STR("ERR_BUDGET");
        m.run_decline.text = STR("the privacy budget is spent");
    } else
        m.run_accept.records = 80;
    m.run_accept.data = STR("records");
    return send(p, &m);
}

static enum err on_stats_ask(struct agent *a, void *self, const struct msg *about)
{
    static const double mean[2] = { 1, 2 };
    static const double m2[2] = { 80, 320 };
    static const double bad[2] = { -1, -1 };
    struct puppet *p = self;
    struct msg m = msg_make(MSG_STATS, about);
    (void)a;
    if (is(p, "silent")) return OK;
    m.stats.count = 80;
    m.stats.mean = (struct vec){ mean, 2 };
    m.stats.m2 = (struct vec){ is(p, "liar") ? bad : m2, 2 };
    return send(p, &m);
}

static void fill_update(const struct puppet *p, float value, struct buf *out)
{
    static const struct tensor_shape shapes[] = { { "layer0.weight", 2, { 1, 2 } }, { "layer0.bias", 1, { 1 } } };
    struct tensor_set *s = NULL;
    cr_assert(tensor_set_new(shapes, is(p, "alien") ? 1 : 2, &s) == OK);
    for (size_t i = 0; i < s->nelements; i++) s->flat[i] = value;
    if (is(p, "nan")) s->flat[0] = NAN;
    if (is(p, "long")) s->flat[0] = 1000;
    cr_assert(safetensors_encode(s, NULL, 0, out) == OK);
    if (is(p, "garbage")) memset(out->p, 0xff, out->n);
    tensor_set_free(s);
}

static enum err send_update(struct puppet *p, const struct msg *about, uint64_t round, float value)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(ROUND_BYTES);
    struct msg m = msg_make(MSG_UPDATE, about);
    fill_update(p, value, &bytes);
    m.round = round;
    m.update.samples = 80;
    m.update.loss = is(p, "wild") ? 1e12 : 0.5;
    m.update.epsilon_spent = 0.25 * (double)round;
    m.update.seconds = 1;
    m.update.delta.data = buf_bytes(&bytes);
    return send(p, &m);
}

static enum err answer_late(struct agent *a, void *self, uint64_t arg)
{
    struct puppet *p = self;
    (void)a;
    return send_update(p, &p->asked, arg, 0.5f);
}

static enum err tell_how_it_comes(struct agent *a, void *self, uint64_t arg)
{
    struct puppet *p = self;
    struct msg m = msg_make(MSG_HEARTBEAT, NULL);
    if (p->beats++ == BEATS && !is(p, "boasting")) return answer_late(a, self, arg);
    m.heartbeat.doing = STR("receiving");
    m.heartbeat.progress = is(p, "stuck") ? .5 : (p->beats % 100) / 100.0;
    TRY(send(p, &m));
    return agent_after(a, BEAT_MS, tell_how_it_comes, arg);
}

static bool tells(const struct puppet *p) { return is(p, "moving") || is(p, "stuck") || is(p, "boasting"); }

static enum err on_round_start(struct agent *a, void *self, const struct msg *about)
{
    struct puppet *p = self;
    struct msg m = msg_make(MSG_ROUND_DECLINE, about);
    if (is(p, "silent")) return OK;
    if (is(p, "slow")) {
        p->asked = msg_make(MSG_UPDATE, about);
        return agent_after(a, SLOW_MS, answer_late, about->round);
    }
    if (tells(p)) {
        p->asked = msg_make(MSG_UPDATE, about);
        p->beats = 0;
        return agent_after(a, BEAT_MS, tell_how_it_comes, about->round);
    }
    if (is(p, "refuses")) {
        m.round_decline.code = STR("ERR_REFUSED");
        m.round_decline.text = STR("not today");
        return send(p, &m);
    }
    if (is(p, "early")) TRY(send_update(p, about, about->round + 1, 0.5f));
    TRY(send_update(p, about, about->round, 0.5f));
    if (is(p, "again")) return send_update(p, about, about->round, 0.5f);
    return is(p, "twice") ? send_update(p, about, about->round, 0.25f) : OK;
}

static enum err on_evaluate(struct agent *a, void *self, const struct msg *about)
{
    struct puppet *p = self;
    struct msg m = msg_make(MSG_EVALUATION, about);
    struct tally t;
    const float outputs[4] = { -2, -1, 1, 2 };
    const uint32_t labels[4] = { 0, 1, 0, 1 };
    (void)a;
    if (is(p, "small")) return send(p, &m);
    TRY(tally_init(&t, 2));
    tally_add(&t, outputs, 1, labels, 4);
    m.evaluation.samples = is(p, "liar") ? 5 : 4;
    m.evaluation.loss_sum = is(p, "wild") ? 1e15 : *t.loss_sum;
    m.evaluation.brier_sum = *t.brier_sum;
    m.evaluation.confusion = (struct vec){ t.confusion, 4 };
    m.evaluation.positives = (struct vec){ t.positives, t.nbins };
    m.evaluation.negatives = (struct vec){ t.negatives, t.nbins };
    enum err e = send(p, &m);
    tally_fini(&t);
    return e;
}

/* Signs whatever checkpoint it is shown; the forger with a key that is not its own. */
static enum err cosign(struct puppet *p, struct str shown, struct buf *out)
{
    struct note note;
    struct note_key key;
    struct sign_key secret = *agent_sign_key(p->agent);
    if (is(p, "forger")) TRY(sign_generate(agent_random_fn, p->agent, &secret));
    TRY(note_parse(shown, &note, NULL));
    TRY(note_key_make(str_of(agent_jid(p->agent)), NOTE_COSIGN, secret.public_key, &key));
    buf_add_str(out, shown);
    return note_cosign(&key, &secret, 1, note.text, out);
}

static enum err on_checkpoint(struct agent *a, void *self, const struct msg *about)
{
    struct puppet *p = self;
    struct msg m = msg_make(MSG_LOG_COSIGN, about);
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    (void)a;
    m.log_cosign.code = is(p, "doubts") ? STR("ERR_CRYPTO") : STR("OK");
    m.log_cosign.text = is(p, "doubts") ? STR("the log forgot something") : STR("");
    if (!is(p, "doubts")) TRY(cosign(p, about->log_checkpoint.note, &note));
    m.log_cosign.note = buf_str(&note);
    return send(p, &m);
}

static enum err ignore(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)self;
    (void)m;
    return OK;
}

static const struct setting settings[] = { { "mood", SET_TEXT, "honest", 1, 20, "what it does" }, { 0 } };
static const struct agent_handler handlers[] = {
    { MSG_RUN_INVITE, on_invite, MSG_RUN_ACCEPT },
    { MSG_STATS_ASK, on_stats_ask, MSG_STATS },
    { MSG_ROUND_START, on_round_start, MSG_UPDATE },
    { MSG_EVALUATE, on_evaluate, MSG_EVALUATION },
    { MSG_LOG_CHECKPOINT, on_checkpoint, MSG_NONE },
    { MSG_RUN_END, ignore, MSG_NONE },
    { MSG_ERROR, ignore, MSG_NONE },
    { 0 },
};
static const struct agent_def puppet_agent = {
    .name = "puppet",
    .role = ROLE_TRAINER,
    .peers = ROLE_COORDINATOR | ROLE_GUARDIAN,
    .state_size = sizeof(struct puppet),
    .init = puppet_init,
    .settings = settings,
    .handlers = handlers,
    .presence = on_presence,
};

/* ---- the house ---- */

static void write_task(struct house *h, const char *task, const char *extra)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    char path[128];
    (void)snprintf(h->dir, sizeof h->dir, "/tmp/himas-house-XXXXXX");
    cr_assert(mkdtemp(h->dir) != NULL);
    buf_add_z(&text, task ? task : house_task);
    buf_add_z(&text, extra ? extra : "");
    if (!extra || !strstr(extra, "rounds:")) buf_add_z(&text, usual_rounds);
    if (!extra || !strstr(extra, "standardise:")) buf_add_z(&text, "standardise: ranges\n");
    (void)snprintf(path, sizeof path, "%s/tasks", h->dir);
    cr_assert(mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof path, "%s/tasks/toy.yaml", h->dir);
    cr_assert(file_write(path, buf_bytes(&text), 0600, NULL) == OK);
    (void)snprintf(path, sizeof path, "%s/tasks/bad.yaml", h->dir);
    cr_assert(file_write(path, str_bytes(STR("name: bad\n")), 0600, NULL) == OK);
}

static void add_agents(struct house *h, const struct house_plan *plan, const char *const names[])
{
    struct why why = { 0 };
    char text[256];
    (void)snprintf(text, sizeof text, "tasks: %s/tasks\nexport_dir: %s/out\n", h->dir, h->dir);
    const struct agent_def *coordinator = plan->coordinator ? plan->coordinator : &coordinator_agent;
    cr_assert(h->sim && sim_add(h->sim, coordinator, "coordinator", text, &why) == OK, "%s", why.text);
    if (plan->guard) cr_assert(sim_add(h->sim, plan->guard, "guard", "", &why) == OK, "%s", why.text);
    for (size_t i = 0; plan->moods[i]; i++) {
        (void)snprintf(text, sizeof text, "mood: %s\n", plan->moods[i]);
        cr_assert(sim_add(h->sim, &puppet_agent, names[i], text, &why) == OK, "%s", why.text);
    }
    cr_assert(sim_add_person(h->sim, "olga", ROLE_OPERATOR) == OK &&
              sim_add_person(h->sim, "lea", ROLE_LEADERSHIP) == OK &&
              sim_add_person(h->sim, "paul", ROLE_OFFICER) == OK);
    cr_assert(sim_start(h->sim, &why) == OK, "%s", why.text);
}

void house_open_with(struct house *h, const struct house_plan *plan)
{
    static const char *const names[] = { "hospital-0", "hospital-1", "hospital-2", "hospital-3" };
    write_task(h, plan->task, plan->extra);
    h->sim = sim_new(7, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 });
    add_agents(h, plan, names);
    for (size_t i = 0; plan->moods[i]; i++)
        if (strcmp(plan->moods[i], "absent") == 0) sim_kill(h->sim, names[i], 10 * VIRTUAL_MS);
    house_run(h, 2000);
}

void house_open(struct house *h, const char *extra, const char *const moods[])
{
    house_open_with(h, &(struct house_plan){ .extra = extra, .moods = moods });
}

void house_close(struct house *h)
{
    static const char *const files[] = { "tasks/toy.yaml", "tasks/bad.yaml", "out/toy-1.safetensors",
                                         "out/toy-1.card.json" };
    static const char *const dirs[] = { "tasks", "out", "" };
    char path[128];
    sim_free(h->sim);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", h->dir, files[i]);
        (void)unlink(path);
    }
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", h->dir, dirs[i]);
        (void)rmdir(path);
    }
}

const struct coordinator *house_state(const struct house *h) { return core_state(sim_agent(h->sim, "coordinator")); }
void house_run(struct house *h, uint64_t ms) { (void)sim_run(h->sim, ms, NULL, NULL); }

static bool is_over(struct sim *s, void *to)
{
    struct agent *a = sim_agent(s, "coordinator");
    (void)to;
    return a != NULL && ((const struct coordinator *)core_state(a))->nruns == 0;
}

/* Runs that ended leave memory at the next tick. */
bool house_until_over(struct house *h) { return sim_run(h->sim, VIRTUAL_MS, is_over, NULL); }

const char *house_say(struct house *h, const char *text)
{
    sim_forget(h->sim, "olga");
    sim_say(h->sim, "olga", "coordinator", text);
    house_run(h, 1000);
    struct str heard = sim_heard(h->sim, "olga");
    return heard.n ? heard.p : "";
}

bool house_says(struct house *h, const char *text, const char *expected)
{
    const char *heard = house_say(h, text);
    bool found = strstr(heard, expected) != NULL;
    if (!found) cr_log_warn("\"%s\" was answered: %s", text, heard);
    return found;
}

bool house_metric(const struct house *h, const char *line)
{
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    coordinator_gauges(house_state(h), &out);
    bool found = out.p && strstr((const char *)out.p, line) != NULL;
    if (!found) cr_log_warn("%s", (const char *)out.p);
    return found;
}

struct run_head house_head(const struct house *h, const char *run)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    struct run_head head = { 0 };
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "head/%s", run);
    cr_assert(store_get(sim_store(h->sim, "coordinator"), key, &text) == OK, "%s", run);
    cr_assert(journal_read_head(buf_bytes(&text), &head) == OK);
    return head;
}

static enum err found_one(void *to, const char *key, struct bytes value)
{
    (void)key;
    (void)value;
    *(bool *)to = true;
    return OK;
}

bool house_has(const struct house *h, const char *key_prefix)
{
    bool found = false;
    cr_assert(store_scan(sim_store(h->sim, "coordinator"), key_prefix, found_one, &found) == OK);
    return found;
}
