#include "agents/privacy/tlog_witness.h"
#include "common/crypto/encode.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_BYTES = STORE_MAX_KEY,
    ROW_BYTES = 256,
    NOTE_BYTES = 4096,
    PROOF_BYTES = 20000,
    WORD_MAX = 63,
    DAY_MS = 86400000
};

/* ---- what is known of a witness ---- */

struct watcher {
    uint64_t kept;    /* entries at the checkpoint it keeps */
    uint64_t asked;   /* shown and not answered; 0: none */
    uint64_t accused; /* 1: it says that this log lies, and is shown nothing more */
};

static const char *watcher_key(char out[KEY_BYTES], const char *jid)
{
    (void)snprintf(out, KEY_BYTES, "log/witness/%s", jid);
    return out;
}

static enum err read_watcher(struct agent *a, const char *jid, struct watcher *out)
{
    char key[KEY_BYTES];
    CLEANUP(buf_free) struct buf row = buf_make(ROW_BYTES);
    *out = (struct watcher){ .kept = 0 };
    enum err e = agent_get(a, watcher_key(key, jid), &row);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    struct str rest = buf_str(&row);
    TRY(str_u64(str_next(&rest, ' '), &out->kept));
    TRY(str_u64(str_next(&rest, ' '), &out->asked));
    return str_u64(rest, &out->accused);
}

static enum err put_watcher(struct agent *a, const char *jid, const struct watcher *w)
{
    char key[KEY_BYTES];
    char row[ROW_BYTES];
    (void)snprintf(row, sizeof row, "%" PRIu64 " %" PRIu64 " %" PRIu64, w->kept, w->asked, w->accused);
    return agent_put(a, watcher_key(key, jid), str_bytes(str_of(row)));
}

/* ---- showing ---- */

struct choice { /* the checkpoint that is shown next */
    uint64_t above, size;
    char run[MSG_RUN_BYTES];
};

static enum err choose(void *to, const char *key, struct bytes run)
{
    struct choice *c = to;
    uint64_t size = 0;
    TRY(str_u64(str_of(strrchr(key, '/') + 1), &size));
    if (c->size > 0 || size <= c->above) return OK;
    c->size = size;
    return str_copy(bytes_str(run), c->run, sizeof c->run);
}

static enum err next_of(const struct tlog *l, const struct watcher *w, struct choice *out)
{
    *out = (struct choice){ .above = w->kept };
    TRY(agent_scan(l->agent, "log/publish/", choose, out));
    if (out->size == 0 && l->newest > w->kept) out->size = l->newest;
    return OK;
}

static enum err send_checkpoint(struct tlog *l, const char *jid, const struct watcher *w, const struct choice *next)
{
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    CLEANUP(buf_free) struct buf proof = buf_make(NOTE_BYTES);
    struct msg m = msg_make(MSG_LOG_CHECKPOINT, NULL);
    TRY(tlog_own_note(l, next->size, &note));
    TRY(tlog_consistency(l, w->kept, next->size, &proof));
    memcpy(m.run, next->run, sizeof m.run);
    m.log_checkpoint.from = w->kept;
    m.log_checkpoint.proof = buf_str(&proof);
    m.log_checkpoint.note = buf_str(&note);
    return agent_send(l->agent, jid, &m);
}

static enum err show(struct tlog *l, const char *jid)
{
    struct watcher w;
    struct choice next;
    TRY(read_watcher(l->agent, jid, &w));
    if (w.asked || w.accused) return OK;
    TRY(next_of(l, &w, &next));
    if (next.size == 0) return OK;
    TRY(send_checkpoint(l, jid, &w, &next));
    w.asked = next.size;
    return put_watcher(l->agent, jid, &w);
}

static bool is_witness(const struct member *m) { return m && m->role == ROLE_TRAINER && m->has_sign && m->has_key; }

enum err tlog_show_all(struct tlog *l)
{
    const struct roster *r = agent_roster(l->agent);
    TRY(tlog_sign(l));
    for (size_t i = 0; i < roster_count(r); i++)
        if (is_witness(roster_at(r, i))) TRY(show(l, roster_at(r, i)->jid));
    return OK;
}

