/* The other half of form.h: answers. */
#include "common/runtime/xmpp/form.h"

static void write_value(struct buf *out, struct str name, struct str value)
{
    buf_add_z(out, "<field");
    xml_attribute(out, "var", name);
    buf_add_z(out, " type='text-single'");
    xml_attribute(out, "label", name);
    buf_add_z(out, ">");
    xml_element(out, "value", value);
    buf_add_z(out, "</field>");
}

/* XEP-0004 section 3.4.  Columns are numbered, for a table may have two of one name; the label is the name. */
static void write_columns(struct buf *out, const struct result *r)
{
    buf_add_z(out, "<reported>");
    for (size_t c = 0; c < r->ncolumns; c++) {
        buf_addf(out, "<field var='%zu' type='text-single'", c);
        xml_attribute(out, "label", r->columns[c]);
        buf_add_z(out, "/>");
    }
    buf_add_z(out, "</reported>");
}

static void write_row(struct buf *out, const struct result *r, const struct result_row *row)
{
    buf_add_z(out, "<item>");
    for (size_t c = 0; c < r->ncolumns; c++) {
        buf_addf(out, "<field var='%zu'>", c);
        xml_element(out, "value", row->cells[c]);
        buf_add_z(out, "</field>");
    }
    buf_add_z(out, "</item>");
}

/* Returns how many rows went in. */
static size_t write_table(struct buf *out, const struct result *r)
{
    size_t n = 0;
    if (r->ncolumns) write_columns(out, r);
    for (const struct result_row *row = r->rows; row && out->n < FORM_MAX_ANSWER_BYTES; row = row->next, n++)
        write_row(out, r, row);
    return n;
}

static size_t write_form(struct buf *out, const struct result *r)
{
    if (r->code == OK && !r->fields && !r->ncolumns) return 0;
    buf_add_z(out, "<x xmlns='" NS_DATA "' type='result'>");
    if (r->code != OK) buf_addf(out, "<field var='code' type='hidden'><value>%s</value></field>", err_name(r->code));
    for (const struct result_field *f = r->fields; f && out->n < FORM_MAX_ANSWER_BYTES; f = f->next)
        write_value(out, f->name, f->value);
    size_t rows = write_table(out, r);
    buf_add_z(out, "</x>");
    return rows;
}

void form_write_result(struct buf *out, const struct result *r)
{
    struct buf form CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    size_t rows = write_form(&form, r);
    struct str text = buf_str(&r->text);
    if (text.n > FORM_MAX_ANSWER_BYTES) text.n = FORM_MAX_ANSWER_BYTES;
    while (text.n && text.p[text.n - 1] == '\n') text.n--;
    if (text.n || rows < r->nrows || r->code != OK) {
        buf_addf(out, "<note type='%s'>", r->code == OK ? "info" : "error");
        xml_text(out, text.n || r->code == OK ? text : str_of(err_text(r->code)));
        if (rows < r->nrows) buf_addf(out, "\n(%zu of %zu rows are shown)", rows, r->nrows);
        buf_add_z(out, "</note>");
    }
    buf_add_str(out, buf_str(&form));
}

static enum err code_named(struct str name)
{
    for (int e = 1; e < ERR_COUNT; e++)
        if (str_is(name, err_name((enum err)e))) return (enum err)e;
    return ERR_PROTO;
}

static enum err read_value(xmpp_stanza_t *field, struct arena *arena, struct str *out)
{
    xmpp_stanza_t *value = stanza_child(field, "value", NULL);
    *out = STR("");
    return value ? stanza_text(value, arena, FORM_MAX_VALUE, out) : OK;
}

static enum err read_field(xmpp_stanza_t *field, struct arena *arena, struct result *out)
{
    struct str name = stanza_attribute(field, "var"), value;
    TRY(read_value(field, arena, &value));
    if (str_is(stanza_attribute(field, "type"), "hidden")) {
        if (str_is(name, "code")) out->code = code_named(value);
        return OK;
    }
    if (name.n) result_field(out, name.p, STR_F, STR_ARG(value));
    return OK;
}

typedef enum err cell_fn(xmpp_stanza_t *field, struct arena *arena, struct str *out);

static enum err read_label(xmpp_stanza_t *field, struct arena *arena, struct str *out)
{
    (void)arena;
    struct str label = stanza_attribute(field, "label");
    *out = label.n ? label : stanza_attribute(field, "var");
    return OK;
}

/* The fields of <reported>, or of an <item>, in order. */
static enum err read_cells(xmpp_stanza_t *item, struct arena *arena, cell_fn *read,
                           const char *cells[RESULT_MAX_COLUMNS + 1])
{
    size_t n = 0;
    for (xmpp_stanza_t *f = xmpp_stanza_get_children(item); f; f = xmpp_stanza_get_next(f)) {
        struct str value;
        if (!stanza_is(f, "field", NULL)) continue;
        if (n == RESULT_MAX_COLUMNS) return ERR_LIMIT;
        TRY(read(f, arena, &value));
        cells[n++] = value.p ? value.p : "";
    }
    cells[n] = NULL;
    return OK;
}

static enum err read_form(xmpp_stanza_t *x, struct arena *arena, struct result *out)
{
    const char *cells[RESULT_MAX_COLUMNS + 1];
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(x); c; c = xmpp_stanza_get_next(c)) {
        if (stanza_is(c, "field", NULL)) TRY(read_field(c, arena, out));
        if (stanza_is(c, "reported", NULL)) {
            TRY(read_cells(c, arena, read_label, cells));
            result_columns(out, cells);
        }
        if (stanza_is(c, "item", NULL)) {
            TRY(read_cells(c, arena, read_value, cells));
            result_row(out, cells);
        }
    }
    return OK;
}

enum err form_read_result(xmpp_stanza_t *command, struct result *out)
{
    struct arena arena CLEANUP(arena_free) = arena_make(2 * STANZA_MAX_OUT_BYTES);
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(command); c; c = xmpp_stanza_get_next(c)) {
        if (stanza_is(c, "note", NULL)) {
            struct str text;
            TRY(stanza_text(c, &arena, RESULT_MAX_BYTES, &text));
            result_say(out, STR_F, STR_ARG(text));
        }
        if (stanza_is(c, "x", NS_DATA)) TRY(read_form(c, &arena, out));
    }
    return result_err(out);
}
