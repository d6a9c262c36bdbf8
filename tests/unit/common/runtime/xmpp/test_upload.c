#include "common/runtime/xmpp/upload.h"
#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <string.h>

#define SLOT(inside) "<iq type='result'><slot xmlns='urn:xmpp:http:upload:0'>" inside "</slot></iq>"
#define PUT "<put url='https://h:1/put'/>"
#define GET "<get url='https://h:1/get'/>"

Test(upload, slots)
{
    static const struct {
        const char *name, *text;
        enum err e;
        const char *headers;
    } rows[] = {
        { "plain", SLOT(PUT GET), OK, "" },
        { "headers",
          SLOT("<put url='https://h/p'><header name='Authorization'>Bearer x</header><header name='cookie'>a=b</header>"
               "</put>" GET),
          OK, "Authorization: Bearer x|cookie: a=b|" },
        { "a header it may not set", SLOT("<put url='https://h/p'><header name='Host'>evil</header></put>" GET), OK,
          "" },
        { "a header within a header",
          SLOT("<put url='https://h/p'><header name='Cookie'>a&#10;Host: evil</header></put>" GET), OK, "" },
        { "no get", SLOT(PUT), ERR_PROTO, "" },
        { "no put", SLOT(GET), ERR_PROTO, "" },
        { "no url", SLOT("<put/>" GET), ERR_PROTO, "" },
        { "no slot", "<iq type='result'/>", ERR_PROTO, "" },
        { "not https", SLOT("<put url='http://h/p'/>" GET), ERR_PROTO, "" },
        { "a file", SLOT(PUT "<get url='file:///etc/passwd'/>"), ERR_PROTO, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading r CLEANUP(reading_end) = reading_of(rows[i].text);
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 16);
        struct buf headers CLEANUP(buf_free) = buf_make(4096);
        struct slot slot = { 0 };
        cr_expect_eq(upload_read_slot(r.stanza, &arena, &slot), rows[i].e, "%s", rows[i].name);
        for (size_t h = 0; slot.headers[h]; h++) buf_addf(&headers, "%s|", slot.headers[h]);
        cr_expect(str_is(buf_str(&headers), rows[i].headers), "%s: " STR_F, rows[i].name, STR_ARG(buf_str(&headers)));
    }
}

Test(upload, a_long_url_is_refused)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 16);
    struct slot slot;
    buf_add_z(&text, "<iq type='result'><slot xmlns='urn:xmpp:http:upload:0'>" PUT "<get url='https://");
    memset(buf_grow(&text, MANIFEST_MAX_URL), 'x', MANIFEST_MAX_URL);
    buf_add_z(&text, "'/></slot></iq>");
    struct reading r CLEANUP(reading_end) = reading_of((const char *)text.p);
    cr_expect_eq(upload_read_slot(r.stanza, &arena, &slot), ERR_PROTO);
}
