/* Permits stand in the guardian's log under a checkpoint that the hospital may not know yet, or no more.  It is
 * believed only when the one of the two that is older is shown to be the beginning of the other: the guardian is asked
 * for that proof, and what it is about waits.  A checkpoint that goes on from the one that is kept is kept in its
 * place. */
#include "agents/trainer/permitted.h"
#include "common/crypto/merkle_text.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEPT_MAX_BYTES = 8192, POINTS_MAX = WORK_MAX + 1 };

static const char *key_of(char out[LOG_KEY_BYTES], const struct note_key *log, uint64_t size)
{
    char what[LOG_KEY_BYTES / 2];
    (void)snprintf(what, sizeof what, "unproven/%020" PRIu64, size);
    return trainer_log_key(out, what, log);
}

static enum err read_point(struct str text, struct note_checkpoint *out)
{
    struct note note;
    TRY(note_parse(text, &note, NULL));
    return note_checkpoint_parse(note.text, out, NULL);
}

/* What is kept, and what waits. */
struct both {
    struct buf kept_text, shown_text; /* to be freed */
    struct note_checkpoint kept, shown;
};
static void both_fini(struct both *b)
{
    buf_free(&b->kept_text);
    buf_free(&b->shown_text);
}

static enum err read_both(struct trainer *t, const struct note_key *log, uint64_t size, struct both *b)
{
    char key[LOG_KEY_BYTES];
    b->kept_text = b->shown_text = buf_make(KEPT_MAX_BYTES);
    TRY(agent_get(t->agent, trainer_log_key(key, "kept", log), &b->kept_text));
    TRY(agent_get(t->agent, key_of(key, log, size), &b->shown_text));
    bool fine = read_point(buf_str(&b->kept_text), &b->kept) == OK &&
                read_point(buf_str(&b->shown_text), &b->shown) == OK && b->shown.size == size;
    return fine ? OK : ERR_STORE;
}

/* ---- asking ---- */