enum err tlog_forget_asked(struct tlog *l)
{
    const struct roster *r = agent_roster(l->agent);
    for (size_t i = 0; i < roster_count(r); i++) {
        struct watcher w;
        TRY(read_watcher(l->agent, roster_at(r, i)->jid, &w));
        if (w.asked == 0) continue;
        w.asked = 0;
        TRY(put_watcher(l->agent, roster_at(r, i)->jid, &w));
    }
    return OK;
}

/* ---- what is said to the log ---- */

/* A name as stands in an entry: no blank, nothing that could be another field. */
static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fine =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._-", c));
        if (!fine) return false;
    }
    return s.n > 0 && s.n <= WORD_MAX;
}

enum err tlog_may_add(struct tlog *l, const char *jid)
{
    char key[KEY_BYTES];
    char text[ROW_BYTES];
    CLEANUP(buf_free) struct buf row = buf_make(ROW_BYTES);
    uint64_t day = 0;
    uint64_t n = 0;
    uint64_t today = (uint64_t)agent_wall_ms(l->agent) / DAY_MS;
    (void)snprintf(key, sizeof key, "log/from/%s", jid);
    enum err e = agent_get(l->agent, key, &row);
    if (e != OK && e != ERR_ABSENT) return e;
    struct str rest = buf_str(&row);
    if (rest.n > 0) TRY(str_u64(str_next(&rest, ' '), &day));
    if (rest.n > 0) TRY(str_u64(rest, &n));
    if (day != today) n = 0;
    if (n >= TLOG_ENTRIES_A_DAY) return ERR_LIMIT;
    (void)snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64, today, n + 1);
    return agent_put(l->agent, key, str_bytes(str_of(text)));
}

enum err tlog_take_entry(struct tlog *l, const struct msg *m)
{
    static const char *const kinds[] = { "run", "decline", "refusal" };
    const struct msg_log_entry *e = &m->log_entry;
    size_t kind = 0;
    while (kind < sizeof kinds / sizeof *kinds && !str_is(e->kind, kinds[kind])) kind++;
    if (kind == sizeof kinds / sizeof *kinds || !is_word(e->code)) return ERR_PROTO;
    if (m->run[0] && !is_word(str_of(m->run))) return ERR_PROTO;
    TRY(tlog_may_add(l, m->from));
    struct str text = agent_screened(l->agent, "log.entry", e->text);
    return tlog_add(l, NULL, "%s by=%s run=%s round=%" PRIu64 " code=" STR_F " text=" STR_F, kinds[kind], m->from,
                    m->run, m->round, STR_ARG(e->code), STR_ARG(text));
}

/* ---- a model ---- */

struct entered {
    uint64_t index, size;
    char sha256[65];
};

static const char *model_key(char out[KEY_BYTES], const char *run)
{
    (void)snprintf(out, KEY_BYTES, "log/model/%s", run);
    return out;
}

static enum err read_entered(struct agent *a, const char *run, struct entered *out)
{
    char key[KEY_BYTES];
    CLEANUP(buf_free) struct buf row = buf_make(ROW_BYTES);
    *out = (struct entered){ .index = 0 };
    enum err e = agent_get(a, model_key(key, run), &row);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    struct str rest = buf_str(&row);
    TRY(str_u64(str_next(&rest, ' '), &out->index));
    TRY(str_u64(str_next(&rest, ' '), &out->size));
    return str_copy(rest, out->sha256, sizeof out->sha256);
}

struct pruning {
    struct agent *agent;
    size_t n, drop;
};

static enum err count_row(void *to, const char *key, struct bytes value)
{
    struct pruning *p = to;
    (void)value;
    p->n++;
    if (p->drop == 0) return OK;
    p->drop--;
    return agent_del(p->agent, key);
}

/* The oldest go first: who was away so long is shown the newest alone. */
static enum err prune(struct tlog *l)
{
    struct pruning p = { l->agent, 0, 0 };
    TRY(agent_scan(l->agent, "log/publish/", count_row, &p));
    if (p.n <= TLOG_PUBLISH_MAX) return OK;
    p.drop = p.n - TLOG_PUBLISH_MAX;
    return agent_scan(l->agent, "log/publish/", count_row, &p);
}

