#include "common/learn/partition.h"
#include "common/learn/sample.h"
#include <math.h>
#include <stdlib.h>

struct deal { /* work in progress */
    struct rng rng;
    uint32_t *order; /* all rows, shuffled */
    double *shares;  /* of one class, by part */
    size_t *sizes;   /* rows by part */
};

static enum err check(const struct partition *p, const uint32_t *labels, size_t nrows, struct why *why)
{
    if (p->nparts == 0 || p->nparts > PARTITION_MAX_PARTS)
        return why_say(why, ERR_SETTING, "1 to %d parts are possible, not %zu", PARTITION_MAX_PARTS, p->nparts);
    if (!(p->alpha >= 0) || isinf(p->alpha))
        return why_say(why, ERR_SETTING, "alpha is 0 (alike) or a positive number (label skew)");
    if (nrows > UINT32_MAX || p->min_rows > nrows / p->nparts)
        return why_say(why, ERR_SETTING, "%zu rows cannot give %zu parts %zu rows each", nrows, p->nparts, p->min_rows);
    for (size_t i = 0; i < nrows; i++)
        if (labels[i] >= PARTITION_MAX_CLASSES)
            return why_say(why, ERR_SETTING, "row %zu has class %u; classes are below %d", i + 1, (unsigned)labels[i],
                           PARTITION_MAX_CLASSES);
    return OK;
}

static void deal_alike(struct deal *d, const struct partition *p, size_t nrows, uint32_t *part)
{
    for (size_t i = 0; i < nrows; i++) {
        part[d->order[i]] = (uint32_t)(i % p->nparts);
        d->sizes[i % p->nparts]++;
    }
}

/* Each class is dealt in shares drawn anew (Hsu, Qi & Brown 2019, arXiv:1909.06335, with the roles of class and part
 * exchanged so that no row is dealt twice). */
static void deal_class(struct deal *d, const struct partition *p, const uint32_t *labels, uint32_t label, size_t nrows,
                       uint32_t *part)
{
    double of_class = 0;
    double seen = 0;
    double upto;
    size_t at = 0;
    for (size_t i = 0; i < nrows; i++) of_class += labels[i] == label;
    if (of_class == 0) return;
    sample_dirichlet(&d->rng, p->alpha, p->nparts, d->shares);
    upto = d->shares[0];
    for (size_t i = 0; i < nrows; i++) {
        uint32_t row = d->order[i];
        if (labels[row] != label) continue;
        while (at + 1 < p->nparts && (seen + 0.5) / of_class > upto) upto += d->shares[++at];
        part[row] = (uint32_t)at;
        d->sizes[at]++;
        seen++;
    }
}

static void deal_skewed(struct deal *d, const struct partition *p, const uint32_t *labels, size_t nrows, uint32_t *part)
{
    uint32_t most = 0;
    for (size_t i = 0; i < nrows; i++) most = labels[i] > most ? labels[i] : most;
    for (uint32_t k = 0; k <= most; k++) deal_class(d, p, labels, k, nrows, part);
}

static size_t largest(const size_t *sizes, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (sizes[i] > sizes[best]) best = i;
    return best;
}

/* Parts below the minimum take rows from whichever part is then largest. */
static void top_up(struct deal *d, const struct partition *p, uint32_t *part)
{
    for (size_t poor = 0; poor < p->nparts; poor++) {
        while (d->sizes[poor] < p->min_rows) {
            size_t rich = largest(d->sizes, p->nparts);
            size_t i = 0;
            while (part[d->order[i]] != rich) i++;
            part[d->order[i]] = (uint32_t)poor;
            d->sizes[rich]--;
            d->sizes[poor]++;
        }
    }
}

static void deal_free(struct deal *d)
{
    free(d->order);
    free(d->shares);
    free(d->sizes);
}

enum err partition_rows(const struct partition *p, const uint32_t *labels, size_t nrows, uint32_t *out_part,
                        struct why *why)
{
    TRY(check(p, labels, nrows, why));
    CLEANUP(deal_free) struct deal d = { .rng = rng_make(p->seed) };
    d.order = calloc(nrows + 1, sizeof *d.order);
    d.shares = calloc(p->nparts, sizeof *d.shares);
    d.sizes = calloc(p->nparts, sizeof *d.sizes);
    if (d.order == NULL || d.shares == NULL || d.sizes == NULL) return ERR_MEMORY;
    sample_order(&d.rng, d.order, nrows);
    if (p->alpha == 0)
        deal_alike(&d, p, nrows, out_part);
    else
        deal_skewed(&d, p, labels, nrows, out_part);
    top_up(&d, p, out_part);
    return OK;
}
