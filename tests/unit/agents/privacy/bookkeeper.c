#include "tests/unit/agents/privacy/bookkeeper.h"
#include "agents/privacy/tlog_commands.h"
#include "common/crypto/note_checkpoint.h"
#include "common/runtime/roster_log.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHORT_MS = 2000, EXPORT_BYTES = 1 << 20 };

/* ---- the guardian ---- */

struct keeping {
    struct tlog log;
};

static enum err begin(struct agent *a, void *self, struct why *why)
{
    struct keeping *k = self;
    return tlog_load(&k->log, a, why);
}

static enum err add(struct tlog *l, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) TRY(tlog_add(l, NULL, "permit serial=%" PRIu64, l->range.size));
    return OK;
}

static enum err tell(enum err e, const struct buf *text, struct result *out)
{
    result_say(out, "%s: " STR_F, e == OK ? "done" : err_name(e), STR_ARG(buf_str(text)));
    return OK;
}

static enum err run_do(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct keeping *k = self;
    struct tlog anew;
    struct why why = { "" };
    struct str what = call_text(c, "what");
    uint64_t first = call_u64(c, "first");
    struct buf text CLEANUP(buf_free) = buf_make(EXPORT_BYTES);
    enum err e = OK;
    if (str_is(what, "add")) e = add(&k->log, first);
    if (str_is(what, "sign")) e = tlog_sign(&k->log);
    if (str_is(what, "show")) e = tlog_show_all(&k->log);
    if (str_is(what, "roster")) e = tlog_add_roster(&k->log);
    if (str_is(what, "forget")) e = tlog_forget_asked(&k->log);
    if (str_is(what, "export")) e = tlog_export(&k->log, &text);
    if (str_is(what, "proof")) e = tlog_proof(&k->log, first, call_u64(c, "second"), &text);
    if (str_is(what, "verify")) return tlog_say_verify(&k->log, out);
    if (str_is(what, "health")) return tlog_say_health(&k->log, out);
    if (str_is(what, "file")) return tlog_say_export(&k->log, out);
    if (str_is(what, "check")) e = tlog_load(&anew, a, &why);
    if (e == OK && str_is(what, "check") && anew.range.size != k->log.range.size) e = ERR_BUG;
    buf_add_z(&text, why.text);
    return tell(e, &text, out);
}

static enum err on_model(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_model(&((struct keeping *)self)->log, m);
}
static enum err on_cosign(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_cosign(&((struct keeping *)self)->log, m);
}
static enum err on_entry(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_entry(&((struct keeping *)self)->log, m);
}

static const struct argument do_args[] = {
    { .name = "what", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = 20, .doc = "what to do" },
    { .name = "first", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 1e6, .fallback = "0", .doc = "a number" },
    { .name = "second", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 1e6, .fallback = "0", .doc = "a number" },
    { 0 },
};
static const struct agent_handler keeper_handlers[] = { { MSG_LOG_MODEL, on_model, MSG_LOG_PROOF, false },
                                                        { MSG_LOG_COSIGN, on_cosign, MSG_ERROR, false },
                                                        { MSG_LOG_ENTRY, on_entry, MSG_ERROR, false },
                                                        { 0 } };
static const struct command keeper_commands[] = { { "do", ROLE_OFFICER, do_args, "does it", NULL, run_do }, { 0 } };
static const struct setting keeper_settings[] = { { "export_dir", SET_PATH, "", 0, 1000, "where files go" }, { 0 } };
static const struct agent_def keeper = { .name = "keeper",
                                         .role = ROLE_GUARDIAN,
                                         .doc = "keeps",
                                         .state_size = sizeof(struct keeping),
                                         .init = begin,
                                         .settings = keeper_settings,
                                         .handlers = keeper_handlers,
                                         .commands = keeper_commands };

/* ---- those it talks to ---- */

struct hearing {
    struct shown shown; /* first: what core_state gives */
    char note[4096];
};

static enum err on_checkpoint(struct agent *a, void *self, const struct msg *m)
{
    struct hearing *h = self;
    struct note note;
    struct note_checkpoint c;
    (void)a;
    TRY(note_parse(m->log_checkpoint.note, &note, NULL));
    TRY(note_checkpoint_parse(note.text, &c, NULL));
    TRY(str_copy(m->log_checkpoint.note, h->note, sizeof h->note));
    h->shown.checkpoints++;
    h->shown.from = m->log_checkpoint.from;
    h->shown.size = c.size;
    memcpy(h->shown.run, m->run, sizeof h->shown.run);
    return OK;
}

static enum err on_proof(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)m;
    ((struct hearing *)self)->shown.proofs++;
    return OK;
}

