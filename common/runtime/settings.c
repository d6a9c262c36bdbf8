#include "common/runtime/settings.h"
#include "common/wire/doc.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_MAX_BYTES = 1 << 22, SETTINGS_NEAR = 3 };

struct value {
    const struct setting *setting;
    const char *text; /* in the arena; NULL: not given */
    uint64_t count;   /* COUNT, FLAG, CHOICE */
    double real;
};
struct settings {
    struct arena arena;
    struct value *values;
    size_t n;
};

void settings_free(struct settings *s)
{
    if (s == NULL) return;
    arena_free(&s->arena);
    free(s);
}

static struct value *find(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_is(name, s->values[i].setting->name)) return &s->values[i];
    return NULL;
}

/* ---- one value ---- */

static enum err take_number(struct value *v, struct str text, const char *place, struct why *why)
{
    const struct setting *t = v->setting;
    double number = 0;
    enum err e = t->kind == SET_COUNT ? str_u64(text, &v->count) : str_f64(text, &v->real);
    if (e == OK) number = t->kind == SET_COUNT ? (double)v->count : v->real;
    if (e == OK && number >= t->min && number <= t->max) return OK;
    return why_say(why, ERR_SETTING, "%s: %s: `" STR_F "` is not a %snumber between %g and %g", place, t->name,
                   STR_ARG(text), t->kind == SET_COUNT ? "whole " : "", t->min, t->max);
}

static enum err take_flag(struct value *v, struct str text, const char *place, struct why *why)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is_nocase(text, words[i])) {
            v->count = i % 2;
            return OK;
        }
    return why_say(why, ERR_SETTING, "%s: %s: `" STR_F "` is neither yes nor no", place, v->setting->name,
                   STR_ARG(text));
}

/* A choice's sentence begins with its words: "a|b|c: ...". */
static struct str choices(const struct setting *t)
{
    struct str rest = str_of(t->doc);
    return str_next(&rest, ':');
}

static enum err take_choice(struct value *v, struct str text, const char *place, struct why *why)
{
    struct str rest = choices(v->setting);
    for (uint64_t i = 0; rest.n > 0; i++)
        if (str_eq(str_next(&rest, '|'), text)) {
            v->count = i;
            return OK;
        }
    rest = choices(v->setting);
    return why_say(why, ERR_SETTING, "%s: %s: `" STR_F "` is none of " STR_F, place, v->setting->name, STR_ARG(text),
                   STR_ARG(rest));
}

static enum err take_text(struct value *v, struct str text, const char *place, struct why *why)
{
    const struct setting *t = v->setting;
    bool given = text.n > 0 || (t->fallback && t->fallback[0] == '\0');
    if (given && (double)text.n <= t->max && (text.n == 0 || (double)text.n >= t->min)) return OK;
    return why_say(why, ERR_SETTING, "%s: %s: must have between %g and %g characters", place, t->name, t->min, t->max);
}

static enum err take(struct settings *s, struct value *v, struct str text, const char *place, struct why *why)
{
    static enum err (*const takers[])(struct value *, struct str, const char *, struct why *) = {
        [SET_TEXT] = take_text,   [SET_PATH] = take_text, [SET_COUNT] = take_number,
        [SET_REAL] = take_number, [SET_FLAG] = take_flag, [SET_CHOICE] = take_choice,
    };
    TRY(takers[v->setting->kind](v, text, place, why));
    v->text = arena_z(&s->arena, text);
    return v->text ? OK : ERR_MEMORY;
}

/* ---- where values come from ---- */

static enum err unknown(const struct settings *s, struct str name, const char *place, struct why *why)
{
    const struct setting *near = NULL;
    size_t least = SETTINGS_NEAR + 1;
    for (size_t i = 0; i < s->n; i++) {
        size_t d = str_distance(name, str_of(s->values[i].setting->name));
        if (d < least) {
            least = d;
            near = s->values[i].setting;
        }
    }
    if (near)
        return why_say(why, ERR_SETTING, "%s: there is no setting `" STR_F "`; did you mean `%s`?", place,
                       STR_ARG(name), near->name);
    return why_say(why, ERR_SETTING, "%s: there is no setting `" STR_F "`; --help lists them", place, STR_ARG(name));
}

static enum err from_doc(struct settings *s, const struct doc *d, struct why *why)
{
    if (d->kind != DOC_MAP) return why_say(why, ERR_SETTING, "%s: must hold `name: value` lines", d->source);
    for (size_t i = 0; i < d->count; i++) {
        const struct doc *item = d->items[i];
        char place[300];
        (void)snprintf(place, sizeof place, "%s:%u", item->source, item->line);
        struct value *v = find(s, item->key);
        if (v == NULL) return unknown(s, item->key, place, why);
        if (item->kind != DOC_SCALAR)
            return why_say(why, ERR_SETTING, "%s: %s: must be one value", place, v->setting->name);
        TRY(take(s, v, item->text, place, why));
    }
    return OK;
}

