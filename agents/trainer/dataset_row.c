#include "agents/trainer/dataset_row.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* FNV-1a, 64 bits (Fowler, Noll & Vo): to tell people apart, not to hide them. */
static const uint64_t hash_start = 0xcbf29ce484222325u;
static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const uint8_t *bytes = p;
    for (size_t i = 0; i < n; i++) h = (h ^ bytes[i]) * 0x100000001b3u;
    return h;
}

static size_t width(const struct column *c) { return c->kind == COLUMN_CATEGORY ? c->nclasses : 1; }

static enum err layout_init(struct layout *l, const struct contract *c, size_t nfields)
{
    size_t input = 0;
    size_t sensitive = 0;
    *l = (struct layout){ .contract = c, .nfields = nfields };
    l->column_of = calloc(nfields + 1, sizeof *l->column_of);
    l->place_of = calloc(c->count + 1, sizeof *l->place_of);
    if (l->column_of == NULL || l->place_of == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < nfields; i++) l->column_of[i] = LAYOUT_NO_COLUMN;
    for (size_t i = 0; i < c->count; i++) {
        const struct column *column = &c->columns[i];
        if (column->role == COLUMN_SENSITIVE) l->place_of[i] = sensitive++;
        if (column->role != COLUMN_FEATURE) continue;
        l->place_of[i] = input;
        input += width(column);
    }
    return OK;
}

void layout_fini(struct layout *l)
{
    free(l->column_of);
    free(l->place_of);
    *l = (struct layout){ 0 };
}

enum err layout_in_order(struct layout *l, const struct contract *c)
{
    TRY(layout_init(l, c, c->count));
    for (size_t i = 0; i < c->count; i++) l->column_of[i] = i;
    return OK;
}

enum err layout_by_header(struct layout *l, const struct contract *c, const struct line *header, struct why *why)
{
    TRY(layout_init(l, c, header->nfields));
    for (size_t i = 0; i < c->count; i++) {
        size_t found = 0;
        for (size_t f = 0; f < header->nfields; f++) {
            if (!str_is(header->fields[f], c->columns[i].name)) continue;
            l->column_of[f] = i;
            found++;
        }
        if (found == 0 && c->columns[i].role == COLUMN_IGNORED) continue;
        if (found != 1)
            return why_say(why, ERR_DATA, "the header (line %llu) %s the column \"%s\"",
                           (unsigned long long)header->number, found ? "repeats" : "lacks", c->columns[i].name);
    }
    return OK;
}

static bool is_missing(const struct contract *c, struct str field)
{
    for (size_t i = 0; i < c->nmissing; i++)
        if (str_is(field, c->missing[i])) return true;
    return field.n == 0;
}

/* "1.0" is the class "1": programs write whole numbers either way. */
static bool is_class(const struct column *c, size_t k, struct str field)
{
    double value;
    double named = (double)k;
    if (c->classes && str_is(field, c->classes[k])) return true;
    if (str_f64(field, &value) != OK) return false;
    if (c->classes && str_f64(str_of(c->classes[k]), &named) != OK) return false;
    return !(value < named) && !(value > named);
}

static enum dataset_flaw read_class(const struct column *c, struct str field, size_t nclasses, size_t *out)
{
    for (size_t k = 0; k < nclasses; k++) {
        if (!is_class(c, k, field)) continue;
        *out = k;
        return FLAW_NONE;
    }
    return FLAW_UNKNOWN_CLASS;
}

static enum dataset_flaw read_number(const struct column *c, struct str field, float *out)
{
    double value;
    if (str_f64(field, &value) != OK) return FLAW_NOT_NUMBER;
    if (c->kind == COLUMN_INTEGER && value > floor(value)) return FLAW_NOT_NUMBER;
    if (value < c->min || value > c->max || fabs(value) > (double)FLT_MAX) return FLAW_OUT_OF_RANGE;
    *out = (float)value;
    return FLAW_NONE;
}

