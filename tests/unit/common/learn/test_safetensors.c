#include "common/learn/safetensors.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

enum { MAX = 1 << 20 };
static const struct tensor_shape three[] = { { "w", 2, { 2, 2 } }, { "b", 1, { 2 } }, { "scale", 0 } };
static const struct safetensors_note notes[] = { { { "model", 5 }, { "mlp 2-2-1", 9 } },
                                                 { { "who", 3 }, { "\"q\" \\ \n", 7 } } };

static struct tensor_set *some(void)
{
    struct tensor_set *s = NULL;
    cr_assert_eq(tensor_set_new(three, 3, &s), OK);
    for (size_t i = 0; i < s->nelements; i++) s->flat[i] = (float)i - 2.5f;
    return s;
}

/* A file of this header and n zero bytes. */
static struct buf made(const char *header, size_t n)
{
    struct buf b = buf_make(MAX);
    uint64_t length = strlen(header);
    buf_add(&b, &length, sizeof length);
    buf_add_z(&b, header);
    cr_assert_not_null(buf_grow(&b, n));
    return b;
}

Test(safetensors, what_is_written_is_read)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = some();
    CLEANUP(tensor_set_drop) struct tensor_set *back = NULL;
    CLEANUP(buf_free) struct buf b = buf_make(MAX);
    CLEANUP(buf_free) struct buf again = buf_make(MAX);
    struct why why = { "" };
    cr_assert_eq(safetensors_encode(s, notes, 2, &b), OK);
    cr_assert_eq(safetensors_decode(buf_bytes(&b), &back, &why), OK, "%s", why.text);
    cr_expect(tensor_set_same_shape(s, back));
    cr_expect_arr_eq(s->flat, back->flat, s->nelements * sizeof(float));
    cr_assert_eq(safetensors_encode(back, notes, 2, &again), OK);
    cr_expect(str_eq(buf_str(&b), buf_str(&again)));
    uint64_t header_bytes;
    memcpy(&header_bytes, b.p, 8);
    cr_expect_eq(header_bytes % 8, 0);
}

Test(safetensors, notes_come_back)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = some();
    CLEANUP(buf_free) struct buf b = buf_make(MAX);
    CLEANUP(arena_free) struct arena arena = arena_make(MAX);
    const struct safetensors_note *back;
    size_t n;
    cr_assert_eq(safetensors_encode(s, notes, 2, &b), OK);
    cr_assert_eq(safetensors_notes(buf_bytes(&b), &arena, &back, &n, NULL), OK);
    cr_assert_eq(n, 2);
    for (size_t i = 0; i < n; i++) {
        cr_expect(str_eq(back[i].key, notes[i].key));
        cr_expect(str_eq(back[i].value, notes[i].value));
    }
}

