#include "agents/trainer/dataset.h"
#include "agents/trainer/dataset_row.h"
#include "common/base/secret.h"
#include "common/learn/table.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 256 };

struct reading { /* a dataset being read */
    const struct contract *contract;
    struct dataset *d;
    struct layout layout;
    bool header_due;
    struct why *why;
};

static size_t count_role(const struct contract *c, enum column_role role)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) n += c->columns[i].role == role;
    return n;
}

static void release(void *p, size_t bytes)
{
    if (p) secret_wipe(p, bytes);
    free(p);
}

void dataset_free(struct dataset *d)
{
    if (d == NULL) return;
    release(d->inputs, d->capacity * d->ninputs * sizeof *d->inputs);
    release(d->sensitive, d->capacity * d->nsensitive * sizeof *d->sensitive);
    release(d->labels, d->capacity * sizeof *d->labels);
    release(d->people, d->capacity * sizeof *d->people);
    free(d);
}

void dataset_drop(struct dataset **d) { dataset_free(*d); }

/* Like realloc of n rows, but what is left behind is wiped. */
static void *moved(void *old, size_t old_rows, size_t new_rows, size_t row_bytes)
{
    void *p = calloc(new_rows * row_bytes + 1, 1);
    if (p == NULL) return NULL;
    if (old) memcpy(p, old, old_rows * row_bytes);
    release(old, old_rows * row_bytes);
    return p;
}

/* Each array is in place as soon as it has moved, so that a failure at the next loses nothing. */
static enum err grow_arrays(struct dataset *d, size_t rows)
{
    float *inputs = moved(d->inputs, d->capacity, rows, d->ninputs * sizeof *inputs);
    if (inputs) d->inputs = inputs;
    float *sensitive = moved(d->sensitive, d->capacity, rows, d->nsensitive * sizeof *sensitive);
    if (sensitive) d->sensitive = sensitive;
    uint32_t *labels = moved(d->labels, d->capacity, rows, sizeof *labels);
    if (labels) d->labels = labels;
    uint64_t *people = moved(d->people, d->capacity, rows, sizeof *people);
    if (people) d->people = people;
    if (!inputs || !sensitive || !labels || !people) return ERR_MEMORY;
    d->capacity = rows;
    return OK;
}

static enum err grow(struct dataset *d, uint64_t line, struct why *why)
{
    size_t rows = d->capacity ? 2 * d->capacity : FIRST_ROWS;
    size_t wide = d->ninputs > d->nsensitive ? d->ninputs : d->nsensitive;
    if (rows > DATASET_MAX_ROWS) rows = DATASET_MAX_ROWS;
    if (rows == d->capacity || (wide > 0 && rows > TABLE_MAX_VALUES / wide))
        return why_say(why, ERR_LIMIT, "line %llu: more records than can be held (%zu)", (unsigned long long)line,
                       d->nrows);
    return grow_arrays(d, rows);
}

static void count_flaw(struct dataset_flaws *f, uint64_t line, size_t column)
{
    if (f->count++ > 0) return;
    f->first_line = line;
    f->first_column = column;
}

static enum err read_header(struct reading *r, const struct line *line)
{
    r->header_due = false;
    if (line->too_long)
        return why_say(r->why, ERR_DATA, "the header (line %llu) is too long", (unsigned long long)line->number);
    return layout_by_header(&r->layout, r->contract, line, r->why);
}

/* The row is read into its place; when it turns out bad, the next one takes that place. */
static enum err read_line(void *to, const struct line *line)
{
    struct reading *r = to;
    struct dataset *d = r->d;
    size_t column;
    if (r->header_due) return read_header(r, line);
    if (d->nrows == d->capacity) TRY(grow(d, line->number, r->why));
    struct row row = { d->inputs + d->nrows * d->ninputs, d->sensitive + d->nrows * d->nsensitive, 0, 0 };
    enum dataset_flaw flaw = row_read(&r->layout, line, &row, &column);
    if (flaw != FLAW_NONE) {
        count_flaw(&d->flaws[flaw], line->number, column);
        return OK;
    }
    d->labels[d->nrows] = row.label;
    d->people[d->nrows] = row.person;
    d->nrows++;
    return OK;
}

static void reading_fini(struct reading *r)
{
    layout_fini(&r->layout);
    dataset_free(r->d);
}

static enum err reading_init(struct reading *r, const struct contract *c, struct why *why)
{
    *r = (struct reading){ .contract = c, .header_due = c->header, .why = why };
    r->d = calloc(1, sizeof *r->d);
    if (r->d == NULL) return ERR_MEMORY;
    r->d->ninputs = c->ninputs;
    r->d->nsensitive = count_role(c, COLUMN_SENSITIVE);
    return c->header ? OK : layout_in_order(&r->layout, c);
}

static enum err reading_done(struct reading *r, struct dataset **out)
{
    if (r->header_due) return why_say(r->why, ERR_DATA, "there is no header line");
    *out = r->d;
    r->d = NULL;
    return OK;
}

enum err dataset_read(const struct contract *c, const char *path, struct dataset **out, struct why *why)
{
    CLEANUP(reading_fini) struct reading r = { 0 };
    TRY(reading_init(&r, c, why));
    TRY(lines_in_file(path, c->skip_lines, read_line, &r, why));
    return reading_done(&r, out);
}

enum err dataset_parse(const struct contract *c, struct bytes csv, struct dataset **out, struct why *why)
{
    CLEANUP(reading_fini) struct reading r = { 0 };
    TRY(reading_init(&r, c, why));
    TRY(lines_in(csv, c->skip_lines, read_line, &r));
    return reading_done(&r, out);
}

uint64_t dataset_flawed(const struct dataset *d)
{
    uint64_t n = 0;
    for (size_t i = 0; i < FLAW_COUNT; i++) n += d->flaws[i].count;
    return n;
}

void dataset_report(const struct dataset *d, const struct contract *c, struct buf *out)
{
    static const char *const reasons[FLAW_COUNT] = {
        [FLAW_TOO_LONG] = "too long",
        [FLAW_FIELD_COUNT] = "with a wrong number of fields",
        [FLAW_MISSING] = "with a missing value",
        [FLAW_NOT_NUMBER] = "with a value that is not a number of its kind",
        [FLAW_OUT_OF_RANGE] = "with a value out of range",
        [FLAW_UNKNOWN_CLASS] = "with an unknown class",
    };
    unsigned long long flawed = dataset_flawed(d);
    buf_addf(out, "%zu record%s read", d->nrows, d->nrows == 1 ? "" : "s");
    if (flawed > 0) buf_addf(out, ", %llu line%s left out", flawed, flawed == 1 ? "" : "s");
    for (size_t i = FLAW_NONE + 1; i < FLAW_COUNT; i++) {
        const struct dataset_flaws *f = &d->flaws[i];
        if (f->count == 0) continue;
        buf_addf(out, "; %llu %s (first: line %llu", (unsigned long long)f->count, reasons[i],
                 (unsigned long long)f->first_line);
        if (f->first_column < c->count) buf_addf(out, ", column \"%s\"", c->columns[f->first_column].name);
        buf_add_z(out, ")");
    }
    buf_add_z(out, ".");
}
