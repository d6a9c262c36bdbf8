/* A permit under a checkpoint that is not the one that is kept: it waits until the guardian shows that both are one
 * log.
 */
#include "agents/trainer/permitted.h"
#include "common/crypto/merkle_text.h"
#include "common/runtime/roster_log.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_BYTES = 8192, LEAVES = 16 };

/* Two logs that part after three entries. */
static enum err leaf_of(uint64_t i, bool forked, struct merkle_hash *out)
{
    const uint8_t entry[2] = { (uint8_t)i, forked && i >= 3 };
    return merkle_leaf(bytes_of(entry, sizeof entry), out);
}

struct nodes {
    struct merkle_hash at[6][LEAVES];
};
static enum err keep_node(void *self, unsigned level, uint64_t index, const struct merkle_hash *node)
{
    ((struct nodes *)self)->at[level][index] = *node;
    return OK;
}
static enum err read_node(void *self, unsigned level, uint64_t index, struct merkle_hash *out)
{
    *out = ((struct nodes *)self)->at[level][index];
    return OK;
}

static enum err tree(bool forked, uint64_t size, struct nodes *nodes, struct merkle_hash *root)
{
    struct merkle_range range = { .size = 0 };
    for (uint64_t i = 0; i < size; i++) {
        struct merkle_hash leaf;
        TRY(leaf_of(i, forked, &leaf));
        TRY(merkle_append(&range, &leaf, keep_node, nodes));
    }
    return merkle_range_root(&range, root);
}

static enum err note_of(struct agent *guard, bool forked, uint64_t size, struct buf *out)
{
    struct nodes *nodes = calloc(1, sizeof *nodes);
    struct note_key key;
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct note_checkpoint c = { .origin = str_of(agent_jid(guard)), .extensions = STR("time 1\n"), .size = size };
    cr_assert(nodes != NULL && tree(forked, size, nodes, &c.root) == OK);
    free(nodes);
    TRY(note_checkpoint_print(&c, &text));
    TRY(note_key_make(c.origin, NOTE_ED25519, agent_sign_key(guard)->public_key, &key));
    return note_sign(&key, agent_sign_key(guard), buf_str(&text), out);
}

/* ---- a guardian that proves what it is asked, of one of the logs, or does not ---- */

struct guard {
    unsigned asked;
    uint64_t from, size;
};

static enum err on_ask(struct agent *a, void *self, const struct msg *m)
{
    struct guard *g = self;
    (void)a;
    g->asked++;
    g->from = m->log_ask.from;
    g->size = m->log_ask.size;
    return OK;
}

static enum err run_prove(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct nodes *nodes = calloc(1, sizeof *nodes);
    const struct guard *g = self;
    struct merkle_hash root;
    struct merkle_proof proof;
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct msg m = msg_make(MSG_LOG_CONSISTENCY, NULL);
    cr_assert(nodes != NULL && tree(call_u64(c, "forked") > 0, g->size, nodes, &root) == OK);
    cr_assert_eq(merkle_prove_consistency(read_node, nodes, g->from, g->size, &proof), OK);
    free(nodes);
    TRY(merkle_proof_print(&proof, &text));
    m.log_consistency.from = g->from;
    m.log_consistency.size = g->size;
    m.log_consistency.proof = buf_str(&text);
    result_say(out, "proven");
    return agent_send(a, roster_by_name(agent_roster(a), STR("hospital"))->jid, &m);
}

static const struct argument prove_args[] = {
    { .name = "forked", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 1, .fallback = "0", .doc = "of the other log" },
    { 0 }
};
static const struct agent_handler guard_handlers[] = { { MSG_LOG_ASK, on_ask, MSG_NONE, false },
                                                       { MSG_LOG_ENTRY, on_ask, MSG_NONE, false },
                                                       { 0 } };
static const struct command guard_commands[] = {
    { "prove", ROLE_OFFICER, prove_args, "proves what was asked last", NULL, run_prove }, { 0 }
};
static const struct agent_def guard_agent = { .name = "guard",
                                              .role = ROLE_GUARDIAN,
                                              .doc = "proves",
                                              .state_size = sizeof(struct guard),
                                              .handlers = guard_handlers,
                                              .commands = guard_commands };

/* ---- the hospital: a permit's checkpoint comes, as permitted() is told of it ---- */

/* The guardian's note lies where the test put it. */
static enum err run_come(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct note_key key;
    struct why why = { "" };
    uint64_t point = 0;
    TRY(agent_get(a, "test/note", &note));
    TRY(trainer_guardian_key(self, &key));
    enum err e = trainer_compare_log(self, &key, buf_str(&note), &point, &why);
    (void)c;
    result_say(out, "%s at %u. %s", err_name(e), (unsigned)point, why.text);
    return OK;
}
static const struct command hospital_commands[] = {
    { "come", ROLE_OFFICER, NULL, "looks at a permit's checkpoint", NULL, run_come }, { 0 }
};

