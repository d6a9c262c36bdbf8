#include "common/privacy/pld_sum.h"
#include "common/privacy/pld.h"
#include <math.h>
#include <stdlib.h>

enum { SEARCH_STEPS = 22, LANES = 64 };
#define LOG_TILT_LEAST (-16.0)
#define LOG_TILT_MOST 16.0
#define DOUBT_SHARE 1e-4
#define LOG_TILT_STEP 32.0
#define OUTSIDE 1e-9        /* of the tilted distribution may lie outside of the window, on either side */
#define MOMENT_LEAST 1e-290 /* below it, underflow may have taken part of a sum */
#define NEGLIGIBLE (-100.0) /* ln |spectrum|^2, below which a frequency counts as none */
static const double golden = 0.6180339887498949;
static const double slack = 1e-9;

/* ---- moments ---- */

/* Horner's rule in r over p[0], p[step], ...; in four chains, since one alone waits for each product. */
static double polynomial(const double *p, size_t n, ptrdiff_t step, double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double s[4] = { 0, 0, 0, 0 };
    ptrdiff_t end = (ptrdiff_t)n, i = 0;
    for (; i < end % 4; i++) s[3] = s[3] * r + p[i * step];
    for (; i < end; i += 4)
        for (ptrdiff_t k = 0; k < 4; k++) s[k] = s[k] * r4 + p[(i + k) * step];
    return s[0] * r2 * r + s[1] * r2 + s[2] * r + s[3];
}

/* ln E[e^(theta loss)], scaled by the largest factor. */
static double side_moment(const struct pld_side *s, double h, double theta)
{
    bool up = theta >= 0;
    double sum = polynomial(up ? s->p : s->p + s->n - 1, s->n, up ? 1 : -1, exp(-fabs(theta) * h));
    double edge = (double)(up ? s->first + (int64_t)s->n - 1 : s->first) * h;
    return sum > MOMENT_LEAST ? theta * edge + log(sum) : INFINITY;
}

static double log_moment(const struct pld_terms *t, enum pld_direction d, double theta)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += (double)t->terms[i].steps * side_moment(pld_term_side(&t->terms[i], d), t->interval, theta);
    return sum;
}

/* ---- Chernoff bounds ---- */

struct chernoff {
    const struct pld_terms *terms;
    enum pld_direction direction;
    double theta, base; /* the tilt so far, and its log_moment */
    double sign;        /* of the side that is bounded */
    double wanted;      /* ln(1/probability), or epsilon */
};
typedef double bound_fn(const struct chernoff *c, double s);

/* The loss beyond which the tilted distribution has no more than e^-wanted, away from 0 in the direction of sign. */
static double reach(const struct chernoff *c, double s)
{
    return (log_moment(c->terms, c->direction, c->theta + c->sign * s) - c->base + c->wanted) / s;
}

static double log_tail(const struct chernoff *c, double s)
{
    return log_moment(c->terms, c->direction, s) - s * c->wanted;
}

/* The bounds have one valley over s > 0; any s gives a valid one.  Golden section over ln s. */
static double valley(const struct chernoff *c, bound_fn *bound, double log_most)
{
    double low = LOG_TILT_LEAST, high = log_most;
    double left = bound(c, exp(high - golden * (high - low))), right = bound(c, exp(low + golden * (high - low)));
    for (int i = 0; i < SEARCH_STEPS; i++) {
        if (left <= right) {
            high = low + golden * (high - low);
            right = left;
            left = bound(c, exp(high - golden * (high - low)));
        } else {
            low = high - golden * (high - low);
            left = right;
            right = bound(c, exp(low + golden * (high - low)));
        }
    }
    return exp(left <= right ? high - golden * (high - low) : low + golden * (high - low));
}

/* A tilt by more than this in one grid step would leave one point. */
static double tilt(const struct pld_terms *t, enum pld_direction d, bound_fn *bound, double wanted)
{
    struct chernoff c = { .terms = t, .direction = d, .sign = 1, .wanted = wanted };
    return valley(&c, bound, log(LOG_TILT_STEP / t->interval));
}

double pld_tilt_for_delta(const struct pld_terms *t, enum pld_direction d, double delta)
{
    return tilt(t, d, reach, -log(delta));
}

double pld_chernoff(const struct pld_terms *t, enum pld_direction d, double theta, double delta)
{
    for (size_t i = 0; i < t->n; i++) delta -= (double)t->terms[i].steps * pld_term_side(&t->terms[i], d)->infinite;
    if (!(delta > 0)) return INFINITY;
    return fmax(0, (log_moment(t, d, theta) - log(delta)) / theta * (1 + slack));
}

