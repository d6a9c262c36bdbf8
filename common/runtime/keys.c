#include "common/runtime/keys.h"
#include "common/crypto/encode.h"
#include "common/crypto/identity.h"
#include <unistd.h>

_Static_assert((int)KEYS_FINGERPRINT_BYTES == (int)SIGN_FINGERPRINT_BYTES, "one fingerprint");

enum err keys_make(const char *path, struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    if (access(path, F_OK) == 0)
        return why_say(why, ERR_STATE, "%s is there already; a key is never overwritten", path);
    TRY(identity_generate(random_os, NULL, &id));
    return identity_write(&id, path, why);
}

enum err keys_public(const char *path, struct keys_halves *out, struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    TRY(identity_read(path, &id, why));
    TRY(sign_fingerprint(id.sign.public_key, out->fingerprint));
    hex_encode(bytes_of(id.public_key, sizeof id.public_key), out->key);
    hex_encode(bytes_of(id.sign.public_key, sizeof id.sign.public_key), out->sign);
    return OK;
}
