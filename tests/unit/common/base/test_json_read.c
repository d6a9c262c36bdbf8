#include "common/base/buf.h"
#include "common/base/json_read.h"
#include "common/base/rng.h"
#include "tests/support/failmalloc.h"
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 8 << 20 };

static bool same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

/* ---- what it is, against a library ---- */

static bool equal_values(const struct json *ours, const cJSON *theirs);

static bool equal_items(const struct json *ours, const cJSON *theirs)
{
    const cJSON *t = theirs->child;
    const struct json *o = ours->first;
    if ((int)ours->count != cJSON_GetArraySize(theirs)) return false;
    for (; o && t; o = o->next, t = t->next)
        if (!equal_values(o, t) || (t->string && !str_is(o->name, t->string))) return false;
    return !o && !t;
}

static bool equal_values(const struct json *ours, const cJSON *theirs)
{
    if (cJSON_IsNull(theirs)) return json_is(ours, JSON_NULL);
    if (cJSON_IsTrue(theirs)) return json_is(ours, JSON_TRUE);
    if (cJSON_IsFalse(theirs)) return json_is(ours, JSON_FALSE);
    if (cJSON_IsNumber(theirs)) return json_is(ours, JSON_NUMBER) && same(ours->number, theirs->valuedouble);
    if (cJSON_IsString(theirs)) return json_is(ours, JSON_TEXT) && str_is(ours->text, theirs->valuestring);
    return json_is(ours, cJSON_IsArray(theirs) ? JSON_LIST : JSON_OBJECT) && equal_items(ours, theirs);
}

Test(json_read, right_texts_are_what_a_library_says)
{
    static const char *const rows[] = {
        "null",
        " true ",
        "false",
        "0",
        "-0",
        "-0.0",
        "12",
        "-1.5e3",
        "1E-7",
        "1e+22",
        "1e23",
        "0.1",
        "123456789012345",
        "1234567890123456",
        "9007199254740993",
        "0.30000000000000004",
        "4.9e-324",
        "1e-400",
        "0.000000000000000000000000000000000001",
        "\"\"",
        "\"plain\"",
        "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"",
        "\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\uD83D\\uDE00\"",
        "\"S\xc3\xa3o, \xf0\x9f\x98\x80\"",
        "\"12345678\\n\"",
        "\"1234567\\\"12345678\"",
        "[]",
        "[ ]",
        "[1,2 , 3]",
        "[ -1.5e-3 ]",
        "[1,2,\"x\"]",
        "[[1,2],[3]]",
        "[1,[2,3],4]",
        "[[],[[]],{}]",
        "{}",
        "{\"a\":1}",
        " { \"a\" : [ 1 , { \"b\" : null } ] , \"a\" : \"twice\" , \"\" : 0 } ",
        "{\"\\u0061b\":true}",
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct json *j = NULL;
        cJSON *theirs = cJSON_Parse(rows[i]);
        cr_assert_not_null(theirs, "%s", rows[i]);
        cr_assert_eq(json_read(str_of(rows[i]), &arena, &j), OK, "%s", rows[i]);
        cr_expect(equal_values(j, theirs), "%s", rows[i]);
        cJSON_Delete(theirs);
    }
}

static const struct str wrong[] = {
    STR(""),
    STR(" "),
    STR("nul"),
    STR("nullx"),
    STR("True"),
    STR("NaN"),
    STR("Infinity"),
    STR("+1"),
    STR("01"),
    STR("-01"),
    STR("-"),
    STR(".5"),
    STR("1."),
    STR("1.e5"),
    STR("1e"),
    STR("1e+"),
    STR("0x10"),
    STR("1 2"),
    STR("\""),
    STR("\"abc"),
    STR("\"abc\\\""),
    STR("\"\\"),
    STR("\"\\x\""),
    STR("\"\\u12\""),
    STR("\"\\u12g4\""),
    STR("\"\\u0000\""),
    STR("\"a\0b\""),
    STR("\"\\udc00\""),
    STR("\"line\nbreak\""),
    STR("\"12345678\t\""),
    STR("["),
    STR("[1"),
    STR("[1,"),
    STR("[1,]"),
    STR("[,1]"),
    STR("[1 2]"),
    STR("[1,,2]"),
    STR("[1}"),
    STR("{"),
    STR("{\"a\""),
    STR("{\"a\":"),
    STR("{\"a\":}"),
    STR("{\"a\" 1}"),
    STR("{\"a\":1,}"),
    STR("{\"a\"::1}"),
    STR("{a:1}"),
    STR("{1:1}"),
    STR("{\"a\":1 \"b\":2}"),
    STR("{\"a\":1]"),
    STR("[1]//"),
    STR("/**/1"),
    STR("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
    STR("0.1111111111222222222233333333334444444444555555555566666666667777"),
};

Test(json_read, wrong_texts_are_refused)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct json *j = NULL;
        cr_expect_eq(json_read(wrong[i], &arena, &j), ERR_INPUT, STR_F, STR_ARG(wrong[i]));
    }
}

