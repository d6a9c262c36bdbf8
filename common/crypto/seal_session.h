/*
 * seal_session -- many small contents sealed to the same receivers with one
 * key agreement: a sender's ephemeral X25519 key serves for a while, so each
 * end computes the shared secret once a session and not once a message.
 *
 * The wraps are those of seal.h to the byte; a receiver that does not
 * remember opens them with seal_unwrap.  What differs:
 *
 * - The ephemeral key lives for SEAL_SESSION_MS at most and in memory only.
 *   One key for several receivers is sound: the HKDF of a wrap binds both
 *   public keys (multi-recipient KEM with reused randomness; Bellare,
 *   Boldyreva, Staddon, PKC 2003).
 * - The content key is not drawn but derived, HKDF-SHA256 of a secret drawn
 *   with the session; info: label, digest, length.  So another content has
 *   another key, and the same content sealed again is the same bytes again.
 *   Therefore no AES-GCM key meets two plaintexts under one nonce, neither
 *   in the content nor in the wrap.  That the same content came twice the
 *   manifest's digest says anyway.
 *
 * What a thief of the sender's memory can read: what was sealed in that
 * session, instead of in that moment.
 */
#pragma once
#include "common/crypto/seal_agreed.h"

enum { SEAL_SESSION_MS = 3600 * 1000 };

struct seal_session {
    struct x25519_pair ephemeral;
    uint8_t root[HKDF_PRK_BYTES]; /* random, so that nothing is to be extracted (RFC 5869 3.3); gives content keys */
    uint64_t ends_ms;             /* 0: none has begun */
};
/* The last agreement with one peer, one way. */
struct seal_link {
    struct seal_agreed with;
    bool known;
};

/* Begins a session when there is none or it is over; now_ms is monotonic.  random's errors. */
enum err seal_session_begin(struct seal_session *s, uint64_t now_ms, random_fn *random, void *self) MUST_USE;
void seal_session_wipe(struct seal_session *s);
void seal_link_wipe(struct seal_link *l);

/* The content's key in this session, from the bytes themselves, so that no wrong digest can break the above.
 * ERR_LIMIT as seal_make.  The caller wipes *out. */
enum err seal_session_make(const struct seal_session *s, struct bytes content, struct seal *out) MUST_USE;
/* Wraps it; content must be from seal_session_make of this session.  link is this receiver's, and is brought up to date
 * when the session or the receiver's key is another.  ERR_CRYPTO as seal_wrap. */
enum err seal_session_wrap(const struct seal_session *s, const struct seal *content,
                           const uint8_t recipient[X25519_BYTES], struct seal_link *link, uint8_t out[SEAL_WRAP_BYTES])
    MUST_USE;

/* The receiver's side: as seal_unwrap, remembering the agreement in link. */
enum err seal_link_unwrap(struct seal_link *link, struct bytes wrap, uint64_t bytes, const uint8_t sha256[HASH_BYTES],
                          const struct identity *me, struct seal *out) MUST_USE;
