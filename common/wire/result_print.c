#include "common/base/text.h"
#include "common/wire/result.h"
#include <cjson/cJSON.h>

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

static void print_fields(const struct result *r, struct buf *out)
{
    size_t widest = 0;
    for (const struct result_field *f = r->fields; f; f = f->next) {
        size_t width = text_width(f->name);
        if (width > widest) widest = width;
    }
    for (const struct result_field *f = r->fields; f; f = f->next) {
        text_add_shown(out, f->name);
        buf_add_z(out, ": ");
        pad(out, widest - text_width(f->name));
        text_add_shown(out, f->value);
        buf_add_z(out, "\n");
    }
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
            size_t width = text_width(row->cells[i]);
            if (width > l.width[i]) l.width[i] = width;
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

void result_print_text(const struct result *r, struct buf *out)
{
    print_sentences(buf_str(&r->text), out);
    print_fields(r, out);
    if (r->ncolumns == 0) return;
    struct layout l = measure(r);
    if (r->text.n > 0 || r->fields) buf_add_z(out, "\n");
    print_row(&l, r->columns, r->ncolumns, out);
    for (const struct result_row *row = r->rows; row; row = row->next) print_row(&l, row->cells, r->ncolumns, out);
}

/* A C string cJSON can take: no NUL inside, and nothing that is no UTF-8. */
static bool add_text(cJSON *object, struct str name, struct str value)
{
    struct buf key CLEANUP(buf_free) = buf_make(SIZE_MAX - 1);
    struct buf text CLEANUP(buf_free) = buf_make(SIZE_MAX - 1);
    buf_add_z(&key, "");
    buf_add_z(&text, "");
    text_add_utf8(&key, name);
    text_add_utf8(&text, value);
    if (buf_err(&key) != OK || buf_err(&text) != OK) return false;
    return cJSON_AddStringToObject(object, (const char *)key.p, (const char *)text.p) != NULL;
}

static bool add_fields(cJSON *root, const struct result *r)
{
    cJSON *fields = cJSON_AddObjectToObject(root, "fields");
    bool ok = fields != NULL;
    for (const struct result_field *f = r->fields; ok && f; f = f->next) ok = add_text(fields, f->name, f->value);
    return ok;
}

static bool add_rows(cJSON *root, const struct result *r)
{
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    bool ok = rows != NULL;
    for (const struct result_row *row = r->rows; ok && row; row = row->next) {
        cJSON *object = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(rows, object);
        for (size_t i = 0; ok && i < r->ncolumns; i++) ok = add_text(object, r->columns[i], row->cells[i]);
    }
    return ok;
}

static void free_json(cJSON **json) { cJSON_Delete(*json); }

void result_print_json(const struct result *r, struct buf *out)
{
    cJSON *root CLEANUP(free_json) = cJSON_CreateObject();
    struct str text = str_trim(buf_str(&r->text));
    bool ok = root && cJSON_AddBoolToObject(root, "ok", r->code == OK) &&
              add_text(root, STR("code"), str_of(err_name(r->code))) && add_text(root, STR("text"), text) &&
              add_fields(root, r) && add_rows(root, r);
    char *printed = ok ? cJSON_PrintUnformatted(root) : NULL;
    buf_add_z(out,
              printed ? printed : "{\"ok\":false,\"code\":\"ERR_MEMORY\",\"text\":\"\",\"fields\":{},\"rows\":[]}");
    cJSON_free(printed);
}