/* ---- numbers: the same double as strtod's, however they are written ---- */

static void expect_same(const char *text)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct json *j = NULL;
    cr_assert_eq(json_read(str_of(text), &arena, &j), OK, "%s", text);
    cr_assert(json_is(j, JSON_NUMBER) && same(j->number, strtod(text, NULL)), "%s: %.17g", text, j->number);
}

Test(json_read, numbers_are_those_of_the_c_library)
{
    static const char *const formats[] = { "%.0f", "%.3f", "%.15g", "%.17g", "%.25f", "%.14e" };
    struct rng rng = rng_make(7);
    char text[400];
    for (int i = 0; i < 20000; i++) {
        double v = rng_normal(&rng) * pow(10, (double)rng_below(&rng, 30) - 12);
        (void)snprintf(text, sizeof text, formats[i % 6], v);
        expect_same(text);
    }
    for (int e = -330; e < 310; e++) {
        (void)snprintf(text, sizeof text, "%" PRIu64 "e%d", rng_below(&rng, 1000000), e);
        expect_same(text);
    }
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct json *j = NULL;
    cr_assert_eq(json_read(STR("-1e999999999999"), &arena, &j), OK);
    cr_expect(isinf(j->number) && j->number < 0, "too large is infinite");
}

/* ---- every text near a right one: whatever a library refuses is refused, and the rest is the same ---- */

Test(json_read, changed_texts_are_judged_as_by_a_library)
{
    static const char right[] = "{\"a\":[1,-2.5e1,\"x\\n\\u00e9\"],\"b\":{\"c\":null,\"d\":true},\"e\":\"12345678\"}";
    static const char alphabet[] = "{}[]\",:\\0123456789-+.eEunltrfasbx/ \t";
    struct rng rng = rng_make(11);
    size_t accepted = 0;
    for (int i = 0; i < 100000; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct json *j = NULL;
        char text[sizeof right];
        memcpy(text, right, sizeof text);
        for (uint64_t k = rng_below(&rng, 4); k < 4; k++)
            text[rng_below(&rng, sizeof right - 1)] = alphabet[rng_below(&rng, sizeof alphabet - 1)];
        bool ours = json_read(str_of(text), &arena, &j) == OK;
        cJSON *theirs = cJSON_ParseWithOpts(text, NULL, 1);
        accepted += ours;
        cr_assert(!ours || (theirs && equal_values(j, theirs)), "%s", text);
        cJSON_Delete(theirs);
    }
    cr_expect(accepted > 1000, "%zu", accepted);
}

Test(json_read, members_are_found_by_name)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct json *j = NULL;
    cr_assert_eq(json_read(STR("{\"ab\":1,\"a\":2,\"a\":3}"), &arena, &j), OK);
    cr_expect(same(json_get(j, "a")->number, 2), "the first");
    cr_expect_null(json_get(j, "b"));
    cr_expect_null(json_get(json_get(j, "a"), "a"), "a number has no members");
    cr_expect_null(json_get(NULL, "a"));
    cr_expect_not(json_is(NULL, JSON_NULL));
}

/* Everything that the reader keeps of a text while it reads, at once and at every length: long texts that must be
 * decoded, and a number or a text that the end cuts. */
Test(json_read, long_texts)
{
    static char text[200000];
    for (size_t n = 1; n < sizeof text - 20; n += 1 + n / 7) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct json *j = NULL;
        memset(text, 'x', n);
        memcpy(text, "\"\\n", 3);
        struct str cut = { text, n < 3 ? 3 : n };
        cr_expect_eq(json_read(cut, &arena, &j), ERR_INPUT, "%zu", n);
        text[cut.n] = '"';
        cr_assert_eq(json_read((struct str){ text, cut.n + 1 }, &arena, &j), OK, "%zu", n);
        cr_expect(j->text.n == cut.n - 2 && j->text.p[0] == '\n', "%zu", n);
        memset(text, '1', n);
        cr_expect_eq(json_read((struct str){ text, n }, &arena, &j), n < 64 ? OK : ERR_INPUT, "%zu", n);
    }
}

Test(json_read, half_a_pair_is_a_question_mark)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct json *j = NULL;
    cr_assert_eq(json_read(STR("\"a\\ud800b\""), &arena, &j), OK);
    cr_expect(str_is(j->text, "a?b"), STR_F, STR_ARG(j->text));
}

Test(json_read, out_of_memory_is_an_error)
{
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct json *j = NULL;
        enum err e = json_read(STR("{\"a\":[1,2],\"b\\n\":\"c\\td\"}"), &arena, &j);
        done = e == OK;
        cr_assert(done || e == ERR_MEMORY, "%s", err_name(e));
    }
    struct arena tiny CLEANUP(arena_free) = arena_make(100);
    const struct json *j = NULL;
    cr_expect_eq(json_read(STR("[1,2,3,4,5,6,7,8]"), &tiny, &j), ERR_MEMORY, "the arena's limit");
}