double pld_tilt_for_epsilon(const struct pld_terms *t, enum pld_direction d, double epsilon)
{
    return tilt(t, d, log_tail, epsilon);
}

/* ---- the transform ---- */

static size_t place(int64_t i, size_t n)
{
    int64_t size = n > 0 ? (int64_t)n : 1;
    int64_t rest = i % size;
    return (size_t)(rest < 0 ? rest + size : rest);
}

/* In grid steps; what is missing to 1 is not counted. */
static double most_of(const struct pld_terms *t, enum pld_direction d)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct pld_side *side = pld_term_side(&t->terms[i], d);
        sum += (double)t->terms[i].steps * (double)(side->first + (int64_t)side->n - 1);
    }
    return sum;
}

static enum err open_window(struct pld_sum *s, const struct pld_terms *t, enum pld_direction d)
{
    struct chernoff c = { t, d, s->theta, s->log_moment, 1, -log(OUTSIDE) };
    double most = most_of(t, d);
    double high = fmax(1, fmin(most, reach(&c, valley(&c, reach, LOG_TILT_MOST)) / t->interval));
    c.sign = -1;
    double low = -reach(&c, valley(&c, reach, LOG_TILT_MOST)) / t->interval;
    if (!(fabs(low) < 0x1p50 && fabs(high) < 0x1p50)) return ERR_LIMIT;
    double length = ceil(high) - floor(low) + 2;
    size_t n = length <= PLD_MAX_BINS ? fft_size((size_t)length) : 0;
    if (n == 0 || n > PLD_MAX_BINS) return ERR_LIMIT;
    s->first = (int64_t)floor(low);
    s->most = most * t->interval;
    s->outside = floor(low) + (double)n - 1 >= most ? 0 : OUTSIDE;
    return fft_init(&s->fft, n);
}

/* The tilted probabilities of one release, around a circle.  Returns the largest exponent, for the rounding. */
static double deal_out(const struct pld_side *side, double h, double theta, struct fft *fft)
{
    double log_whole = side_moment(side, h, theta);
    double most = 0;
    for (size_t i = 0; i < fft->n; i++) fft->real[i] = 0;
    for (size_t i = 0, at = place(side->first, fft->n); i < side->n; i++) {
        double exponent = theta * (double)(side->first + (int64_t)i) * h;
        fft->real[at] += side->p[i] * exp(exponent - log_whole);
        at = at + 1 == fft->n ? 0 : at + 1;
        if (side->p[i] > 0) most = fmax(most, fabs(exponent));
    }
    return most + fabs(log_whole);
}

struct lanes {
    double re[LANES], im[LANES];
};

static void multiply(struct lanes *a, const struct lanes *b)
{
    for (int k = 0; k < LANES; k++) {
        double re = a->re[k] * b->re[k] - a->im[k] * b->im[k];
        a->im[k] = a->re[k] * b->im[k] + a->im[k] * b->re[k];
        a->re[k] = re;
    }
}

/* false when all of them come to nothing.  What underflow would make slow is made 0 before. */
static bool load(const double *spectrum, size_t n, double least, struct lanes *out)
{
    bool any = false;
    for (size_t k = 0; k < LANES; k++) {
        double re = k < n ? spectrum[2 * k] : 0;
        double im = k < n ? spectrum[2 * k + 1] : 0;
        bool keep = re * re + im * im >= least;
        out->re[k] = keep ? re : 0;
        out->im[k] = keep ? im : 0;
        any = any || keep;
    }
    return any;
}

/* total *= spectrum ^ steps, n complex numbers, by repeated squaring. */
static void multiply_power(double *total, const double *spectrum, size_t n, uint64_t steps)
{
    double least = exp(NEGLIGIBLE / (double)steps);
    for (size_t i = 0; i < n; i += LANES) {
        struct lanes base, sum;
        size_t count = n - i < LANES ? n - i : LANES;
        bool any = load(total + 2 * i, count, 0, &sum) && load(spectrum + 2 * i, count, least, &base);
        for (uint64_t rest = any ? steps : 0; rest > 0; rest >>= 1) {
            if (rest & 1) multiply(&sum, &base);
            if (rest > 1) multiply(&base, &base);
        }
        for (size_t k = 0; k < count; k++) {
            total[2 * (i + k)] = any ? sum.re[k] : 0;
            total[2 * (i + k) + 1] = any ? sum.im[k] : 0;
        }
    }
}

