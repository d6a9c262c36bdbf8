/* With a guardian in the roster nothing is done here but what it permits, and its log holds. */
#include "agents/trainer/permitted.h"
#include "common/privacy/permit_log.h"
#include "tests/support/permits.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 1 << 16, SIZE = 2 };
#define OTHER_HASH "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FAR_MS (UINT64_C(1) << 52)

/* ---- a guardian, whose keys the test has ---- */

static enum err ignore(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    (void)self;
    (void)m;
    return OK;
}
static const struct agent_handler handlers[] = { { MSG_LOG_ENTRY, ignore, MSG_NONE }, { 0 } };
static const struct agent_def guard_agent = { .name = "guard", .role = ROLE_GUARDIAN, .handlers = handlers };

struct word { /* what comes with a round, and what is wrong with it */
    bool no_note, no_proof, foreign_note, foreign_log, outside, other_model, other_site, other_data, expired, alarm;
};

static struct sign_key key_of(struct agent *guard, bool foreign, struct note_key *out)
{
    struct sign_key secret = *agent_sign_key(guard);
    if (foreign) cr_assert_eq(sign_generate(agent_random_fn, guard, &secret), OK);
    cr_assert_eq(note_key_make(str_of(agent_jid(guard)), NOTE_ED25519, secret.public_key, out), OK);
    return secret;
}

/* The permit's entry is the second of two. */
static void prove(struct agent *guard, const struct word *w, const struct permit *p, struct buf *out)
{
    struct buf entry CLEANUP(buf_free) = buf_make(LOGBOOK_ENTRY_BYTES);
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct merkle_hash leaf[SIZE];
    struct note_checkpoint c = { .origin = str_of(agent_jid(guard)), .size = SIZE };
    struct permit entered = *p;
    struct note_key key;
    if (w->other_model) (void)snprintf(entered.model, sizeof entered.model, "%s", OTHER_HASH);
    cr_assert_eq(permit_entry(&entered, &entry), OK);
    cr_assert(merkle_leaf(bytes_of("roster", 6), &leaf[0]) == OK && merkle_leaf(buf_bytes(&entry), &leaf[1]) == OK);
    cr_assert_eq(merkle_node(&leaf[0], &leaf[1], &c.root), OK);
    const struct merkle_proof proof = { 1, { leaf[w->outside] } };
    const struct sign_key secret = key_of(guard, w->foreign_log, &key);
    cr_assert_eq(note_checkpoint_print(&c, &text), OK);
    cr_assert_eq(note_sign(&key, &secret, buf_str(&text), &note), OK);
    cr_assert_eq(logbook_put_proof(&(struct logbook_cut){ 1, buf_str(&entry), &proof, buf_str(&note) }, out), OK);
}

static void put_words(struct site *s, struct bytes note, struct bytes proof)
{
    struct store *kept = sim_store(s->sim, "hospital");
    cr_assert(store_begin(kept) == OK && store_put(kept, "test/note", note) == OK);
    cr_assert(store_put(kept, "test/proof", proof) == OK && store_commit(kept) == OK);
}

static void write_word(struct site *s, const struct word *w)
{
    struct agent *guard = sim_agent(s->sim, "guard");
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf proof CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct permit_site site = { "", 100, 2.5, 1, 1, 2.5, "" };
    struct note_key key;
    (void)snprintf(site.jid, sizeof site.jid, "%s", agent_jid(w->other_site ? guard : sim_agent(s->sim, "hospital")));
    (void)snprintf(site.data, sizeof site.data, "%s", w->other_data ? "images" : "records");
    struct permit p = permit_sample(&site, 1);
    if (!w->expired) p.expires_ms = FAR_MS;
    const struct sign_key secret = key_of(guard, w->foreign_note, &key);
    if (!w->no_note) cr_assert_eq(permit_sign(&p, &key, &secret, &note), OK);
    if (!w->no_proof) prove(guard, w, &p, &proof);
    put_words(s, buf_bytes(&note), buf_bytes(&proof));
}

/* ---- the hospital looks at it ---- */

static enum err run_look(struct agent *a, void *self, const struct call *c, struct result *out)
{
    const struct permit_wish wish = { .run = "toy-1", .round = 3, .sum = 2, .model = PERMIT_SAMPLE_HASH };
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf proof CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct trainer *t = self;
    struct permitted_as as;
    struct why why = { "" };
    TRY(agent_get(a, "test/note", &note));
    TRY(agent_get(a, "test/proof", &proof));
    if (call_u64(c, "alarm")) (void)snprintf(t->log_alarm.text, sizeof t->log_alarm.text, "the log forked");
    enum err e = permitted(t, &(struct permitted_by){ buf_str(&note), buf_str(&proof) }, &wish, &as, &why);
    result_say(out, "%s, noise %g, point %u. %s", err_name(e), as.noise, (unsigned)as.point, why.text);
    return OK;
}
static const struct argument look_args[] = {
    { .name = "alarm", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .max = 1, .fallback = "0", .doc = "of the log" }, { 0 }
};
static const struct command commands[] = { { "look", ROLE_OFFICER, look_args, "looks", NULL, run_look }, { 0 } };

static void open_site(struct site *s, struct agent_def *hospital, const struct agent_def *guard)
{
    *hospital = trainer_agent;
    hospital->commands = commands;
    site_open(s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8), .guard = guard, .agent = hospital });
}

Test(permitted, what_comes_with_a_round, .timeout = 60)
{
    static const struct {
        const char *name;
        struct word word;
        const char *says;
    } rows[] = {
        { "right", { .alarm = false }, "OK, noise 2.5, point 0" },
        { "no permit", { .no_note = true }, "ERR_REFUSED, noise 0, point 0. this came without the guardian's permit" },
        { "no proof", { .no_proof = true }, "without the proof that it is in the log" },
        { "signed by another", { .foreign_note = true }, "ERR_CRYPTO, noise 0" },
        { "in another's log", { .foreign_log = true }, "it is not proven that the permit is in the log" },
        { "not in the log", { .outside = true }, "it is not proven that the permit is in the log" },
        { "another is in the log", { .other_model = true }, "another model than the log's" },
        { "another hospital's", { .other_site = true }, "does not name this hospital" },
        { "of another data set", { .other_data = true }, "data set images of this hospital" },
        { "expired", { .expired = true }, "expired" },
        { "the log showed two pasts", { .alarm = true }, "ERR_REFUSED, noise 0, point 0. the log forked" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        struct agent_def hospital;
        open_site(&s, &hospital, &guard_agent);
        write_word(&s, &rows[i].word);
        const char *said = site_ask(&s, "paul", rows[i].word.alarm ? "/look alarm=1" : "/look");
        cr_expect(strstr(said, rows[i].says), "%s: %s", rows[i].name, said);
        cr_expect_eq(strstr(said, "OK, ") != NULL, i == 0, "%s: %s", rows[i].name, said);
        site_close(&s);
    }
}

Test(permitted, without_a_guardian_nothing_is_asked_for)
{
    struct site s;
    struct agent_def hospital;
    open_site(&s, &hospital, NULL);
    put_words(&s, (struct bytes){ 0 }, (struct bytes){ 0 });
    const char *said = site_ask(&s, "paul", "/look");
    cr_expect(strstr(said, "OK, noise 0, point 0"), "%s", said);
    site_close(&s);
}
