#include "common/runtime/settings.h"
#include "common/base/text.h"
#include "common/wire/doc.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 64, PLACE_BYTES = 160, ARENA_BYTES = 1 << 24 };
#define ENVIRONMENT_PREFIX "HIMAS_"

struct value {
    const struct setting *row;
    const char *text; /* in the arena; NULL: not said yet */
    uint64_t u64;     /* COUNT, FLAG, CHOICE */
    double f64;       /* REAL */
};
struct settings {
    struct arena arena;
    struct value *values;
    size_t n;
};

/* A value somebody said, and where, for complaints. */
struct saying {
    struct str text;
    const char *place; /* "trainer.yaml:3: heartbeat_ms" */
    struct why *why;
};

static bool bounded(const struct setting *row) { return row->min != 0 || row->max != 0; }

static enum err refuse(const struct setting *row, const struct saying *said, const char *wanted)
{
    char shown[TEXT_SHOWN_BYTES];
    char range[TEXT_SHOWN_BYTES] = "";
    text_show(said->text, shown, sizeof shown);
    if (bounded(row)) (void)snprintf(range, sizeof range, " between %.10g and %.10g", row->min, row->max);
    return why_say(said->why, ERR_SETTING, "%s: \"%s\" is not %s%s (%s)", said->place, shown, wanted, range, row->doc);
}

static enum err read_text(struct value *v, const struct saying *said)
{
    char shown[TEXT_SHOWN_BYTES];
    const struct setting *row = v->row;
    double n = (double)said->text.n;
    if (!bounded(row) || (n >= row->min && n <= row->max)) return OK;
    return why_say(said->why, ERR_SETTING, "%s: \"%s\" is not %.0f to %.0f bytes long (%s)", said->place,
                   text_show(said->text, shown, sizeof shown), row->min, row->max, row->doc);
}

static bool outside(const struct setting *row, double x) { return bounded(row) && (x < row->min || x > row->max); }

static enum err read_count(struct value *v, const struct saying *said)
{
    uint64_t n = 0;
    if (str_u64(said->text, &n) != OK || outside(v->row, (double)n)) return refuse(v->row, said, "a whole number");
    v->u64 = n;
    return OK;
}

static enum err read_real(struct value *v, const struct saying *said)
{
    double x = 0;
    if (str_f64(said->text, &x) != OK || outside(v->row, x)) return refuse(v->row, said, "a number");
    v->f64 = x;
    return OK;
}

static enum err read_flag(struct value *v, const struct saying *said)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_is_nocase(said->text, words[i])) return v->u64 = i % 2, OK;
    return refuse(v->row, said, "yes or no");
}

/* The choices begin the row's doc: "a|b|c: meaning". */
static enum err read_choice(struct value *v, const struct saying *said)
{
    struct str doc = str_of(v->row->doc);
    struct str choices = str_next(&doc, ':');
    for (uint64_t i = 0; choices.n > 0; i++)
        if (str_eq(str_trim(str_next(&choices, '|')), said->text)) return v->u64 = i, OK;
    return refuse(v->row, said, "one of the choices");
}

typedef enum err read_fn(struct value *v, const struct saying *said);
static read_fn *const readers[] = {
    [SET_TEXT] = read_text, [SET_PATH] = read_text, [SET_COUNT] = read_count,
    [SET_REAL] = read_real, [SET_FLAG] = read_flag, [SET_CHOICE] = read_choice,
};

static enum err put(struct settings *s, struct value *v, const struct saying *said)
{
    TRY(readers[v->row->kind](v, said));
    const char *copy = arena_z(&s->arena, said->text);
    if (copy == NULL) return why_say(said->why, ERR_MEMORY, "%s: no memory for it", said->place);
    v->text = copy;
    return OK;
}

static bool same_name(struct str said, const char *name)
{
    if (said.n != strlen(name)) return false;
    for (size_t i = 0; i < said.n; i++)
        if (said.p[i] != name[i] && !(said.p[i] == '-' && name[i] == '_')) return false;
    return true;
}

static struct value *find(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (same_name(name, s->values[i].row->name)) return &s->values[i];
    return NULL;
}

static const char *nearest(const struct settings *s, struct str name)
{
    struct text_near near = { .word = name };
    for (size_t i = 0; i < s->n; i++) text_near_try(&near, s->values[i].row->name);
    return near.best;
}

static enum err unknown(const struct settings *s, struct str name, const char *place, enum err code, struct why *why)
{
    const char *near = nearest(s, name);
    if (near) return why_say(why, code, "%s: no such setting; did you mean `%s`?", place, near);
    return why_say(why, code, "%s: no such setting; --help lists them all", place);
}

static enum err from_fallbacks(struct settings *s, struct why *why)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct setting *row = s->values[i].row;
        struct saying said = { .text = str_of(row->fallback), .place = row->name, .why = why };
        if (row->fallback) TRY(put(s, &s->values[i], &said));
    }
    return OK;
}

static enum err from_doc(struct settings *s, const struct doc *d, struct why *why)
{
    if (d->kind != DOC_MAP) return doc_refuse(d, why, "settings are `name: value` lines");
    for (size_t i = 0; i < d->count; i++) {
        const struct doc *item = d->items[i];
        struct value *v = find(s, item->key);
        char shown[TEXT_SHOWN_BYTES];
        char place[PLACE_BYTES];
        (void)snprintf(place, sizeof place, "%s:%u: %s", item->source, item->line,
                       text_show(item->key, shown, sizeof shown));
        if (v == NULL) return unknown(s, item->key, place, ERR_SETTING, why);
        if (item->kind != DOC_SCALAR) return doc_refuse(item, why, "one value is wanted here (%s)", v->row->doc);
        struct saying said = { .text = item->text, .place = place, .why = why };
        TRY(put(s, v, &said));
    }
    return OK;
}

