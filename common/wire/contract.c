#include "common/wire/contract.h"
#include "common/base/text.h"
#include "common/wire/schema.h"
#include <math.h>
#include <string.h>

#define HUGE_VALUE 1e300

static const char *const kind_names[] = { "real", "integer", "category", NULL };
static const char *const role_names[] = { "feature", "label", "sensitive", "patient", "ignored", NULL };
static const char *const missing_names[] = { "refuse", "mean", "zero", NULL };

static bool has_control(struct str s)
{
    uint32_t c = 0;
    while (s.n > 0) {
        (void)text_next(&s, &c);
        if (c < 0x20 || c == 0x7f) return true;
    }
    return false;
}

/* Copies one name or class; what ends up in logs and tables holds no control characters. */
static enum err take_name(const struct doc *d, char *out, size_t size, struct why *why)
{
    if (d->kind != DOC_SCALAR) return doc_refuse(d, why, "one value is wanted here, not a list or map");
    if (has_control(d->text)) return doc_refuse(d, why, "control characters have no place in a name");
    if (str_copy(d->text, out, size) != OK) return doc_refuse(d, why, "longer than %zu bytes", size - 1);
    return OK;
}

static enum err take_class_list(const struct doc *list, struct arena *arena, struct column *c, struct why *why)
{
    if (list->count < 2 || list->count > CONTRACT_MAX_CLASSES)
        return doc_refuse(list, why, "%zu classes are not between 2 and %d", list->count, CONTRACT_MAX_CLASSES);
    c->classes = arena_array(arena, list->count, sizeof *c->classes);
    if (c->classes == NULL) return why_say(why, ERR_MEMORY, "no memory for the classes");
    for (size_t i = 0; i < list->count; i++) {
        TRY(take_name(list->items[i], c->classes[i], sizeof c->classes[i], why));
        if (c->classes[i][0] == '\0') return doc_refuse(list->items[i], why, "a class without a name");
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->classes[i], c->classes[k]) == 0)
                return doc_refuse(list->items[i], why, "the class `%s` is there twice", c->classes[i]);
    }
    c->nclasses = list->count;
    return OK;
}

/* A list of names; for a label also their number: its values are then 0, 1, 2 ... */
static enum err take_classes(const struct doc *d, struct arena *arena, struct column *c, struct why *why)
{
    const struct doc *classes = doc_get(d, "classes");
    uint64_t n = 0;
    if (classes == NULL) return OK;
    if (classes->kind == DOC_LIST) return take_class_list(classes, arena, c, why);
    if (c->role != COLUMN_LABEL) return doc_refuse(classes, why, "a list of the allowed values is wanted here");
    TRY(doc_get_u64(d, "classes", 2, CONTRACT_MAX_CLASSES, &n, why));
    c->nclasses = n;
    return OK;
}

static enum err take_range(const struct doc *d, struct column *c, struct why *why)
{
    bool ranged = doc_get(d, "min") || doc_get(d, "max");
    bool numeric = c->kind != COLUMN_CATEGORY && c->nclasses == 0;
    if (ranged && !numeric) return doc_refuse(d, why, "`min` and `max` are for real and integer columns");
    TRY(doc_get_f64(d, "min", -HUGE_VALUE, HUGE_VALUE, &c->min, why));
    TRY(doc_get_f64(d, "max", -HUGE_VALUE, HUGE_VALUE, &c->max, why));
    if (c->min > c->max) return doc_refuse(d, why, "`min` %g is above `max` %g", c->min, c->max);
    return OK;
}

static enum err take_missing(const struct doc *d, struct column *c, struct why *why)
{
    unsigned rule = MISSING_REFUSE;
    TRY(doc_get_choice(d, "missing", missing_names, &rule, why));
    if (c->role != COLUMN_FEATURE && rule != MISSING_REFUSE)
        return doc_refuse(d, why, "only a feature's missing values can be filled in");
    if (c->kind == COLUMN_CATEGORY && rule == MISSING_MEAN)
        return doc_refuse(d, why, "a category has no mean: `missing` is refuse or zero");
    c->missing = (enum missing_rule)rule;
    return OK;
}

