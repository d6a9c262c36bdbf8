#include "agents/trainer/count.h"
#include "common/base/secret.h"
#include <math.h>
#include <stdlib.h>

static size_t class_of(const struct dataset *d, const struct axis *a, size_t row)
{
    if (a->of == NULL) return 0;
    if (a->of->role == COLUMN_LABEL) return d->labels[row];
    size_t unknown = a->classes - 1;
    if (a->of->role == COLUMN_SENSITIVE) {
        float value = d->sensitive[row * d->nsensitive + a->place];
        return isnan(value) ? unknown : (size_t)value;
    }
    for (size_t k = 0; k < unknown; k++)
        if (d->inputs[row * d->ninputs + a->place + k] > 0) return k;
    return unknown;
}

/* ---- one record a patient ---- */

struct seen {
    uint64_t person;
    size_t row;
};

static int by_person(const void *a, const void *b)
{
    const struct seen *x = a;
    const struct seen *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static bool has_patients(const struct contract *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->columns[i].role == COLUMN_PATIENT) return true;
    return false;
}

/* The rows that count, patient by patient. */
static size_t choose_rows(const struct dataset *d, const struct contract *c, struct seen *all)
{
    size_t n = 0;
    for (size_t i = 0; i < d->nrows; i++) all[i] = (struct seen){ d->people[i], i };
    if (!has_patients(c) || d->nrows == 0) return d->nrows;
    qsort(all, d->nrows, sizeof *all, by_person);
    for (size_t i = 0; i < d->nrows; i++)
        if (i == 0 || all[i].person != all[n - 1].person) all[n++] = all[i];
    return n;
}

enum err count_fill(const struct dataset *d, const struct contract *c, const struct axis *rows,
                    const struct axis *columns, struct cells *out, struct why *why)
{
    uint64_t body[CELLS_SIDE_MAX * CELLS_SIDE_MAX] = { 0 };
    if (rows->classes > CELLS_SIDE_MAX || columns->classes > CELLS_SIDE_MAX)
        return why_say(why, ERR_INPUT, "a table has at most %d rows and columns, unknown ones among them",
                       CELLS_SIDE_MAX);
    struct seen *all = calloc(d->nrows + 1, sizeof *all);
    if (all == NULL) return ERR_MEMORY;
    size_t n = choose_rows(d, c, all);
    for (size_t i = 0; i < n; i++)
        body[class_of(d, rows, all[i].row) * columns->classes + class_of(d, columns, all[i].row)]++;
    secret_wipe(all, (d->nrows + 1) * sizeof *all);
    free(all);
    return cells_fill(out, rows->classes, columns->classes, body);
}
