/*
 * himas-partition -- deals one CSV file out to hospitals, line by line.
 *
 *   himas-partition RECORDS TASK FOLDER NAME,NAME... ALPHA SEED
 *
 * writes FOLDER/NAME/records.csv for each name: what stands before the records
 * in the file, then this hospital's lines, as they are.  ALPHA 0 deals evenly,
 * else it is the concentration of a Dirichlet label skew.  The lines of one
 * patient go to one hospital.  A composition: it reads records as a trainer does.
 */
#include "common/learn/partition.h"
#include "agents/trainer/dataset_lines.h"
#include "common/base/file.h"
#include "common/wire/task.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 30, FILE_MODE = 0600, MAX_CLASSES = PARTITION_MAX_CLASSES, PATH_BYTES = 1200, MIN_ROWS = 10 };
enum { ARENA_BYTES = 8 << 20, TASK_MAX_TEXT = 1 << 20 };

struct unit { /* a line, before it is known whose it is */
    uint64_t line;
    uint64_t person; /* hash of the patient column; the line's number where there is none */
    uint32_t label;
    uint32_t group;
};
struct dealing {
    struct contract contract;          /* its columns lie in the task's arena */
    size_t label_field, patient_field; /* SIZE_MAX: none */
    bool header_seen;
    char classes[MAX_CLASSES][CONTRACT_NAME_BYTES];
    size_t nclasses;
    struct unit *units;
    size_t n, cap;
    size_t labelled; /* lines that have a field where the label should be */
};

static uint64_t fnv1a(struct str s) /* Fowler, Noll, Vo: draft-eastlake-fnv */
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return h;
}

/* ---- reading ---- */

static void find_fields(struct dealing *d, const struct line *header)
{
    for (size_t i = 0; i < d->contract.count; i++) {
        const struct column *c = &d->contract.columns[i];
        size_t field = header ? SIZE_MAX : i;
        for (size_t k = 0; header && k < header->nfields; k++)
            if (str_is(header->fields[k], c->name)) field = k;
        if (c->role == COLUMN_LABEL) d->label_field = field;
        if (c->role == COLUMN_PATIENT) d->patient_field = field;
    }
}

/* Labels are only told apart here; a wrong one is the trainer's to complain of, and goes with the first class. */
static uint32_t class_of(struct dealing *d, struct str text)
{
    for (size_t i = 0; i < d->nclasses; i++)
        if (str_is(text, d->classes[i])) return (uint32_t)i;
    if (d->nclasses == MAX_CLASSES || str_copy(text, d->classes[d->nclasses], CONTRACT_NAME_BYTES) != OK) return 0;
    return (uint32_t)d->nclasses++;
}

static bool make_room(struct dealing *d)
{
    if (d->n < d->cap) return true;
    size_t cap = d->cap ? 2 * d->cap : 1024;
    struct unit *units = realloc(d->units, cap * sizeof *units);
    if (!units) return false;
    d->units = units;
    d->cap = cap;
    return true;
}

static enum err take_line(void *to, const struct line *line)
{
    struct dealing *d = to;
    if (d->contract.header && !d->header_seen) {
        d->header_seen = true;
        find_fields(d, line);
        return OK;
    }
    if (!make_room(d)) return ERR_MEMORY;
    struct unit *u = &d->units[d->n++];
    *u = (struct unit){ .line = line->number, .person = line->number };
    if (d->label_field < line->nfields) {
        u->label = class_of(d, line->fields[d->label_field]);
        d->labelled++;
    }
    if (d->patient_field < line->nfields) u->person = fnv1a(line->fields[d->patient_field]);
    return OK;
}

/* ---- dealing ---- */

