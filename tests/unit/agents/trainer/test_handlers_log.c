#include "common/crypto/note_checkpoint.h"
#include "common/runtime/roster_log.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 8192 };

/* A guardian that shows what a person tells it to: checkpoints over one root, so that what grows is a split view. */
struct guard {
    unsigned answers;
    char code[33], text[401];
    uint64_t size;
    bool holds; /* the cosignature */
};

static enum err hear(struct agent *a, void *self, const struct msg *m)
{
    struct guard *g = self;
    struct note note;
    struct note_key keys[2];
    struct note_seen seen[2] = { { false, 0 } };
    const struct roster *r = agent_roster(a);
    g->answers++;
    g->size = m->log_cosign.size;
    TRY(str_copy(m->log_cosign.code, g->code, sizeof g->code));
    TRY(str_copy(m->log_cosign.text, g->text, sizeof g->text));
    TRY(roster_log_key(roster_log_keeper(r), &keys[0]));
    TRY(roster_log_witness_key(roster_find(r, str_of(m->from)), &keys[1]));
    g->holds = note_parse(m->log_cosign.note, &note, NULL) == OK && note_verify(&note, keys, 2, seen) == OK &&
               seen[0].valid && seen[1].valid && seen[1].time_s > 0;
    return OK;
}

static enum err sign(struct agent *a, uint64_t size, struct buf *out)
{
    char when[40];
    struct note_key key;
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    (void)snprintf(when, sizeof when, "time %" PRId64 "\n", agent_wall_ms(a));
    struct note_checkpoint c = { .origin = str_of(agent_jid(a)), .extensions = str_of(when), .size = size };
    TRY(note_checkpoint_print(&c, &text));
    TRY(note_key_make(str_of(agent_jid(a)), NOTE_ED25519, agent_sign_key(a)->public_key, &key));
    return note_sign(&key, agent_sign_key(a), buf_str(&text), out);
}

static enum err run_show(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct msg m = msg_make(MSG_LOG_CHECKPOINT, NULL);
    (void)self;
    TRY(sign(a, call_u64(c, "size"), &note));
    m.log_checkpoint.from = call_u64(c, "from");
    m.log_checkpoint.note = buf_str(&note);
    result_say(out, "shown");
    return agent_send(a, roster_by_name(agent_roster(a), STR("hospital"))->jid, &m);
}

static const struct argument show_args[] = {
    { .name = "size", .kind = ARG_COUNT, .need = ARG_REQUIRED, .max = 100, .doc = "entries" },
    { .name = "from", .kind = ARG_COUNT, .need = ARG_REQUIRED, .max = 100, .doc = "entries" },
    { 0 },
};
static const struct agent_handler guard_handlers[] = { { MSG_LOG_COSIGN, hear, MSG_NONE, false }, { 0 } };
static const struct command guard_commands[] = {
    { "show", ROLE_OFFICER, show_args, "shows the hospital a checkpoint", NULL, run_show }, { 0 }
};
static const struct agent_def guard_agent = { .name = "guard",
                                              .role = ROLE_GUARDIAN,
                                              .doc = "shows",
                                              .state_size = sizeof(struct guard),
                                              .handlers = guard_handlers,
                                              .commands = guard_commands };

static const struct guard *show(struct site *s, unsigned size, unsigned from)
{
    char words[64];
    (void)snprintf(words, sizeof words, "/show size=%u from=%u", size, from);
    sim_say(s->sim, "paul", "guard", words);
    (void)sim_run(s->sim, 5000, NULL, NULL);
    return core_state(sim_agent(s->sim, "guard"));
}

Test(handlers_log, a_checkpoint_is_kept_and_cosigned)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8), .guard = &guard_agent });
    const struct guard *g = show(&s, 3, 0);
    cr_expect(g->answers == 1 && g->holds && g->size == 3, "%s %s", g->code, g->text);
    site_kill(&s);
    g = show(&s, 5, 2);
    cr_expect(!g->holds && g->size == 3 && strcmp(g->code, "ERR_STATE") == 0, "it is kept: %s %s", g->code, g->text);
    g = show(&s, 3, 3);
    cr_expect(g->holds && g->size == 3, "and signed again: %s", g->text);
    site_close(&s);
}

Test(handlers_log, a_log_that_lies_is_named_and_stops_training)
{
    static const struct {
        const char *name;
        unsigned size;
        const char *said;
    } rows[] = { { "another past", 5, "split view" }, { "fewer entries", 2, "rollback" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8), .guard = &guard_agent });
        site_do(&s, "invite");
        (void)show(&s, 3, 0);
        const struct guard *g = show(&s, rows[i].size, 3);
        cr_expect(!g->holds && strstr(g->text, rows[i].said) && strstr(g->text, "guard@"), "%s: %s", rows[i].name,
                  g->text);
        site_kill(&s);
        g = show(&s, 3, 3);
        cr_expect(!g->holds && strstr(g->text, rows[i].said), "%s: it is remembered: %s", rows[i].name, g->text);
        cr_expect(strstr(site_ask(&s, "paul", "status"), rows[i].said), "%s", rows[i].name);
        site_do(&s, "train 1");
        cr_expect_eq(site_heard(&s)->got[MSG_UPDATE], 0, "%s", rows[i].name);
        cr_expect(strstr(site_heard(&s)->text, rows[i].said), "%s: %s", rows[i].name, site_heard(&s)->text);
        site_close(&s);
    }
}
