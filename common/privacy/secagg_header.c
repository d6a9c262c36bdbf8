#include "common/privacy/secagg_header.h"
#include "common/privacy/ddgauss.h"
#include "common/privacy/harary.h"
#include "common/privacy/secagg_code.h"
#include "common/privacy/secagg_vec.h"
#include <math.h>
#include <string.h>

static const char label[] = "himas secagg header 1";
#define PURPOSE STR("secagg header")
enum { COUNT_BYTES = 4, NUMBER_BYTES = 8 };

enum err secagg_header_encode(const struct secagg_header *h, struct buf *out)
{
    secagg_code_put_label(out, label);
    buf_add(out, h->run, HASH_BYTES);
    secagg_code_put(out, h->round, NUMBER_BYTES);
    buf_add(out, h->model_sha256, HASH_BYTES);
    buf_add(out, h->roster_sha256, HASH_BYTES);
    buf_add(out, h->layout_sha256, HASH_BYTES);
    const uint32_t counts[] = { h->cohort, h->survivors, h->adversaries, h->degree, h->threshold, h->bits, h->length };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) secagg_code_put(out, counts[i], COUNT_BYTES);
    secagg_code_put_real(out, h->scale);
    secagg_code_put_real(out, h->clip);
    secagg_code_put_real(out, h->sensitivity);
    secagg_code_put_real(out, h->sigma);
    secagg_code_put(out, h->deadline_ms, NUMBER_BYTES);
    return buf_err(out);
}

enum err secagg_header_parse(struct bytes in, struct secagg_header *out)
{
    struct secagg_header h = { .round = 0 };
    struct secagg_code c = { .rest = in };
    secagg_code_get_label(&c, label);
    secagg_code_get_bytes(&c, h.run, HASH_BYTES);
    h.round = secagg_code_get(&c, NUMBER_BYTES);
    secagg_code_get_bytes(&c, h.model_sha256, HASH_BYTES);
    secagg_code_get_bytes(&c, h.roster_sha256, HASH_BYTES);
    secagg_code_get_bytes(&c, h.layout_sha256, HASH_BYTES);
    uint32_t *const counts[] = { &h.cohort, &h.survivors, &h.adversaries, &h.degree, &h.threshold, &h.bits, &h.length };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) *counts[i] = (uint32_t)secagg_code_get(&c, COUNT_BYTES);
    h.scale = secagg_code_get_real(&c);
    h.clip = secagg_code_get_real(&c);
    h.sensitivity = secagg_code_get_real(&c);
    h.sigma = secagg_code_get_real(&c);
    h.deadline_ms = secagg_code_get(&c, NUMBER_BYTES);
    TRY(secagg_code_end(&c));
    *out = h;
    return OK;
}

enum err secagg_header_hash(const struct secagg_header *h, uint8_t out[HASH_BYTES])
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_HEADER_BYTES);
    TRY(secagg_header_encode(h, &bytes));
    return hash_of(buf_bytes(&bytes), out);
}

enum err secagg_header_sign(const struct secagg_header *h, const struct sign_key *coordinator,
                            uint8_t out[ED25519_SIGNATURE_BYTES])
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_HEADER_BYTES);
    TRY(secagg_header_encode(h, &bytes));
    return sign_statement(coordinator, PURPOSE, buf_bytes(&bytes), out);
}

enum err secagg_header_verify(const struct secagg_header *h, const uint8_t coordinator[ED25519_KEY_BYTES],
                              const uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_HEADER_BYTES);
    TRY(secagg_header_encode(h, &bytes));
    return sign_verify(coordinator, PURPOSE, buf_bytes(&bytes), signature);
}

static bool sizes_fit(const struct secagg_header *h)
{
    return h->round >= 1 && h->cohort >= SECAGG_COHORT_LEAST && h->cohort <= SECAGG_MEMBERS_MAX &&
           h->survivors >= SECAGG_COHORT_LEAST && h->survivors <= h->cohort &&
           h->adversaries <= h->survivors - SECAGG_HONEST_LEAST && h->threshold >= 2 && h->bits >= SECAGG_BITS_MIN &&
           h->bits <= SECAGG_BITS_MAX && h->length >= 1 && h->length <= SECAGG_LENGTH_MAX &&
           h->deadline_ms <= SECAGG_DEADLINE_MAX_MS;
}

