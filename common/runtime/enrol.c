#include "common/runtime/enrol.h"
#include "common/base/file.h"
#include "common/crypto/identity.h"
#include "common/runtime/roster_note.h"
#include "common/runtime/roster_text.h"
#include "common/wire/doc.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)ENROL_KEY_TEXT_BYTES == (int)ROSTER_KEY_TEXT_BYTES, "one text of a key");
_Static_assert((int)ENROL_JID_BYTES == (int)ROSTER_JID_BYTES, "one length of a JID");

enum { FILE_MODE = 0600, PATH_BYTES = 4100 };

static void drop_roster(struct roster **r) { roster_free(*r); }

/* ---- the hospital ---- */

/* The member as the roster's own reader takes it, so that what is refused there is refused here. */
static enum err read_member(const struct identity *id, const char *jid, const char *name, struct roster **out,
                            struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES);
    struct member m = { .role = ROLE_TRAINER, .has_key = true, .has_sign = true };
    if (str_copy(str_of(jid), m.jid, sizeof m.jid) != OK) return why_say(why, ERR_SETTING, "the jid is too long");
    if (str_copy(str_of(name), m.name, sizeof m.name) != OK) return why_say(why, ERR_SETTING, "the name is too long");
    memcpy(m.key, id->public_key, sizeof m.key);
    memcpy(m.sign, id->sign.public_key, sizeof m.sign);
    buf_add_z(&text, "members:\n");
    roster_text_member(&m, false, &text);
    TRY(buf_err(&text));
    return roster_parse(buf_str(&text), "request", out, why);
}

/* A note's key is named after who has it. */
static enum err name_key(const struct member *m, struct note_key *out, struct why *why)
{
    enum err e = note_key_make(str_of(m->jid), NOTE_ED25519, m->sign, out);
    return e == ERR_INPUT ? why_say(why, ERR_SETTING, "%.200s: no plus sign may be in the jid", m->jid) : e;
}

/* Of a key that was rotated: the one before it signs, too, while it is kept.  A signature more is a line more. */
static enum err sign_by_previous(const char *identity, const struct member *me, struct buf *out, struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    struct buf other CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES);
    struct member before = *me;
    char path[KEYS_PATH_BYTES];
    struct note_key key;
    struct note note;
    if (keys_previous(identity, path) != OK || access(path, F_OK) != 0) return OK;
    TRY(identity_read(path, &id, why));
    memcpy(before.sign, id.sign.public_key, sizeof before.sign);
    TRY(name_key(&before, &key, why));
    TRY(note_parse(buf_str(out), &note, why));
    TRY(note_sign(&key, &id.sign, note.text, &other));
    TRY(note_parse(buf_str(&other), &note, why));
    buf_add(out, note.lines.p, note.lines.n);
    return buf_err(out);
}

enum err enrol_request(const char *identity, const char *jid, const char *name, struct buf *out,
                       char fingerprint[KEYS_FINGERPRINT_BYTES], struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    struct roster *me CLEANUP(drop_roster) = NULL;
    struct buf text CLEANUP(buf_free) = buf_make(ENROL_REQUEST_MAX_BYTES);
    struct note_key key;
    TRY(identity_read(identity, &id, why));
    TRY(read_member(&id, jid, name, &me, why));
    TRY(name_key(roster_at(me, 0), &key, why));
    buf_add_z(&text, "members:\n");
    roster_text_member(roster_at(me, 0), false, &text);
    TRY(buf_err(&text));
    TRY(note_sign(&key, &id.sign, buf_str(&text), out));
    TRY(sign_by_previous(identity, roster_at(me, 0), out, why));
    return sign_fingerprint(id.sign.public_key, fingerprint);
}

/* ---- the operator reads a request ---- */

static enum err look_like_one(const struct roster *r, struct why *why)
{
    const struct member *m = roster_at(r, 0);
    bool one = roster_count(r) == 1 && m->role == ROLE_TRAINER && m->has_key && m->has_sign && !m->enrolled;
    return one ? OK : why_say(why, ERR_INPUT, "the request does not name one hospital with both its keys");
}

static enum err check_signature(const struct note *note, const struct member *m, struct why *why)
{
    struct note_key key;
    struct note_seen seen = { 0 };
    TRY(name_key(m, &key, why));
    enum err e = note_verify(note, &key, 1, &seen);
    if (e == ERR_MEMORY) return e;
    return e == OK && seen.valid
               ? OK
               : why_say(why, ERR_CRYPTO, "the request was not signed by the key it names, or was changed on its way");
}

static enum err read_request(struct str request, const char *fingerprint, struct roster **out, struct why *why)
{
    struct roster *r CLEANUP(drop_roster) = NULL;
    struct note note;
    char right[KEYS_FINGERPRINT_BYTES];
    if (request.n > ENROL_REQUEST_MAX_BYTES)
        return why_say(why, ERR_LIMIT, "the request is longer than %d bytes", ENROL_REQUEST_MAX_BYTES);
    TRY(note_parse(request, &note, why));
    TRY(roster_parse(note.text, "request", &r, why));
    TRY(look_like_one(r, why));
    TRY(check_signature(&note, roster_at(r, 0), why));
    TRY(sign_fingerprint(roster_at(r, 0)->sign, right));
    if (!str_is_nocase(str_of(fingerprint), right))
        return why_say(why, ERR_CRYPTO,
                       "the key of this request has another fingerprint: ask the hospital again, by "
                       "telephone; somebody may have changed the request");
    *out = r;
    r = NULL;
    return OK;
}

