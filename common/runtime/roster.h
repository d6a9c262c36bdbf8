/*
 * roster -- who is who: JID to role, display name and public key.
 *
 *   version: 7                                        each change's is larger
 *   revoked: [hospital-c@himas.local]                 who is not to come back unasked (enrol.h)
 *   members:
 *     - {jid: coordinator@himas.local, role: coordinator, name: coordinator, key: <64 hex digits, X25519>,
 *        sign: <64 hex digits, Ed25519>}
 *     - {jid: hospital-a@himas.local, role: trainer, name: hospital-a, key: ...}
 *     - {jid: op@himas.local, role: [operator, scientist]}
 *     - {jid: hospital-d@far.example, role: trainer, key: ..., enrolled: yes}   it asked for it itself (enrol.h)
 *
 * What a sender may send is decided here, from the authenticated JID.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/wire/role.h"

enum {
    ROSTER_MAX_MEMBERS = 100000,
    ROSTER_MAX_REVOKED = 10000,
    ROSTER_JID_BYTES = 256,
    ROSTER_NAME_BYTES = 64,
    ROSTER_KEY_BYTES = 32
};
#define ROSTER_MAX_VERSION (UINT64_C(1) << 53)

struct member {
    char jid[ROSTER_JID_BYTES]; /* bare, lower case */
    char name[ROSTER_NAME_BYTES];
    unsigned role; /* may be several bits for a person */
    bool has_key;
    uint8_t key[ROSTER_KEY_BYTES]; /* X25519: what is sent to it is sealed to this */
    bool has_sign;
    uint8_t sign[ROSTER_KEY_BYTES]; /* Ed25519: verifies what it signs */
    bool enrolled;
};
struct roster;

/* A name that is not given is the JID's local part.  ERR_SETTING, with line and member, for a JID that is not bare, a
 * JID or name that is there twice, an unknown role, an agent with several, a key that is not 64 hex digits. */
enum err roster_parse(struct str text, const char *source, struct roster **out, struct why *why) MUST_USE;
enum err roster_read(const char *path, struct roster **out, struct why *why) MUST_USE; /* blocks */
void roster_free(struct roster *r);
/* ASCII case makes no difference. */
const struct member *roster_find(const struct roster *r, struct str bare_jid); /* NULL when not a member */
const struct member *roster_by_name(const struct roster *r, struct str name);
size_t roster_count(const struct roster *r);
const struct member *roster_at(const struct roster *r, size_t i);
uint64_t roster_version(const struct roster *r);                /* 0: it says none */
const char *roster_revoked(const struct roster *r, size_t i);   /* a JID; NULL behind the last */
bool roster_is_revoked(const struct roster *r, struct str jid); /* in the list */
