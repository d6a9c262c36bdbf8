#include "tests/sim/keeper.h"
#include "common/privacy/permit_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 4096, KEY_BYTES = STORE_MAX_KEY, FORK_LEVELS = 12 };

const char *const keeper_moods[] = { "honest", "mute",    "forks",  "shrinks", "alarms",    "unproven",
                                     "other",  "foreign", "forked", "silent",  "misproves", NULL };

struct keeper {
    struct agent *agent;
    const char *mood;
    struct tlog log;
    uint64_t point; /* of the newest permit: so long is the log that all hospitals know */
};

static bool is(const struct keeper *k, const char *mood) { return strcmp(k->mood, mood) == 0; }

/* ---- lies ---- */

static const char *victim(const struct keeper *k)
{
    const char *jid = "";
    const struct roster *r = agent_roster(k->agent);
    for (size_t i = 0; i < roster_count(r); i++)
        if (roster_at(r, i)->role == ROLE_TRAINER && strcmp(roster_at(r, i)->jid, jid) > 0) jid = roster_at(r, i)->jid;
    return jid;
}

/* For the log it is as if the victim never answered: it is shown nothing true. */
static enum err leave_out(struct keeper *k)
{
    char key[KEY_BYTES];
    (void)snprintf(key, sizeof key, "log/witness/%s", victim(k));
    return agent_put(k->agent, key, str_bytes(STR("0 1 0")));
}

/* A signed checkpoint over nothing that is in the log. */
static enum err forge(struct keeper *k, uint64_t size, struct buf *out)
{
    char when[40];
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct note_checkpoint c = { .origin = str_of(k->log.key.name), .size = size };
    (void)snprintf(when, sizeof when, "time %" PRId64 "\n", agent_wall_ms(k->agent) + 1000000);
    c.extensions = str_of(when);
    memset(c.root.b, 0xaa, sizeof c.root.b);
    TRY(note_checkpoint_print(&c, &text));
    return note_sign(&k->log.key, agent_sign_key(k->agent), buf_str(&text), out);
}

static enum err show(struct keeper *k, const char *jid, const struct msg *about, uint64_t size)
{
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct msg m = msg_make(MSG_LOG_CHECKPOINT, about);
    TRY(forge(k, size, &note));
    m.log_checkpoint.note = buf_str(&note);
    m.log_checkpoint.from = k->point;
    return agent_send(k->agent, jid, &m);
}

static enum err show_shorter(struct keeper *k, const struct msg *about)
{
    const struct roster *r = agent_roster(k->agent);
    for (size_t i = 0; i < roster_count(r); i++)
        if (roster_at(r, i)->role == ROLE_TRAINER) TRY(show(k, roster_at(r, i)->jid, about, 1));
    return OK;
}

/* ---- the agent ---- */

static enum err begin(struct agent *a, void *self, struct why *why)
{
    struct keeper *k = self;
    k->agent = a;
    k->mood = settings_text(agent_settings(a), "mood");
    TRY(tlog_load(&k->log, a, why));
    TRY(tlog_add_roster(&k->log));
    TRY(tlog_forget_asked(&k->log));
    if (is(k, "forks")) TRY(leave_out(k));
    return tlog_show_all(&k->log);
}

/* That the first entry is in the log, whatever was asked. */
static enum err prove_first(struct keeper *k, const struct msg *m)
{
    struct buf proof CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct msg said = msg_make(MSG_LOG_PROOF, m);
    TRY(tlog_sign(&k->log));
    TRY(tlog_proof(&k->log, 0, k->log.newest, &proof));
    said.log_proof.proof = buf_str(&proof);
    return agent_reply(k->agent, m, &said);
}

static enum err on_model(struct agent *a, void *self, const struct msg *m)
{
    struct keeper *k = self;
    (void)a;
    if (is(k, "misproves")) return prove_first(k, m);
    if (is(k, "mute")) return OK;
    if (is(k, "shrinks")) return show_shorter(k, m);
    TRY(tlog_take_model(&k->log, m));
    return is(k, "forks") ? show(k, victim(k), m, k->log.newest) : OK;
}

