#include "common/learn/partition.h"
#include "common/learn/sample.h"
#include <math.h>
#include <stdbool.h>
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

/* ---- parts below the minimum take rows from whichever part is then largest ---- */

struct rich {
    size_t *heap; /* parts above the minimum, the largest on top; of equals the first */
    size_t n;
    size_t *next;   /* by part: place in `rows` of the row it gives away next */
    uint32_t *rows; /* of all parts in turn, each part's as they were dealt */
};

static bool larger(const struct deal *d, size_t a, size_t b)
{
    return d->sizes[a] != d->sizes[b] ? d->sizes[a] > d->sizes[b] : a < b;
}

static void sift_down(const struct deal *d, struct rich *r, size_t at)
{
    for (;;) {
        size_t top = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < r->n; child++)
            if (larger(d, r->heap[child], r->heap[top])) top = child;
        if (top == at) return;
        size_t kept = r->heap[at];
        r->heap[at] = r->heap[top];
        r->heap[top] = kept;
        at = top;
    }
}

static void line_up(const struct deal *d, const struct partition *p, size_t nrows, const uint32_t *part, struct rich *r)
{
    size_t at = 0;
    for (size_t k = 0; k < p->nparts; at += d->sizes[k++]) {
        r->next[k] = at;
        if (d->sizes[k] > p->min_rows) r->heap[r->n++] = k;
    }
    for (size_t i = 0; i < nrows; i++) r->rows[r->next[part[d->order[i]]]++] = d->order[i];
    for (size_t k = 0; k < p->nparts; k++) r->next[k] -= d->sizes[k];
    for (size_t i = r->n; i > 0; i--) sift_down(d, r, i - 1);
}

/* While a part is below the minimum another is above it, and no more than the minimum is ever taken. */
static void give(struct deal *d, struct rich *r, size_t poor, uint32_t *part)
{
    size_t from = r->heap[0];
    part[r->rows[r->next[from]++]] = (uint32_t)poor;
    d->sizes[from]--;
    d->sizes[poor]++;
    sift_down(d, r, 0);
}

static void rich_free(struct rich *r)
{
    free(r->heap);
    free(r->next);
    free(r->rows);
}

static enum err top_up(struct deal *d, const struct partition *p, size_t nrows, uint32_t *part)
{
    CLEANUP(rich_free)
    struct rich r = { .heap = calloc(p->nparts, sizeof *r.heap),
                      .next = calloc(p->nparts, sizeof *r.next),
                      .rows = calloc(nrows + 1, sizeof *r.rows) };
    if (r.heap == NULL || r.next == NULL || r.rows == NULL) return ERR_MEMORY;
    line_up(d, p, nrows, part, &r);
    for (size_t poor = 0; poor < p->nparts; poor++)
        while (d->sizes[poor] < p->min_rows) give(d, &r, poor, part);
    return OK;
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
    return top_up(&d, p, nrows, out_part);
}