static enum dataset_flaw read_missing(const struct column *c, float *out, size_t n)
{
    if (c->missing == MISSING_REFUSE) return FLAW_MISSING;
    for (size_t i = 0; i < n; i++) out[i] = c->missing == MISSING_ZERO ? 0 : NAN;
    return FLAW_NONE;
}

static enum dataset_flaw read_feature(const struct layout *l, size_t column, struct str field, struct row *row)
{
    const struct column *c = &l->contract->columns[column];
    float *out = row->inputs + l->place_of[column];
    size_t at;
    if (is_missing(l->contract, field)) return read_missing(c, out, width(c));
    if (c->kind != COLUMN_CATEGORY) return read_number(c, field, out);
    enum dataset_flaw flaw = read_class(c, field, c->nclasses, &at);
    if (flaw != FLAW_NONE) return flaw;
    for (size_t k = 0; k < c->nclasses; k++) out[k] = k == at;
    return FLAW_NONE;
}

/* An unknown value keeps nobody out of the training: it is a group of its own in the fairness figures. */
static enum dataset_flaw read_sensitive(const struct layout *l, size_t column, struct str field, struct row *row)
{
    const struct column *c = &l->contract->columns[column];
    float *out = row->sensitive + l->place_of[column];
    size_t at = 0;
    *out = NAN;
    if (is_missing(l->contract, field)) return FLAW_NONE;
    if (c->kind != COLUMN_CATEGORY) return read_number(c, field, out);
    enum dataset_flaw flaw = read_class(c, field, c->nclasses, &at);
    if (flaw == FLAW_NONE) *out = (float)at;
    return flaw;
}

static enum dataset_flaw read_label(const struct layout *l, size_t column, struct str field, struct row *row)
{
    size_t at = 0;
    if (is_missing(l->contract, field)) return FLAW_MISSING;
    enum dataset_flaw flaw = read_class(&l->contract->columns[column], field, l->contract->nclasses, &at);
    if (flaw == FLAW_NONE) row->label = (uint32_t)at;
    return flaw;
}

static enum dataset_flaw read_patient(const struct layout *l, size_t column, struct str field, struct row *row)
{
    (void)column;
    if (is_missing(l->contract, field)) return FLAW_MISSING;
    row->person = hash(hash_start, field.p, field.n);
    return FLAW_NONE;
}

static enum dataset_flaw read_ignored(const struct layout *l, size_t column, struct str field, struct row *row)
{
    (void)l, (void)column, (void)field, (void)row;
    return FLAW_NONE;
}

typedef enum dataset_flaw field_fn(const struct layout *l, size_t column, struct str field, struct row *row);
static field_fn *const readers[] = {
    [COLUMN_FEATURE] = read_feature, [COLUMN_LABEL] = read_label,     [COLUMN_SENSITIVE] = read_sensitive,
    [COLUMN_PATIENT] = read_patient, [COLUMN_IGNORED] = read_ignored,
};

static bool has_patient(const struct contract *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->columns[i].role == COLUMN_PATIENT) return true;
    return false;
}

enum dataset_flaw row_read(const struct layout *l, const struct line *line, struct row *row, size_t *out_column)
{
    const struct contract *c = l->contract;
    *out_column = c->count;
    if (line->too_long) return FLAW_TOO_LONG;
    if (line->nfields != l->nfields) return FLAW_FIELD_COUNT;
    for (size_t f = 0; f < l->nfields; f++) {
        size_t column = l->column_of[f];
        if (column == LAYOUT_NO_COLUMN) continue;
        enum dataset_flaw flaw = line->fields[f].n > DATASET_FIELD_BYTES
                                     ? FLAW_TOO_LONG
                                     : readers[c->columns[column].role](l, column, line->fields[f], row);
        *out_column = column;
        if (flaw != FLAW_NONE) return flaw;
    }
    if (has_patient(c)) return FLAW_NONE;
    row->person = hash(hash(hash_start, row->inputs, c->ninputs * sizeof *row->inputs), &row->label, sizeof row->label);
    return FLAW_NONE;
}