static uint64_t less(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t more(uint64_t a, uint64_t b) { return a > b ? a : b; }

static enum err ask(struct trainer *t, uint64_t one, uint64_t other)
{
    struct msg m = msg_make(MSG_LOG_ASK, NULL);
    const struct member *guardian = roster_log_keeper(agent_roster(t->agent));
    if (guardian == NULL) return OK; /* what waits is told so in the end */
    m.log_ask.from = less(one, other);
    m.log_ask.size = more(one, other);
    return agent_send(t->agent, guardian->jid, &m);
}

static enum err on_late(struct agent *a, void *self, uint64_t size)
{
    static const char sentence[] =
        "the guardian did not show within %d s that its log, in which the permit is, goes on "
        "from the one that is known here";
    struct trainer *t = self;
    struct note_key log;
    struct why why = { "" };
    bool shown = true;
    char key[LOG_KEY_BYTES];
    enum err e = trainer_guardian_key(t, &log);
    if (e == OK) e = trainer_log_shown(t, size, &shown);
    if (e != OK || shown) return e == ERR_ABSENT ? OK : e;
    (void)a;
    (void)why_say(&why, ERR_STATE, sentence, LOG_PROOF_MS / 1000);
    TRY(agent_del(t->agent, key_of(key, &log, size)));
    TRY(trainer_refuse_point(t, size, ERR_STATE, why.text));
    return trainer_count_point(t, size, ERR_STATE, why.text);
}

static enum err wait_for(struct trainer *t, uint64_t kept, uint64_t size)
{
    TRY(ask(t, kept, size));
    return agent_after(t->agent, LOG_PROOF_MS, on_late, size);
}

/* ---- what a permit stands under ---- */

static enum err is_split(struct trainer *t, const struct note_key *log, struct str kept, struct str shown,
                         struct why *why)
{
    (void)why_say(
        &t->log_alarm, ERR_CRYPTO,
        "%.60s's log is not to be trusted: split view: a permit is in another log than the one that was shown "
        "here",
        log->name);
    TRY(trainer_keep_evidence(t, log, kept, shown));
    return why_say(why, ERR_CRYPTO, "%s", t->log_alarm.text);
}

/* Another one of this length waits already. */
static enum err compare_waiting(struct trainer *t, const struct note_key *log, const struct note_checkpoint *theirs,
                                struct str note, struct why *why)
{
    char key[LOG_KEY_BYTES];
    CLEANUP(buf_free) struct buf before = buf_make(KEPT_MAX_BYTES);
    struct note_checkpoint other;
    enum err e = agent_get(t->agent, key_of(key, log, theirs->size), &before);
    if (e == ERR_ABSENT) return agent_put(t->agent, key, str_bytes(note));
    TRY(e);
    TRY(read_point(buf_str(&before), &other) == OK ? OK : ERR_STORE);
    if (memcmp(&other.root, &theirs->root, sizeof other.root) == 0) return OK;
    return is_split(t, log, buf_str(&before), note, why);
}

enum err trainer_compare_log(struct trainer *t, const struct note_key *log, struct str note, uint64_t *out_point,
                             struct why *why)
{
    char key[LOG_KEY_BYTES];
    CLEANUP(buf_free) struct buf kept = buf_make(KEPT_MAX_BYTES);
    struct note_checkpoint ours, theirs;
    *out_point = 0;
    TRY(read_point(note, &theirs));
    enum err e = agent_get(t->agent, trainer_log_key(key, "kept", log), &kept);
    if (e == ERR_ABSENT) return agent_put(t->agent, key, str_bytes(note)); /* the first that is seen of this log */
    TRY(e);
    TRY(read_point(buf_str(&kept), &ours) == OK ? OK : ERR_STORE);
    if (ours.size == theirs.size && memcmp(&ours.root, &theirs.root, sizeof ours.root) == 0) return OK;
    if (ours.size == theirs.size) return is_split(t, log, buf_str(&kept), note, why);
    TRY(compare_waiting(t, log, &theirs, note, why));
    *out_point = theirs.size;
    return wait_for(t, ours.size, theirs.size);
}

enum err trainer_log_shown(struct trainer *t, uint64_t point, bool *out)
{
    struct note_key log;
    uint64_t bytes = 0;
    char key[LOG_KEY_BYTES];
    *out = true;
    if (point == 0) return OK;
    enum err e = trainer_guardian_key(t, &log);
    if (e == OK) e = agent_size(t->agent, key_of(key, &log, point), &bytes);
    if (e == OK) *out = false;
    return e == ERR_ABSENT ? OK : e;
}

/* ---- the answer ---- */

struct points {
    uint64_t size[POINTS_MAX];
    size_t n;
};
static enum err add_point(void *to, const char *key, struct bytes note)
{
    struct points *p = to;
    (void)note;
    if (p->n == POINTS_MAX) return OK;
    return str_u64(str_of(strrchr(key, '/') + 1), &p->size[p->n++]) == OK ? OK : ERR_STORE;
}

static enum err points_of(struct trainer *t, const struct note_key *log, struct points *out)
{
    char prefix[LOG_KEY_BYTES];
    *out = (struct points){ .n = 0 };
    return agent_scan(t->agent, trainer_log_key(prefix, "unproven/", log), add_point, out);
}

static enum err settle(struct trainer *t, const struct note_key *log, const struct both *b)
{
    char key[LOG_KEY_BYTES];
    TRY(agent_del(t->agent, key_of(key, log, b->shown.size)));
    if (b->shown.size <= b->kept.size) return OK;
    return agent_put(t->agent, trainer_log_key(key, "kept", log), buf_bytes(&b->shown_text));
}

static enum err judge(struct trainer *t, const struct note_key *log, const struct both *b,
                      const struct msg_log_consistency *m)
{
    struct merkle_proof proof;
    struct str rest = m->proof;
    bool newer = b->shown.size > b->kept.size;
    const struct note_checkpoint *old = newer ? &b->kept : &b->shown;
    const struct note_checkpoint *next = newer ? &b->shown : &b->kept;
    enum err e = merkle_proof_parse(&rest, &proof);
    if (e == OK) e = note_checkpoint_follows(old, next, &proof, NULL);
    if (e == OK) return settle(t, log, b);
    if (e == ERR_MEMORY) return e;
    e = is_split(t, log, buf_str(&b->kept_text), buf_str(&b->shown_text), NULL);
    return e == ERR_CRYPTO ? settle(t, log, &(struct both){ .kept = b->shown, .shown = b->shown }) : e;
}

/* One that waits: is it about this one, or was another kept meanwhile? */
static enum err look(struct trainer *t, const struct note_key *log, uint64_t size, const struct msg_log_consistency *m)
{
    CLEANUP(both_fini) struct both b = { .kept = { .size = 0 } };
    TRY(read_both(t, log, size, &b));
    bool same = b.kept.size == b.shown.size && memcmp(&b.kept.root, &b.shown.root, sizeof b.kept.root) == 0;
    if (same) return settle(t, log, &b);
    if (m->from == less(b.kept.size, size) && m->size == more(b.kept.size, size)) return judge(t, log, &b, m);
    return m->from == size || m->size == size ? ask(t, b.kept.size, size) : OK;
}

static enum err look_at_all(struct trainer *t, const struct note_key *log, const struct msg_log_consistency *m)
{
    struct points all;
    TRY(points_of(t, log, &all));
    for (size_t i = 0; i < all.n; i++) {
        bool shown = false;
        TRY(look(t, log, all.size[i], m));
        TRY(trainer_log_shown(t, all.size[i], &shown));
        if (shown) TRY(trainer_count_point(t, all.size[i], OK, ""));
    }
    return trainer_wake(t);
}

enum err trainer_on_log_consistency(struct agent *a, void *self, const struct msg *m)
{
    struct trainer *t = self;
    const struct member *guardian = roster_log_keeper(agent_roster(a));
    struct note_key log;
    if (guardian == NULL || strcmp(guardian->jid, m->from) != 0) return ERR_ROLE;
    enum err e = trainer_guardian_key(t, &log);
    return e == ERR_ABSENT ? OK : e == OK ? look_at_all(t, &log, &m->log_consistency) : e;
}

enum err trainer_log_moved(struct trainer *t, const struct note_key *log)
{
    return look_at_all(t, log, &(struct msg_log_consistency){ .from = 0 });
}

enum err trainer_ask_again(struct trainer *t, const struct note_key *log)
{
    struct points all;
    TRY(points_of(t, log, &all));
    for (size_t i = 0; i < all.n; i++) {
        CLEANUP(both_fini) struct both b = { .kept = { .size = 0 } };
        TRY(read_both(t, log, all.size[i], &b));
        TRY(wait_for(t, b.kept.size, all.size[i]));
    }
    return OK;
}
