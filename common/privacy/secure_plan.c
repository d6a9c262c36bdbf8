#include "common/privacy/secure_plan.h"
#include "common/privacy/search.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { TAIL = 2 }; /* elements behind the update: weight and loss */
/* The sums' costs are rounded up one by one: what was found for all of them at once must leave room for it. */
#define ROUNDING (1 - 0x1p-30)

typedef enum err plan_fn(struct secure_plan *p, struct why *why);
static plan_fn plan_plain, plan_site, plan_patient, plan_scores;

static const struct mode {
    const char *name;
    plan_fn *plan;
    const char *leak;
} modes[SECURE_MODES] = {
    [SECURE_PLAIN] = { "plain", plan_plain,
                       "the coordinator learns the sums over all hospitals that end the round, exactly, and nothing of "
                       "one hospital beyond them; no noise is added to a sum, so what a sum tells is hidden by none "
                       "but "
                       "what the hospitals' own training has" },
    [SECURE_SITE] = { "site", plan_site,
                      "the coordinator learns the sum of the hospitals' clipped updates with noise that hides each "
                      "hospital; which hospitals take part is told in clear" },
    [SECURE_PATIENT] = { "patient", plan_patient,
                         "the coordinator learns the sum of clipped gradients of patients drawn by chance at all "
                         "hospitals, with noise that hides each patient, and, exactly, how many patients all "
                         "of them have; which hospitals take part is told in clear; nothing hides what all patients "
                         "of a hospital share" },
    [SECURE_SCORES] = { "scores", plan_scores,
                        "the coordinator learns what scoring the model counted at all hospitals together, exactly, and "
                        "nothing of one hospital beyond it: records, loss, squared errors, and how many records of "
                        "each class got which scores; no noise hides it" },
};

/* ---- planning ---- */

static bool is_noise(const struct secure_want *w)
{
    const struct secure_noise *n = &w->noise;
    bool clip = isfinite(n->clip) && n->clip > 0;
    bool chance = w->mode != SECURE_PATIENT || (n->rate > 0 && n->rate <= 1);
    bool amount = isfinite(n->multiplier) && n->multiplier >= 0;
    return clip && chance && amount && w->rounds >= 1 && w->rounds <= ACCOUNTANT_STEPS_MAX / 2 &&
           w->survivors > w->adversaries && w->survivors <= w->cohort;
}

static enum err check(const struct secure_want *w, struct why *why)
{
    bool counts = w->mode < SECURE_MODES && w->weights >= 1 && w->weights <= HADAMARD_MAX_LENGTH - TAIL &&
                  w->cohort >= 1 && w->cohort <= SECAGG_MEMBERS_MAX && w->samples_max >= 1;
    bool bounds = w->mode == SECURE_PLAIN    ? isfinite(w->update_norm) && w->update_norm > 0
                  : w->mode == SECURE_SCORES ? w->weights >= SECURE_SCORES_LEAST
                                             : is_noise(w);
    return counts && bounds ? OK : why_say(why, ERR_INPUT, "no secure sum has these sizes");
}

static struct quantise_want part_of(const struct secure_want *w, double bound, double step)
{
    return (struct quantise_want){ .summands = w->cohort, .bound = bound, .step = step, .bits_max = SECAGG_BITS_MAX };
}

