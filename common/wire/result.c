#include "common/wire/result.h"
#include <stdarg.h>
#include <stdio.h>

#define ARENA_BYTES (RESULT_MAX_BYTES + RESULT_MAX_ROWS * sizeof(struct result_row))

void result_init(struct result *r)
{
    *r = (struct result){ .arena = arena_make(ARENA_BYTES), .text = buf_make(RESULT_MAX_BYTES) };
    r->fields_end = &r->fields;
    r->rows_end = &r->rows;
}

void result_free(struct result *r)
{
    if (r == NULL) return;
    buf_free(&r->text);
    arena_free(&r->arena);
    result_init(r);
}

/* The first failure sticks; tells whether adding may go on. */
static bool keep(struct result *r, enum err e)
{
    if (r->err == OK) r->err = e;
    return r->err == OK;
}

static void *take(struct result *r, size_t n)
{
    void *p = arena_alloc(&r->arena, n);
    return keep(r, p ? OK : ERR_MEMORY) ? p : NULL;
}

static struct str copy(struct result *r, struct str s)
{
    struct str c = arena_str(&r->arena, s);
    (void)keep(r, c.p ? OK : ERR_MEMORY);
    return c;
}

static struct str copy_format(struct result *r, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *p = keep(r, n >= 0 && n < RESULT_MAX_BYTES ? OK : ERR_LIMIT) ? take(r, (size_t)n + 1) : NULL;
    if (p) (void)vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (struct str){ p, p ? (size_t)n : 0 };
}

void result_say(struct result *r, const char *format, ...)
{
    va_list args;
    if (r->err != OK) return;
    va_start(args, format);
    struct str sentence = copy_format(r, format, args);
    va_end(args);
    buf_add_str(&r->text, sentence);
    buf_add_z(&r->text, "\n");
    (void)keep(r, buf_err(&r->text));
}

void result_field(struct result *r, const char *name, const char *format, ...)
{
    va_list args;
    if (r->err != OK) return;
    struct result_field *f = take(r, sizeof *f);
    if (f == NULL) return;
    va_start(args, format);
    *f = (struct result_field){ .name = copy(r, str_of(name)), .value = copy_format(r, format, args) };
    va_end(args);
    if (r->err != OK) return;
    *r->fields_end = f;
    r->fields_end = &f->next;
}

void result_columns(struct result *r, const char *const names[])
{
    for (r->ncolumns = 0; r->err == OK && names[r->ncolumns]; r->ncolumns++) {
        if (!keep(r, r->ncolumns < RESULT_MAX_COLUMNS ? OK : ERR_LIMIT)) return;
        r->columns[r->ncolumns] = copy(r, str_of(names[r->ncolumns]));
    }
}

void result_row(struct result *r, const char *const cells[])
{
    if (!keep(r, r->nrows < RESULT_MAX_ROWS ? OK : ERR_LIMIT)) return;
    struct result_row *row = take(r, sizeof *row);
    for (size_t i = 0; row && i < r->ncolumns && cells[i]; i++) row->cells[i] = copy(r, str_of(cells[i]));
    if (r->err != OK) return;
    *r->rows_end = row;
    r->rows_end = &row->next;
    r->nrows++;
}

enum err result_err(const struct result *r) { return r->err; }
