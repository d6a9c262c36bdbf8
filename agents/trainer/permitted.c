#include "agents/trainer/permitted.h"
#include "common/privacy/permit_log.h"
#include "common/runtime/roster_log.h"

enum { PERMIT_ARENA_BYTES = 1 << 20 };

/* The entry is the permit's own line: with another model, round or run in it the log tells another story. */
static enum err check_proof(const struct permit *p, const struct note_key *log, struct str proof, struct why *why)
{
    CLEANUP(buf_free) struct buf expected = buf_make(LOGBOOK_ENTRY_BYTES);
    const struct logbook_trust trust = { .log = *log };
    struct logbook_proven proven;
    struct why inner = { "" };
    if (proof.n == 0) return why_say(why, ERR_REFUSED, "the permit came without the proof that it is in the log");
    enum err e = logbook_check_proof(proof, &trust, &proven, &inner);
    if (e == ERR_INPUT || e == ERR_CRYPTO)
        return why_say(why, ERR_CRYPTO, "it is not proven that the permit is in the log: %s", inner.text);
    TRY(e);
    e = permit_entry(p, &expected);
    bool same = str_eq(buf_str(&proven.entry), buf_str(&expected));
    buf_free(&proven.entry);
    TRY(e);
    return same ? OK
                : why_say(why, ERR_CRYPTO, "the log's entry is not this permit: it has another model than the log's");
}

/* Behind the empty line of the proof. */
static struct str note_in(struct str proof)
{
    size_t at = str_find(proof, "\n\n") + 2;
    return at > proof.n ? (struct str){ NULL, 0 } : (struct str){ proof.p + at, proof.n - at };
}

static enum err look(struct trainer *t, const struct permitted_by *by, const struct permit_wish *w,
                     const struct note_key *key, struct permitted_as *out, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(PERMIT_ARENA_BYTES);
    struct permit p;
    TRY(permit_open(by->note, key, &arena, &p, why));
    TRY(permit_check(&p, w, why));
    TRY(check_proof(&p, key, by->proof, why));
    TRY(trainer_compare_log(t, key, note_in(by->proof), &out->point, why));
    if (p.noised) out->noise = permit_site(&p, str_of(w->jid))->noise;
    return OK;
}

enum err permitted(struct trainer *t, const struct permitted_by *by, const struct permit_wish *wish,
                   struct permitted_as *out, struct why *why)
{
    const struct member *guardian = roster_log_keeper(agent_roster(t->agent));
    struct permit_wish w = *wish;
    struct note_key key;
    *out = (struct permitted_as){ .noise = 0 };
    if (!roster_log_guarded(agent_roster(t->agent))) return OK;
    if (t->log_alarm.text[0]) return why_say(why, ERR_REFUSED, "%s", t->log_alarm.text);
    if (guardian == NULL) return why_say(why, ERR_REFUSED, "the roster names more than one guardian");
    enum err e = roster_log_key(guardian, &key);
    if (e == ERR_ABSENT) return why_say(why, ERR_REFUSED, "the roster has no key of the guardian's signature");
    TRY(e);
    if (by->note.n == 0) return why_say(why, ERR_REFUSED, "this came without the guardian's permit");
    w.jid = agent_jid(t->agent);
    w.data = settings_text(agent_settings(t->agent), "dataset");
    w.now_ms = (uint64_t)agent_wall_ms(t->agent);
    w.noise_min = t->policy.min_noise;
    return look(t, by, &w, &key, out, why);
}
