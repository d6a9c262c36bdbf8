#include "common/phi/phi_unwrap.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <string.h>

enum { TEXT_MAX = 200 };

static void count(uint32_t origin[TEXT_MAX + 1])
{
    for (uint32_t i = 0; i <= TEXT_MAX; i++) origin[i] = i;
}

static const struct {
    phi_unwrap_fn *unwrap;
    const char *text;
    const char *plain; /* contained; "": nothing comes of it */
    bool image;
} rows[] = {
    { phi_unwrap_base64, "key=U1NOIDEyMy00NS02Nzg5;", "SSN 123-45-6789\n", false },
    { phi_unwrap_base64, "MTIzLTQ1LTY3ODk=", "123-45-6789\n", false },
    { phi_unwrap_base64, "MTIzLTQ1LTY3ODk", "123-45-6789\n", false },
    { phi_unwrap_base64, "xMTIzLTQ1LTY3ODk", "123-45-6789\n", false },
    { phi_unwrap_base64, "Pz8_Pz8-Pz8_", "???", false }, /* the alphabet for URLs */
    { phi_unwrap_base64, "short", "", false },
    { phi_unwrap_base64, "/9j/4AAQSkZJRgABAQEAYABg", "", true },
    { phi_unwrap_base64, "iVBORw0KGgoAAAANSUhEUg==", "", true },
    { phi_unwrap_hex, "x 3132332d34352d36373839", "123-45-6789\n", false },
    { phi_unwrap_hex, "3132332D34352D36373839", "123-45-6789\n", false },
    { phi_unwrap_hex, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "", false },
    { phi_unwrap_hex, "ffd8ffe000104a46494600", "", true },
    { phi_unwrap_escapes, "123%2d45%2D6789", "123-45-6789", false },
    { phi_unwrap_escapes, "\\u0031\\x32&#51;&#x34;", "1234", false },
    { phi_unwrap_escapes, "Jos%C3%A9", "Jos\xc3\xa9", false },
    { phi_unwrap_escapes, "\\u00e9\\u20ac", "\xc3\xa9\xe2\x82\xac", false },
    { phi_unwrap_escapes, "&#128512;", "\xf0\x9f\x98\x80", false },
    { phi_unwrap_escapes, "100% of 5", "", false },
    { phi_unwrap_escapes, "50%ff", "50?", false },
    { phi_unwrap_escapes, "%31%ff%32", "1?2", false },
    { phi_unwrap_escapes, "=31=\n", "1=", false },
    { phi_unwrap_escapes, "\\u{31}\\U00000032&#51&#x0000000000034;", "1234", false },
    { phi_unwrap_escapes, "&#9999999999999;", "?", false },
    { phi_unwrap_escapes, "&#0;", "", false },
    { phi_unwrap_gaps, "id 1 2 3 4 5 6!", "id 123456!", false },
    { phi_unwrap_gaps, "1-2-3-4-5", "12345", false },
    { phi_unwrap_gaps, "1 2 3 4", "", false },
    { phi_unwrap_gaps, "a 1 b 2 c 33", "a1b2c 33", false },
    { phi_unwrap_gaps, "", "", false },
    { phi_unwrap_base64, "AAAAMTIzLTQ1LTY3ODk=", "123-45-6789\n", false }, /* behind three bytes that are not shown */
    { phi_unwrap_base64, "MQAyADMALQA0ADUALQA2ADcAOAA5AA==", "123-45-6789\n", false }, /* UTF-16 */
    { phi_unwrap_hex, "ff3132332d34352d36373839ff", "123-45-6789\n", false },
    { phi_unwrap_dump, "a 31:32:33:2d:34:35:2D:36 37 38 39.", "123-45-6789\n", false },
    { phi_unwrap_dump, "0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39", "123456789\n", false },
    { phi_unwrap_dump, "00:1b:44:11:3a:b7", "", false },
    { phi_unwrap_dump, "12 of 34 and 56", "", false },
    { phi_unwrap_dump, "", "", false },
    { phi_unwrap_seams, "123-45-\n6789", "123-45-6789", false },
    { phi_unwrap_seams, "3 / 4 / 1961", "3/4/1961", false },
    { phi_unwrap_seams, "123 -\n- 45--6789", "123-45-6789", false },
    { phi_unwrap_seams, "ssn_123~45 run_id", "ssn 123-45 run_id", false },
    { phi_unwrap_seams, "1 2\n3 -/ 4 -        5", "", false },
    { phi_unwrap_seams, "", "", false },
    { phi_unwrap_base64, "see:\nMTIzLT\nQ1LTY3ODk=\nend", "123-45-6789\n", false },
    { phi_unwrap_base64, "\n\n\n\n\n\n\n\n\n\n\n\n\n", "", false },
};

Test(phi_unwrap, rows)
{
    uint32_t origin[TEXT_MAX + 1];
    count(origin);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct phi_plain p CLEANUP(phi_plain_free) = phi_plain_make();
        cr_assert_eq(rows[i].unwrap(str_of(rows[i].text), origin, &p), OK);
        struct str said = buf_str(&p.text);
        cr_expect_eq(said.n > 0, rows[i].plain[0] != '\0', "row %zu: " STR_F, i, STR_ARG(said));
        if (said.n > 0) cr_expect(str_find(said, rows[i].plain) < said.n, "row %zu: " STR_F, i, STR_ARG(said));
        cr_expect_eq(p.image_n > 0, rows[i].image, "row %zu", i);
        if (said.n == 0) continue;
        const uint32_t *at = (const uint32_t *)(const void *)p.at.p;
        cr_expect_eq(p.at.n, (said.n + 1) * sizeof *at);
        cr_expect_eq(at[said.n], strlen(rows[i].text));
    }
}

Test(phi_unwrap, says_where)
{
    uint32_t origin[TEXT_MAX + 1];
    struct phi_plain p CLEANUP(phi_plain_free) = phi_plain_make();
    count(origin);
    cr_assert_eq(phi_unwrap_hex(STR("at: 3132332d34352d36373839."), origin, &p), OK);
    const uint32_t *at = (const uint32_t *)(const void *)p.at.p;
    cr_expect(at[0] == 4 && at[1] == 6 && at[10] == 24);
    cr_assert_eq(phi_unwrap_base64(STR("img /9j/4AAQSkZJRgAB end"), origin, &p), OK);
    cr_expect(p.image_at == 4 && p.image_n == 16);
}

Test(phi_unwrap, without_memory)
{
    static phi_unwrap_fn *const all[] = { phi_unwrap_base64, phi_unwrap_hex,  phi_unwrap_escapes,
                                          phi_unwrap_gaps,   phi_unwrap_dump, phi_unwrap_seams };
    uint32_t origin[TEXT_MAX + 1];
    count(origin);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool done = false;
        for (size_t n = 1; failmalloc_round(n, &done); n++) {
            struct phi_plain p CLEANUP(phi_plain_free) = phi_plain_make();
            enum err e =
                all[i](STR("3132332d34352d36373839 %31 1 2 3 4 5 6 - 7\n8 31 32 33 34 35 36 37 38"), origin, &p);
            cr_expect(e == OK || e == ERR_MEMORY, "%zu", i);
            done = e == OK;
        }
    }
}
