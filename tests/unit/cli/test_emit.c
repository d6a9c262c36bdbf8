#include "cli/emit.h"
#include "common/wire/doc.h"
#include <criterion/criterion.h>

Test(emit, reads_back_the_same)
{
    static const char *const values[] = { "plain",
                                          "",
                                          "with \"quotes\" and \\",
                                          "a: b # c",
                                          "- x",
                                          "~",
                                          "yes",
                                          "line\nend",
                                          "tab\there",
                                          "\x7f",
                                          "\x1b[2J",
                                          "K\u00f6ln",
                                          "%s {a} [b] & * ! | > '" };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char back[100];
        const struct doc *d = NULL;
        struct why why = { "" };
        CLEANUP(arena_free) struct arena arena = arena_make(1 << 20);
        CLEANUP(buf_free) struct buf out = buf_make(1000);
        emit_pair(&out, "key", values[i]);
        cr_assert_eq(doc_parse(buf_str(&out), "test", &arena, &d, &why), OK, "%s: %s", values[i], why.text);
        cr_assert_eq(doc_need_text(d, "key", back, sizeof back, &why), OK, "%s: %s", values[i], why.text);
        cr_expect_str_eq(back, values[i]);
    }
}

Test(emit, numbers)
{
    static const double values[] = { 0, 0.5, 0.1, 1e-5, 1.0 / 3, 1e6, 12345.678901234567 };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        double back = -1;
        uint64_t count = 0;
        const struct doc *d = NULL;
        CLEANUP(arena_free) struct arena arena = arena_make(1 << 20);
        CLEANUP(buf_free) struct buf out = buf_make(1000);
        emit_real(&out, "x", values[i]);
        emit_count(&out, "n", UINT64_MAX);
        cr_assert_eq(doc_parse(buf_str(&out), "test", &arena, &d, NULL), OK);
        cr_assert_eq(doc_get_f64(d, "x", 0, 1e9, &back, NULL), OK);
        cr_assert_eq(doc_get_u64(d, "n", 0, UINT64_MAX, &count, NULL), OK);
        cr_expect(back == values[i] && count == UINT64_MAX, "%g", values[i]);
    }
}

Test(emit, whole_documents)
{
    static const struct {
        const char *text, *again;
    } rows[] = {
        { "a: 1\nb:\n  - x\n  - {c: \"y: z\", d: [1, 2]}\n",
          "{\"a\": \"1\", \"b\": [\"x\", {\"c\": \"y: z\", \"d\": [\"1\", \"2\"]}]}" },
        { "a: []\nb: {}\n", "{\"a\": [], \"b\": {}}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct doc *d = NULL;
        CLEANUP(arena_free) struct arena arena = arena_make(1 << 20);
        CLEANUP(buf_free) struct buf once = buf_make(1000);
        CLEANUP(buf_free) struct buf twice = buf_make(1000);
        cr_assert_eq(doc_parse(str_of(rows[i].text), "test", &arena, &d, NULL), OK);
        emit_doc(&once, d);
        cr_expect_str_eq((const char *)once.p, rows[i].again);
        cr_assert_eq(doc_parse(buf_str(&once), "test", &arena, &d, NULL), OK);
        emit_doc(&twice, d);
        cr_expect(str_eq(buf_str(&once), buf_str(&twice)), "row %zu", i);
    }
}
