#include "common/learn/metrics.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static void name_parts(struct tally *t)
{
    t->count = t->values;
    t->loss_sum = t->count + 1;
    t->brier_sum = t->loss_sum + 1;
    t->confusion = t->brier_sum + 1;
    t->positives = t->confusion + t->nclasses * t->nclasses;
    t->negatives = t->positives + t->nscores * t->nbins;
}

static struct tally shape_of(size_t nclasses)
{
    struct tally t = { .nclasses = nclasses, .nscores = nclasses == 2 ? 1 : nclasses, .nbins = METRICS_MAX_BINS };
    if (t.nscores * t.nbins > METRICS_MAX_HISTOGRAM) t.nbins = METRICS_MAX_HISTOGRAM / t.nscores;
    t.nvalues = 3 + nclasses * nclasses + 2 * t.nscores * t.nbins;
    return t;
}

size_t tally_values(size_t nclasses) { return shape_of(nclasses).nvalues; }

enum err tally_init(struct tally *t, size_t nclasses)
{
    if (nclasses < 2 || nclasses > METRICS_MAX_CLASSES) return ERR_LIMIT;
    struct tally made = shape_of(nclasses);
    made.values = calloc(made.nvalues, sizeof *made.values);
    if (made.values == NULL) return ERR_MEMORY;
    name_parts(&made);
    *t = made;
    return OK;
}

void tally_fini(struct tally *t)
{
    if (t == NULL) return;
    free(t->values);
    *t = (struct tally){ 0 };
}

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }

size_t tally_bin(double log_odds, size_t nbins)
{
    double u = 0.5 * sigmoid(log_odds) + 0.5 * sigmoid(log_odds / 4);
    size_t b = isnan(u) ? 0 : (size_t)(u * (double)nbins);
    return b < nbins ? b : nbins - 1;
}

static void count_score(struct tally *t, size_t score, bool own, double z)
{
    double *histogram = (own ? t->positives : t->negatives) + score * t->nbins;
    histogram[tally_bin(z, t->nbins)] += 1;
}

static void add_binary(struct tally *t, double z, uint32_t label)
{
    double y = label == 1;
    double p = sigmoid(z);
    *t->loss_sum += fmax(z, 0) - z * y + log1p(exp(-fabs(z)));
    *t->brier_sum += (p - y) * (p - y);
    t->confusion[2 * label + (z >= 0)] += 1;
    count_score(t, 0, label == 1, z);
}

/* Of one class against all others together, from its exponential and the sum over all. */
static double log_odds(double e, double sum) { return log(e) - log(fmax(sum - e, DBL_MIN)); }

static void add_classes(struct tally *t, const float *z, uint32_t label)
{
    size_t best = 0;
    double sum = 1; /* of the best class's own exponential, and then the others' */
    for (size_t k = 1; k < t->nclasses; k++)
        if (z[k] > z[best]) best = k;
    for (size_t k = 0; k < t->nclasses; k++)
        if (k != best) sum += exp((double)z[k] - (double)z[best]);
    *t->loss_sum += log(sum) - ((double)z[label] - (double)z[best]);
    t->confusion[label * t->nclasses + best] += 1;
    for (size_t k = 0; k < t->nclasses; k++) {
        double e = exp((double)z[k] - (double)z[best]);
        double y = label == k;
        *t->brier_sum += (e / sum - y) * (e / sum - y);
        count_score(t, k, label == k, log_odds(e, sum));
    }
}

void tally_add(struct tally *t, const float *outputs, size_t noutputs, const uint32_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert(labels[i] < t->nclasses);
        *t->count += 1;
        const float *z = outputs + i * noutputs;
        if (t->nclasses > 2)
            add_classes(t, z, labels[i]);
        else
            add_binary(t, noutputs == 1 ? (double)z[0] : (double)z[1] - (double)z[0], labels[i]);
    }
}

enum err tally_merge(struct tally *t, const struct tally *other)
{
    if (t->nclasses != other->nclasses) return ERR_INPUT;
    for (size_t i = 0; i < t->nvalues; i++) t->values[i] += other->values[i];
    return OK;
}

static double sum_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i];
    return sum;
}

enum err tally_check(const struct tally *t)
{
    double n = *t->count;
    for (size_t i = 0; i < t->nvalues; i++) {
        double v = t->values[i];
        bool is_sum = &t->values[i] == t->loss_sum || &t->values[i] == t->brier_sum;
        if (!(v >= 0 && v <= 0x1p53) || (!is_sum && v != floor(v))) return ERR_INPUT;
    }
    if (sum_of(t->confusion, t->nclasses * t->nclasses) != n) return ERR_INPUT;
    for (size_t s = 0; s < t->nscores; s++)
        if (sum_of(t->positives + s * t->nbins, t->nbins) + sum_of(t->negatives + s * t->nbins, t->nbins) != n)
            return ERR_INPUT;
    return OK;
}

