#include "common/privacy/attack.h"
#include "common/privacy/audit_bound.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define Z95 1.959963984540054 /* the normal's 97.5 % point */

/* One score and whose it is. */
struct mark {
    double score;
    bool member;
};

static int by_score(const void *a, const void *b)
{
    double x = ((const struct mark *)a)->score;
    double y = ((const struct mark *)b)->score;
    return x < y ? -1 : x > y;
}

static enum err sorted(const struct attack_scores *s, struct mark **out)
{
    size_t n = s->nmembers + s->nothers;
    if (s->nmembers == 0 || s->nothers == 0) return ERR_INPUT;
    struct mark *m = malloc(n * sizeof *m);
    if (m == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < s->nmembers; i++) m[i] = (struct mark){ s->members[i], true };
    for (size_t i = 0; i < s->nothers; i++) m[s->nmembers + i] = (struct mark){ s->others[i], false };
    qsort(m, n, sizeof *m, by_score);
    *out = m;
    return OK;
}

/* Where the ties that begin at i end. */
static size_t ties(const struct mark *m, size_t n, size_t i)
{
    size_t end = i + 1;
    while (end < n && m[end].score == m[i].score) end++;
    return end;
}

/* DeLong's components: of each member the share of others below it, of each other the share of members above it. */
struct components {
    double members, members2, others, others2; /* sums and sums of squares */
};

static struct components components_of(const struct mark *m, const struct attack_scores *s)
{
    struct components c = { 0, 0, 0, 0 };
    size_t n = s->nmembers + s->nothers;
    size_t members_before = 0;
    size_t others_before = 0;
    for (size_t i = 0, end = 0; i < n; i = end) {
        size_t members_here = 0;
        end = ties(m, n, i);
        for (size_t k = i; k < end; k++) members_here += m[k].member;
        size_t others_here = end - i - members_here;
        double below = ((double)others_before + (double)others_here / 2) / (double)s->nothers;
        double above = 1 - ((double)members_before + (double)members_here / 2) / (double)s->nmembers;
        c.members += (double)members_here * below;
        c.members2 += (double)members_here * below * below;
        c.others += (double)others_here * above;
        c.others2 += (double)others_here * above * above;
        members_before += members_here;
        others_before += others_here;
    }
    return c;
}

static double variance(double sum, double sum2, size_t n)
{
    if (n < 2) return .25;
    double v = (sum2 - sum * sum / (double)n) / (double)(n - 1);
    return v > 0 ? v : 0;
}

enum err attack_auc(const struct attack_scores *s, struct attack_interval *out)
{
    struct mark *m = NULL;
    TRY(sorted(s, &m));
    struct components c = components_of(m, s);
    free(m);
    double auc = c.members / (double)s->nmembers;
    double deviation = sqrt(variance(c.members, c.members2, s->nmembers) / (double)s->nmembers +
                            variance(c.others, c.others2, s->nothers) / (double)s->nothers);
    *out = (struct attack_interval){ auc, fmax(0, auc - Z95 * deviation), fmin(1, auc + Z95 * deviation) };
    return OK;
}

double attack_auc_null(size_t n) { return sqrt((2 * (double)n + 1) / (12 * (double)n * (double)n)); }

enum err attack_tpr(const struct attack_scores *s, double fpr, struct attack_interval *out)
{
    struct mark *m = NULL;
    TRY(sorted(s, &m));
    size_t n = s->nmembers + s->nothers;
    size_t hits = 0;
    size_t alarms = 0;
    for (size_t i = n; i > 0;) {
        size_t begin = i - 1;
        size_t members = 0;
        while (begin > 0 && m[begin - 1].score == m[i - 1].score) begin--;
        for (size_t k = begin; k < i; k++) members += m[k].member;
        alarms += i - begin - members;
        if ((double)alarms > fpr * (double)s->nothers) break;
        hits += members;
        i = begin;
    }
    free(m);
    *out = (struct attack_interval){ (double)hits / (double)s->nmembers, audit_share_low(hits, s->nmembers, AUDIT_TAIL),
                                     audit_share_high(hits, s->nmembers, AUDIT_TAIL) };
    return OK;
}

static size_t above(const double *scores, size_t n, double threshold)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += scores[i] > threshold;
    return count;
}

struct attack_counts attack_count(const struct attack_scores *s, double threshold)
{
    return (struct attack_counts){ above(s->members, s->nmembers, threshold), s->nmembers,
                                   above(s->others, s->nothers, threshold), s->nothers };
}

double attack_accuracy(const struct attack_counts *c)
{
    double tpr = c->of_members ? (double)c->members / (double)c->of_members : 0;
    double fpr = c->of_others ? (double)c->others / (double)c->of_others : 0;
    return (tpr + 1 - fpr) / 2;
}

enum err attack_threshold(const struct attack_scores *s, double *out)
{
    struct mark *m = NULL;
    TRY(sorted(s, &m));
    size_t n = s->nmembers + s->nothers;
    struct attack_counts c = { s->nmembers, s->nmembers, s->nothers, s->nothers };
    double best = attack_accuracy(&c);
    double threshold = m[0].score - 1;
    for (size_t i = 0, end = 0; i < n; i = end) {
        end = ties(m, n, i);
        for (size_t k = i; k < end; k++) *(m[k].member ? &c.members : &c.others) -= 1;
        if (attack_accuracy(&c) <= best) continue;
        best = attack_accuracy(&c);
        threshold = end < n ? (m[i].score + m[end].score) / 2 : m[i].score;
        if (threshold >= m[end < n ? end : i].score) threshold = m[i].score;
    }
    free(m);
    *out = threshold;
    return OK;
}
