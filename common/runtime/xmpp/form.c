#include "common/runtime/xmpp/form.h"

static void write_hidden(struct buf *out, const char *name, const char *type, const char *value)
{
    if (!value || !*value) return;
    buf_addf(out, "<field var='%s' type='%s'>", name, type);
    xml_element(out, "value", str_of(value));
    buf_add_z(out, "</field>");
}

/* As SPADE 3 and 4 write and read it: a form of type `form`, told by its title, one text-single field a key; the
 * thread in the field _thread_node (spade/message.py, releases 3.2.0 and 4.1.2). */
void form_write_metadata(struct buf *out, const char *performative, const char *thread)
{
    buf_add_z(out, "<x xmlns='" NS_DATA "' type='form'><title>" FORM_SPADE_TITLE "</title>");
    write_hidden(out, "performative", "text-single", performative);
    write_hidden(out, "ontology", "text-single", "himas");
    write_hidden(out, "_thread_node", "text-single", thread);
    buf_add_z(out, "</x>");
}

/* XEP-0122: the data type of each kind, so that clients can refuse nonsense before it is sent. */
static const char *datatype(enum arg_kind kind)
{
    static const char *const types[] = {
        [ARG_COUNT] = "xs:integer", [ARG_REAL] = "xs:decimal", [ARG_DATE] = "xs:date"
    };
    return (size_t)kind < sizeof types / sizeof *types ? types[kind] : NULL;
}

static void write_range(struct buf *out, const struct argument *a)
{
    const char *type = datatype(a->kind);
    if (!type) return;
    buf_addf(out, "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='%s'>", type);
    if (a->kind == ARG_DATE) buf_add_z(out, "<basic/>");
    if (a->kind != ARG_DATE) buf_addf(out, "<range min='%.17g' max='%.17g'/>", a->min, a->max);
    buf_add_z(out, "</validate>");
}

static void write_description(struct buf *out, const struct argument *a)
{
    buf_add_z(out, "<desc>");
    xml_text(out, str_of(a->doc));
    if (a->kind == ARG_TEXT) buf_addf(out, " (%.0f to %.0f characters)", a->min, a->max);
    if (a->kind == ARG_COUNT || a->kind == ARG_REAL) buf_addf(out, " (%.17g to %.17g)", a->min, a->max);
    if (a->kind == ARG_DATE) buf_add_z(out, " (YYYY-MM-DD)");
    buf_add_z(out, "</desc>");
}

static void write_argument(struct buf *out, const struct argument *a)
{
    buf_addf(out, "<field type='%s'", a->kind == ARG_CHOICE ? "list-single" : "text-single");
    xml_attribute_z(out, "var", a->name);
    buf_add_z(out, " label='");
    xml_text(out, str_of(a->name));
    if (a->unit) buf_add_z(out, ", in ");
    if (a->unit) xml_text(out, str_of(a->unit));
    buf_add_z(out, "'>");
    write_description(out, a);
    write_range(out, a);
    if (a->need == ARG_REQUIRED) buf_add_z(out, "<required/>");
    if (a->fallback) xml_element(out, "value", str_of(a->fallback));
    for (const char *const *c = a->kind == ARG_CHOICE ? a->choices : NULL; c && *c; c++) {
        buf_add_z(out, "<option");
        xml_attribute_z(out, "label", *c);
        buf_add_z(out, ">");
        xml_element(out, "value", str_of(*c));
        buf_add_z(out, "</option>");
    }
    buf_add_z(out, "</field>");
}

void form_write_arguments(struct buf *out, const struct command *command)
{
    buf_add_z(out, "<x xmlns='" NS_DATA "' type='form'>");
    xml_element(out, "title", str_of(command->name));
    xml_element(out, "instructions", str_of(command->doc));
    for (const struct argument *a = command->args; a && a->name; a++) write_argument(out, a);
    buf_add_z(out, "</x>");
}

enum err form_read_pairs(xmpp_stanza_t *x, struct arena *arena, struct arg_pair pairs[FORM_MAX_FIELDS], size_t *out_n)
{
    size_t n = 0;
    if (!stanza_is(x, "x", NS_DATA) || !str_is(stanza_attribute(x, "type"), "submit")) return ERR_PROTO;
    for (xmpp_stanza_t *f = xmpp_stanza_get_children(x); f; f = xmpp_stanza_get_next(f)) {
        xmpp_stanza_t *value = stanza_is(f, "field", NULL) ? stanza_child(f, "value", NULL) : NULL;
        struct str name = value ? stanza_attribute(f, "var") : (struct str){ 0 };
        struct str text;
        if (!value || name.n == 0 || str_is(name, "FORM_TYPE")) continue;
        if (n == FORM_MAX_FIELDS || name.n > FORM_MAX_NAME) return ERR_LIMIT;
        TRY(stanza_text(value, arena, FORM_MAX_VALUE, &text));
        if (text.n) pairs[n++] = (struct arg_pair){ .name = name, .value = text };
    }
    *out_n = n;
    return OK;
}

void form_write_pairs(struct buf *out, const struct arg_pair *pairs, size_t n)
{
    buf_add_z(out, "<x xmlns='" NS_DATA "' type='submit'>");
    for (size_t i = 0; i < n; i++) {
        buf_add_z(out, "<field");
        xml_attribute(out, "var", pairs[i].name);
        buf_add_z(out, ">");
        xml_element(out, "value", pairs[i].value);
        buf_add_z(out, "</field>");
    }
    buf_add_z(out, "</x>");
}
