#include "common/base/file.h"
#include "common/wire/doc.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 1 << 26, DEEP = DOC_MAX_DEPTH + 1 };

Test(doc_parse, refused)
{
    static const struct {
        const char *name;
        const char *input;
        enum err expected;
        const char *sentence; /* part of it */
    } rows[] = {
        { "nothing", "", ERR_INPUT, "t.yaml: the document is empty" },
        { "comment only", "# nothing here\n", ERR_INPUT, "t.yaml: the document is empty" },
        { "marker only", "---\n", ERR_INPUT, "t.yaml: the document is empty" },
        { "anchor", "a: &x 1\n", ERR_INPUT, "t.yaml:1: anchors" },
        { "anchor of a list", "a: &x [1]\n", ERR_INPUT, "t.yaml:1: anchors" },
        { "anchor of a map", "a: &x {b: 1}\n", ERR_INPUT, "t.yaml:1: anchors" },
        { "alias", "a: 1\nb: *x\n", ERR_INPUT, "t.yaml:2: aliases" },
        { "tag", "a: !!binary aGk=\n", ERR_INPUT, "t.yaml:1: tags" },
        { "tag of a list", "a: !x [1]\n", ERR_INPUT, "t.yaml:1: tags" },
        { "duplicate key", "a: 1\nb: 2\na: 3\n", ERR_INPUT, "t.yaml:3: `a` was already given on line 1" },
        { "duplicate key, quoted", "{\"a\": 1, 'a': 2}", ERR_INPUT, "`a` was already given" },
        { "two documents", "a: 1\n---\nb: 2\n", ERR_INPUT, "t.yaml:2: a second document" },
        { "list as key", "? [a]\n: 1\n", ERR_INPUT, "a key must be plain text" },
        { "empty key", "\"\": 1\n", ERR_INPUT, "a key without a name" },
        { "open bracket", "a: [1, 2\n", ERR_INPUT, "t.yaml:2:" },
        { "tab indentation", "a:\n\tb: 1\n", ERR_INPUT, "t.yaml:2:" },
        { "bad indentation", "a: 1\n  b: 2\n", ERR_INPUT, "t.yaml:2:" },
        { "not UTF-8", "a: \xff\n", ERR_INPUT, "t.yaml: byte 4:" },
        { "overlong", "a: \xc0\xaf\n", ERR_INPUT, "t.yaml: byte 4:" },
        { "control character", "a: \x01\n", ERR_INPUT, "t.yaml: byte 4:" },
        { "NUL by escape", "a: \"\\0\"\n", ERR_INPUT, "t.yaml:1: a NUL" },
        { "surrogate by escape", "a: \"\\ud800\"\n", ERR_INPUT, "t.yaml:1:" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct doc *d = NULL;
        struct why why = { "" };
        cr_expect_eq(doc_parse(str_of(rows[i].input), "t.yaml", &arena, &d, &why), rows[i].expected, "%s",
                     rows[i].name);
        cr_expect(d == NULL, "%s", rows[i].name);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].name, why.text);
    }
}

Test(doc_parse, tree)
{
    static const char text[] = "\xef\xbb\xbf# a comment\n"
                               "name: breast cancer\n"
                               "rounds:\n"
                               "  count: 10\n"
                               "columns:\n"
                               "  - {name: \"mean \\u00e9\", min: 0}\n"
                               "  - [a, 'b']\n"
                               "none:\n";
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    struct why why = { "" };
    cr_assert_eq(doc_parse(STR(text), "t.yaml", &arena, &d, &why), OK, "%s", why.text);
    cr_expect(d->kind == DOC_MAP && d->count == 4 && d->parent == NULL && d->line == 2);
    const struct doc *rounds = doc_get(d, "rounds");
    cr_assert(rounds != NULL && rounds->kind == DOC_MAP && rounds->parent == d && str_is(rounds->key, "rounds"));
    const struct doc *count = doc_get(rounds, "count");
    cr_assert(count != NULL && count->line == 4 && str_is(count->text, "10"));
    const struct doc *columns = doc_get(d, "columns");
    cr_assert(columns != NULL && columns->kind == DOC_LIST && columns->count == 2);
    cr_expect(str_is(doc_get(columns->items[0], "name")->text, "mean \xc3\xa9"));
    cr_expect(columns->items[1]->line == 7 && str_is(columns->items[1]->items[1]->text, "b"));
    cr_expect(doc_get(d, "none")->kind == DOC_SCALAR && doc_get(d, "none")->text.n == 0);
    cr_expect(doc_get(d, "absent") == NULL && doc_get(columns, "name") == NULL && doc_get(NULL, "a") == NULL);
}

