#include "agents/coordinator/stored.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct thing {
    uint64_t count;
    unsigned number;
    double real;
    char text[64];
    bool flag;
};
static const struct stored_field fields[] = {
    STORED_FIELD(thing, COUNT, count), STORED_FIELD(thing, NUMBER, number), STORED_FIELD(thing, REAL, real),
    STORED_FIELD(thing, TEXT, text),   STORED_FIELD(thing, FLAG, flag),     { 0 },
};

static const struct row {
    const char *name;
    struct thing thing;
} rows[] = {
    { "zeros", { 0 } },
    { "usual", { 7, 3, 0.1, "hospital-b", true } },
    { "largest", { 9007199254740992, 65535, 1.7976931348623157e308, "x", false } },
    { "smallest real", { 1, 1, 4.9406564584124654e-324, "x", false } },
    { "quotes, backslash, newline", { 1, 1, -0.25, "say \"a\\b\"\n\tand: {go} # on", true } },
    { "control characters", { 1, 1, 2, "\x01\x1f\x7f", true } },
    { "other scripts",
      { 1, 1, 2, "Z\xc3\xbcrich \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x8f\xa5 \xc2\x85\xe2\x80\xa8", true } },
    { "looks like a number", { 1, 1, 2, "1e5", false } },
    { "looks like nothing", { 1, 1, 2, "null", false } },
};

Test(stored, round_trip)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct buf text CLEANUP(buf_free) = buf_make(STORED_MAX_BYTES);
        struct thing back = { 0 };
        struct why why = { 0 };
        stored_write(fields, &row->thing, &text);
        cr_assert(buf_err(&text) == OK);
        enum err e = stored_read(fields, buf_bytes(&text), &back, &why);
        cr_expect(e == OK, "%s: %s in " STR_F, row->name, why.text, STR_ARG(buf_str(&text)));
        cr_expect(back.count == row->thing.count && back.number == row->thing.number && back.flag == row->thing.flag,
                  "%s", row->name);
        cr_expect(back.real == row->thing.real, "%s: %.17g", row->name, back.real);
        cr_expect_str_eq(back.text, row->thing.text, "%s", row->name);
    }
}

/* All of the basic plane and the ends of the others, a few at a time. */
Test(stored, every_character)
{
    for (uint32_t c = 1; c < 0x11000; c += 16) {
        struct thing thing = { 0 };
        struct thing back = { 0 };
        struct buf text CLEANUP(buf_free) = buf_make(STORED_MAX_BYTES);
        size_t n = 0;
        for (uint32_t k = c; k < c + 15; k++) {
            if (k >= 0xd800 && k < 0xe000) continue;
            if (k >= 0x10000) thing.text[n++] = (char)(0xf0 | k >> 18);
            if (k >= 0x800) thing.text[n++] = (char)(k >= 0x10000 ? 0x80 | (k >> 12 & 63) : 0xe0 | k >> 12);
            if (k >= 0x80) thing.text[n++] = (char)(k >= 0x800 ? 0x80 | (k >> 6 & 63) : 0xc0 | k >> 6);
            thing.text[n++] = (char)(k >= 0x80 ? 0x80 | (k & 63) : k);
        }
        stored_write(fields, &thing, &text);
        cr_expect(stored_read(fields, buf_bytes(&text), &back, NULL) == OK && strcmp(thing.text, back.text) == 0,
                  "U+%04x and after: " STR_F, (unsigned)c, STR_ARG(buf_str(&text)));
    }
}

Test(stored, what_is_not_finite_is_left_as_it_was)
{
    struct buf text CLEANUP(buf_free) = buf_make(STORED_MAX_BYTES);
    struct thing out = { .real = NAN };
    struct thing back = { .real = 42 };
    stored_write(fields, &out, &text);
    cr_assert(stored_read(fields, buf_bytes(&text), &back, NULL) == OK);
    cr_expect(back.real == 42);
}

Test(stored, damaged_rows_are_refused)
{
    static const char *const texts[] = { "{", "{\"count\":-1}", "{\"number\":70000}", "{\"real\":\"x\"}",
                                         "{\"flag\":2}" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct thing back = { 0 };
        cr_expect(stored_read(fields, str_bytes(str_of(texts[i])), &back, NULL) == ERR_STORE, "%s", texts[i]);
    }
}

Test(stored, broken_utf8_and_reals)
{
    struct buf text CLEANUP(buf_free) = buf_make(STORED_MAX_BYTES);
    stored_add_text(&text, STR("a\xff"
                               "b"));
    stored_add_real(&text, INFINITY);
    stored_add_real(&text, 0.5);
    cr_expect(str_is(buf_str(&text), "\"a\xef\xbf\xbd"
                                     "b\"null0.5"),
              STR_F, STR_ARG(buf_str(&text)));
}
