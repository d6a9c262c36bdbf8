#include "common/base/buf.h"
#include "common/wire/doc.h"
#include <criterion/criterion.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20 };
enum getter { GET_U64, GET_F64, GET_MS, GET_FLAG, GET_TEXT, GET_CHOICE, GET_MAP, NEED_TEXT, NEED_MAP };

static const char *const colours[] = { "red", "green", NULL };

struct row {
    const char *text; /* the value of rounds.key, or of another key */
    enum getter getter;
    const char *sentence; /* NULL: accepted */
    double expected;
};

static enum err get(const struct doc *map, enum getter getter, double *out, struct why *why)
{
    uint64_t n = 7;
    double x = 7;
    bool flag = false;
    unsigned choice = 7;
    char text[6] = "7";
    const struct doc *child = map;
    enum err e = OK;
    if (getter == GET_U64) e = doc_get_u64(map, "key", 1, 1000000, &n, why);
    if (getter == GET_F64) e = doc_get_f64(map, "key", -1.5, 10, &x, why);
    if (getter == GET_MS) e = doc_get_ms(map, "key", 500, 7200000, &n, why);
    if (getter == GET_FLAG) e = doc_get_flag(map, "key", &flag, why);
    if (getter == GET_TEXT) e = doc_get_text(map, "key", text, sizeof text, why);
    if (getter == GET_CHOICE) e = doc_get_choice(map, "key", colours, &choice, why);
    if (getter == GET_MAP) e = doc_get_child(map, "key", DOC_MAP, &child, why);
    if (getter == NEED_TEXT) e = doc_need_text(map, "key", text, sizeof text, why);
    if (getter == NEED_MAP) e = doc_need_child(map, "key", DOC_MAP, &child, why);
    double by_getter[] = { [GET_U64] = (double)n,
                           [GET_F64] = x,
                           [GET_MS] = (double)n,
                           [GET_FLAG] = flag,
                           [GET_TEXT] = (double)strlen(text),
                           [GET_CHOICE] = choice,
                           [GET_MAP] = child != map,
                           [NEED_TEXT] = (double)strlen(text),
                           [NEED_MAP] = child != map };
    *out = by_getter[getter];
    return e;
}

static void expect_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        struct buf text CLEANUP(buf_free) = buf_make(1000);
        const struct doc *d = NULL;
        struct why why = { "" };
        double got = -1;
        buf_addf(&text, "first: 1\nrounds:\n  %s\n", rows[i].text);
        cr_assert_eq(doc_parse(buf_str(&text), "task.yaml", &arena, &d, &why), OK, "%s: %s", rows[i].text, why.text);
        enum err e = get(doc_get(d, "rounds"), rows[i].getter, &got, &why);
        cr_expect_eq(e, rows[i].sentence ? ERR_SETTING : OK, "%s: %s", rows[i].text, why.text);
        cr_expect_float_eq(got, rows[i].expected, 0, "%s gives %g", rows[i].text, got);
        if (rows[i].sentence) cr_expect_str_eq(why.text, rows[i].sentence, "%s", rows[i].text);
    }
}