static int by_person(const void *a, const void *b)
{
    const struct unit *x = a;
    const struct unit *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int by_line(const void *a, const void *b)
{
    const struct unit *x = a;
    const struct unit *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* One label a person, that of the first line. */
static size_t gather(struct dealing *d, uint32_t *labels)
{
    size_t groups = 0;
    qsort(d->units, d->n, sizeof *d->units, by_person);
    for (size_t i = 0; i < d->n; i++) {
        if (i == 0 || d->units[i].person != d->units[i - 1].person) labels[groups++] = d->units[i].label;
        d->units[i].group = (uint32_t)(groups - 1);
    }
    qsort(d->units, d->n, sizeof *d->units, by_line);
    return groups;
}

static enum err deal(struct dealing *d, struct partition *how, uint32_t *out_part, struct why *why)
{
    uint32_t *labels = calloc(d->n + 1, sizeof *labels);
    uint32_t *parts = calloc(d->n + 1, sizeof *parts);
    enum err e = labels && parts ? OK : ERR_MEMORY;
    size_t groups = e == OK ? gather(d, labels) : 0;
    size_t fair = how->nparts ? groups / how->nparts / 2 : 0;
    how->min_rows = fair < MIN_ROWS ? fair : MIN_ROWS;
    if (e == OK) e = partition_rows(how, labels, groups, parts, why);
    for (size_t i = 0; e == OK && i < d->n; i++) out_part[i] = parts[d->units[i].group];
    free(labels);
    free(parts);
    return e;
}

/* ---- writing ---- */

struct lines {
    struct str preface; /* what stands before the first record */
    struct str *of;     /* by place, those of one part after those of another, each with its end */
    size_t *ends;       /* by part: where its lines end in that order */
};

static void lines_free(struct lines *l)
{
    free(l->of);
    free(l->ends);
}

/* The text up to the line's end, and the end. */
static struct str take_whole(struct str *rest)
{
    struct str line = *rest;
    (void)str_next(rest, '\n');
    line.n -= rest->n;
    return line;
}

/* A line after the first record that is none itself is blank. */
static void collect(const struct dealing *d, const uint32_t *part, struct str csv, struct lines *out)
{
    out->preface = (struct str){ csv.p, csv.n };
    for (size_t unit = 0, number = 1; csv.n && unit < d->n; number++) {
        struct str line = take_whole(&csv);
        if (d->units[unit].line != number) continue;
        if (unit == 0) out->preface.n = (size_t)(line.p - out->preface.p);
        out->of[out->ends[part[unit++]]++] = line;
    }
}

/* Where each part's lines begin; collecting them moves that to their end. */
static enum err sort_lines(const struct dealing *d, const uint32_t *part, size_t nparts, struct str csv,
                           struct lines *out)
{
    size_t at = 0;
    out->of = calloc(d->n + 1, sizeof *out->of);
    out->ends = calloc(nparts + 1, sizeof *out->ends);
    if (!out->of || !out->ends) return ERR_MEMORY;
    for (size_t i = 0; i < d->n; i++) out->ends[part[i]]++;
    for (size_t k = 0; k < nparts; k++) {
        size_t n = out->ends[k];
        out->ends[k] = at;
        at += n;
    }
    collect(d, part, csv, out);
    return OK;
}

static void add_line(struct str line, struct buf *out)
{
    buf_add_str(out, line);
    if (line.n && line.p[line.n - 1] != '\n') buf_add_z(out, "\n");
}

static enum err write_part(const struct lines *l, uint32_t which, const char *path, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(MAX_BYTES);
    add_line(l->preface, &out);
    for (size_t i = which ? l->ends[which - 1] : 0; i < l->ends[which]; i++) add_line(l->of[i], &out);
    TRY(buf_err(&out));
    return file_write(path, buf_bytes(&out), FILE_MODE, why);
}

static enum err write_parts(const struct dealing *d, const uint32_t *part, size_t nparts, struct str csv,
                            const char *folder, struct str names, struct why *why)
{
    CLEANUP(lines_free) struct lines lines = { 0 };
    TRY(sort_lines(d, part, nparts, csv, &lines));
    for (uint32_t which = 0; which < nparts; which++) {
        char path[PATH_BYTES];
        struct str name = str_next(&names, ',');
        (void)snprintf(path, sizeof path, "%s/" STR_F "/records.csv", folder, STR_ARG(name));
        TRY(write_part(&lines, which, path, why));
    }
    return OK;
}

/* ---- all of it ---- */

static bool has(struct str s, char c) { return s.n && memchr(s.p, c, s.n) != NULL; }

/* Why no label was found, as far as the beginning of the file tells. */
static const char *cause(const struct dealing *d, struct str csv)
{
    struct str rest = csv;
    struct str first = str_next(&rest, '\n');
    if (str_trim(csv).n == 0) return "the file is empty";
    if (str_starts(csv, "\xff\xfe") || str_starts(csv, "\xfe\xff")) return "the file is UTF-16; save it as UTF-8";
    if (!has(first, ',') && has(first, ';')) return "fields are parted by semicolons; save the file with commas";
    if (!has(first, ',') && has(first, '\t')) return "fields are parted by tabs; save the file with commas";
    if (d->n == 0) return "there is nothing after the header";
    return "the header does not name it, or the lines have too few fields";
}

static enum err read_how(char **argv, struct partition *how, struct why *why)
{
    struct str names = str_of(argv[4]);
    while (names.n) {
        (void)str_next(&names, ',');
        how->nparts++;
    }
    if (str_f64(str_of(argv[5]), &how->alpha) != OK || str_u64(str_of(argv[6]), &how->seed) != OK)
        return why_say(why, ERR_USAGE, "ALPHA and SEED must be numbers");
    return OK;
}

static enum err run(char **argv, struct dealing *d, struct why *why)
{
    struct partition how = { 0 };
    struct task task = { 0 };
    CLEANUP(arena_free) struct arena arena = arena_make(ARENA_BYTES);
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_TEXT);
    CLEANUP(buf_free) struct buf csv = buf_make(MAX_BYTES);
    TRY(read_how(argv, &how, why));
    TRY(file_read(argv[2], &text, why));
    TRY(task_parse(buf_str(&text), argv[2], &arena, &task, why));
    TRY(file_read(argv[1], &csv, why));
    d->contract = task.contract;
    find_fields(d, NULL);
    TRY(lines_in(buf_bytes(&csv), task.contract.skip_lines, take_line, d));
    if (d->labelled == 0)
        return why_say(why, ERR_DATA, "no record has a field for the label of task %s: %s", task.name,
                       cause(d, buf_str(&csv)));
    uint32_t *part = calloc(d->n + 1, sizeof *part);
    enum err e = part ? deal(d, &how, part, why) : ERR_MEMORY;
    if (e == OK) e = write_parts(d, part, how.nparts, buf_str(&csv), argv[3], str_of(argv[4]), why);
    free(part);
    return e;
}

int main(int argc, char **argv)
{
    struct why why = { "" };
    if (argc != 7) {
        (void)fprintf(stderr, "usage: himas-partition RECORDS TASK FOLDER NAME,NAME... ALPHA SEED\n");
        return err_exit_code(ERR_USAGE);
    }
    struct dealing *d = calloc(1, sizeof *d);
    if (d) d->label_field = d->patient_field = SIZE_MAX;
    enum err e = d ? run(argv, d, &why) : ERR_MEMORY;
    if (e != OK) (void)fprintf(stderr, "himas-partition: %s\n", *why.text ? why.text : err_text(e));
    if (d) free(d->units);
    free(d);
    return err_exit_code(e);
}