static double auc_binned(const double *own, const double *others, size_t nbins)
{
    double below = 0;
    double won = 0;
    for (size_t b = 0; b < nbins; b++) {
        won += own[b] * (below + others[b] / 2);
        below += others[b];
    }
    return won / (below * sum_of(own, nbins));
}

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* Adds class k's precision, recall and F1. */
static void add_class(const struct tally *t, size_t k, struct metrics *m)
{
    const double *c = t->confusion;
    double hit = c[k * t->nclasses + k];
    double truth = 0;
    double predicted = 0;
    for (size_t j = 0; j < t->nclasses; j++) {
        truth += c[k * t->nclasses + j];
        predicted += c[j * t->nclasses + k];
    }
    m->precision += share(hit, predicted);
    m->recall += share(hit, truth);
    m->f1 += share(2 * hit, truth + predicted);
}

void tally_finish(const struct tally *t, struct metrics *out)
{
    struct metrics m = { .count = (uint64_t)*t->count };
    double n = *t->count;
    size_t first = t->nclasses == 2 ? 1 : 0;
    double parts = (double)(t->nclasses - first);
    double hits = 0;
    for (size_t k = 0; k < t->nclasses; k++) hits += t->confusion[k * t->nclasses + k];
    for (size_t k = first; k < t->nclasses; k++) add_class(t, k, &m);
    for (size_t s = 0; s < t->nscores; s++)
        m.auc += auc_binned(t->positives + s * t->nbins, t->negatives + s * t->nbins, t->nbins) / parts;
    m.loss = share(*t->loss_sum, n);
    m.brier = share(*t->brier_sum, n);
    m.accuracy = share(hits, n);
    m.precision /= parts;
    m.recall /= parts;
    m.f1 /= parts;
    *out = m;
}

struct ranked {
    float score;
    bool own;
};

static int by_score(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

/* Walks the runs of equal scores: a win over everything below, half a win within the run. */
static double auc_sorted(const struct ranked *r, size_t n)
{
    double below = 0;
    double own_total = 0;
    double won = 0;
    for (size_t i = 0; i < n;) {
        double own = 0;
        double others = 0;
        float score = r[i].score;
        for (; i < n && !(r[i].score > score); i++) *(r[i].own ? &own : &others) += 1;
        won += own * (below + others / 2);
        below += others;
        own_total += own;
    }
    return won / (below * own_total);
}

enum err metrics_auc(const float *scores, size_t stride, const uint32_t *labels, uint32_t positive, size_t n,
                     double *out)
{
    struct ranked *r = calloc(n + 1, sizeof *r);
    if (r == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) r[i] = (struct ranked){ scores[i * stride], labels[i] == positive };
    qsort(r, n, sizeof *r, by_score);
    *out = auc_sorted(r, n);
    free(r);
    return OK;
}

/* Turns each row's outputs into its classes' log-odds against the rest, which order rows as probabilities do. */
static void to_log_odds(const float *outputs, size_t nclasses, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        const float *z = outputs + i * nclasses;
        double most = (double)z[0];
        double sum = 0;
        for (size_t k = 1; k < nclasses; k++) most = fmax(most, (double)z[k]);
        for (size_t k = 0; k < nclasses; k++) sum += exp((double)z[k] - most);
        for (size_t k = 0; k < nclasses; k++) out[i * nclasses + k] = (float)log_odds(exp((double)z[k] - most), sum);
    }
}

static enum err auc_classes(const float *outputs, size_t nclasses, const uint32_t *labels, size_t n, double *out)
{
    double auc = 0;
    enum err e = OK;
    float *scores = calloc(n * nclasses + 1, sizeof *scores);
    if (scores == NULL) return ERR_MEMORY;
    to_log_odds(outputs, nclasses, n, scores);
    for (uint32_t k = 0; e == OK && k < nclasses; k++) {
        double one = NAN;
        e = metrics_auc(scores + k, nclasses, labels, k, n, &one);
        auc += one / (double)nclasses;
    }
    free(scores);
    if (e == OK) *out = auc;
    return e;
}

enum err metrics_exact(const float *outputs, size_t noutputs, const uint32_t *labels, size_t n, struct metrics *out)
{
    CLEANUP(tally_fini) struct tally t = { 0 };
    struct metrics m;
    double auc = NAN;
    TRY(tally_init(&t, noutputs == 1 ? 2 : noutputs));
    if (noutputs == 1) TRY(metrics_auc(outputs, 1, labels, 1, n, &auc));
    if (noutputs > 1) TRY(auc_classes(outputs, noutputs, labels, n, &auc));
    tally_add(&t, outputs, noutputs, labels, n);
    tally_finish(&t, &m);
    m.auc = auc;
    *out = m;
    return OK;
}