enum err enrol_check(struct str request, const char *fingerprint, struct why *why)
{
    struct roster *asks CLEANUP(drop_roster) = NULL;
    return read_request(request, fingerprint, &asks, why);
}

/* ---- the operator writes the roster ---- */

enum err enrol_key(const char *key, char out[ENROL_KEY_TEXT_BYTES], struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    TRY(identity_read(key, &id, why));
    return roster_key_print(id.sign.public_key, out);
}

static enum err write_if_other(const char *path, const struct buf *text, struct why *why)
{
    struct buf old CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    TRY(buf_err(text));
    if (file_read(path, &old, NULL) == OK && str_eq(buf_str(&old), buf_str(text))) return OK;
    return file_write(path, buf_bytes(text), FILE_MODE, why);
}

/* The signature first: who sees the new roster finds it. */
static enum err write_signed(const struct enrol_keeper *k, const struct roster_plan *plan, struct enrol_done *out,
                             struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    struct roster *check CLEANUP(drop_roster) = NULL;
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(ROSTER_NOTE_MAX_BYTES);
    char path[PATH_BYTES];
    TRY(identity_read(k->key, &id, why));
    roster_text(plan, &text);
    TRY(buf_err(&text));
    TRY(roster_parse(buf_str(&text), "the new roster", &check, why));
    TRY(roster_note_sign(&id.sign, plan->version, buf_str(&text), &note));
    (void)snprintf(path, sizeof path, "%s%s", k->roster, ROSTER_NOTE_SUFFIX);
    TRY(write_if_other(path, &note, why));
    TRY(write_if_other(k->roster, &text, why));
    out->version = plan->version;
    return roster_key_print(id.sign.public_key, out->roster_key);
}

/* A member's new key is taken when the present one, which the roster names, signed for it. */
static enum err may_replace(const struct member *was, const struct member *m, struct str request, struct why *why)
{
    struct note note;
    struct note_key key;
    struct note_seen seen = { 0 };
    if (was->role != ROLE_TRAINER || !was->has_sign || memcmp(was->sign, m->sign, sizeof m->sign) == 0)
        return why_say(why, ERR_STATE, "%.200s is a member already; revoke it first", m->jid);
    TRY(note_parse(request, &note, why));
    TRY(name_key(was, &key, why));
    enum err e = note_verify(&note, &key, 1, &seen);
    if (e == ERR_MEMORY) return e;
    if (e == OK && seen.valid) return OK;
    return why_say(
        why, ERR_STATE,
        "%.200s is a member already, and its present key did not sign this request: ask with the rotated key "
        "while FILE.previous is beside it, or revoke it first",
        m->jid);
}

enum err enrol_accept(const struct enrol_keeper *k, struct str request, const char *fingerprint, struct enrol_done *out,
                      struct why *why)
{
    struct roster *asks CLEANUP(drop_roster) = NULL, *old CLEANUP(drop_roster) = NULL;
    TRY(read_request(request, fingerprint, &asks, why));
    TRY(roster_read(k->roster, &old, why));
    const struct member *m = roster_at(asks, 0);
    if (m == NULL) return why_say(why, ERR_INPUT, "the request names nobody");
    const struct member *was = roster_find(old, str_of(m->jid));
    const struct member *namesake = roster_by_name(old, str_of(m->name));
    if (was) TRY(may_replace(was, m, request, why));
    if (namesake && namesake != was) return why_say(why, ERR_STATE, "another member has the name %.60s", m->name);
    struct roster_plan plan = { .version = roster_version(old) + 1, .before = old, .pardon = asks };
    plan.parts[was ? 0 : 1] = (struct roster_part){ .of = asks, .mark_enrolled = true };
    plan.parts[was ? 1 : 0] = (struct roster_part){ .of = old };
    TRY(str_copy(str_of(m->jid), out->jid, sizeof out->jid));
    return write_signed(k, &plan, out, why);
}

enum err enrol_revoke(const struct enrol_keeper *k, const char *member, struct enrol_done *out, struct why *why)
{
    struct roster *old CLEANUP(drop_roster) = NULL;
    TRY(roster_read(k->roster, &old, why));
    const struct member *m = roster_find(old, str_of(member));
    if (m == NULL) m = roster_by_name(old, str_of(member));
    if (m == NULL) return why_say(why, ERR_ABSENT, "%.200s is no member of %.300s", member, k->roster);
    const struct roster_plan plan = {
        .version = roster_version(old) + 1, .parts = { { .of = old } }, .before = old, .revoke = m->jid
    };
    TRY(str_copy(str_of(m->jid), out->jid, sizeof out->jid));
    return write_signed(k, &plan, out, why);
}

static bool is_changed(const struct roster_plan *plan, const char *path)
{
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES), old CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    roster_text(plan, &text);
    return plan->version == 0 || file_read(path, &old, NULL) != OK || !str_eq(buf_str(&old), buf_str(&text));
}

enum err enrol_publish(const struct enrol_keeper *k, struct str members, struct enrol_done *out, struct why *why)
{
    struct roster *own CLEANUP(drop_roster) = NULL, *old CLEANUP(drop_roster) = NULL;
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    TRY(roster_parse(members, "federation.yaml", &own, why));
    if (file_read(k->roster, &text, NULL) == OK) TRY(roster_parse(buf_str(&text), k->roster, &old, why));
    struct roster_plan plan = { .version = old ? roster_version(old) : 0,
                                .parts = { { .of = own }, { .of = old, .only_enrolled = true } },
                                .before = old };
    if (is_changed(&plan, k->roster)) plan.version++;
    return write_signed(k, &plan, out, why);
}