/* The finest step that fits a ring. */
static enum err plan_update(const struct secure_want *w, struct quantise *out, struct why *why)
{
    double bound = w->update_norm * (double)w->samples_max;
    for (int bits = SECURE_STEP_BITS; bits >= SECURE_STEP_BITS_LEAST; bits--) {
        struct quantise_want part = part_of(w, bound, ldexp(1, -bits));
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

/* Any number of a tally but two is a number of records. */
static enum err plan_scores(struct secure_plan *p, struct why *why)
{
    double most = 2 * (double)p->want.samples_max;
    struct quantise_want brier = part_of(&p->want, most, SECURE_BRIER_STEP);
    TRY(plan_tail(&p->want, p, why));
    if (quantise_plan(&brier, &p->brier, NULL) != OK)
        return why_say(why, ERR_SETTING, "a sum of squared errors fits no ring; lower `rounds.max_samples`");
    p->want.noise = (struct secure_noise){ 0 };
    p->update = p->count;
    p->length = p->want.weights;
    p->bits = larger(p->brier.bits, larger(p->count.bits, p->loss.bits));
    p->clip = most * SECURE_LOSS_MAX;
    return OK;
}

static enum err plan_plain(struct secure_plan *p, struct why *why)
{
    p->want.noise = (struct secure_noise){ .epsilon = 0 }; /* what the training may have is not in the sum's */
    TRY(plan_update(&p->want, &p->update, why));
    TRY(plan_tail(&p->want, p, why));
    p->length = p->want.weights + TAIL;
    p->bits = larger(p->update.bits, larger(p->count.bits, p->loss.bits));
    p->clip = p->want.update_norm * (double)p->want.samples_max;
    return OK;
}

/* ---- with noise ---- */

size_t secure_plan_room(size_t weights) { return hadamard_length(weights) + 1; }

uint64_t secure_plan_sums(uint64_t rounds) { return rounds + (rounds + SECURE_SPARE - 1) / SECURE_SPARE; }

struct privacy_event secure_plan_event(const struct secure_plan *p)
{
    const struct secure_noise *n = &p->want.noise;
    return (struct privacy_event){ .mechanism = PRIVACY_DISTRIBUTED,
                                   .noise = n->multiplier,
                                   .steps = 1,
                                   .clip = n->clip,
                                   .epsilon = n->epsilon,
                                   .delta = n->delta,
                                   .rate = p->want.mode == SECURE_PATIENT ? n->rate : 1 };
}

static enum err search(struct secure_plan *p, struct why *why)
{
    struct secure_noise *n = &p->want.noise;
    struct search_found found;
    struct search_goal goal = { .epsilon = n->epsilon * ROUNDING,
                                .delta = n->delta,
                                .rate = secure_plan_event(p).rate,
                                .steps = secure_plan_sums(p->want.rounds),
                                .distributed = true };
    if (search_noise_renyi(&goal, &found) != OK)
        return why_say(why, ERR_SETTING, "no noise keeps `privacy.epsilon` %g at delta %g over %" PRIu64 " sums",
                       n->epsilon, n->delta, goal.steps);
    n->multiplier = found.noise;
    return OK;
}

/* The multiplier is named: then it must be enough. */
static enum err check_multiplier(const struct secure_plan *p, struct why *why)
{
    struct accountant a = accountant_make();
    struct privacy_event e = secure_plan_event(p);
    e.steps = secure_plan_sums(p->want.rounds);
    if (accountant_add(&a, &e) != OK) return why_say(why, ERR_INPUT, "no secure sum has this noise");
    double cost = accountant_renyi(&a, e.delta, NULL);
    if (cost <= e.epsilon) return OK;
    return why_say(why, ERR_SETTING,
                   "noise of %g times the sensitivity gives epsilon %.4f over %" PRIu64
                   " sums; `privacy.epsilon` promises %g",
                   e.noise, cost, e.steps, e.epsilon);
}

/* The least power of two at which the clip is 2^bits roots of the length. */
static double fine_scale(const struct secure_plan *p, int bits)
{
    int exponent = 0;
    (void)frexp(sqrt((double)p->rotated) / p->want.noise.clip, &exponent);
    return ldexp(1, exponent + bits);
}

/* The sum's noise, in the numbers' measure: of all who may be in it. */
static double noise_of_all(const struct secure_plan *p, double scale)
{
    return p->share / scale * sqrt((double)p->want.cohort);
}

/* With the sensitivity of this scale known: shares, and the ring for vectors of this bound and the rounding. */
static enum err plan_shares(struct secure_plan *p, double sensitivity, double scale, double bound)
{
    struct secure_noise *n = &p->want.noise;
    uint64_t honest = p->want.survivors - p->want.adversaries;
    p->share = ddgauss_share(n->multiplier * sensitivity, honest);
    if (!(p->share >= DDGAUSS_SHARE_SURE && p->share <= DDGAUSS_SHARE_MAX)) return ERR_LIMIT;
    struct quantise_want part = part_of(&p->want, bound + 2 / scale, 1 / scale);
    part.noise = noise_of_all(p, scale);
    part.headroom = QUANTISE_HEADROOM;
    TRY(quantise_plan(&part, &p->update, NULL));
    p->bits = p->update.bits;
    p->clip = bound;
    p->sensitivity = sensitivity / scale;
    return OK;
}

static enum err at_scale(struct secure_plan *p, double scale)
{
    double clip = p->want.noise.clip;
    if (p->want.mode == SECURE_SITE) {
        double norm = ddgauss_rounded_norm(clip * scale, (double)p->rotated, DDGAUSS_BETA);
        return plan_shares(p, norm, scale, norm / scale);
    }
    struct ddunits_rule rule = {
        .clip = clip, .scale = scale, .reach = clip * (double)p->want.samples_max, .dim = p->rotated
    };
    return plan_shares(p, ddunits_sensitivity(&rule), scale, rule.reach);
}

/* As fine as ring and shares allow. */
static enum err plan_noise(struct secure_plan *p, struct why *why)
{
    p->length = p->rotated = hadamard_length(p->want.weights);
    TRY(p->want.noise.multiplier > 0 ? check_multiplier(p, why) : search(p, why));
    for (int bits = SECURE_FINE_BITS; bits >= 0; bits--)
        if (at_scale(p, fine_scale(p, bits)) == OK) return OK;
    return why_say(why, ERR_SETTING,
                   "a sum of %" PRIu32 " vectors with noise of %g times the sensitivity fits no ring; lower "
                   "`rounds.max_samples`, or ask for another `privacy.epsilon`",
                   p->want.cohort, p->want.noise.multiplier);
}
static enum err plan_site(struct secure_plan *p, struct why *why) { return plan_noise(p, why); }
static enum err plan_patient(struct secure_plan *p, struct why *why)
{
    struct quantise_want count = part_of(&p->want, (double)p->want.samples_max, 1);
    TRY(plan_noise(p, why));
    if (quantise_plan(&count, &p->count, NULL) != OK)
        return why_say(why, ERR_SETTING, "a sum of records fits no ring; lower `rounds.max_samples`");
    p->bits = larger(p->bits, p->count.bits);
    p->length = secure_plan_room(p->want.weights);
    return OK;
}

struct ddgauss_rule secure_plan_site(const struct secure_plan *p)
{
    return (struct ddgauss_rule){
        .clip = p->want.noise.clip, .scale = p->update.scale, .beta = DDGAUSS_BETA, .share = p->share, .dim = p->rotated
    };
}

struct ddunits_rule secure_plan_patient(const struct secure_plan *p)
{
    return (struct ddunits_rule){
        .clip = p->want.noise.clip, .scale = p->update.scale, .reach = p->clip, .share = p->share, .dim = p->rotated
    };
}

/* ---- all of it ---- */

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
    TRY(modes[want->mode].plan(&p, why));
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

const char *secure_plan_learned(enum secure_mode mode) { return mode < SECURE_MODES ? modes[mode].leak : ""; }

static void add_plain(const struct secure_plan *p, struct buf *out)
{
    size_t n = p->want.weights;
    add_part(out, "the update times the weight", 0, n, &p->update);
    add_part(out, "the weight, in samples", n, 1, &p->count);
    add_part(out, "the loss times the weight", n + 1, 1, &p->loss);
}

static void add_noise(const struct secure_plan *p, struct buf *out)
{
    const struct secure_noise *n = &p->want.noise;
    add_part(out, "what is summed, rotated by the header's hash", 0, p->rotated, &p->update);
    if (p->want.mode == SECURE_PATIENT) add_part(out, "patients, without noise", p->rotated, 1, &p->count);
    buf_addf(out, "clip: %.17g\nsensitivity: %.17g\nnoise: %.17g times the sensitivity\n", n->clip, p->sensitivity,
             n->multiplier);
    buf_addf(out, "shares: of %" PRIu32 " survivors that are no adversaries\n",
             p->want.survivors - p->want.adversaries);
    if (p->want.mode == SECURE_PATIENT) buf_addf(out, "rate: %.17g of the patients in a sum\n", n->rate);
    buf_addf(out, "epsilon: %.17g at delta %.17g over %" PRIu64 " sums\n", n->epsilon, n->delta,
             secure_plan_sums(p->want.rounds));
}

static void add_scores(const struct secure_plan *p, struct buf *out)
{
    add_part(out, "records", 0, 1, &p->count);
    add_part(out, "the sum of the losses", 1, 1, &p->loss);
    add_part(out, "the sum of the squared errors", 2, 1, &p->brier);
    add_part(out, "records by class and score", SECURE_SCORES_LEAST - 1, p->length - SECURE_SCORES_LEAST + 1,
             &p->count);
}

enum err secure_plan_text(const struct secure_plan *p, struct buf *out)
{
    static void (*const parts[SECURE_MODES])(const struct secure_plan *p,
                                             struct buf *out) = { [SECURE_PLAIN] = add_plain,
                                                                  [SECURE_SITE] = add_noise,
                                                                  [SECURE_PATIENT] = add_noise,
                                                                  [SECURE_SCORES] = add_scores };
    const struct mode *m = &modes[p->want.mode];
    buf_addf(out, "himas secure vector 1\nmode: %s\nlearned: %s\n", m->name, m->leak);
    buf_addf(out, "ring: %u bits, %zu elements, at most %" PRIu32 " summands\n", p->bits, p->length, p->want.cohort);
    parts[p->want.mode](p, out);
    return buf_err(out);
}

void secure_plan_put(const struct secure_plan *p, struct secagg_header *h)
{
    memcpy(h->layout_sha256, p->layout_sha256, HASH_BYTES);
    h->bits = p->bits;
    h->length = (uint32_t)p->length;
    h->scale = p->update.scale;
    h->clip = p->clip;
    h->sensitivity = p->sensitivity;
    h->sigma = p->want.noise.multiplier;
}

enum err secure_plan_match(const struct secure_plan *p, const struct secagg_header *h, struct why *why)
{
    struct secagg_header mine = *h;
    secure_plan_put(p, &mine);
    bool ring = mine.bits == h->bits && mine.length == h->length && mine.scale == h->scale && mine.clip == h->clip;
    bool noise = mine.sensitivity == h->sensitivity && mine.sigma == h->sigma;
    if (!ring || !noise)
        return why_say(why, ERR_REFUSED, "the round's vector is not the one that follows from the task");
    if (memcmp(mine.layout_sha256, h->layout_sha256, HASH_BYTES) != 0)
        return why_say(why, ERR_REFUSED, "the round's vector means something else than follows from the task");
    return OK;
}