static bool reals_fit(const struct secagg_header *h)
{
    bool noise = isfinite(h->sigma) && isfinite(h->sensitivity) && h->sigma >= 0 && h->sensitivity >= 0;
    return isfinite(h->scale) && h->scale > 0 && isfinite(h->clip) && h->clip > 0 && noise &&
           (h->sigma > 0) == (h->sensitivity > 0);
}

static bool graph_fits(const struct secagg_header *h)
{
    if (h->degree == 0) return h->cohort <= SECAGG_HOLDERS_MAX && h->threshold <= h->survivors;
    return h->degree % 2 == 0 && h->degree < h->cohort && h->degree <= SECAGG_HOLDERS_MAX && h->threshold <= h->degree;
}

/* Everybody a holder: 2 t > n + adversaries.  Neighbours: the same of the neighbours, whoever they turn out to be. */
enum err secagg_header_present(const struct secagg_header *h, uint32_t present, struct why *why)
{
    if (present < h->survivors || present > h->cohort)
        return why_say(why, ERR_REFUSED, "%u members are there; the round is for %u to %u", present, h->survivors,
                       h->cohort);
    if (h->degree == 0)
        return 2 * (uint64_t)h->threshold > (uint64_t)present + h->adversaries
                   ? OK
                   : why_say(
                         why, ERR_REFUSED,
                         "a threshold of %u among %u members with %u adversaries lets the coordinator read a vector",
                         h->threshold, present, h->adversaries);
    struct harary_want want = { present, h->adversaries, present - h->survivors, HARARY_ACTIVE };
    struct harary graph = { h->degree, h->threshold };
    return harary_secure(&want, &graph)
               ? OK
               : why_say(why, ERR_REFUSED,
                         "%u neighbours and a threshold of %u do not keep secrets among %u members with %u adversaries",
                         h->degree, h->threshold, present, h->adversaries);
}

enum err secagg_header_check(const struct secagg_header *h, struct why *why)
{
    if (!sizes_fit(h)) return why_say(why, ERR_INPUT, "the round's numbers are out of range");
    if (!reals_fit(h))
        return why_say(why, ERR_INPUT, "scale and clip are positive, and with noise so are sigma and sensitivity");
    if (!graph_fits(h)) return why_say(why, ERR_INPUT, "degree and threshold do not fit %u members", h->cohort);
    return secagg_header_present(h, h->cohort, why);
}

static bool same_hash(const uint8_t a[HASH_BYTES], const uint8_t b[HASH_BYTES])
{
    return memcmp(a, b, HASH_BYTES) == 0;
}

enum err secagg_header_admit(const struct secagg_header *h, const struct secagg_policy *policy, struct why *why)
{
    TRY(secagg_header_check(h, why));
    if (!same_hash(h->model_sha256, policy->model_sha256))
        return why_say(why, ERR_REFUSED, "the round is on another model than the one in the log");
    if (!same_hash(h->roster_sha256, policy->roster_sha256))
        return why_say(why, ERR_REFUSED, "the round is among another roster than the one in the log");
    if (h->survivors < policy->cohort_min)
        return why_say(why, ERR_REFUSED, "a sum of %u members; this hospital takes part in sums of at least %u",
                       h->survivors, policy->cohort_min);
    if (h->adversaries < policy->adversaries)
        return why_say(why, ERR_REFUSED, "the round reckons with %u adversaries; this hospital with %u", h->adversaries,
                       policy->adversaries);
    if (!(h->sigma >= policy->sigma_min))
        return why_say(why, ERR_REFUSED, "the noise is %g times the sensitivity; this hospital wants at least %g",
                       h->sigma, policy->sigma_min);
    return OK;
}

double secagg_header_share(const struct secagg_header *h)
{
    return ddgauss_share(h->sigma * h->sensitivity * h->scale, h->survivors - h->adversaries);
}

enum err secagg_seen_admit(struct secagg_seen *seen, const struct secagg_header *h, struct why *why)
{
    struct secagg_seen now = { .round = h->round };
    TRY(secagg_header_hash(h, now.header_sha256));
    unsigned long long round = h->round;
    if (h->round < seen->round) return why_say(why, ERR_DUPLICATE, "round %llu is gone by", round);
    if (h->round == seen->round && !same_hash(now.header_sha256, seen->header_sha256))
        return why_say(why, ERR_REFUSED, "the coordinator signed two headers for round %llu", round);
    if (h->round == seen->round && seen->answered)
        return why_say(why, ERR_DUPLICATE, "round %llu was answered already", round);
    *seen = now;
    return OK;
}
