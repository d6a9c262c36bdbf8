#include "common/base/file.h"
#include "common/base/text.h"
#include "common/wire/doc.h"
#include <string.h>
#include <yaml.h>

/* A node while its siblings are not all known. */
struct node {
    struct doc doc; /* first, so that a doc can be seen as its node */
    struct node *next;
};
struct frame {
    struct node *map; /* the list or map being filled */
    struct node *first;
    struct node *last;
    struct str key; /* of the value to come */
    bool has_key;
};
struct reader {
    yaml_parser_t yaml;
    struct arena *arena;
    const char *source;
    struct frame stack[DOC_MAX_DEPTH];
    size_t depth;
    size_t nodes;
    struct node *root;
    unsigned documents;
    bool ended;
    struct why *why;
};

static enum err out_of_memory(const struct reader *r)
{
    return why_say(r->why, ERR_MEMORY, "%s: no memory for so large a document", r->source);
}

static enum err refuse(const struct reader *r, const yaml_event_t *e, enum err code, const char *sentence)
{
    return why_say(r->why, code, "%s:%zu: %s", r->source, e->start_mark.line + 1, sentence);
}

static struct frame *top(struct reader *r) { return r->depth > 0 ? &r->stack[r->depth - 1] : NULL; }

static enum err link_node(struct reader *r, const yaml_event_t *e, struct node *n)
{
    struct frame *f = top(r);
    if (f == NULL) return r->root = n, OK;
    n->doc.parent = &f->map->doc;
    n->doc.key = f->key;
    f->has_key = false;
    f->key = (struct str){ 0 };
    if (f->map->doc.kind == DOC_MAP && f->map->doc.count == DOC_MAX_KEYS)
        return refuse(r, e, ERR_LIMIT, "more keys than a map may have");
    f->map->doc.count++;
    *(f->last ? &f->last->next : &f->first) = n;
    f->last = n;
    return OK;
}

static enum err add_node(struct reader *r, const yaml_event_t *e, enum doc_kind kind, struct node **out)
{
    if (++r->nodes > DOC_MAX_NODES) return refuse(r, e, ERR_LIMIT, "more values than a document may have");
    struct node *n = arena_alloc(r->arena, sizeof *n);
    if (n == NULL) return out_of_memory(r);
    n->doc = (struct doc){ .kind = kind, .source = r->source, .line = (unsigned)e->start_mark.line + 1 };
    TRY(link_node(r, e, n));
    *out = n;
    return OK;
}

static enum err take_text(struct reader *r, const yaml_event_t *e, struct str *out)
{
    struct str text = { (const char *)e->data.scalar.value, e->data.scalar.length };
    if (text.n > 0 && memchr(text.p, '\0', text.n)) return refuse(r, e, ERR_INPUT, "a NUL character in a text");
    struct str copy = arena_str(r->arena, text);
    if (copy.p == NULL) return out_of_memory(r);
    *out = copy;
    return OK;
}

static enum err take_key(struct reader *r, const yaml_event_t *e)
{
    struct frame *f = top(r);
    struct str key = { 0 };
    char shown[TEXT_SHOWN_BYTES];
    TRY(take_text(r, e, &key));
    if (key.n == 0) return refuse(r, e, ERR_INPUT, "a key without a name");
    for (const struct node *n = f->first; n != NULL; n = n->next) {
        if (!str_eq(n->doc.key, key)) continue;
        return why_say(r->why, ERR_INPUT, "%s:%zu: `%s` was already given on line %u", r->source,
                       e->start_mark.line + 1, text_show(key, shown, sizeof shown), n->doc.line);
    }
    f->key = key;
    f->has_key = true;
    return OK;
}

static bool wants_key(struct reader *r)
{
    const struct frame *f = top(r);
    return f != NULL && f->map->doc.kind == DOC_MAP && !f->has_key;
}

static enum err on_scalar(struct reader *r, const yaml_event_t *e)
{
    struct node *n = NULL;
    if (e->data.scalar.anchor) return refuse(r, e, ERR_INPUT, "anchors (&name) are not used here: write it out");
    if (e->data.scalar.tag) return refuse(r, e, ERR_INPUT, "tags (!name) are not used here");
    if (wants_key(r)) return take_key(r, e);
    TRY(add_node(r, e, DOC_SCALAR, &n));
    return take_text(r, e, &n->doc.text);
}

