/*
 * result -- an answer, made once and shown as chat text, form, table or JSON.
 *
 * An answer is sentences, then named values, then at most one table, in the
 * order they were added.  Adding never fails at the call: the first failure
 * (memory, limit) sticks and result_err() tells.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"

enum { RESULT_MAX_COLUMNS = 16, RESULT_MAX_ROWS = 10000, RESULT_MAX_BYTES = 1 << 20 };

struct result_field {
    struct str name;
    struct str value;
    struct result_field *next;
};
struct result_row {
    struct str cells[RESULT_MAX_COLUMNS];
    struct result_row *next;
};
struct result {
    struct arena arena;
    struct buf text; /* the sentences, one a line */
    struct result_field *fields, **fields_end;
    struct str columns[RESULT_MAX_COLUMNS];
    size_t ncolumns;
    struct result_row *rows, **rows_end;
    size_t nrows;
    enum err code; /* OK, or why the command was refused */
    enum err err;  /* sticky failure of building */
};

void result_init(struct result *r);
void result_free(struct result *r);
void result_say(struct result *r, const char *format, ...) PRINTF(2, 3);
void result_field(struct result *r, const char *name, const char *format, ...) PRINTF(3, 4);
/* columns and cells: NULL-terminated list of C strings, copied; missing cells are empty. */
void result_columns(struct result *r, const char *const names[]);
void result_row(struct result *r, const char *const cells[]);
enum err result_err(const struct result *r) MUST_USE;

void result_print_text(const struct result *r, struct buf *out); /* sentences, "name: value", an aligned table */
/* So that it fits: of a table wider than so many columns each row is a list of "name: value".  A last column of words
 * may stick out when it begins in the left half, where it can be folded.  columns: 0, and everything fits. */
void result_print_within(const struct result *r, size_t columns, struct buf *out);
void result_print_json(const struct result *r,
                       struct buf *out); /* {"ok":..,"code":..,"text":..,"fields":{..},"rows":[{..}]} */
