#include "common/runtime/roster_log.h"
#include "common/crypto/encode.h"
#include <stdlib.h>

const struct member *roster_log_keeper(const struct roster *r)
{
    const struct member *found = NULL;
    for (size_t i = 0; i < roster_count(r); i++) {
        const struct member *m = roster_at(r, i);
        if (m->role != ROLE_GUARDIAN) continue;
        if (found) return NULL;
        found = m;
    }
    return found;
}

bool roster_log_guarded(const struct roster *r)
{
    for (size_t i = 0; i < roster_count(r); i++)
        if (roster_at(r, i)->role == ROLE_GUARDIAN) return true;
    return false;
}

static enum err key_of(const struct member *m, enum note_type type, struct note_key *out)
{
    if (!m->has_sign) return ERR_ABSENT;
    enum err e = note_key_make(str_of(m->jid), type, m->sign, out);
    return e == ERR_INPUT ? ERR_ABSENT : e; /* a JID that no note can name */
}

enum err roster_log_key(const struct member *guardian, struct note_key *out)
{
    return key_of(guardian, NOTE_ED25519, out);
}

enum err roster_log_witness_key(const struct member *trainer, struct note_key *out)
{
    return key_of(trainer, NOTE_COSIGN, out);
}

enum err roster_log_covered(const struct member *guardian, struct str base64, uint64_t *out_entries)
{
    CLEANUP(buf_free) struct buf text = buf_make(NOTE_MAX_BYTES);
    struct note_key key;
    struct note note;
    struct note_checkpoint point;
    struct note_seen seen = { .valid = false };
    TRY(roster_log_key(guardian, &key));
    enum err e = base64_decode(base64, &text);
    if (e == OK) e = note_parse(buf_str(&text), &note, NULL);
    if (e == OK) e = note_verify(&note, &key, 1, &seen);
    if (e == OK) e = note_checkpoint_parse(note.text, &point, NULL);
    if (e == ERR_MEMORY) return e;
    if (e != OK || !seen.valid || !str_is(point.origin, key.name)) return ERR_CRYPTO;
    *out_entries = point.size;
    return OK;
}

static enum err add_witnesses(const struct roster *r, struct roster_log *out)
{
    size_t n = 0;
    out->witnesses = calloc(roster_count(r) + 1, sizeof *out->witnesses);
    if (out->witnesses == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < roster_count(r); i++) {
        if (roster_at(r, i)->role != ROLE_TRAINER) continue;
        enum err e = roster_log_witness_key(roster_at(r, i), &out->witnesses[n]);
        if (e == ERR_MEMORY) return e;
        n += e == OK;
    }
    out->trust.witnesses = out->witnesses;
    out->trust.nwitnesses = n;
    return OK;
}

enum err roster_log_trust(const struct roster *r, struct roster_log *out, struct why *why)
{
    struct roster_log t = { .witnesses = NULL };
    const struct member *guardian = roster_log_keeper(r);
    if (guardian == NULL && roster_log_guarded(r))
        return why_say(why, ERR_ABSENT, "the roster names several guardians: leave the one whose log it is");
    if (guardian == NULL)
        return why_say(
            why, ERR_ABSENT,
            "the roster names no guardian, and so there is no transparency log: `himas up --guardian`, or add "
            "a member of role guardian");
    enum err e = roster_log_key(guardian, &t.trust.log);
    if (e == ERR_ABSENT)
        return why_say(why, e, "the roster has no `sign` key of %.200s, which keeps the log", guardian->jid);
    TRY(e);
    e = add_witnesses(r, &t);
    if (e == OK)
        *out = t;
    else
        roster_log_free(&t);
    return e;
}

void roster_log_free(struct roster_log *t)
{
    free(t->witnesses);
    *t = (struct roster_log){ .witnesses = NULL };
}