static enum err on_open(struct reader *r, const yaml_event_t *e)
{
    struct node *n = NULL;
    bool map = e->type == YAML_MAPPING_START_EVENT;
    if (map ? e->data.mapping_start.anchor != NULL : e->data.sequence_start.anchor != NULL)
        return refuse(r, e, ERR_INPUT, "anchors (&name) are not used here: write it out");
    if (map ? e->data.mapping_start.tag != NULL : e->data.sequence_start.tag != NULL)
        return refuse(r, e, ERR_INPUT, "tags (!name) are not used here");
    if (wants_key(r)) return refuse(r, e, ERR_INPUT, "a key must be plain text");
    if (r->depth == DOC_MAX_DEPTH) return refuse(r, e, ERR_LIMIT, "nested too deeply");
    TRY(add_node(r, e, map ? DOC_MAP : DOC_LIST, &n));
    r->stack[r->depth++] = (struct frame){ .map = n };
    return OK;
}

static enum err on_close(struct reader *r, const yaml_event_t *e)
{
    (void)e;
    const struct frame *f = top(r);
    const struct doc **items = arena_array(r->arena, f->map->doc.count, sizeof *items);
    if (items == NULL) return out_of_memory(r);
    size_t i = 0;
    for (const struct node *n = f->first; n != NULL; n = n->next) items[i++] = &n->doc;
    f->map->doc.items = items;
    r->depth--;
    return OK;
}

static enum err on_document(struct reader *r, const yaml_event_t *e)
{
    return r->documents++ == 0 ? OK : refuse(r, e, ERR_INPUT, "a second document begins; there may be only one");
}

static enum err on_alias(struct reader *r, const yaml_event_t *e)
{
    return refuse(r, e, ERR_INPUT, "aliases (*name) are not used here: write it out");
}

static enum err on_end(struct reader *r, const yaml_event_t *e)
{
    (void)e;
    return r->ended = true, OK;
}

typedef enum err event_fn(struct reader *r, const yaml_event_t *e);
static event_fn *const event_handlers[] = {
    [YAML_STREAM_END_EVENT] = on_end,      [YAML_DOCUMENT_START_EVENT] = on_document,
    [YAML_ALIAS_EVENT] = on_alias,         [YAML_SCALAR_EVENT] = on_scalar,
    [YAML_SEQUENCE_START_EVENT] = on_open, [YAML_SEQUENCE_END_EVENT] = on_close,
    [YAML_MAPPING_START_EVENT] = on_open,  [YAML_MAPPING_END_EVENT] = on_close,
};

/* libyaml's own complaint, as a sentence of ours. */
static enum err broken(const struct reader *r)
{
    const yaml_parser_t *y = &r->yaml;
    if (y->error == YAML_MEMORY_ERROR) return out_of_memory(r);
    const char *problem = y->problem ? y->problem : "cannot be read";
    if (y->error == YAML_READER_ERROR)
        return why_say(r->why, ERR_INPUT, "%s: byte %zu: %s", r->source, y->problem_offset + 1, problem);
    return why_say(r->why, ERR_INPUT, "%s:%zu: %s%s%s", r->source, y->problem_mark.line + 1, problem,
                   y->context ? ", " : "", y->context ? y->context : "");
}

static enum err read_all(struct reader *r)
{
    while (!r->ended) {
        yaml_event_t e CLEANUP(yaml_event_delete) = { 0 };
        if (!yaml_parser_parse(&r->yaml, &e)) return broken(r);
        event_fn *handle =
            (size_t)e.type < sizeof event_handlers / sizeof event_handlers[0] ? event_handlers[e.type] : NULL;
        if (handle) TRY(handle(r, &e));
    }
    return OK;
}

enum err doc_parse(struct str text, const char *source, struct arena *arena, const struct doc **out, struct why *why)
{
    struct reader r = { .arena = arena, .source = source, .why = why };
    if (text.n > DOC_MAX_BYTES)
        return why_say(why, ERR_LIMIT, "%s: larger than the %d bytes allowed", source, DOC_MAX_BYTES);
    if (!yaml_parser_initialize(&r.yaml)) return out_of_memory(&r);
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)(text.n > 0 ? text.p : ""), text.n);
    enum err e = read_all(&r);
    yaml_parser_delete(&r.yaml);
    TRY(e);
    if (r.root == NULL || (r.root->doc.kind == DOC_SCALAR && r.root->doc.text.n == 0))
        return why_say(why, ERR_INPUT, "%s: the document is empty", source);
    *out = &r.root->doc;
    return OK;
}

enum err doc_read(const char *path, struct arena *arena, const struct doc **out, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    TRY(file_read(path, &text, why));
    return doc_parse(buf_str(&text), path, arena, out, why);
}
