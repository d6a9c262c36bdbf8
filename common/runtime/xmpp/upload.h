/*
 * upload -- chunks out of band: XEP-0363 slots on the broker's upload service,
 * filled and read by HTTPS.
 */
#pragma once
#include "common/runtime/xmpp/http.h"
#include "common/runtime/xmpp/session.h"
#include "common/wire/manifest.h"

enum {
    UPLOAD_MAX_CHUNK = MANIFEST_CHUNK_BYTES + 4096, /* sealed */
    UPLOAD_MAX_JOBS = 64,                           /* chunks being stored: each is copied */
    UPLOAD_MAX_CANDIDATES = 32                      /* services looked at when searching */
};

struct upload;
struct upload_events {
    void *to;
    void (*stored)(void *to, uint64_t token, enum err e, struct str url);
    void (*fetched)(void *to, uint64_t token, enum err e, struct bytes data);
};

/* session is borrowed; service (copied) may be NULL: looked for on the session's domain. */
enum err upload_open(struct uv_loop_s *loop, const char *ca_file, const char *service, struct session *session,
                     const struct upload_events *events, struct upload **out) MUST_USE;
/* No event comes after it.  Call it after session_close, which forgets the slots that were asked for. */
void upload_close(struct upload *u, void (*closed)(void *to), void *to);

/* As transport.h's store and fetch: each ends in one event, or fails at once.  ERR_LIMIT: too many or too long. */
enum err upload_store(struct upload *u, uint64_t token, const char *sha256, struct bytes data) MUST_USE;
enum err upload_fetch(struct upload *u, uint64_t token, struct str url, uint64_t bytes) MUST_USE;

/* A slot, taken apart (XEP-0363 section 5).  Texts live in the arena. */
struct slot {
    struct str put, get;
    const char *headers[HTTP_MAX_HEADERS + 1];
};
/* ERR_PROTO: no URLs, or not https. */
enum err upload_read_slot(xmpp_stanza_t *iq, struct arena *arena, struct slot *out) MUST_USE;