static enum err on_cosign(struct agent *a, void *self, const struct msg *m)
{
    struct keeper *k = self;
    (void)a;
    return tlog_take_cosign(&k->log, m);
}

static enum err on_entry(struct agent *a, void *self, const struct msg *m)
{
    struct keeper *k = self;
    (void)a;
    return tlog_take_entry(&k->log, m);
}

/* Under a checkpoint that was signed by somebody else. */
static enum err forge_proof(const struct keeper *k, struct buf *proof)
{
    uint8_t foreign[ED25519_KEY_BYTES] = { 7 };
    struct note_key key;
    struct sign_key secret;
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct str all = buf_str(proof);
    size_t at = str_find(all, "\n\n") + 2;
    struct note note;
    TRY(sign_generate(agent_random_fn, k->agent, &secret));
    memcpy(foreign, secret.public_key, sizeof foreign);
    TRY(note_key_make(str_of(k->log.key.name), NOTE_ED25519, foreign, &key));
    TRY(note_parse((struct str){ all.p + at, all.n - at }, &note, NULL));
    buf_add(&text, all.p, at);
    TRY(note_sign(&key, &secret, note.text, &text));
    buf_clear(proof);
    buf_add_str(proof, buf_str(&text));
    return buf_err(proof);
}

/* In a log of its own, longer than the one that is shown: a permit's entry among others that nobody ever saw. */
static enum err prove_in_fork(struct keeper *k, struct str entry, struct buf *proof)
{
    char when[40];
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct note_checkpoint c = { .origin = str_of(k->log.key.name), .size = UINT64_C(1) << FORK_LEVELS };
    struct merkle_proof siblings = { .n = FORK_LEVELS };
    (void)snprintf(when, sizeof when, "time %" PRIu64 "\n", k->log.time_ms);
    c.extensions = str_of(when);
    TRY(merkle_leaf(str_bytes(entry), &c.root));
    for (size_t i = 0; i < siblings.n; i++) {
        memset(siblings.at[i].b, (int)i, sizeof siblings.at[i].b);
        const struct merkle_hash below = c.root;
        TRY(merkle_node(&below, &siblings.at[i], &c.root));
    }
    TRY(note_checkpoint_print(&c, &text));
    TRY(note_sign(&k->log.key, agent_sign_key(k->agent), buf_str(&text), &note));
    return logbook_put_proof(&(struct logbook_cut){ 0, entry, &siblings, buf_str(&note) }, proof);
}

static enum err prove(struct keeper *k, const struct permit *p, struct buf *proof)
{
    uint64_t index = 0;
    struct permit entered = *p;
    struct buf entry CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    if (is(k, "other")) entered.model[0] = entered.model[0] == '0' ? '1' : '0';
    TRY(permit_entry(&entered, &entry));
    TRY(tlog_add(&k->log, &index, STR_F, STR_ARG(buf_str(&entry))));
    TRY(tlog_sign(&k->log));
    if (p->kind == PERMIT_ROUND) k->point = k->log.newest;
    if (is(k, "unproven")) return OK;
    if (is(k, "forked")) return prove_in_fork(k, buf_str(&entry), proof);
    TRY(tlog_proof(&k->log, index, k->log.newest, proof));
    return is(k, "foreign") ? forge_proof(k, proof) : OK;
}

static enum err on_ask(struct agent *a, void *self, const struct msg *m)
{
    struct keeper *k = self;
    (void)a;
    return is(k, "silent") ? OK : tlog_take_ask(&k->log, m);
}

/* Whatever is asked for. */
static enum err on_permit_ask(struct agent *a, void *self, const struct msg *m)
{
    struct keeper *k = self;
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf note CLEANUP(buf_free) = buf_make(2 * PERMIT_MAX_BYTES);
    struct buf proof CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct msg said = msg_make(MSG_PERMIT, m);
    struct permit p;
    TRY(permit_parse(m->permit_ask.request, &arena, &p, NULL));
    p.serial = k->log.range.size + 1;
    p.expires_ms = UINT64_C(1) << 52;
    TRY(permit_sign(&p, &k->log.key, agent_sign_key(a), &note));
    said.permit.note = buf_str(&note);
    TRY(prove(k, &p, &proof));
    said.permit.proof = buf_str(&proof);
    return agent_reply(a, m, &said);
}

