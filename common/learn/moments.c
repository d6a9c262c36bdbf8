#include "common/learn/moments.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Below this share of the mean a spread is rounding, not variation. */
static const double least_relative_std = 1e-7;

enum err moments_init(struct moments *m, size_t nfeatures)
{
    if (nfeatures > MOMENTS_MAX_FEATURES) return ERR_LIMIT;
    double *values = calloc(3 * nfeatures + 1, sizeof *values);
    if (values == NULL) return ERR_MEMORY;
    *m = (struct moments){ .nfeatures = nfeatures, .values = values };
    return OK;
}

void moments_fini(struct moments *m)
{
    if (m == NULL) return;
    free(m->values);
    *m = (struct moments){ 0 };
}

double *moments_counts(const struct moments *m) { return m->values; }
double *moments_means(const struct moments *m) { return m->values + m->nfeatures; }
double *moments_m2(const struct moments *m) { return m->values + 2 * m->nfeatures; }

/* Welford 1962, doi:10.1080/00401706.1962.10490022 */
void moments_add(struct moments *m, const float *row)
{
    double *count = moments_counts(m);
    double *mean = moments_means(m);
    double *m2 = moments_m2(m);
    for (size_t i = 0; i < m->nfeatures; i++) {
        double x = (double)row[i];
        if (isnan(x)) continue;
        double delta = x - mean[i];
        count[i] += 1;
        mean[i] += delta / count[i];
        m2[i] += delta * (x - mean[i]);
    }
}

/* Chan, Golub & LeVeque 1979 (Stanford STAN-CS-79-773), pairwise update. */
enum err moments_merge(struct moments *m, const struct moments *other)
{
    if (m->nfeatures != other->nfeatures) return ERR_INPUT;
    for (size_t i = 0; i < m->nfeatures; i++) {
        double na = moments_counts(m)[i];
        double nb = moments_counts(other)[i];
        if (nb == 0) continue;
        double delta = moments_means(other)[i] - moments_means(m)[i];
        double n = na + nb;
        moments_counts(m)[i] = n;
        moments_means(m)[i] += delta * nb / n;
        moments_m2(m)[i] += moments_m2(other)[i] + delta * delta * na * nb / n;
    }
    return OK;
}

enum err moments_check(const struct moments *m)
{
    for (size_t i = 0; i < m->nfeatures; i++) {
        double n = moments_counts(m)[i];
        double m2 = moments_m2(m)[i];
        if (!(n >= 0 && n <= 0x1p53 && n == floor(n))) return ERR_INPUT;
        if (!isfinite(moments_means(m)[i]) || !(m2 >= 0 && isfinite(m2))) return ERR_INPUT;
    }
    return OK;
}

void moments_finish(const struct moments *m, float *out_mean, float *out_std)
{
    for (size_t i = 0; i < m->nfeatures; i++) {
        double n = moments_counts(m)[i];
        double mean = moments_means(m)[i];
        double std = n > 0 ? sqrt(moments_m2(m)[i] / n) : 0;
        bool constant = !(std > fabs(mean) * least_relative_std);
        out_mean[i] = (float)mean;
        out_std[i] = constant ? 1.0f : (float)std;
    }
}
