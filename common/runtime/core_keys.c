/* Our keys: what they open, and how they change while we run. */
#include "common/crypto/encode.h"
#include "common/runtime/core_private.h"
#include <stdlib.h>

void core_on_identity(struct agent *a, const struct identity *now, const struct identity *previous)
{
    a->identity = *now;
    a->has_previous = previous != NULL;
    a->previous = previous ? *previous : (struct identity){ 0 };
    for (size_t i = 0; i < a->npeers; i++) core_small_forget(&a->peers[i]); /* agreed with the old key */
}

enum err core_agreements(struct peer *p, struct peer_seals **out)
{
    if (p->seals == NULL) p->seals = calloc(1, sizeof *p->seals);
    *out = p->seals;
    return p->seals ? OK : ERR_MEMORY;
}

static enum err open_with(const struct identity *me, struct peer *remember, const struct manifest *m, struct seal *out)
{
    uint8_t sha256[HASH_BYTES];
    struct peer_seals *seals;
    struct buf wrap CLEANUP(buf_free) = buf_make(MANIFEST_MAX_KEY);
    TRY(hex_decode(str_of(m->sha256), sha256, sizeof sha256));
    TRY(base64_decode(m->key, &wrap));
    if (remember == NULL) return seal_unwrap(buf_bytes(&wrap), m->bytes, sha256, me, out);
    TRY(core_agreements(remember, &seals));
    return seal_link_unwrap(&seals->from, buf_bytes(&wrap), m->bytes, sha256, me, out);
}

static enum err open_with_ours(struct agent *a, struct peer *remember, const struct manifest *m, struct seal *out)
{
    enum err e = open_with(&a->identity, remember, m, out);
    return e == ERR_CRYPTO && a->has_previous ? open_with(&a->previous, NULL, m, out) : e;
}

/* Who reads of our new key in its roster before we look at our file seals to a key that we do not have yet. */
enum err core_unwrap(struct agent *a, struct peer *remember, const struct manifest *m, struct seal *out)
{
    enum err e = open_with_ours(a, remember, m, out);
    if (e != ERR_CRYPTO || a->renew == NULL) return e;
    a->renew(a->renew_self);
    return open_with_ours(a, remember, m, out);
}
