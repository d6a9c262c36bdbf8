#include "common/privacy/secagg_decisions.h"
#include "common/privacy/secagg_code.h"
#include <string.h>

static const char label[] = "himas secagg decisions 1";
enum { COUNT_BYTES = 2, ID_BYTES = 4, HALF_BYTES = 1 };

static struct secagg_decision *find(struct secagg_decisions *d, uint32_t about)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].about == about) return &d->at[i];
    return NULL;
}

enum err secagg_decisions_add(struct secagg_decisions *d, const uint8_t session[HASH_BYTES], uint32_t about,
                              enum secagg_half half, struct why *why)
{
    if (d->n > 0 && memcmp(d->session, session, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the decisions at hand are of another session");
    const struct secagg_decision *before = find(d, about);
    if (before != NULL && before->half != half)
        return why_say(why, ERR_REFUSED, "both shares asked: the other one of member %u was answered before", about);
    if (before != NULL) return OK;
    if (d->n == SECAGG_HOLDERS_MAX) return why_say(why, ERR_LIMIT, "no room for more decisions");
    memcpy(d->session, session, HASH_BYTES);
    d->at[d->n++] = (struct secagg_decision){ about, half };
    return OK;
}

enum err secagg_decisions_encode(const struct secagg_decisions *d, struct buf *out)
{
    secagg_code_put_label(out, label);
    buf_add(out, d->session, HASH_BYTES);
    secagg_code_put(out, d->n, COUNT_BYTES);
    for (size_t i = 0; i < d->n; i++) {
        secagg_code_put(out, d->at[i].about, ID_BYTES);
        secagg_code_put(out, (uint64_t)d->at[i].half, HALF_BYTES);
    }
    return buf_err(out);
}

enum err secagg_decisions_parse(struct bytes in, struct secagg_decisions *out)
{
    struct secagg_decisions d = { { 0 } };
    struct secagg_code c = { .rest = in };
    secagg_code_get_label(&c, label);
    secagg_code_get_bytes(&c, d.session, HASH_BYTES);
    size_t n = secagg_code_get_count(&c, SECAGG_HOLDERS_MAX);
    for (; d.n < n && !c.bad; d.n++) {
        uint32_t about = (uint32_t)secagg_code_get(&c, ID_BYTES);
        uint64_t half = secagg_code_get(&c, HALF_BYTES);
        if (half >= SECAGG_HALVES || find(&d, about) != NULL) return ERR_PROTO;
        d.at[d.n] = (struct secagg_decision){ about, (enum secagg_half)half };
    }
    TRY(secagg_code_end(&c));
    *out = d;
    return OK;
}