static const char *comes(struct site *s, bool forked, uint64_t size)
{
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct store *kept = sim_store(s->sim, "hospital");
    cr_assert_eq(note_of(sim_agent(s->sim, "guard"), forked, size, &note), OK);
    cr_assert(store_begin(kept) == OK && store_put(kept, "test/note", buf_bytes(&note)) == OK);
    cr_assert_eq(store_commit(kept), OK);
    return site_ask(s, "paul", "/come");
}
static bool says(const char *said, const char *part) { return strstr(said, part) != NULL; }

static bool shown(struct site *s, uint64_t point)
{
    bool out = false;
    cr_assert_eq(trainer_log_shown((struct trainer *)(uintptr_t)site_trainer(s), point, &out), OK);
    return out;
}

static const struct guard *guard_of(struct site *s) { return core_state(sim_agent(s->sim, "guard")); }

static void prove(struct site *s, bool forked)
{
    sim_say(s->sim, "paul", "guard", forked ? "/prove forked=1" : "/prove");
    (void)sim_run(s->sim, 3000, NULL, NULL);
}

static void open_site(struct site *s, struct agent_def *hospital)
{
    *hospital = trainer_agent;
    hospital->commands = hospital_commands;
    site_open(
        s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8), .guard = &guard_agent, .agent = hospital });
    cr_expect(says(comes(s, false, 5), "OK at 0"), "the first that is seen is kept");
}

Test(handlers_proof, it_waits_until_both_are_one_log)
{
    static const struct {
        const char *name;
        uint64_t size;
        bool forked; /* the permit's */
        bool other;  /* proof */
        bool alarm;
    } rows[] = {
        { "newer", 9, false, false, false },
        { "older", 4, false, false, false },
        { "newer, of a fork", 9, true, true, true },
        { "newer, of a fork, with the other's proof", 9, true, false, true },
        { "older, of a fork", 4, true, false, true },
        { "older, from before it forked", 3, true, false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        struct agent_def hospital;
        open_site(&s, &hospital);
        cr_expect(says(comes(&s, rows[i].forked, rows[i].size), "OK at "), "%s: %s", rows[i].name,
                  sim_heard(s.sim, "paul").p);
        cr_expect_not(shown(&s, rows[i].size), "%s", rows[i].name);
        cr_expect(guard_of(&s)->asked == 1 && guard_of(&s)->from + guard_of(&s)->size == 5 + rows[i].size, "%s",
                  rows[i].name);
        site_kill(&s);
        cr_expect_eq(guard_of(&s)->asked, 2, "%s: asked again after a restart", rows[i].name);
        prove(&s, rows[i].other);
        cr_expect(shown(&s, rows[i].size), "%s", rows[i].name);
        const char *alarm = site_trainer(&s)->log_alarm.text;
        cr_expect_eq(strstr(alarm, "split view") != NULL, rows[i].alarm, "%s: %s", rows[i].name, alarm);
        if (!rows[i].alarm && rows[i].size > 5)
            cr_expect(says(comes(&s, false, rows[i].size), "OK at 0"), "it is kept");
        site_close(&s);
    }
}

Test(handlers_proof, what_cannot_be_is_said_at_once)
{
    struct site s;
    struct agent_def hospital;
    open_site(&s, &hospital);
    cr_expect(says(comes(&s, false, 5), "OK at 0"));
    cr_expect(says(comes(&s, true, 9), "OK at 9"), "it waits");
    const char *said = comes(&s, false, 9);
    cr_expect(says(said, "ERR_CRYPTO") && says(said, "split view"), "another of the same length: %s", said);
    site_close(&s);
    open_site(&s, &hospital);
    cr_expect(says(comes(&s, true, 5), "ERR_CRYPTO"), "another than the kept one");
    site_close(&s);
}

/* A proof that comes when another one is kept already is asked for anew. */
Test(handlers_proof, two_permits_at_once)
{
    struct site s;
    struct agent_def hospital;
    open_site(&s, &hospital);
    (void)comes(&s, false, 9);
    (void)comes(&s, false, 7);
    prove(&s, false); /* 5 to 7 */
    cr_expect(shown(&s, 7) && !shown(&s, 9));
    (void)comes(&s, false, 9);
    cr_expect(guard_of(&s)->from == 7 && guard_of(&s)->size == 9);
    prove(&s, false);
    cr_expect(shown(&s, 9));
    site_close(&s);
}

Test(handlers_proof, a_guardian_that_is_silent)
{
    struct site s;
    struct agent_def hospital;
    open_site(&s, &hospital);
    (void)comes(&s, false, 9);
    (void)sim_run(s.sim, 2 * LOG_PROOF_MS, NULL, NULL);
    cr_expect(shown(&s, 9), "what waited was refused, and is waited for no more");
    cr_expect(says(comes(&s, false, 9), "OK at 9"), "another permit waits again");
    site_close(&s);
}