static enum err fill_cosign(struct agent *a, const struct hearing *h, struct str what, struct msg *m, struct buf *out)
{
    struct note note;
    struct note_key me;
    m->log_cosign.size = h->shown.size;
    m->log_cosign.code = str_is(what, "lie") ? STR("ERR_CRYPTO") : STR("OK");
    m->log_cosign.text = str_is(what, "lie") ? STR("split view") : STR("");
    if (str_is(what, "lie") || str_is(what, "behind")) return OK;
    TRY(note_parse(str_of(h->note), &note, NULL));
    TRY(note_key_make(str_of(agent_jid(a)), NOTE_COSIGN, agent_sign_key(a)->public_key, &me));
    buf_add_z(out, h->note);
    TRY(note_cosign(&me, agent_sign_key(a), 7, str_is(what, "false") ? STR("another\n0\n\n") : note.text, out));
    m->log_cosign.note = buf_str(out);
    return OK;
}

static enum err run_send(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct hearing *h = self;
    struct str what = call_text(c, "what");
    struct str text = call_text(c, "text");
    char sha256[65];
    struct buf note CLEANUP(buf_free) = buf_make(8192);
    bool is_model = str_is(what, "model"), is_entry = str_is(what, "entry");
    struct msg m = msg_make(is_model ? MSG_LOG_MODEL : is_entry ? MSG_LOG_ENTRY : MSG_LOG_COSIGN, NULL);
    TRY(agent_sha256(str_bytes(text), sha256));
    if (!is_entry) TRY(str_copy(is_model ? text : str_of(h->shown.run), m.run, sizeof m.run));
    m.log_model = is_model ? (struct msg_log_model){ .sha256 = str_of(sha256) } : m.log_model;
    if (is_entry) m.log_entry = (struct msg_log_entry){ .kind = text, .code = STR("ERR_BUDGET"), .text = STR("spent") };
    if (!is_model && !is_entry) TRY(fill_cosign(a, h, what, &m, &note));
    result_say(out, "sent");
    return agent_send(a, roster_log_keeper(agent_roster(a))->jid, &m);
}

static const struct argument send_args[] = {
    { .name = "what", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = 20, .doc = "what to send" },
    { .name = "text", .kind = ARG_TEXT, .need = ARG_OPTIONAL, .min = 1, .max = 20, .fallback = "x", .doc = "a word" },
    { 0 },
};
static const struct agent_handler hearing_handlers[] = { { MSG_LOG_CHECKPOINT, on_checkpoint, MSG_NONE, false },
                                                         { MSG_LOG_PROOF, on_proof, MSG_NONE, false },
                                                         { MSG_ERROR, on_proof, MSG_NONE, false },
                                                         { 0 } };
static const struct command hearing_commands[] = { { "send", ROLE_OFFICER, send_args, "sends it", NULL, run_send },
                                                   { 0 } };
#define HEARS(role_)                                                                                                   \
    {                                                                                                                  \
        .name = "hears", .role = (role_), .doc = "hears", .state_size = sizeof(struct hearing),                        \
        .handlers = hearing_handlers, .commands = hearing_commands                                                     \
    }
static const struct agent_def hospital = HEARS(ROLE_TRAINER), chief = HEARS(ROLE_COORDINATOR);

/* ---- the test's hand ---- */

void bookkeeper_open(struct bookkeeper *b) { bookkeeper_open_in(b, ""); }

void bookkeeper_open_in(struct bookkeeper *b, const char *export_dir)
{
    char settings[200];
    static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 5 };
    struct why why = { "" };
    (void)snprintf(settings, sizeof settings, "export_dir: \"%s\"\n", export_dir);
    b->sim = sim_new(3, &calm);
    cr_assert_not_null(b->sim);
    cr_assert_eq(sim_add(b->sim, &keeper, "guardian", settings, &why), OK, "%s", why.text);
    cr_assert_eq(sim_add(b->sim, &hospital, "hospital-a", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_add(b->sim, &chief, "coordinator", "", &why), OK, "%s", why.text);
    cr_assert_eq(sim_add_person(b->sim, "paul", ROLE_OFFICER), OK);
    cr_assert_eq(sim_start(b->sim, &why), OK, "%s", why.text);
    (void)sim_run(b->sim, SHORT_MS, NULL, NULL);
}

void bookkeeper_close(struct bookkeeper *b) { sim_free(b->sim); }

static const char *say(struct bookkeeper *b, const char *to, const char *verb, const char *words)
{
    char text[200];
    sim_forget(b->sim, "paul");
    (void)snprintf(text, sizeof text, "%s %s", verb, words);
    sim_say(b->sim, "paul", to, text);
    (void)sim_run(b->sim, SHORT_MS, NULL, NULL);
    return sim_heard(b->sim, "paul").n ? sim_heard(b->sim, "paul").p : "";
}

const char *bookkeeper_say(struct bookkeeper *b, const char *words) { return say(b, "guardian", "do", words); }
const char *bookkeeper_hear(struct bookkeeper *b, const char *who, const char *words)
{
    return say(b, who, "send", words);
}

const struct tlog *bookkeeper_log(const struct bookkeeper *b)
{
    return &((const struct keeping *)core_state(sim_agent(b->sim, "guardian")))->log;
}

const struct shown *bookkeeper_shown(const struct bookkeeper *b, const char *who)
{
    return core_state(sim_agent(b->sim, who));
}

struct note_key bookkeeper_key(const struct bookkeeper *b) { return bookkeeper_log(b)->key; }