static enum err on_report(struct agent *a, void *self, const struct msg *m)
{
    struct keeper *k = self;
    struct msg said = msg_make(MSG_PERMIT_REVOKE, m);
    said.permit_revoke.code = STR("ERR_REFUSED");
    said.permit_revoke.text = STR("less noise than permitted");
    return is(k, "alarms") ? agent_send(a, m->from, &said) : OK;
}

static enum err on_tick(struct agent *a, void *self)
{
    struct keeper *k = self;
    (void)a;
    return is(k, "silent") ? OK : tlog_show_all(&k->log);
}

static const struct setting settings[] = {
    { "mood", SET_TEXT, "honest", 1, 31, "how it lies" },
    { "checkpoint_ms", SET_COUNT, "30000", 100, 3600000, "how often what is new is shown" },
    { 0 },
};
static const struct agent_handler handlers[] = { { MSG_LOG_MODEL, on_model, MSG_LOG_PROOF, false },
                                                 { MSG_LOG_COSIGN, on_cosign, MSG_ERROR, false },
                                                 { MSG_LOG_ENTRY, on_entry, MSG_ERROR, false },
                                                 { MSG_PERMIT_ASK, on_permit_ask, MSG_PERMIT, false },
                                                 { MSG_ROUND_REPORT, on_report, MSG_NONE, false },
                                                 { MSG_LOG_ASK, on_ask, MSG_LOG_CONSISTENCY, false },
                                                 { 0 } };
static const struct agent_ticker tickers[] = { { "checkpoint_ms", on_tick }, { 0 } };

const struct agent_def keeper_agent = { .name = "keeper",
                                        .role = ROLE_GUARDIAN,
                                        .doc = "keeps the log",
                                        .peers = ROLE_TRAINER | ROLE_COORDINATOR,
                                        .safety = STORE_POWER_SAFE,
                                        .state_size = sizeof(struct keeper),
                                        .init = begin,
                                        .settings = settings,
                                        .handlers = handlers,
                                        .tickers = tickers };

/* ---- looking ---- */

struct reading {
    struct merkle_range range;
    uint64_t points;
    struct store *store;
    struct why *why;
};

static enum err add_entry(void *to, const char *key, struct bytes text)
{
    struct reading *r = to;
    struct merkle_hash leaf;
    char expected[KEY_BYTES];
    char point[KEY_BYTES];
    struct buf note CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    struct note parsed;
    struct note_checkpoint c;
    struct merkle_hash root;
    (void)snprintf(expected, sizeof expected, "log/entry/%020" PRIu64, r->range.size);
    if (strcmp(key, expected) != 0) return why_say(r->why, ERR_BUG, "the log has %s where %s belongs", key, expected);
    TRY(merkle_leaf(text, &leaf));
    TRY(merkle_append(&r->range, &leaf, NULL, NULL));
    (void)snprintf(point, sizeof point, "log/point/%020" PRIu64, r->range.size);
    enum err e = store_get(r->store, point, &note);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    TRY(note_parse(buf_str(&note), &parsed, r->why));
    TRY(note_checkpoint_parse(parsed.text, &c, r->why));
    TRY(merkle_range_root(&r->range, &root));
    r->points++;
    if (c.size == r->range.size && memcmp(&root, &c.root, sizeof root) == 0) return OK;
    return why_say(r->why, ERR_BUG, "the log's checkpoint over %" PRIu64 " entries is of others", r->range.size);
}

enum err keeper_check(struct store *s, struct why *why)
{
    struct reading r = { .store = s, .why = why };
    TRY(store_scan(s, "log/entry/", add_entry, &r));
    return r.points > 0 ? OK : why_say(why, ERR_BUG, "the log has no checkpoint");
}