#define T(name, shape, from, to)                                                                                       \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"
/* clang-format off */
static const struct file_row {
    const char *name;
    const char *header;
    size_t data_bytes;
    enum err expected;
} files[] = {
    { "no tensors",          "{}", 0, OK },
    { "one",                 "{" T("a", "[2]", "0", "8") "}", 8, OK },
    { "padded",              "{" T("a", "[2]", "0", "8") "}   ", 8, OK },
    { "out of order",        "{" T("a", "[1]", "8", "12") "," T("b", "[2]", "0", "8") "}", 12, OK },
    { "extra fields fine",   "{\"__metadata__\":{\"k\":\"v\"}," T("a", "[]", "0", "4") "}", 4, OK },
    { "hole",                "{" T("a", "[1]", "0", "4") "," T("b", "[1]", "8", "12") "}", 12, ERR_INPUT },
    { "overlap",             "{" T("a", "[2]", "0", "8") "," T("b", "[2]", "4", "12") "}", 12, ERR_INPUT },
    { "same bytes twice",    "{" T("a", "[1]", "0", "4") "," T("b", "[1]", "0", "4") "}", 4, ERR_INPUT },
    { "bytes left over",     "{" T("a", "[1]", "0", "4") "}", 8, ERR_INPUT },
    { "past the end",        "{" T("a", "[2]", "0", "8") "}", 4, ERR_INPUT },
    { "shape too small",     "{" T("a", "[1]", "0", "8") "}", 8, ERR_INPUT },
    { "shape overflows",     "{" T("a", "[268435456,268435456,268435456,268435456]", "0", "8") "}", 8, ERR_INPUT },
    { "zero dimension",      "{" T("a", "[0]", "0", "0") "}", 0, ERR_INPUT },
    { "negative",            "{" T("a", "[-1]", "0", "4") "}", 4, ERR_INPUT },
    { "fraction",            "{" T("a", "[1.5]", "0", "4") "}", 4, ERR_INPUT },
    { "huge number",         "{" T("a", "[1]", "0", "1e300") "}", 4, ERR_INPUT },
    { "backwards",           "{" T("a", "[1]", "4", "0") "}", 4, ERR_INPUT },
    { "odd bytes",           "{" T("a", "[1]", "0", "5") "}", 5, ERR_INPUT },
    { "rank 5",              "{" T("a", "[1,1,1,1,1]", "0", "4") "}", 4, ERR_INPUT },
    { "name twice",          "{" T("a", "[1]", "0", "4") "," T("a", "[1]", "4", "8") "}", 8, ERR_INPUT },
    { "bad name",            "{" T("a b", "[1]", "0", "4") "}", 4, ERR_INPUT },
    { "other dtype",         "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, ERR_INPUT },
    { "dtype missing",       "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, ERR_INPUT },
    { "unknown field",       "{\"a\":{\"x\":1,\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, ERR_INPUT },
    { "entry is a number",   "{\"a\":1}", 0, ERR_INPUT },
    { "metadata not text",   "{\"__metadata__\":{\"k\":1}}", 0, ERR_INPUT },
    { "metadata twice",      "{\"__metadata__\":{},\"__metadata__\":{}}", 0, ERR_INPUT },
    { "metadata key twice",  "{\"__metadata__\":{\"k\":\"a\",\"k\":\"b\"}}", 0, ERR_INPUT },
    { "array",               "[]", 0, ERR_INPUT },
    { "leading space",       " {}", 0, ERR_INPUT },
    { "not JSON",            "{", 0, ERR_INPUT },
    { "something behind",    "{} x", 0, ERR_INPUT },
    { "empty",               "", 0, ERR_INPUT },
};
/* clang-format on */

Test(safetensors, hostile_headers)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEANUP(buf_free) struct buf b = made(files[i].header, files[i].data_bytes);
        CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
        struct why why = { "" };
        cr_expect_eq(safetensors_decode(buf_bytes(&b), &s, &why), files[i].expected, "%s", files[i].name);
        cr_expect_eq(why.text[0] == 0, files[i].expected == OK, "%s", files[i].name);
        cr_expect_eq(s != NULL, files[i].expected == OK, "%s", files[i].name);
    }
}

Test(safetensors, hostile_lengths)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = some();
    CLEANUP(buf_free) struct buf b = buf_make(MAX);
    struct tensor_set *back = NULL;
    cr_assert_eq(safetensors_encode(s, NULL, 0, &b), OK);
    for (size_t n = 0; n < b.n; n++)
        cr_expect_eq(safetensors_decode((struct bytes){ b.p, n }, &back, NULL), ERR_INPUT, "cut to %zu", n);
    memset(b.p, 0xff, 8);
    cr_expect_eq(safetensors_decode(buf_bytes(&b), &back, NULL), ERR_INPUT);
}

Test(safetensors, a_small_buffer_is_an_error)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = some();
    CLEANUP(buf_free) struct buf b = buf_make(64);
    cr_expect_eq(safetensors_encode(s, NULL, 0, &b), ERR_LIMIT);
}

Test(safetensors, every_allocation_may_fail)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = some();
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        CLEANUP(buf_free) struct buf b = buf_make(MAX);
        CLEANUP(tensor_set_drop) struct tensor_set *back = NULL;
        enum err e = safetensors_encode(s, notes, 2, &b);
        if (e == OK) e = safetensors_decode(buf_bytes(&b), &back, NULL);
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
        done = e == OK;
    }
    cr_expect(done);
}
