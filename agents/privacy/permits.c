/* Permits as they are kept: numbered, signed, one for a round, or a secure sum. */
#include "agents/privacy/guardian.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60000 };

struct permit_name guardian_permit_name(const struct permit *p)
{
    return (struct permit_name){ p->kind, p->run, p->round, p->sum };
}

char *guardian_permit_prefix(char out[STORE_MAX_KEY], enum permit_kind kind, const char *run)
{
    static const char *const begin[PERMIT_KINDS] = { "permit", "permit-publish", "permit-query" };
    (void)snprintf(out, STORE_MAX_KEY, "%s/%s/", begin[kind], run);
    return out;
}

char *guardian_permit_key(char out[STORE_MAX_KEY], struct permit_name name)
{
    size_t n = strlen(guardian_permit_prefix(out, name.kind, name.run));
    (void)snprintf(out + n, STORE_MAX_KEY - n, "%010" PRIu64 "/%010" PRIu64, name.round, name.sum);
    return out;
}

char *guardian_proof_key(char out[STORE_MAX_KEY], struct permit_name name)
{
    char key[STORE_MAX_KEY];
    (void)snprintf(out, STORE_MAX_KEY, "proof-of/%.300s", guardian_permit_key(key, name));
    return out;
}

static enum err own_key(struct guardian *g, struct note_key *out)
{
    return note_key_make(str_of(agent_jid(g->agent)), NOTE_ED25519, agent_sign_key(g->agent)->public_key, out);
}

enum err guardian_permit_open(struct guardian *g, struct str note, struct arena *arena, struct permit *out)
{
    struct note_key key;
    TRY(own_key(g, &key));
    return permit_open(note, &key, arena, out, NULL);
}

enum err guardian_permit_get(struct guardian *g, struct permit_name name, struct arena *arena, struct permit *out,
                             struct buf *note)
{
    char key[STORE_MAX_KEY];
    TRY(agent_get(g->agent, guardian_permit_key(key, name), note));
    return guardian_permit_open(g, buf_str(note), arena, out);
}

enum err guardian_permit_make(struct guardian *g, struct permit *p, struct buf *note)
{
    char key[STORE_MAX_KEY];
    char serial[24];
    struct note_key signer;
    p->serial = g->serial + 1;
    p->issued_ms = (uint64_t)agent_wall_ms(g->agent);
    p->expires_ms = p->issued_ms + g->veto.permit_minutes * MINUTE_MS;
    TRY(own_key(g, &signer));
    TRY(permit_sign(p, &signer, agent_sign_key(g->agent), note));
    (void)snprintf(serial, sizeof serial, "%" PRIu64, p->serial);
    TRY(agent_put(g->agent, "serial", str_bytes(str_of(serial))));
    TRY(agent_put(g->agent, guardian_permit_key(key, guardian_permit_name(p)), buf_bytes(note)));
    g->serial = p->serial;
    return OK;
}