/* Untouched values are 7, an empty flag, or the text "7". */
Test(doc, numbers)
{
    static const struct row rows[] = {
        { "key: 12", GET_U64, NULL, 12 },
        { "other: 12", GET_U64, NULL, 7 },
        { "key: 0", GET_U64, "task.yaml:3: rounds.key: 0 is not between 1 and 1000000", 7 },
        { "key: -1", GET_U64, "task.yaml:3: rounds.key: \"-1\" is not a whole number between 1 and 1000000", 7 },
        { "key: 1.5", GET_U64, "task.yaml:3: rounds.key: \"1.5\" is not a whole number between 1 and 1000000", 7 },
        { "key:", GET_U64, "task.yaml:3: rounds.key: \"\" is not a whole number between 1 and 1000000", 7 },
        { "key: [1]", GET_U64, "task.yaml:3: rounds.key: one value is wanted here, not a list or map", 7 },
        { "key: 1e-3", GET_F64, NULL, 1e-3 },
        { "key: -1.5", GET_F64, NULL, -1.5 },
        { "other: 1", GET_F64, NULL, 7 },
        { "key: -1.6", GET_F64, "task.yaml:3: rounds.key: -1.6 is not between -1.5 and 10", 7 },
        { "key: nan", GET_F64, "task.yaml:3: rounds.key: \"nan\" is not a number", 7 },
        { "key: .inf", GET_F64, "task.yaml:3: rounds.key: \".inf\" is not a number", 7 },
        { "key: 500ms", GET_MS, NULL, 500 },
        { "key: 30s", GET_MS, NULL, 30000 },
        { "key: 5 m", GET_MS, NULL, 300000 },
        { "key: 2h", GET_MS, NULL, 7200000 },
        { "key: 1d", GET_MS, "task.yaml:3: rounds.key: 1d is not between 500ms and 2h", 7 },
        { "key: 0", GET_MS, "task.yaml:3: rounds.key: 0 is not between 500ms and 2h", 7 },
        { "key: 30", GET_MS, "task.yaml:3: rounds.key: \"30\" is not a duration, for example 500ms, 30s, 5m, 2h or 1d",
          7 },
        { "key: 18446744073709551615h", GET_MS,
          "task.yaml:3: rounds.key: \"18446744073709551615h\" is not a duration, for example 500ms, 30s, 5m, 2h or 1d",
          7 },
    };
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

Test(doc, words)
{
    static const struct row rows[] = {
        { "key: YES", GET_FLAG, NULL, 1 },
        { "key: off", GET_FLAG, NULL, 0 },
        { "key: maybe", GET_FLAG, "task.yaml:3: rounds.key: \"maybe\" is not yes or no", 0 },
        { "key: words", GET_TEXT, NULL, 5 },
        { "key: longer", GET_TEXT, "task.yaml:3: rounds.key: longer than 5 bytes", 1 },
        { "other: a", GET_TEXT, NULL, 1 },
        { "other: a", NEED_TEXT, "task.yaml:3: rounds: `key` is missing", 1 },
        { "key: word", NEED_TEXT, NULL, 4 },
        { "key: green", GET_CHOICE, NULL, 1 },
        { "key: blue", GET_CHOICE, "task.yaml:3: rounds.key: \"blue\" is not one of: red, green", 7 },
        { "key: {a: 1}", GET_MAP, NULL, 1 },
        { "other: 1", GET_MAP, NULL, 0 },
        { "key: 1", GET_MAP, "task.yaml:3: rounds.key: a map is wanted here", 0 },
        { "other: 1", NEED_MAP, "task.yaml:3: rounds: `key` is missing", 0 },
        { "key: {a: 1}", NEED_MAP, NULL, 1 },
    };
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

Test(doc, only)
{
    static const char *const keys[] = { "quorum", "count", NULL };
    static const struct {
        const char *input;
        const char *sentence;
    } rows[] = {
        { "{quorum: 1, count: 2}", NULL },
        { "{quorm: 1}", "t:1: quorm: no such key; did you mean `quorum`?" },
        { "{count: 1,\n weather: 1}", "t:2: weather: no such key here" },
        { "{\"\\e[2J\": 1}", "t:1: \\x1b[2J: no such key here" },
        { "[1]", "t:1: keys with values are wanted here" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct doc *d = NULL;
        struct why why = { "" };
        cr_assert_eq(doc_parse(str_of(rows[i].input), "t", &arena, &d, NULL), OK);
        cr_expect_eq(doc_only(d, keys, &why), rows[i].sentence ? ERR_SETTING : OK, "%s", rows[i].input);
        if (rows[i].sentence) cr_expect_str_eq(why.text, rows[i].sentence, "%s", rows[i].input);
    }
    cr_expect_eq(doc_only(NULL, keys, NULL), OK);
}
