#include "agents/coordinator/publish.h"
#include "agents/coordinator/ask.h"
#include "agents/coordinator/close.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PROOF_BYTES = LOGBOOK_PROOF_MAX_BYTES, ENTRY_BYTES = 600 };

static const struct member *guardian_of(const struct run *r)
{
    return r->home ? roster_log_keeper(agent_roster(r->home->agent)) : NULL;
}

bool publish_is_logged(const struct run *r) { return guardian_of(r) != NULL; }
bool publish_is_signed(const struct run *r) { return r->head.logged && !run_too_few(r); }

/* ---- asking ---- */

static enum err enter(struct run *r, const char *code, const char *text)
{
    struct msg m = ask_question(r, MSG_LOG_ENTRY, RUN_INVITING);
    if (!publish_is_logged(r)) return OK;
    m.ttl_ms = 0;
    m.log_entry.kind = STR("run");
    m.log_entry.code = str_of(code);
    m.log_entry.text = str_of(text);
    return agent_send(r->home->agent, guardian_of(r)->jid, &m);
}

enum err publish_begin(struct run *r)
{
    char text[RUN_WHY_BYTES];
    (void)snprintf(text, sizeof text, "task=%s sha256=%s rounds=%" PRIu64 " quorum=%" PRIu64, r->task.name,
                   r->head.digest, r->head.rounds, r->head.quorum);
    return enter(r, "OK", text);
}

enum err publish_none(struct run *r, unsigned final_state)
{
    return enter(r, run_state_name(final_state), "no model is published");
}

static enum err model_digest(struct run *r, char out[RUN_DIGEST_BYTES])
{
    char key[STORE_MAX_KEY];
    char tail[32];
    uint64_t round = close_chosen_round(r, r->head.round);
    return agent_digest(r->home->agent, journal_key(key, "model", r, journal_round_tail(round, tail)), out);
}

enum err publish_ask(struct run *r)
{
    char sha256[RUN_DIGEST_BYTES];
    struct msg m = ask_question(r, MSG_LOG_MODEL, RUN_PUBLISHING);
    TRY(model_digest(r, sha256));
    m.log_model.sha256 = str_of(sha256);
    r->head.logged = false;
    return agent_send(r->home->agent, guardian_of(r)->jid, &m);
}

/* ---- the proof ---- */

struct shown { /* views into text */
    struct note note;
    struct note_checkpoint point;
};

/* Signed by the log, and by the witness when there is one. */
static enum err read_shown(struct str text, const struct note_key *keys, size_t nkeys, struct shown *out)
{
    struct note_seen seen[2];
    TRY(note_parse(text, &out->note, NULL));
    TRY(note_checkpoint_parse(out->note.text, &out->point, NULL));
    TRY(note_verify(&out->note, keys, nkeys, seen));
    return note_count(seen, nkeys) == nkeys && str_is(out->point.origin, keys[0].name) ? OK : ERR_CRYPTO;
}

/* The note stands behind the empty line. */
static struct str note_in(struct str proof)
{
    size_t at = str_find(proof, "\n\n");
    size_t skip = at + 2 > proof.n ? proof.n : at + 2;
    return (struct str){ proof.p + skip, proof.n - skip };
}

static enum err check_proof(struct run *r, struct str proof, struct why *why)
{
    char expected[ENTRY_BYTES];
    char sha256[RUN_DIGEST_BYTES];
    struct logbook_trust trust = { .nwitnesses = 0 };
    struct logbook_proven p;
    enum err e = roster_log_key(guardian_of(r), &trust.log);
    if (e == ERR_ABSENT) return why_say(why, ERR_CRYPTO, "the roster has no `sign` key of the guardian");
    TRY(e);
    TRY(model_digest(r, sha256));
    TRY(logbook_check_proof(proof, &trust, &p, why));
    (void)snprintf(expected, sizeof expected, "model run=%s round=%" PRIu64 " sha256=%s by=%s", r->id, r->head.round,
                   sha256, agent_jid(r->home->agent));
    bool same = str_is(buf_str(&p.entry), expected);
    buf_free(&p.entry);
    return same ? OK : why_say(why, ERR_CRYPTO, "the proof is of another entry than this run's model");
}

/* ---- cosignatures ---- */

enum fit { FITS, FITS_NOT, FITS_SPLIT };

/* Is what this hospital signed the checkpoint of the proof? */
static enum err compare(const struct run *r, const struct site *s, struct str cosigned, struct str own, enum fit *out)
{
    struct note_key keys[2];
    struct shown theirs, ours;
    const struct member *who = roster_find(agent_roster(r->home->agent), str_of(s->jid));
    *out = FITS_NOT;
    TRY(roster_log_key(guardian_of(r), &keys[0]));
    if (who == NULL) return ERR_CRYPTO;
    TRY(roster_log_witness_key(who, &keys[1]));
    TRY(read_shown(cosigned, keys, 2, &theirs));
    if (own.n == 0) return OK;
    TRY(read_shown(own, keys, 1, &ours));
    bool same_root = memcmp(&theirs.point.root, &ours.point.root, sizeof ours.point.root) == 0;
    if (str_eq(theirs.note.text, ours.note.text)) *out = FITS;
    if (theirs.point.size == ours.point.size && !same_root) *out = FITS_SPLIT;
    return OK;
}