/* The root of the sum of squares over all frequencies, the negative ones too. */
static double length(const double *spectrum, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n + 2; i++) sum += spectrum[i] * spectrum[i];
    return sqrt(2 * sum);
}

/* A relative error e of one release's spectrum becomes steps * e of the whole's; the sum of the errors of all
 * probabilities is at most the length of the error of the spectrum (Cauchy & Schwarz, Parseval). */
static void compose(struct pld_sum *s, const struct pld_terms *t, enum pld_direction d, double *total)
{
    double exponents = 0;
    for (size_t i = 0; i < s->fft.n + 2; i++) total[i] = i % 2 == 0 ? 1 : 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct pld_side *side = pld_term_side(&t->terms[i], d);
        exponents = fmax(exponents, deal_out(side, t->interval, s->theta, &s->fft));
        fft_forward(&s->fft);
        multiply_power(total, s->fft.spectrum, s->fft.n / 2 + 1, t->terms[i].steps);
        s->infinite += (double)t->terms[i].steps * side->infinite;
    }
    double each = 0x1p-52 * (log2((double)s->fft.n) + exponents + 8);
    s->rounding = (double)t->steps * each * length(total, s->fft.n);
    for (size_t i = 0; i < s->fft.n + 2; i++) s->fft.spectrum[i] = total[i];
    fft_backward(&s->fft);
}

enum err pld_sum_init(struct pld_sum *s, const struct pld_terms *t, enum pld_direction d, double theta)
{
    struct pld_sum made = { .interval = t->interval, .theta = theta, .log_moment = log_moment(t, d, theta) };
    TRY(open_window(&made, t, d));
    double *total = malloc((made.fft.n + 2) * sizeof *total);
    if (!total) {
        pld_sum_fini(&made);
        return ERR_MEMORY;
    }
    compose(&made, t, d, total);
    free(total);
    *s = made;
    return OK;
}

void pld_sum_fini(struct pld_sum *s) { fft_fini(&s->fft); }

/* ---- questions ---- */

static int64_t top_of(const struct pld_sum *s) { return s->first + (int64_t)s->fft.n - 1; }

static double untilt(const struct pld_sum *s, double l) { return exp(s->log_moment - s->theta * l); }

/* What is not in any one place: losses without bound or above the window. */
static double fixed(const struct pld_sum *s)
{
    return s->infinite + s->outside * untilt(s, (double)top_of(s) * s->interval);
}

static double probability(const struct pld_sum *s, int64_t i, double weight)
{
    return fmax(0, s->fft.real[place(i, s->fft.n)]) / (double)s->fft.n * weight;
}

/* From the largest loss down to the first grid point whose delta is too much; epsilon is between it and the one
 * before.  above: probability of larger losses; damped: of the same, each times e^(l - loss). */
double pld_sum_epsilon(const struct pld_sum *s, double delta)
{
    double h = s->interval, decay = exp(-h);
    double target = delta * (1 - slack) - fixed(s);
    double last = s->outside > 0 || target < 0 ? INFINITY : fmax(0, s->most);
    double above = 0, damped = 0;
    int64_t lowest = s->first > 0 ? s->first : 0;
    for (int64_t i = top_of(s); i >= lowest; i--) {
        double l = (double)i * h;
        double weight = untilt(s, l);
        double excess = s->rounding * weight + above - target;
        if (excess > damped) return fmin(last, i == top_of(s) ? INFINITY : l + fmin(h, fmax(0, log(excess / damped))));
        double p = probability(s, i, weight);
        above += p;
        damped = (damped + p) * decay;
    }
    return (double)lowest * h;
}

static double doubt(const struct pld_sum *s, double epsilon) { return s->rounding * untilt(s, epsilon); }

bool pld_sum_is_doubtful(const struct pld_sum *s, double epsilon, double delta)
{
    bool at_border = s->first > 0 && epsilon <= (double)s->first * s->interval;
    return at_border || !(doubt(s, epsilon - s->interval) <= DOUBT_SHARE * delta);
}

double pld_sum_delta(const struct pld_sum *s, double epsilon)
{
    if (s->outside <= 0 && epsilon >= s->most) return fmin(1, s->infinite);
    double sum = fixed(s) + doubt(s, epsilon);
    for (int64_t i = top_of(s); i >= s->first; i--) {
        double l = (double)i * s->interval;
        if (l <= epsilon) return fmin(1, sum * (1 + slack));
        sum += -expm1(epsilon - l) * probability(s, i, untilt(s, l));
    }
    return fmin(1, (sum + OUTSIDE * untilt(s, (double)s->first * s->interval)) * (1 + slack));
}
