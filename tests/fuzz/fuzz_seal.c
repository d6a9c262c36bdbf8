/* Any bytes are a wrap and a sealed chunk from a stranger: none opens, and a true one that was changed does not. */
#include "common/crypto/seal_session.h"
#include "tests/support/dice.h"
#include <stdlib.h>
#include <string.h>

enum { CONTENT = 64, CHUNK = CONTENT + AEAD_TAG_BYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum err e, enum err wanted)
{
    if (e != wanted) abort();
}

/* The input is xored over a true wrap and chunk: only when it changes nothing do they open. */
static void disturb(uint8_t *true_bytes, size_t n, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < n && i < size; i++) true_bytes[i] ^= data[i];
}

static bool is_quiet(const uint8_t *data, size_t size, size_t n)
{
    size_t i = 0;
    while (i < n && i < size && data[i] == 0) i++;
    return i == n || i == size;
}

static void disturbed(const struct identity *me, const struct seal *s, struct rng *r, const uint8_t *data, size_t size)
{
    uint8_t wrap[SEAL_WRAP_BYTES], chunk[CHUNK], plain[CONTENT] = { 0 };
    struct seal opened;
    struct seal_link link = { 0 };
    bool quiet = is_quiet(data, size, SEAL_WRAP_BYTES);
    check(seal_wrap(s, me->public_key, dice_random, r, wrap), OK);
    check(seal_chunk(s, 0, bytes_of(plain, CONTENT), chunk), OK);
    disturb(wrap, sizeof wrap, data, size);
    check(seal_unwrap(bytes_of(wrap, sizeof wrap), CONTENT, s->sha256, me, &opened), quiet ? OK : ERR_CRYPTO);
    for (int i = 0; i < 2; i++) /* remembered or not, it is the same */
        check(seal_link_unwrap(&link, bytes_of(wrap, sizeof wrap), CONTENT, s->sha256, me, &opened),
              quiet ? OK : ERR_CRYPTO);
    disturb(chunk, sizeof chunk, data, size);
    check(seal_chunk_open(s, 0, bytes_of(chunk, sizeof chunk), plain), is_quiet(data, size, CHUNK) ? OK : ERR_CRYPTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t sha256[HASH_BYTES] = { 1 };
    struct rng r = rng_make(1);
    struct identity me;
    struct seal s, opened;
    uint8_t *out = malloc(SEAL_CHUNK_BYTES);
    if (out == NULL) return 0;
    check(identity_generate(dice_random, &r, &me), OK);
    check(seal_make(CONTENT, sha256, dice_random, &r, &s), OK);
    check(seal_unwrap(bytes_of(data, size), size, sha256, &me, &opened), ERR_CRYPTO);
    s.bytes = size < AEAD_TAG_BYTES ? 0 : size - AEAD_TAG_BYTES;
    if (s.bytes <= SEAL_CHUNK_BYTES) check(seal_chunk_open(&s, 0, bytes_of(data, size), out), ERR_CRYPTO);
    s.bytes = CONTENT;
    disturbed(&me, &s, &r, data, size);
    free(out);
    return 0;
}