static enum err accuse(struct run *r, struct site *s, struct str cosigned, struct str own)
{
    CLEANUP(buf_free) struct buf both = buf_make(2 * NOTE_MAX_BYTES);
    const struct member *guardian = guardian_of(r);
    buf_add_str(&both, own);
    buf_add_z(&both, "\n");
    buf_add_str(&both, cosigned);
    TRY(buf_err(&both));
    TRY(journal_put(r, "evidence", "log", buf_bytes(&both)));
    log_error(agent_log(r->home->agent), "log.split_view", L_NAME("of", guardian->jid), L_NAME("shown", s->jid));
    (void)why_say(
        &r->broken, ERR_CRYPTO,
        "split view: %s signed two different logs of the same length, one for %s and one for us; both are kept",
        guardian->name, s->name);
    return round_step(r, EVENT_BROKEN, s);
}

static enum err stored_note(struct run *r, struct buf *proof, struct str *out)
{
    enum err e = journal_get(r, "proof", "", proof);
    *out = note_in(buf_str(proof));
    return e == ERR_ABSENT ? OK : e;
}

/* ERR_CRYPTO for what is no cosignature of this hospital. */
static enum err judge(struct run *r, struct site *s, struct str cosigned)
{
    CLEANUP(buf_free) struct buf proof = buf_make(PROOF_BYTES);
    struct str own;
    enum fit fit = FITS_NOT;
    TRY(stored_note(r, &proof, &own));
    enum err e = compare(r, s, cosigned, own, &fit);
    if (e != OK) return e == ERR_MEMORY ? e : ERR_CRYPTO;
    if (fit == FITS_SPLIT) return accuse(r, s, cosigned, own);
    if (fit == FITS_NOT) return OK;
    run_set_answer(r, s, ANSWER_IN);
    TRY(feed_tell(r->home, "update", r, s, "%s signed that the model is in the log, %zu of %zu", s->name, r->counts.in,
                  r->counts.asked));
    return round_step(r, EVENT_CHANGED, s);
}

enum err incoming_cosign(struct incoming *in)
{
    const struct msg_log_cosign *c = &in->m->log_cosign;
    struct run *r = in->run;
    struct site *s = in->site;
    if (r->head.state != RUN_PUBLISHING || site_answer(r, s) != ANSWER_ASKED) return incoming_late(in);
    if (c->note.n > 0) {
        TRY(journal_put(r, "cosign", s->jid, str_bytes(c->note)));
        enum err e = judge(r, s, c->note);
        if (e != ERR_CRYPTO) return e;
        return incoming_refuse_answer(in, REFUSAL_SIGNATURE, e, "this is not signed by the log and by you");
    }
    if (!str_is(c->code, err_name(ERR_CRYPTO))) return OK; /* the guardian shows it anew */
    incoming_note_why(s, c->code, c->text);
    TRY(feed_tell(in->home, "declined", r, s, "%s does not sign the log: %s", s->name, s->why));
    return incoming_answered(in, ANSWER_OUT);
}

/* Those who signed before the proof came. */
static enum err judge_early(struct run *r)
{
    for (size_t i = 0; i < r->nsites && !run_over(r); i++) {
        struct site *s = &r->sites[i];
        CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
        if (site_answer(r, s) != ANSWER_ASKED) continue;
        enum err e = journal_get(r, "cosign", s->jid, &note);
        if (e == ERR_ABSENT) continue;
        TRY(e);
        TRY(judge(r, s, buf_str(&note)));
    }
    return OK;
}

static enum err take_proof(struct run *r, struct str proof)
{
    TRY(journal_put(r, "proof", "", str_bytes(proof)));
    r->head.logged = true;
    TRY(feed_tell(r->home, "update", r, NULL, "the model is in the transparency log"));
    TRY(journal_put_head(r));
    return judge_early(r);
}

enum err coordinator_on_proof(struct agent *a, void *self, const struct msg *m)
{
    struct coordinator *c = self;
    struct run *r = coordinator_run(c, m->run);
    struct why why = { "" };
    const struct member *guardian = roster_log_keeper(agent_roster(a));
    if (guardian == NULL || strcmp(guardian->jid, m->from) != 0) return ERR_ROLE;
    if (r == NULL || r->head.state != RUN_PUBLISHING || r->head.logged) return OK;
    enum err e = check_proof(r, m->log_proof.proof, &why);
    if (e == OK) return keep_whole(take_proof(r, m->log_proof.proof));
    if (e != ERR_CRYPTO && e != ERR_INPUT) return e;
    log_error(agent_log(a), "log.proof.refused", L_NAME("from", m->from), L_NAME("run", r->id));
    (void)why_say(&r->broken, e, "%s's proof does not hold: %s", guardian->name, why.text);
    return keep_whole(round_step(r, EVENT_BROKEN, NULL));
}

/* ---- the whole proof ---- */

static enum err add_line(struct run *r, const struct site *s, struct buf *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(NOTE_MAX_BYTES);
    struct note note;
    enum err e = journal_get(r, "cosign", s->jid, &text);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    TRY(note_parse(buf_str(&text), &note, NULL));
    struct str rest = note.lines;
    (void)str_next(&rest, '\n'); /* the log's own */
    buf_add_str(out, rest);
    return buf_err(out);
}

enum err publish_proof(struct run *r, struct buf *out)
{
    size_t lines = 1; /* a note holds so many and no more */
    TRY(journal_get(r, "proof", "", out));
    for (size_t i = 0; i < r->nsites && lines < NOTE_SIGNATURES_MAX; i++) {
        if (site_answer(r, &r->sites[i]) != ANSWER_IN) continue;
        TRY(add_line(r, &r->sites[i], out));
        lines++;
    }
    return buf_err(out);
}
