#include "common/crypto/seal_session.h"
#include "common/base/secret.h"
#include "common/crypto/hkdf.h"
#include <string.h>

enum { NUMBER_BYTES = 8 };
static const char key_label[] = "himas seal 1 session key"; /* with its NUL, as in seal.c */

struct key_info {
    uint8_t label[sizeof key_label];
    uint8_t sha256[HASH_BYTES];
    uint8_t bytes[NUMBER_BYTES];
};

void seal_session_wipe(struct seal_session *s)
{
    if (s != NULL) secret_wipe(s, sizeof *s);
}

void seal_link_wipe(struct seal_link *l)
{
    if (l != NULL) secret_wipe(l, sizeof *l);
}

enum err seal_session_begin(struct seal_session *s, uint64_t now_ms, random_fn *random, void *self)
{
    struct seal_session fresh CLEANUP(seal_session_wipe) = { .ends_ms = now_ms + SEAL_SESSION_MS };
    if (now_ms < s->ends_ms) return OK;
    TRY(x25519_generate(random, self, &fresh.ephemeral));
    TRY(random(self, fresh.root, sizeof fresh.root));
    *s = fresh;
    return OK;
}

enum err seal_session_make(const struct seal_session *s, struct bytes content, struct seal *out)
{
    struct seal made CLEANUP(seal_wipe) = { .bytes = content.n };
    struct key_info info;
    if (content.n > SEAL_MAX_BYTES) return ERR_LIMIT;
    TRY(hash_of(content, made.sha256));
    memcpy(info.label, key_label, sizeof info.label);
    memcpy(info.sha256, made.sha256, HASH_BYTES);
    for (int i = 0; i < NUMBER_BYTES; i++) info.bytes[i] = (uint8_t)(made.bytes >> (8 * (NUMBER_BYTES - 1 - i)));
    TRY(hkdf_expand(s->root, bytes_of(&info, sizeof info), made.key, sizeof made.key));
    *out = made;
    return OK;
}

static bool is_about(const struct seal_link *l, const uint8_t ephemeral[X25519_BYTES],
                     const uint8_t recipient[X25519_BYTES])
{
    return l->known && memcmp(l->with.ephemeral, ephemeral, X25519_BYTES) == 0 &&
           memcmp(l->with.recipient, recipient, X25519_BYTES) == 0;
}

enum err seal_session_wrap(const struct seal_session *s, const struct seal *content,
                           const uint8_t recipient[X25519_BYTES], struct seal_link *link, uint8_t out[SEAL_WRAP_BYTES])
{
    if (!is_about(link, s->ephemeral.public_key, recipient)) TRY(seal_agree_to(&s->ephemeral, recipient, &link->with));
    link->known = true;
    return seal_wrap_agreed(content, &link->with, out);
}

enum err seal_link_unwrap(struct seal_link *link, struct bytes wrap, uint64_t bytes, const uint8_t sha256[HASH_BYTES],
                          const struct identity *me, struct seal *out)
{
    if (wrap.n != SEAL_WRAP_BYTES) return ERR_CRYPTO;
    if (!is_about(link, wrap.p, me->public_key)) TRY(seal_agree_from(wrap.p, me, &link->with));
    link->known = true;
    return seal_unwrap_agreed(wrap, bytes, sha256, &link->with, out);
}