/* The kind the role implies when none is given. */
static enum column_kind usual_kind(const struct doc *d, enum column_role role)
{
    const struct doc *classes = doc_get(d, "classes");
    if (role == COLUMN_PATIENT) return COLUMN_CATEGORY;
    if (classes == NULL) return COLUMN_REAL;
    return classes->kind == DOC_LIST ? COLUMN_CATEGORY : COLUMN_INTEGER;
}

static enum err check_classes(const struct doc *d, const struct column *c, struct why *why)
{
    bool used = c->role == COLUMN_FEATURE || c->role == COLUMN_SENSITIVE;
    if (c->role == COLUMN_LABEL && c->nclasses == 0)
        return doc_refuse(d, why, "the label needs `classes`: their names in order, or how many (0, 1, 2 ...)");
    if (c->role == COLUMN_LABEL && c->classes == NULL && c->kind != COLUMN_INTEGER)
        return doc_refuse(d, why, "a label with numbered classes is of kind integer");
    if (used && c->kind == COLUMN_CATEGORY && c->nclasses == 0)
        return doc_refuse(d, why, "a category needs `classes`, a list of the allowed values");
    if (c->kind != COLUMN_CATEGORY && c->classes != NULL)
        return doc_refuse(d, why, "named `classes` are for columns of kind category");
    return OK;
}

static enum err read_column(const struct doc *d, struct arena *arena, struct column *out, struct why *why)
{
    static const char *const keys[] = { "name", "kind", "role", "min", "max", "unit", "classes", "missing", NULL };
    struct column c = { .min = -INFINITY, .max = INFINITY };
    const struct doc *name = NULL;
    unsigned role = COLUMN_FEATURE;
    TRY(doc_only(d, keys, why));
    TRY(doc_need_child(d, "name", DOC_SCALAR, &name, why));
    TRY(take_name(name, c.name, sizeof c.name, why));
    if (c.name[0] == '\0') return doc_refuse(name, why, "a column needs a name");
    TRY(doc_get_choice(d, "role", role_names, &role, why));
    c.role = (enum column_role)role;
    unsigned kind = usual_kind(d, c.role);
    TRY(doc_get_choice(d, "kind", kind_names, &kind, why));
    c.kind = (enum column_kind)kind;
    TRY(take_classes(d, arena, &c, why));
    TRY(check_classes(d, &c, why));
    TRY(take_range(d, &c, why));
    TRY(take_missing(d, &c, why));
    if (doc_get(d, "unit")) TRY(take_name(doc_get(d, "unit"), c.unit, sizeof c.unit, why));
    *out = c;
    return OK;
}

/* What the roles add up to: one label, at most one patient column, at least one feature. */
static enum err count_roles(const struct doc *columns, struct contract *c, struct why *why)
{
    size_t labels = 0;
    size_t patients = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct column *column = &c->columns[i];
        patients += column->role == COLUMN_PATIENT;
        if (column->role == COLUMN_LABEL) {
            labels++;
            c->label = i;
            c->nclasses = column->nclasses;
        }
        if (column->role != COLUMN_FEATURE) continue;
        c->nfeatures++;
        c->ninputs += column->kind == COLUMN_CATEGORY ? column->nclasses : 1;
    }
    if (labels != 1) return doc_refuse(columns, why, "one column must have the role label; %zu have", labels);
    if (patients > 1) return doc_refuse(columns, why, "only one column may have the role patient; %zu have", patients);
    if (c->nfeatures == 0) return doc_refuse(columns, why, "no column has the role feature");
    if (c->ninputs > SCHEMA_MAX_VECTOR)
        return doc_refuse(columns, why, "%zu model inputs, categories counted by class, are more than %d", c->ninputs,
                          SCHEMA_MAX_VECTOR);
    return OK;
}

