#include "common/crypto/identity.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/crypto/encode.h"
#include "common/crypto/hkdf.h"

enum { TEXT_BYTES = 2 * X25519_BYTES, FILE_MAX_BYTES = 4 * X25519_BYTES, OWNER_ONLY = 0600 };

static enum err derive_sign(struct identity *id)
{
    uint8_t seed[ED25519_KEY_BYTES];
    struct bytes info = str_bytes(STR("himas ed25519 v1"));
    TRY(hkdf_sha256(bytes_of(id->secret, sizeof id->secret), bytes_of(NULL, 0), info, seed, sizeof seed));
    enum err e = sign_from_secret(seed, &id->sign);
    secret_wipe(seed, sizeof seed);
    return e;
}

enum err identity_from_secret(const uint8_t secret[X25519_BYTES], struct identity *out)
{
    struct identity id CLEANUP(identity_wipe);
    for (size_t i = 0; i < X25519_BYTES; i++) id.secret[i] = secret[i];
    TRY(x25519_public(secret, id.public_key));
    TRY(derive_sign(&id));
    *out = id;
    return OK;
}

enum err identity_generate(random_fn *random, void *self, struct identity *out)
{
    struct identity id CLEANUP(identity_wipe);
    TRY(random(self, id.secret, sizeof id.secret));
    return identity_from_secret(id.secret, out);
}

void identity_wipe(struct identity *id)
{
    if (id != NULL) secret_wipe(id, sizeof *id);
}

enum err identity_write(const struct identity *id, const char *path, struct why *why)
{
    char text[TEXT_BYTES + 1];
    hex_encode(bytes_of(id->secret, sizeof id->secret), text);
    text[TEXT_BYTES] = '\n';
    enum err e = file_write(path, bytes_of(text, sizeof text), OWNER_ONLY, why);
    secret_wipe(text, sizeof text);
    return e;
}

static enum err decode(const char *path, struct str text, struct identity *id, struct why *why)
{
    if (hex_decode(text, id->secret, sizeof id->secret) == OK) return OK;
    return why_say(why, ERR_SETTING, "%s is no key: a secret key is %d hex digits on one line", path, TEXT_BYTES);
}

/* A file that others may read, or one that is too long: its mode matters only where it holds a key. */
static enum err refuse_unlike(const char *path, struct why *why)
{
    struct identity id CLEANUP(identity_wipe);
    struct buf text CLEANUP(secret_buf_free) = buf_make(FILE_MAX_BYTES);
    enum err e = file_read(path, &text, NULL);
    if (e != OK && e != ERR_LIMIT) return OK;
    return decode(path, str_trim(buf_str(&text)), &id, why);
}

enum err identity_read(const char *path, struct identity *out, struct why *why)
{
    struct identity id CLEANUP(identity_wipe);
    struct buf text CLEANUP(secret_buf_free) = buf_make(FILE_MAX_BYTES);
    enum err e = secret_read_file(path, FILE_MAX_BYTES, &text, why);
    if (e == ERR_SETTING || e == ERR_LIMIT) TRY(refuse_unlike(path, why));
    TRY(e);
    TRY(decode(path, buf_str(&text), &id, why));
    return identity_from_secret(id.secret, out);
}
