#include "common/runtime/keys.h"
#include "common/crypto/encode.h"
#include "common/crypto/identity.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

enum err keys_previous(const char *path, char out[KEYS_PATH_BYTES])
{
    int n = snprintf(out, KEYS_PATH_BYTES, "%s.previous", path);
    return n > 0 && n < KEYS_PATH_BYTES ? OK : ERR_INPUT;
}

/* The old one has its second name before the new one takes its place: cut off anywhere, no key is lost. */
enum err keys_rotate(const char *path, struct why *why)
{
    CLEANUP(identity_wipe) struct identity id = { 0 };
    char previous[KEYS_PATH_BYTES];
    TRY(identity_read(path, &id, why));
    if (keys_previous(path, previous) != OK) return why_say(why, ERR_INPUT, "%.200s...: the name is too long", path);
    if (access(previous, F_OK) == 0)
        return why_say(why, ERR_STATE,
                       "%s is still there; remove it when every member's roster has had the present key for a day",
                       previous);
    if (link(path, previous) != 0) return why_say(why, ERR_IO, "%s: %s", previous, strerror(errno));
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
