/*
 * survey -- what a broker offers and what it bears, found out by visiting it:
 * its parts and their features, its clock, an upload, how long a stanza may
 * be, how fast they pass.
 *
 * Nothing is sent to anybody but the broker and ourselves.  All block.  The sentence of a failure says what was seen;
 * ERR_NETWORK: the link broke, with the broker's last words; ERR_TIMEOUT.
 */
#pragma once
#include "common/base/buf.h"
#include "common/runtime/xmpp/client.h"

enum {
    SURVEY_ASK_MS = 10000,
    SURVEY_MAX_PARTS = 32,
    SURVEY_MAX_ECHOES = 64,
    SURVEY_LONGEST_STANZA = 490 * 1024, /* of ours: see STANZA_MAX_OUT_BYTES */
    SURVEY_UPLOAD_BYTES = (1 << 20) + 4096
};

/* XEP-0030: fn is called for each feature that the JID (full, or a server's) says it has.  ERR_ABSENT: not there. */
typedef void survey_feature_fn(void *to, const char *jid, struct str feature);
enum err survey_features(struct client *c, const char *jid, survey_feature_fn *fn, void *to, struct why *why) MUST_USE;
/* The same of the broker's domain and of each of its parts. */
enum err survey_broker(struct client *c, survey_feature_fn *fn, void *to, struct why *why) MUST_USE;

/* XEP-0198, a feature of the stream. */
bool survey_resumes(struct client *c);

/* XEP-0202: by how much the broker's clock is ahead of ours; half the way there and back is allowed for.  ERR_ABSENT:
 * it does not tell. */
enum err survey_clock(struct client *c, int64_t *out_ahead_ms, struct why *why) MUST_USE;
/* XEP-0082: "2026-11-21T06:24:01Z", also with fractions, to ms since 1970.  ERR_INPUT. */
enum err survey_parse_time(struct str text, int64_t *out_ms) MUST_USE;

/* Stores a chunk as long as an agent's longest (XEP-0363), reads it back and compares.  It stays there until the broker
 * forgets it.  ERR_ABSENT: no upload service; ERR_REFUSED, ERR_LIMIT: it gives us no place; ERR_CRYPTO: other bytes
 * came back; what HTTPS brings: ERR_NETWORK, ERR_TLS. */
enum err survey_upload(struct client *c, const char *ca_file, struct why *why) MUST_USE;

/* Sends that many stanzas of so many bytes to ourselves at once.  us: until the last was back; back: how many were
 * (also after ERR_TIMEOUT). */
struct survey_echo {
    size_t bytes;
    size_t count; /* at most SURVEY_MAX_ECHOES */
    uint64_t timeout_ms;
    uint64_t us;
    size_t back;
};
enum err survey_echo(struct client *c, struct survey_echo *echo, struct why *why) MUST_USE;
