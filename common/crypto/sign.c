#include "common/crypto/sign.h"
#include "common/base/secret.h"
#include "common/crypto/encode.h"
#include "common/crypto/hash.h"
#include <string.h>

enum { NUMBER_BYTES = 8, GROUPS = 8, GROUP_BYTES = 2 };
static const char statement_label[] = "himas signed statement 1"; /* with their NUL */
static const char fingerprint_label[] = "himas key fingerprint 1";

enum err sign_from_secret(const uint8_t secret[ED25519_KEY_BYTES], struct sign_key *out)
{
    uint8_t public_key[ED25519_KEY_BYTES];
    TRY(ed25519_public(secret, public_key));
    memmove(out->secret, secret, sizeof out->secret);
    memcpy(out->public_key, public_key, sizeof out->public_key);
    return OK;
}

enum err sign_generate(random_fn *random, void *self, struct sign_key *out)
{
    struct sign_key key CLEANUP(sign_wipe);
    TRY(random(self, key.secret, sizeof key.secret));
    return sign_from_secret(key.secret, out);
}

void sign_wipe(struct sign_key *key)
{
    if (key != NULL) secret_wipe(key, sizeof *key);
}

static enum err frame(struct str purpose, struct bytes message, struct buf *out)
{
    uint8_t length[NUMBER_BYTES] = { 0 };
    if (purpose.n == 0 || purpose.n > SIGN_PURPOSE_MAX_BYTES) return ERR_LIMIT;
    length[NUMBER_BYTES - 1] = (uint8_t)purpose.n;
    buf_add(out, statement_label, sizeof statement_label);
    buf_add(out, length, sizeof length);
    buf_add_str(out, purpose);
    buf_add(out, message.p, message.n);
    return buf_err(out);
}

enum err sign_statement(const struct sign_key *key, struct str purpose, struct bytes message,
                        uint8_t out[ED25519_SIGNATURE_BYTES])
{
    struct buf framed CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
    TRY(frame(purpose, message, &framed));
    return ed25519_sign(key->secret, buf_bytes(&framed), out);
}

enum err sign_verify(const uint8_t public_key[ED25519_KEY_BYTES], struct str purpose, struct bytes message,
                     const uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    struct buf framed CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
    TRY(frame(purpose, message, &framed));
    return ed25519_verify(public_key, buf_bytes(&framed), signature);
}

enum err sign_fingerprint(const uint8_t public_key[ED25519_KEY_BYTES], char out[SIGN_FINGERPRINT_BYTES])
{
    uint8_t labelled[sizeof fingerprint_label + ED25519_KEY_BYTES];
    uint8_t digest[HASH_BYTES];
    memcpy(labelled, fingerprint_label, sizeof fingerprint_label);
    memcpy(labelled + sizeof fingerprint_label, public_key, ED25519_KEY_BYTES);
    TRY(hash_of(bytes_of(labelled, sizeof labelled), digest));
    for (size_t i = 0; i < GROUPS; i++) {
        char *group = out + i * (2 * GROUP_BYTES + 1);
        hex_encode(bytes_of(digest + i * GROUP_BYTES, GROUP_BYTES), group);
        group[2 * GROUP_BYTES] = i + 1 < GROUPS ? '-' : '\0';
    }
    return OK;
}
