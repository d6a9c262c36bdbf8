/*
 * enrol -- how a hospital becomes a member of a federation, and how it stops being one.
 *
 * The hospital makes its key where it lies (keys.h) and writes a REQUEST: a signed note (note.h) whose text is a roster
 * of one member, itself, signed by its own key.  It tells the operator the key's fingerprint by another way than the
 * file's. The operator compares, and writes the roster anew: the next version, signed by the federation's key
 * (roster_note.h). A key that was rotated asks in the same way; the one before it signs the request, too, and the
 * roster then names the new one in its place.  Running agents look at the roster's file once a second.
 * docs/ENROLMENT.md is the how-to.
 *
 * All of it blocks on the disk.
 */
#pragma once
#include "common/base/buf.h"
#include "common/runtime/keys.h"

enum { ENROL_REQUEST_MAX_BYTES = 8192, ENROL_KEY_TEXT_BYTES = 128, ENROL_JID_BYTES = 256 };

/* Appends the request of the identity in a file.  ERR_SETTING when jid or name are none; keys.h's errors. */
enum err enrol_request(const char *identity, const char *jid, const char *name, struct buf *out,
                       char fingerprint[KEYS_FINGERPRINT_BYTES], struct why *why) MUST_USE;

/* What the federation's operator has. */
struct enrol_keeper {
    const char *roster; /* its file; the signature goes beside it */
    const char *key;    /* file of the federation's key, made as any identity is */
};
/* What was done. */
struct enrol_done {
    char jid[ENROL_JID_BYTES];
    uint64_t version;                      /* of the roster now */
    char roster_key[ENROL_KEY_TEXT_BYTES]; /* what agents pin as `roster_key` */
};

/* What agents pin as `roster_key`, of the key in a file. */
enum err enrol_key(const char *key, char out[ENROL_KEY_TEXT_BYTES], struct why *why) MUST_USE;

/* Is it a request, signed by the key of that fingerprint?  What enrol_accept looks at first, of the request alone. */
enum err enrol_check(struct str request, const char *fingerprint, struct why *why) MUST_USE;

/* ERR_CRYPTO when the request was not signed by the key it names, or that key has another fingerprint; ERR_STATE when
 * JID or name belong to a member already, unless its present key signed, too; ERR_INPUT when it is no request.  Who was
 * revoked may be accepted again. */
enum err enrol_accept(const struct enrol_keeper *k, struct str request, const char *fingerprint, struct enrol_done *out,
                      struct why *why) MUST_USE;

/* By name or JID; it stays in the roster's list of the revoked.  ERR_ABSENT. */
enum err enrol_revoke(const struct enrol_keeper *k, const char *member, struct enrol_done *out, struct why *why)
    MUST_USE;

/* The roster made of these members (a roster's text) and of those who were enrolled before, but not of the revoked. The
 * version rises only when something changed. */
enum err enrol_publish(const struct enrol_keeper *k, struct str members, struct enrol_done *out, struct why *why)
    MUST_USE;