static enum err from_config(struct settings *s, const struct settings_source *from, struct why *why)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    if (from->config_path == NULL && str_trim(from->config_text).n == 0) return OK;
    TRY(from->config_path ? doc_read(from->config_path, &arena, &d, why)
                          : doc_parse(from->config_text, "settings", &arena, &d, why));
    return from_doc(s, d, why);
}

static enum err from_variable(struct settings *s, const char *variable, struct why *why)
{
    char name[NAME_BYTES];
    char place[PLACE_BYTES];
    struct str rest = str_of(variable + strlen(ENVIRONMENT_PREFIX));
    if (str_copy(str_next(&rest, '='), name, sizeof name) != OK) return OK;
    for (char *c = name; *c; c++) *c = (char)tolower((unsigned char)*c);
    struct value *v = find(s, str_of(name));
    (void)snprintf(place, sizeof place, "environment: %.*s", (int)strcspn(variable, "="), variable);
    struct saying said = { .text = rest, .place = place, .why = why };
    if (v) return put(s, v, &said);
    return nearest(s, str_of(name)) ? unknown(s, str_of(name), place, ERR_SETTING, why) : OK;
}

static enum err from_environment(struct settings *s, char *const *variables, struct why *why)
{
    for (; variables && *variables; variables++)
        if (str_starts(str_of(*variables), ENVIRONMENT_PREFIX)) TRY(from_variable(s, *variables, why));
    return OK;
}

/* "--name=value", or "--name" with its value in the next argument; *used says how many arguments that was. */
static enum err from_argument(struct settings *s, char *const *arguments, size_t *used, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    char place[PLACE_BYTES];
    struct str rest = str_of(arguments[0]);
    if (!str_starts(rest, "--") || rest.n == 2)
        return why_say(why, ERR_USAGE, "command line: \"%s\" is not --name value",
                       text_show(rest, shown, sizeof shown));
    rest = (struct str){ rest.p + 2, rest.n - 2 };
    size_t whole = rest.n;
    struct str name = str_next(&rest, '=');
    bool apart = name.n == whole;
    (void)snprintf(place, sizeof place, "command line: --%s", text_show(name, shown, sizeof shown));
    struct value *v = find(s, name);
    if (v == NULL) return unknown(s, name, place, ERR_USAGE, why);
    bool bare = apart && (arguments[1] == NULL || str_starts(str_of(arguments[1]), "--"));
    if (bare && v->row->kind != SET_FLAG)
        return why_say(why, ERR_USAGE, "%s: its value is missing (%s)", place, v->row->doc);
    struct str text = bare ? STR("yes") : apart ? str_of(arguments[1]) : rest;
    struct saying said = { .text = text, .place = place, .why = why };
    *used = apart && !bare ? 2 : 1;
    return put(s, v, &said);
}

static enum err from_arguments(struct settings *s, char *const *arguments, struct why *why)
{
    for (size_t used = 0; arguments && *arguments; arguments += used) TRY(from_argument(s, arguments, &used, why));
    return OK;
}

static enum err check_said(const struct settings *s, struct why *why)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct setting *row = s->values[i].row;
        if (s->values[i].text == NULL) return why_say(why, ERR_SETTING, "`%s` must be set: %s", row->name, row->doc);
    }
    return OK;
}

static enum err make_values(struct settings *s, const struct setting *const *tables, struct why *why)
{
    size_t n = 0;
    for (const struct setting *const *t = tables; *t; t++)
        for (const struct setting *row = *t; row->name; row++) n++;
    s->values = arena_array(&s->arena, n, sizeof *s->values);
    if (s->values == NULL) return why_say(why, ERR_MEMORY, "no memory for the settings");
    for (const struct setting *const *t = tables; *t; t++)
        for (const struct setting *row = *t; row->name; row++) s->values[s->n++].row = row;
    return OK;
}

static enum err gather(struct settings *s, const struct setting *const *tables, const struct settings_source *from,
                       struct why *why)
{
    TRY(make_values(s, tables, why));
    TRY(from_fallbacks(s, why));
    TRY(from_config(s, from, why));
    TRY(from_environment(s, from->environment, why));
    TRY(from_arguments(s, from->arguments, why));
    return check_said(s, why);
}

enum err settings_new(const struct setting *const *tables, const struct settings_source *from, struct settings **out,
                      struct why *why)
{
    struct settings *s = calloc(1, sizeof *s);
    if (s == NULL) return why_say(why, ERR_MEMORY, "no memory for the settings");
    s->arena = arena_make(ARENA_BYTES);
    enum err e = gather(s, tables, from, why);
    if (e != OK) {
        settings_free(s);
        return e;
    }
    *out = s;
    return OK;
}

void settings_free(struct settings *s)
{
    if (s == NULL) return;
    arena_free(&s->arena);
    free(s);
}

static const struct value *get(const struct settings *s, const char *name, unsigned kinds)
{
    const struct value *v = find(s, str_of(name));
    assert(v != NULL && (kinds >> v->row->kind & 1));
    (void)kinds;
    return v;
}

const char *settings_text(const struct settings *s, const char *name)
{
    return get(s, name, 1u << SET_TEXT | 1u << SET_PATH | 1u << SET_CHOICE)->text;
}

uint64_t settings_u64(const struct settings *s, const char *name)
{
    return get(s, name, 1u << SET_COUNT | 1u << SET_FLAG | 1u << SET_CHOICE)->u64;
}

double settings_f64(const struct settings *s, const char *name) { return get(s, name, 1u << SET_REAL)->f64; }