static enum err read_columns(const struct doc *d, struct arena *arena, struct contract *c, struct why *why)
{
    const struct doc *columns = NULL;
    TRY(doc_need_child(d, "columns", DOC_LIST, &columns, why));
    if (columns->count < 2 || columns->count > CONTRACT_MAX_COLUMNS)
        return doc_refuse(columns, why, "%zu columns are not between 2 and %d", columns->count, CONTRACT_MAX_COLUMNS);
    c->columns = arena_array(arena, columns->count, sizeof *c->columns);
    if (c->columns == NULL) return why_say(why, ERR_MEMORY, "no memory for the columns");
    for (; c->count < columns->count; c->count++) {
        const struct doc *item = columns->items[c->count];
        TRY(read_column(item, arena, &c->columns[c->count], why));
        for (size_t k = 0; k < c->count; k++)
            if (strcmp(c->columns[k].name, c->columns[c->count].name) == 0)
                return doc_refuse(item, why, "the column `%s` is there twice", c->columns[k].name);
    }
    return count_roles(columns, c, why);
}

static enum err read_missing(const struct doc *d, struct contract *c, struct why *why)
{
    const struct doc *missing = NULL;
    TRY(doc_get_child(d, "missing", DOC_LIST, &missing, why));
    if (missing == NULL) return OK;
    if (missing->count > CONTRACT_MAX_MISSING)
        return doc_refuse(missing, why, "at most %d spellings of a missing value", CONTRACT_MAX_MISSING);
    for (; c->nmissing < missing->count; c->nmissing++)
        TRY(take_name(missing->items[c->nmissing], c->missing[c->nmissing], sizeof c->missing[0], why));
    return OK;
}

enum err contract_parse(const struct doc *d, struct arena *arena, struct contract *out, struct why *why)
{
    static const char *const keys[] = { "header", "skip_lines", "missing", "columns", NULL };
    struct contract c = { .header = true };
    TRY(doc_only(d, keys, why));
    TRY(doc_get_flag(d, "header", &c.header, why));
    TRY(doc_get_u64(d, "skip_lines", 0, 1000, &c.skip_lines, why));
    TRY(read_missing(d, &c, why));
    TRY(read_columns(d, arena, &c, why));
    *out = c;
    return OK;
}

static bool same_classes(const struct column *a, const struct column *b)
{
    if (a->nclasses != b->nclasses || (a->classes == NULL) != (b->classes == NULL)) return false;
    for (size_t i = 0; a->classes && i < a->nclasses; i++)
        if (strcmp(a->classes[i], b->classes[i]) != 0) return false;
    return true;
}

static enum err column_fits(const struct column *have, const struct column *need, struct why *why)
{
    if (have->role != need->role)
        return why_say(why, ERR_DATA, "column `%s`: its role here is %s, the task wants %s", need->name,
                       role_names[have->role], role_names[need->role]);
    if (have->kind != need->kind)
        return why_say(why, ERR_DATA, "column `%s`: its kind here is %s, the task wants %s", need->name,
                       kind_names[have->kind], kind_names[need->kind]);
    if (!same_classes(have, need))
        return why_say(why, ERR_DATA, "column `%s`: its classes here are not the task's, in the task's order",
                       need->name);
    if (have->unit[0] && need->unit[0] && strcmp(have->unit, need->unit) != 0)
        return why_say(why, ERR_DATA, "column `%s`: its unit here is %s, the task wants %s", need->name, have->unit,
                       need->unit);
    if (have->min < need->min || have->max > need->max)
        return why_say(why, ERR_DATA, "column `%s`: its range here, %g to %g, is not inside the task's, %g to %g",
                       need->name, have->min, have->max, need->min, need->max);
    return OK;
}

static const struct column *column_named(const struct contract *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->columns[i].name, name) == 0) return &c->columns[i];
    return NULL;
}

enum err contract_fits(const struct contract *have, const struct contract *need, struct why *why)
{
    for (size_t i = 0; i < need->count; i++) {
        const struct column *wanted = &need->columns[i];
        const struct column *column = column_named(have, wanted->name);
        if (wanted->role == COLUMN_IGNORED) continue;
        if (column == NULL)
            return why_say(why, ERR_DATA, "column `%s`: the task wants it, the data here do not have it", wanted->name);
        TRY(column_fits(column, wanted, why));
    }
    return OK;
}
