#include "common/wire/doc.h"
#include "common/base/text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 128, SENTENCE_BYTES = 400 };

const struct doc *doc_get(const struct doc *map, const char *key)
{
    if (map == NULL || map->kind != DOC_MAP) return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_is(map->items[i]->key, key)) return map->items[i];
    return NULL;
}

/* "rounds.quorum: " in path's end; items of a list have no key and are left out. */
static const char *path_of(const struct doc *at, char path[PATH_BYTES])
{
    char shown[TEXT_SHOWN_BYTES];
    size_t from = PATH_BYTES - 1;
    const char *end = ": ";
    path[from] = '\0';
    for (; at != NULL; at = at->parent) {
        if (at->key.n == 0) continue;
        text_show(at->key, shown, sizeof shown);
        size_t n = strlen(shown);
        size_t tail = strlen(end);
        if (n + tail > from) break;
        from -= tail;
        memcpy(path + from, end, tail);
        from -= n;
        memcpy(path + from, shown, n);
        end = ".";
    }
    return path + from;
}

enum err doc_refuse(const struct doc *at, struct why *why, const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    char path[PATH_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return why_say(why, ERR_SETTING, "%s:%u: %s%s", at->source, at->line, path_of(at, path), sentence);
}

/* The scalar under the key; *out stays NULL when absent. */
static enum err scalar_at(const struct doc *map, const char *key, const struct doc **out, struct why *why)
{
    const struct doc *d = doc_get(map, key);
    if (d && d->kind != DOC_SCALAR) return doc_refuse(d, why, "one value is wanted here, not a list or map");
    *out = d;
    return OK;
}

enum err doc_get_u64(const struct doc *map, const char *key, uint64_t min, uint64_t max, uint64_t *out, struct why *why)
{
    const struct doc *d = NULL;
    char shown[TEXT_SHOWN_BYTES];
    uint64_t n = 0;
    TRY(scalar_at(map, key, &d, why));
    if (d == NULL) return OK;
    text_show(d->text, shown, sizeof shown);
    if (str_u64(d->text, &n) != OK)
        return doc_refuse(d, why, "\"%s\" is not a whole number between %" PRIu64 " and %" PRIu64, shown, min, max);
    if (n < min || n > max) return doc_refuse(d, why, "%s is not between %" PRIu64 " and %" PRIu64, shown, min, max);
    *out = n;
    return OK;
}

enum err doc_get_f64(const struct doc *map, const char *key, double min, double max, double *out, struct why *why)
{
    const struct doc *d = NULL;
    char shown[TEXT_SHOWN_BYTES];
    double x = 0;
    TRY(scalar_at(map, key, &d, why));
    if (d == NULL) return OK;
    text_show(d->text, shown, sizeof shown);
    if (str_f64(d->text, &x) != OK) return doc_refuse(d, why, "\"%s\" is not a number", shown);
    if (x < min || x > max) return doc_refuse(d, why, "%s is not between %g and %g", shown, min, max);
    *out = x;
    return OK;
}

static const struct unit {
    const char *name;
    uint64_t ms;
} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
enum { UNITS = sizeof units / sizeof units[0] };

static bool read_ms(struct str text, uint64_t *out)
{
    size_t digits = 0;
    uint64_t n = 0;
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9') digits++;
    if (str_u64((struct str){ text.p, digits }, &n) != OK) return false;
    struct str unit = str_trim((struct str){ text.p + digits, text.n - digits });
    if (unit.n == 0 && n == 0) return *out = 0, true;
    for (size_t i = 0; i < UNITS; i++) {
        if (!str_is(unit, units[i].name)) continue;
        if (n > UINT64_MAX / units[i].ms) return false;
        return *out = n * units[i].ms, true;
    }
    return false;
}

/* In the largest unit that says it exactly. */
static const char *print_ms(uint64_t ms, char *out, size_t size)
{
    size_t u = UNITS - 1;
    while (u > 0 && (ms == 0 || ms % units[u].ms != 0)) u--;
    (void)snprintf(out, size, "%" PRIu64 "%s", ms / units[u].ms, units[u].name);
    return out;
}

enum err doc_get_ms(const struct doc *map, const char *key, uint64_t min, uint64_t max, uint64_t *out, struct why *why)
{
    const struct doc *d = NULL;
    char shown[TEXT_SHOWN_BYTES];
    char low[TEXT_SHOWN_BYTES];
    char high[TEXT_SHOWN_BYTES];
    uint64_t ms = 0;
    TRY(scalar_at(map, key, &d, why));
    if (d == NULL) return OK;
    text_show(d->text, shown, sizeof shown);
    if (!read_ms(d->text, &ms))
        return doc_refuse(d, why, "\"%s\" is not a duration, for example 500ms, 30s, 5m, 2h or 1d", shown);
    if (ms < min || ms > max)
        return doc_refuse(d, why, "%s is not between %s and %s", shown, print_ms(min, low, sizeof low),
                          print_ms(max, high, sizeof high));
    *out = ms;
    return OK;
}

enum err doc_get_flag(const struct doc *map, const char *key, bool *out, struct why *why)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };
    const struct doc *d = NULL;
    char shown[TEXT_SHOWN_BYTES];
    TRY(scalar_at(map, key, &d, why));
    if (d == NULL) return OK;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_is_nocase(d->text, words[i])) return *out = i % 2 == 1, OK;
    return doc_refuse(d, why, "\"%s\" is not yes or no", text_show(d->text, shown, sizeof shown));
}

