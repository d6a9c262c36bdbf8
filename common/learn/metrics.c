#include "common/learn/metrics.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { AT_COUNT, AT_LOSS, AT_BRIER, AT_CONFUSION };

static size_t nscores(size_t nclasses) { return nclasses == 2 ? 1 : nclasses; }
static size_t at_histogram(size_t nclasses) { return AT_CONFUSION + nclasses * nclasses; }

/* One score's bins: METRICS_BINS of the other classes, then METRICS_BINS of its own. */
static double *histogram(const struct tally *t, size_t score)
{
    return t->values + at_histogram(t->nclasses) + score * 2 * METRICS_BINS;
}

enum err tally_init(struct tally *t, size_t nclasses)
{
    if (nclasses < 2 || nclasses > METRICS_MAX_CLASSES) return ERR_LIMIT;
    size_t n = at_histogram(nclasses) + nscores(nclasses) * 2 * METRICS_BINS;
    double *values = calloc(n, sizeof *values);
    if (values == NULL) return ERR_MEMORY;
    *t = (struct tally){ .nclasses = nclasses, .nvalues = n, .values = values };
    return OK;
}

void tally_fini(struct tally *t)
{
    if (t == NULL) return;
    free(t->values);
    *t = (struct tally){ 0 };
}

const double *tally_confusion(const struct tally *t) { return t->values + AT_CONFUSION; }

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }

/* Equal steps of half the probability and half a flattened log-odds: fine in the middle, and still telling scores
 * apart when a sure model pushes them all against 0 and 1. */
static size_t bin(double logit)
{
    double u = 0.5 * sigmoid(logit) + 0.5 * sigmoid(logit / 4);
    size_t b = isnan(u) ? 0 : (size_t)(u * METRICS_BINS);
    return b < METRICS_BINS ? b : METRICS_BINS - 1;
}

static void add_binary(struct tally *t, double z, uint32_t label)
{
    double y = label == 1;
    double p = sigmoid(z);
    t->values[AT_LOSS] += fmax(z, 0) - z * y + log1p(exp(-fabs(z)));
    t->values[AT_BRIER] += (p - y) * (p - y);
    t->values[AT_CONFUSION + 2 * label + (z >= 0)] += 1;
    histogram(t, 0)[label * METRICS_BINS + bin(z)] += 1;
}

/* Of one class against all others together, from its exponential and the sum over all. */
static double log_odds(double e, double sum) { return log(e) - log(fmax(sum - e, DBL_MIN)); }

static void add_classes(struct tally *t, const float *z, uint32_t label)
{
    size_t best = 0;
    double sum = 0;
    for (size_t k = 1; k < t->nclasses; k++)
        if (z[k] > z[best]) best = k;
    for (size_t k = 0; k < t->nclasses; k++) sum += exp((double)z[k] - (double)z[best]);
    t->values[AT_LOSS] += log(sum) - ((double)z[label] - (double)z[best]);
    t->values[AT_CONFUSION + label * t->nclasses + best] += 1;
    for (size_t k = 0; k < t->nclasses; k++) {
        double e = exp((double)z[k] - (double)z[best]);
        double y = label == k;
        t->values[AT_BRIER] += (e / sum - y) * (e / sum - y);
        histogram(t, k)[(label == k ? METRICS_BINS : 0) + bin(log_odds(e, sum))] += 1;
    }
}

void tally_add(struct tally *t, const float *outputs, size_t noutputs, const uint32_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert(labels[i] < t->nclasses);
        t->values[AT_COUNT] += 1;
        if (noutputs == 1)
            add_binary(t, (double)outputs[i], labels[i]);
        else
            add_classes(t, outputs + i * noutputs, labels[i]);
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
    double n = t->values[AT_COUNT];
    for (size_t i = 0; i < t->nvalues; i++) {
        double v = t->values[i];
        bool is_sum = i == AT_LOSS || i == AT_BRIER;
        if (!(v >= 0 && v <= 0x1p53) || (!is_sum && v != floor(v))) return ERR_INPUT;
    }
    if (sum_of(tally_confusion(t), t->nclasses * t->nclasses) != n) return ERR_INPUT;
    for (size_t s = 0; s < nscores(t->nclasses); s++)
        if (sum_of(histogram(t, s), 2 * METRICS_BINS) != n) return ERR_INPUT;
    return OK;
}

static double auc_binned(const double *others, const double *own)
{
    double below = 0;
    double won = 0;
    for (size_t b = 0; b < METRICS_BINS; b++) {
        won += own[b] * (below + others[b] / 2);
        below += others[b];
    }
    return won / (below * sum_of(own, METRICS_BINS));
}

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* Adds class k's precision, recall and F1. */
static void add_class(const struct tally *t, size_t k, struct metrics *m)
{
    const double *c = tally_confusion(t);
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
    struct metrics m = { .count = (uint64_t)t->values[AT_COUNT] };
    double n = t->values[AT_COUNT];
    size_t first = t->nclasses == 2 ? 1 : 0;
    double parts = (double)(t->nclasses - first);
    double hits = 0;
    for (size_t k = 0; k < t->nclasses; k++) hits += tally_confusion(t)[k * t->nclasses + k];
    for (size_t k = first; k < t->nclasses; k++) add_class(t, k, &m);
    for (size_t s = 0; s < nscores(t->nclasses); s++)
        m.auc += auc_binned(histogram(t, s), histogram(t, s) + METRICS_BINS) / parts;
    m.loss = share(t->values[AT_LOSS], n);
    m.brier = share(t->values[AT_BRIER], n);
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
    double auc;
    TRY(tally_init(&t, noutputs == 1 ? 2 : noutputs));
    if (noutputs == 1) TRY(metrics_auc(outputs, 1, labels, 1, n, &auc));
    if (noutputs > 1) TRY(auc_classes(outputs, noutputs, labels, n, &auc));
    tally_add(&t, outputs, noutputs, labels, n);
    tally_finish(&t, &m);
    m.auc = auc;
    *out = m;
    return OK;
}