static enum err enter(struct tlog *l, const struct msg *m, struct entered *x)
{
    char key[KEY_BYTES];
    char row[ROW_BYTES];
    TRY(tlog_add(l, &x->index, "model run=%s round=%" PRIu64 " sha256=%s by=%s", m->run, m->round, x->sha256, m->from));
    TRY(tlog_sign(l));
    x->size = l->newest;
    (void)snprintf(row, sizeof row, "%" PRIu64 " %" PRIu64 " %s", x->index, x->size, x->sha256);
    TRY(agent_put(l->agent, model_key(key, m->run), str_bytes(str_of(row))));
    (void)snprintf(key, sizeof key, "log/publish/%020" PRIu64, x->size);
    TRY(agent_put(l->agent, key, str_bytes(str_of(m->run))));
    return prune(l);
}

enum err tlog_take_model(struct tlog *l, const struct msg *m)
{
    struct entered x;
    char sha256[65];
    uint8_t digest[HASH_BYTES];
    struct msg said = msg_make(MSG_LOG_PROOF, m);
    CLEANUP(buf_free) struct buf proof = buf_make(PROOF_BYTES);
    if (!is_word(str_of(m->run)) || hex_decode(m->log_model.sha256, digest, sizeof digest) != OK) return ERR_PROTO;
    hex_encode(bytes_of(digest, sizeof digest), sha256);
    TRY(read_entered(l->agent, m->run, &x));
    if (strcmp(x.sha256, sha256) != 0) {
        memcpy(x.sha256, sha256, sizeof sha256);
        TRY(enter(l, m, &x));
    }
    TRY(tlog_proof(l, x.index, x.size, &proof));
    said.log_proof.proof = buf_str(&proof);
    TRY(agent_reply(l->agent, m, &said));
    return tlog_show_all(l);
}

/* ---- answers of witnesses ---- */

static enum err accused(struct tlog *l, const struct msg *m, struct watcher *w)
{
    if (w->accused) return OK;
    w->accused = 1;
    struct str text = agent_screened(l->agent, "log.cosign", m->log_cosign.text);
    log_error(agent_log(l->agent), "log.accused", L_NAME("by", m->from));
    return tlog_add(l, NULL, "refusal by=%s code=ERR_CRYPTO text=" STR_F, m->from, STR_ARG(text));
}

/* By a key that the roster does not name: it was changed, and one of us has not read the newest roster yet, or its own
 * new key.  At the next tick it is shown the log again. */
static enum err ask_again(struct tlog *l, const struct msg *m, struct watcher *w)
{
    log_warn(agent_log(l->agent), "cosignature.wrong", L_NAME("of", m->from), L_U64("size", m->log_cosign.size));
    w->asked = 0;
    return put_watcher(l->agent, m->from, w);
}

enum err tlog_take_cosign(struct tlog *l, const struct msg *m)
{
    const struct msg_log_cosign *c = &m->log_cosign;
    const struct member *who = roster_find(agent_roster(l->agent), str_of(m->from));
    struct note_key key;
    struct watcher w;
    if (!is_witness(who) || roster_log_witness_key(who, &key) != OK) return ERR_ROLE;
    TRY(read_watcher(l->agent, m->from, &w));
    enum err e = c->note.n > 0 ? tlog_cosigned(l, &key, c->note) : OK;
    if (e == ERR_CRYPTO) return ask_again(l, m, &w);
    if (e != OK && e != ERR_DUPLICATE) return e;
    if (c->size > l->range.size)
        log_error(agent_log(l->agent), "log.behind", L_NAME("of", m->from), L_U64("its", c->size),
                  L_U64("ours", l->range.size));
    bool news = c->note.n > 0 || c->size != w.kept;
    w.asked = 0;
    if (str_is(c->code, err_name(ERR_CRYPTO)))
        TRY(accused(l, m, &w));
    else
        w.kept = c->size;
    TRY(put_watcher(l->agent, m->from, &w));
    return news && c->size <= l->range.size ? show(l, m->from) : OK;
}

/* ---- a permit's checkpoint, which is not the one that is kept at a hospital ---- */

enum err tlog_take_ask(struct tlog *l, const struct msg *m)
{
    CLEANUP(buf_free) struct buf proof = buf_make(NOTE_BYTES);
    struct msg said = msg_make(MSG_LOG_CONSISTENCY, m);
    enum err e = tlog_consistency(l, m->log_ask.from, m->log_ask.size, &proof);
    if (e != OK && e != ERR_ABSENT) return e;
    said.log_consistency.from = m->log_ask.from;
    said.log_consistency.size = m->log_ask.size;
    said.log_consistency.proof = buf_str(&proof);
    return agent_reply(l->agent, m, &said);
}