enum err doc_get_text(const struct doc *map, const char *key, char *out, size_t size, struct why *why)
{
    const struct doc *d = NULL;
    TRY(scalar_at(map, key, &d, why));
    if (d == NULL) return OK;
    if (str_copy(d->text, out, size) != OK) return doc_refuse(d, why, "longer than %zu bytes", size - 1);
    return OK;
}

static enum err need(const struct doc *map, const char *key, struct why *why)
{
    if (doc_get(map, key) != NULL) return OK;
    return map ? doc_refuse(map, why, "`%s` is missing", key) : why_say(why, ERR_SETTING, "`%s` is missing", key);
}

enum err doc_need_text(const struct doc *map, const char *key, char *out, size_t size, struct why *why)
{
    TRY(need(map, key, why));
    return doc_get_text(map, key, out, size, why);
}

enum err doc_get_choice(const struct doc *map, const char *key, const char *const names[], unsigned *out,
                        struct why *why)
{
    const struct doc *d = NULL;
    char shown[TEXT_SHOWN_BYTES];
    char list[SENTENCE_BYTES / 2] = "";
    TRY(scalar_at(map, key, &d, why));
    if (d == NULL) return OK;
    for (unsigned i = 0; names[i]; i++)
        if (str_is(d->text, names[i])) return *out = i, OK;
    for (size_t i = 0, n = 0; names[i] && n < sizeof list; i++) {
        int more = snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", names[i]);
        n += more > 0 ? (size_t)more : sizeof list;
    }
    return doc_refuse(d, why, "\"%s\" is not one of: %s", text_show(d->text, shown, sizeof shown), list);
}

enum err doc_get_child(const struct doc *map, const char *key, enum doc_kind kind, const struct doc **out,
                       struct why *why)
{
    static const char *const kinds[] = { "one value is", "a list is", "a map is" };
    const struct doc *d = doc_get(map, key);
    if (d == NULL) return OK;
    if (d->kind != kind) return doc_refuse(d, why, "%s wanted here", kinds[kind]);
    *out = d;
    return OK;
}

enum err doc_need_child(const struct doc *map, const char *key, enum doc_kind kind, const struct doc **out,
                        struct why *why)
{
    TRY(need(map, key, why));
    return doc_get_child(map, key, kind, out, why);
}

static bool is_in(struct str key, const char *const keys[])
{
    for (size_t i = 0; keys[i]; i++)
        if (str_is(key, keys[i])) return true;
    return false;
}

enum err doc_only(const struct doc *map, const char *const keys[], struct why *why)
{
    if (map == NULL) return OK;
    if (map->kind != DOC_MAP) return doc_refuse(map, why, "keys with values are wanted here");
    for (size_t i = 0; i < map->count; i++) {
        const struct doc *d = map->items[i];
        struct text_near near = { .word = d->key };
        if (is_in(d->key, keys)) continue;
        for (size_t k = 0; keys[k]; k++) text_near_try(&near, keys[k]);
        if (near.best) return doc_refuse(d, why, "no such key; did you mean `%s`?", near.best);
        return doc_refuse(d, why, "no such key here");
    }
    return OK;
}