Test(doc_parse, json_is_yaml)
{
    static const char text[] = "{\"a\":[1,2.5,true,null],\"b\":{\"c\":\"x\\/\\n\\\"\"},\n\t\"d\":\"\"}";
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    struct why why = { "" };
    cr_assert_eq(doc_parse(STR(text), "t.json", &arena, &d, &why), OK, "%s", why.text);
    cr_expect_eq(doc_get(d, "a")->count, 4);
    cr_expect(str_is(doc_get(doc_get(d, "b"), "c")->text, "x/\n\""));
}

static enum err parse_repeated(const char *head, const char *piece, size_t times, struct why *why)
{
    struct arena arena CLEANUP(arena_free) = arena_make(SIZE_MAX);
    struct buf text CLEANUP(buf_free) = buf_make(SIZE_MAX);
    const struct doc *d = NULL;
    buf_add_z(&text, head);
    for (size_t i = 0; i < times; i++) buf_add_z(&text, piece);
    return doc_parse(buf_str(&text), "t.yaml", &arena, &d, why);
}

Test(doc_parse, limits)
{
    static const struct {
        const char *name;
        const char *head;
        const char *piece;
        size_t times;
        enum err expected;
        const char *sentence;
    } rows[] = {
        { "deep lists", "", "[", DEEP, ERR_LIMIT, "nested too deeply" },
        { "very deep lists", "", "[", 100000, ERR_LIMIT, "nested too deeply" },
        { "deep maps", "", "{a: ", DEEP, ERR_LIMIT, "nested too deeply" },
        { "deep block lists", "", "- ", DEEP, ERR_LIMIT, "nested too deeply" },
        { "too many values", "", "- 1\n", DOC_MAX_NODES, ERR_LIMIT, "more values" },
        { "too many bytes", "# ", "0123456789abcdef", DOC_MAX_BYTES / 16, ERR_LIMIT, "larger than" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct why why = { "" };
        cr_expect_eq(parse_repeated(rows[i].head, rows[i].piece, rows[i].times, &why), rows[i].expected, "%s: %s",
                     rows[i].name, why.text);
        cr_expect(strstr(why.text, rows[i].sentence) != NULL, "%s: %s", rows[i].name, why.text);
    }
}

Test(doc_parse, too_many_keys)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct buf text CLEANUP(buf_free) = buf_make(SIZE_MAX);
    const struct doc *d = NULL;
    for (int i = 0; i < DOC_MAX_KEYS; i++) buf_addf(&text, "k%d: 1\n", i);
    cr_expect_eq(doc_parse(buf_str(&text), "t", &arena, &d, NULL), OK);
    buf_add_z(&text, "one_more: 1\n");
    cr_expect_eq(doc_parse(buf_str(&text), "t", &arena, &d, NULL), ERR_LIMIT);
}

Test(doc_parse, out_of_memory_is_an_error)
{
    static const char text[] = "a: [1, {b: 2}]\nc: d\n";
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
        const struct doc *d = NULL;
        enum err e = doc_parse(STR(text), "t", &arena, &d, NULL);
        done = e == OK;
        cr_expect(done || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
    }
    cr_expect(done);
    struct arena tiny CLEANUP(arena_free) = arena_make(100);
    const struct doc *d = NULL;
    cr_expect_eq(doc_parse(STR(text), "t", &tiny, &d, NULL), ERR_MEMORY);
}

Test(doc_parse, file)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    struct why why = { "" };
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/test_doc_%ld.yaml", (long)getpid());
    cr_expect_eq(doc_read(path, &arena, &d, &why), ERR_IO);
    cr_assert_eq(file_write(path, str_bytes(STR("a: 1\n")), 0600, NULL), OK);
    cr_expect_eq(doc_read(path, &arena, &d, &why), OK, "%s", why.text);
    cr_expect(d != NULL && str_is(doc_get(d, "a")->text, "1"));
    (void)unlink(path);
}
