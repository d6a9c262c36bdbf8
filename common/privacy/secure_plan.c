#include "common/privacy/secure_plan.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { TAIL = 2 }; /* elements behind the update: weight and loss */

static const struct mode {
    const char *name;
    const char *leak;
} modes[SECURE_MODES] = {
    [SECURE_PLAIN] = { "plain",
                       "the coordinator learns the sums over all hospitals that end the round, exactly, and nothing of "
                       "one hospital beyond them; nothing hides what a sum tells" },
};

/* ---- planning ---- */

static enum err check(const struct secure_want *w, struct why *why)
{
    bool counts = w->mode < SECURE_MODES && w->weights >= 1 && w->weights <= SECAGG_LENGTH_MAX - TAIL &&
                  w->cohort >= 1 && w->cohort <= SECAGG_MEMBERS_MAX;
    bool bounds = isfinite(w->update_norm) && w->update_norm > 0 && w->samples_max >= 1;
    return counts && bounds ? OK : why_say(why, ERR_INPUT, "no secure sum has these sizes");
}

static struct quantise_want part_of(const struct secure_want *w, double bound, double step)
{
    return (struct quantise_want){ .summands = w->cohort, .bound = bound, .step = step, .bits_max = SECAGG_BITS_MAX };
}

/* The finest step, up to SECURE_STEP, that fits a ring. */
static enum err plan_update(const struct secure_want *w, struct quantise *out, struct why *why)
{
    double bound = w->update_norm * (double)w->samples_max;
    for (double step = SECURE_STEP; step <= SECURE_STEP_MAX; step *= 2) {
        struct quantise_want part = part_of(w, bound, step);
        if (quantise_plan(&part, out, NULL) == OK) return OK;
    }
    return why_say(why, ERR_SETTING,
                   "a sum of %" PRIu32 " updates up to `rounds.max_update_norm` %g, each times up to "
                   "`rounds.max_samples` %" PRIu64 ", fits no ring; lower one of the two",
                   w->cohort, w->update_norm, w->samples_max);
}

static enum err plan_tail(const struct secure_want *w, struct secure_plan *p, struct why *why)
{
    double most = (double)w->samples_max;
    struct quantise_want count = part_of(w, most, 1);
    struct quantise_want loss = part_of(w, most * SECURE_LOSS_MAX, SECURE_LOSS_STEP);
    if (quantise_plan(&count, &p->count, NULL) == OK && quantise_plan(&loss, &p->loss, NULL) == OK) return OK;
    return why_say(why, ERR_SETTING, "a sum of losses times up to `rounds.max_samples` %" PRIu64 " fits no ring",
                   w->samples_max);
}

static unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

static enum err hash_layout(struct secure_plan *p)
{
    struct buf text CLEANUP(buf_free) = buf_make(SECURE_TEXT_BYTES);
    TRY(secure_plan_text(p, &text));
    return hash_of(buf_bytes(&text), p->layout_sha256);
}

enum err secure_plan_of(const struct secure_want *want, struct secure_plan *out, struct why *why)
{
    struct secure_plan p = { .want = *want };
    TRY(check(want, why));
    TRY(plan_update(want, &p.update, why));
    TRY(plan_tail(want, &p, why));
    p.length = want->weights + TAIL;
    p.bits = larger(p.update.bits, larger(p.count.bits, p.loss.bits));
    TRY(hash_layout(&p));
    *out = p;
    return OK;
}

/* ---- in words, and in the header ---- */

static void add_part(struct buf *out, const char *name, size_t first, size_t n, const struct quantise *q)
{
    buf_addf(out, "elements %zu to %zu: %s, in units of %.17g, at most %" PRId64 " of them a hospital\n", first,
             first + n - 1, name, 1 / q->scale, q->bound);
}

enum err secure_plan_text(const struct secure_plan *p, struct buf *out)
{
    const struct mode *m = &modes[p->want.mode];
    size_t n = p->want.weights;
    buf_addf(out, "himas secure vector 1\nmode: %s\nlearned: %s\n", m->name, m->leak);
    buf_addf(out, "ring: %u bits, %zu elements, at most %" PRIu32 " summands\n", p->bits, p->length, p->want.cohort);
    add_part(out, "the update times the weight", 0, n, &p->update);
    add_part(out, "the weight, in samples", n, 1, &p->count);
    add_part(out, "the loss times the weight", n + 1, 1, &p->loss);
    return buf_err(out);
}

void secure_plan_put(const struct secure_plan *p, struct secagg_header *h)
{
    memcpy(h->layout_sha256, p->layout_sha256, HASH_BYTES);
    h->bits = p->bits;
    h->length = (uint32_t)p->length;
    h->scale = p->update.scale;
    h->clip = p->want.update_norm * (double)p->want.samples_max;
    h->sigma = 0;
}

enum err secure_plan_match(const struct secure_plan *p, const struct secagg_header *h, struct why *why)
{
    struct secagg_header mine = *h;
    secure_plan_put(p, &mine);
    bool ring = mine.bits == h->bits && mine.length == h->length;
    bool reals = mine.scale == h->scale && mine.clip == h->clip && mine.sigma == h->sigma;
    if (!ring || !reals)
        return why_say(why, ERR_REFUSED, "the round's vector is not the one that follows from the task");
    if (memcmp(mine.layout_sha256, h->layout_sha256, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the round's vector means something else than follows from the task");
    return OK;
}