static enum err from_config(struct settings *s, const struct settings_source *from, struct why *why)
{
    struct arena arena CLEANUP(arena_free) = arena_make(SETTINGS_MAX_BYTES);
    const struct doc *d = NULL;
    if (from->config_path)
        TRY(doc_read(from->config_path, &arena, &d, why));
    else if (from->config_text.n > 0)
        TRY(doc_parse(from->config_text, "settings", &arena, &d, why));
    return d ? from_doc(s, d, why) : OK;
}

static enum err from_environment(struct settings *s, char *const *environment, struct why *why)
{
    for (; environment && *environment; environment++) {
        struct str rest = str_of(*environment);
        struct str name = str_next(&rest, '=');
        char lower[128];
        if (!str_starts(name, "HIMAS_") || str_copy((struct str){ name.p + 6, name.n - 6 }, lower, sizeof lower) != OK)
            continue;
        for (char *c = lower; *c; c++) *c = (char)tolower((unsigned char)*c);
        struct value *v = find(s, str_of(lower));
        if (v) TRY(take(s, v, rest, "environment", why)); /* other HIMAS_ variables are for other programs */
    }
    return OK;
}

static enum err from_arguments(struct settings *s, char *const *arguments, struct why *why)
{
    for (; arguments && *arguments; arguments++) {
        struct str rest = str_of(*arguments);
        if (!str_starts(rest, "--"))
            return why_say(why, ERR_USAGE, "command line: `%s` is not an option; see --help", *arguments);
        rest = (struct str){ rest.p + 2, rest.n - 2 };
        bool joined = rest.n > 0 && memchr(rest.p, '=', rest.n) != NULL;
        struct str name = str_next(&rest, '=');
        struct value *v = find(s, name);
        if (v == NULL) return unknown(s, name, "command line", why);
        if (!joined && arguments[1] == NULL)
            return why_say(why, ERR_USAGE, "command line: --" STR_F " wants a value", STR_ARG(name));
        if (!joined) rest = str_of(*++arguments);
        TRY(take(s, v, rest, "command line", why));
    }
    return OK;
}

static enum err from_fallbacks(struct settings *s, struct why *why)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->values[i].setting->fallback)
            TRY(take(s, &s->values[i], str_of(s->values[i].setting->fallback), "fallback", why));
    return OK;
}

static enum err all_given(const struct settings *s, struct why *why)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->values[i].text == NULL)
            return why_say(why, ERR_SETTING, "%s: is missing (%s)", s->values[i].setting->name,
                           s->values[i].setting->doc);
    return OK;
}

static enum err list(struct settings *s, const struct setting *const *tables)
{
    size_t n = 0;
    s->arena = arena_make(SETTINGS_MAX_BYTES);
    for (const struct setting *const *t = tables; *t; t++)
        for (const struct setting *row = *t; row->name; row++) n++;
    s->values = arena_array(&s->arena, n, sizeof *s->values);
    if (s->values == NULL) return ERR_MEMORY;
    for (; *tables; tables++)
        for (const struct setting *row = *tables; row->name; row++) s->values[s->n++].setting = row;
    return OK;
}

static enum err fill(struct settings *s, const struct setting *const *tables, const struct settings_source *from,
                     struct why *why)
{
    TRY(list(s, tables));
    TRY(from_fallbacks(s, why));
    TRY(from_config(s, from, why));
    TRY(from_environment(s, from->environment, why));
    TRY(from_arguments(s, from->arguments, why));
    return all_given(s, why);
}

enum err settings_new(const struct setting *const *tables, const struct settings_source *from, struct settings **out,
                      struct why *why)
{
    struct settings *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_MEMORY;
    enum err e = fill(s, tables, from, why);
    if (e == OK)
        *out = s;
    else
        settings_free(s);
    return e;
}

/* ---- reading ---- */

static const struct value *known(const struct settings *s, const char *name)
{
    const struct value *v = find(s, str_of(name));
    assert(v != NULL);
    return v;
}

const char *settings_text(const struct settings *s, const char *name) { return known(s, name)->text; }
uint64_t settings_u64(const struct settings *s, const char *name) { return known(s, name)->count; }
double settings_f64(const struct settings *s, const char *name) { return known(s, name)->real; }

static void print_range(const struct setting *t, struct buf *out)
{
    if (t->kind == SET_COUNT || t->kind == SET_REAL) buf_addf(out, ", %g to %g", t->min, t->max);
    if (t->kind == SET_FLAG) buf_add_z(out, ", yes or no");
}

void settings_print_help(const struct setting *const *tables, struct buf *out)
{
    buf_add_z(out, "settings:\n");
    for (; *tables; tables++)
        for (const struct setting *t = *tables; t->name; t++) {
            buf_addf(out, "  --%-20s %s\n  %24s(", t->name, t->doc, "");
            if (t->fallback == NULL)
                buf_add_z(out, "required");
            else
                buf_addf(out, "default %s", t->fallback[0] ? t->fallback : "empty");
            print_range(t, out);
            buf_add_z(out, ")\n");
        }
}
