#include "common/runtime/xmpp/xml.h"
#include <criterion/criterion.h>

#define BAD "\xef\xbf\xbd"

Test(xml, text)
{
    const struct {
        const char *name;
        struct str in;
        const char *expected;
    } rows[] = {
        { "plain", STR("plain"), "plain" },
        { "empty", STR(""), "" },
        { "markup", STR("<a b='c' d=\"e\">&</a>"), "&lt;a b=&apos;c&apos; d=&quot;e&quot;&gt;&amp;&lt;/a&gt;" },
        { "white space", STR("a\tb\nc\rd"), "a\tb\nc&#13;d" },
        { "control characters",
          STR("a\0b\x01"
              "c\x1b"
              "d"),
          "a" BAD "b" BAD "c" BAD "d" },
        { "utf-8", STR("\u00e9 \u2603 \U0001f600"), "\u00e9 \u2603 \U0001f600" },
        { "overlong",
          STR("\xc0\xaf"
              "x"),
          BAD BAD "x" },
        { "surrogate", STR("\xed\xa0\x80"), BAD },
        { "not a character", STR("\xef\xbf\xbf"), BAD },
        { "above the last", STR("\xf5\x80\x80\x80"), BAD BAD BAD BAD },
        { "cut", STR("a\xe2\x98"), "a" BAD BAD },
        { "lone continuation",
          STR("\x80"
              "z"),
          BAD "z" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(1024);
        xml_text(&out, rows[i].in);
        cr_expect(str_is(buf_str(&out), rows[i].expected), "%s: " STR_F, rows[i].name, STR_ARG(buf_str(&out)));
    }
}

Test(xml, elements)
{
    struct buf out CLEANUP(buf_free) = buf_make(1024);
    xml_element(&out, "b", STR("<"));
    xml_attribute(&out, "c", STR("'"));
    xml_attribute_z(&out, "none", NULL);
    xml_attribute_z(&out, "d", "e");
    cr_expect(str_is(buf_str(&out), "<b>&lt;</b> c='&apos;' d='e'"), STR_F, STR_ARG(buf_str(&out)));
}
