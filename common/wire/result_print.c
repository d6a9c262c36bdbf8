#include "common/base/json.h"
#include "common/base/text.h"
#include "common/wire/result.h"

enum { GAP = 2 };

static void pad(struct buf *out, size_t n)
{
    for (; n > 0; n--) buf_add_z(out, " ");
}

static void print_sentences(struct str text, struct buf *out)
{
    while (text.n > 0) {
        text_add_shown(out, str_next(&text, '\n'));
        buf_add_z(out, "\n");
    }
}

static void raise_to(size_t *widest, size_t width)
{
    if (width > *widest) *widest = width;
}

static void print_pair(struct str name, struct str value, size_t widest, struct buf *out)
{
    text_add_shown(out, name);
    buf_add_z(out, ": ");
    pad(out, widest - text_width(name));
    text_add_shown(out, value);
    buf_add_z(out, "\n");
}

static void print_fields(const struct result *r, struct buf *out)
{
    size_t widest = 0;
    for (const struct result_field *f = r->fields; f; f = f->next) raise_to(&widest, text_width(f->name));
    for (const struct result_field *f = r->fields; f; f = f->next) print_pair(f->name, f->value, widest, out);
}

struct layout {
    size_t width[RESULT_MAX_COLUMNS];
    bool numeric[RESULT_MAX_COLUMNS]; /* every cell is a number: set to the right */
};

static struct layout measure(const struct result *r)
{
    struct layout l = { 0 };
    for (size_t i = 0; i < r->ncolumns; i++) {
        l.width[i] = text_width(r->columns[i]);
        l.numeric[i] = r->nrows > 0;
        for (const struct result_row *row = r->rows; row; row = row->next) {
            double number = 0;
            raise_to(&l.width[i], text_width(row->cells[i]));
            if (row->cells[i].n > 0 && str_f64(row->cells[i], &number) != OK) l.numeric[i] = false;
        }
    }
    return l;
}

static void print_row(const struct layout *l, const struct str *cells, size_t n, struct buf *out)
{
    size_t owed = 0; /* blanks before the next cell; none end a line */
    for (size_t i = 0; i < n; i++) {
        size_t free_columns = l->width[i] - text_width(cells[i]);
        if (l->numeric[i]) owed += free_columns;
        if (cells[i].n > 0) {
            pad(out, owed);
            owed = 0;
        }
        text_add_shown(out, cells[i]);
        owed += GAP + (l->numeric[i] ? 0 : free_columns);
    }
    buf_add_z(out, "\n");
}

static void print_table(const struct layout *l, const struct result *r, struct buf *out)
{
    print_row(l, r->columns, r->ncolumns, out);
    for (const struct result_row *row = r->rows; row; row = row->next) print_row(l, row->cells, r->ncolumns, out);
}

/* Every row by itself, an empty line between them; what is empty is left out. */
static void print_list(const struct result *r, struct buf *out)
{
    size_t widest = 0;
    for (size_t i = 0; i < r->ncolumns; i++) raise_to(&widest, text_width(r->columns[i]));
    for (const struct result_row *row = r->rows; row; row = row->next) {
        if (row != r->rows) buf_add_z(out, "\n");
        for (size_t i = 0; i < r->ncolumns; i++)
            if (row->cells[i].n > 0) print_pair(r->columns[i], row->cells[i], widest, out);
    }
}

static bool fits(const struct layout *l, size_t n, size_t columns)
{
    size_t last = 0; /* where the last column begins */
    for (size_t i = 0; i + 1 < n; i++) last += l->width[i] + GAP;
    return last + l->width[n - 1] <= columns || (!l->numeric[n - 1] && last <= columns / 2);
}

void result_print_within(const struct result *r, size_t columns, struct buf *out)
{
    print_sentences(buf_str(&r->text), out);
    print_fields(r, out);
    bool said = r->text.n > 0 || r->fields;
    if (r->ncolumns == 0 || (r->nrows == 0 && said)) return; /* a head without a body says nothing more */
    struct layout l = measure(r);
    if (said) buf_add_z(out, "\n");
    if (columns == 0 || r->nrows == 0 || fits(&l, r->ncolumns, columns))
        print_table(&l, r, out);
    else
        print_list(r, out);
}

void result_print_text(const struct result *r, struct buf *out) { result_print_within(r, 0, out); }

static void add_text(struct buf *out, struct str text)
{
    struct buf clean CLEANUP(buf_free) = buf_make(SIZE_MAX - 1);
    text_add_utf8(&clean, text);
    json_add_text(out, buf_str(&clean));
    if (buf_err(&clean) != OK) out->err = buf_err(&clean);
}

static void add_pair(struct buf *out, bool first, struct str name, struct str value)
{
    if (!first) buf_add_z(out, ",");
    add_text(out, name);
    buf_add_z(out, ":");
    add_text(out, value);
}

static void add_fields(const struct result *r, struct buf *out)
{
    buf_add_z(out, ",\"fields\":{");
    for (const struct result_field *f = r->fields; f; f = f->next) add_pair(out, f == r->fields, f->name, f->value);
    buf_add_z(out, "}");
}

static void add_rows(const struct result *r, struct buf *out)
{
    buf_add_z(out, ",\"rows\":[");
    for (const struct result_row *row = r->rows; row; row = row->next) {
        buf_add_z(out, row == r->rows ? "{" : ",{");
        for (size_t i = 0; i < r->ncolumns; i++) add_pair(out, i == 0, r->columns[i], row->cells[i]);
        buf_add_z(out, "}");
    }
    buf_add_z(out, "]");
}

void result_print_json(const struct result *r, struct buf *out)
{
    struct buf json CLEANUP(buf_free) = buf_make(SIZE_MAX - 1);
    buf_add_z(&json, r->code == OK ? "{\"ok\":true" : "{\"ok\":false");
    add_pair(&json, false, STR("code"), str_of(err_name(r->code)));
    add_pair(&json, false, STR("text"), str_trim(buf_str(&r->text)));
    add_fields(r, &json);
    add_rows(r, &json);
    buf_add_z(&json, "}");
    if (buf_err(&json) == OK)
        buf_add_str(out, buf_str(&json));
    else
        buf_add_z(out, "{\"ok\":false,\"code\":\"ERR_MEMORY\",\"text\":\"\",\"fields\":{},\"rows\":[]}");
}
