#include "common/wire/manifest_codec.h"
#include "common/wire/schema.h"
#include <criterion/criterion.h>
#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD(bytes) "{\"media\":\"m\",\"bytes\":" bytes ",\"sha256\":\"" HEX "\",\"key\":\"a2V5\","
#define CHUNK(bytes, url) "{\"sha256\":\"" HEX "\",\"bytes\":" bytes ",\"url\":\"" url "\"}"

Test(manifest, right_and_wrong)
{
    static const struct {
        const char *name, *json, *says, *behind;
    } rows[] = {
        { "inline", HEAD("12") "\"inline\":\"eA==\"}", NULL },
        { "one chunk", HEAD("12") "\"chunks\":[" CHUNK("28", "https://h/1") "]}", NULL },
        { "two chunks", HEAD("1048577") "\"chunks\":[" CHUNK("1048592", "u") "," CHUNK("17", "u") "]}", NULL },
        { "behind", HEAD("12") "\"inline\":4}", NULL, "eA==" },
        { "another length", HEAD("12") "\"inline\":5}", "4 do", "eA==" },
        { "less than one", HEAD("12") "\"inline\":0.5}", "0 do", "" },
        { "nothing behind", HEAD("12") "\"inline\":0}", "inline or chunks", "" },
        { "in the object", HEAD("12") "\"inline\":\"eA==\"}", "how many characters", "eA==" },
        { "not in the object", HEAD("12") "\"inline\":4}", "inline must be a text" },
        { "neither", HEAD("12") "\"x\":1}", "inline must be" },
        { "both", HEAD("12") "\"inline\":\"eA==\",\"chunks\":[" CHUNK("28", "u") "]}", "must have" },
        { "no bytes", HEAD("0") "\"inline\":\"eA==\"}", "bytes is out of range" },
        { "half a byte", HEAD("1.5") "\"inline\":\"eA==\"}", "whole number" },
        { "negative", HEAD("-1") "\"inline\":\"eA==\"}", "whole number" },
        { "too few chunks", HEAD("1048577") "\"chunks\":[" CHUNK("28", "u") "]}", "1 chunks for 1048577" },
        { "too many", HEAD("12") "\"chunks\":[" CHUNK("28", "u") "," CHUNK("28", "u") "]}", "2 chunks for 12" },
        { "no chunk", HEAD("12") "\"chunks\":[]}", "must be a list" },
        { "chunk of nothing", HEAD("12") "\"chunks\":[" CHUNK("0", "u") "]}", "bad digest or size" },
        { "huge chunk", HEAD("12") "\"chunks\":[" CHUNK("9999999", "u") "]}", "bad digest or size" },
        { "no url", HEAD("12") "\"chunks\":[" CHUNK("28", "") "]}", "no usable url" },
        { "bad digest", "{\"media\":\"m\",\"bytes\":1,\"sha256\":\"ABC\",\"key\":\"k\",\"inline\":\"eA==\"}",
          "64 lower-case" },
        { "no key", "{\"media\":\"m\",\"bytes\":1,\"sha256\":\"" HEX "\",\"key\":\"\",\"inline\":\"eA==\"}",
          "key is missing" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct manifest m;
        struct why why = { 0 };
        const struct json *json = NULL;
        cr_assert_eq(json_read(str_of(rows[i].json), &arena, &json), OK, "%s", rows[i].name);
        struct str behind = str_of(rows[i].behind);
        enum err e = manifest_from_json(json, rows[i].behind ? &behind : NULL, &arena, &m, &why);
        cr_expect_eq(e, rows[i].says ? ERR_PROTO : OK, "%s: %s", rows[i].name, why.text);
        if (rows[i].says) cr_expect(strstr(why.text, rows[i].says), "%s says: %s", rows[i].name, why.text);
        struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
        if (e == OK) manifest_add_json(&m, rows[i].behind != NULL, &text);
        cr_expect(e != OK || str_is(buf_str(&text), rows[i].json), "%s: there and back", rows[i].name);
    }
}

/* One chunk more than there may be is refused for that, in words, before one is looked at; as many as there may be are
 * judged by the rest. */
Test(manifest, so_many_chunks)
{
    static const struct {
        size_t chunks;
        const char *chunk, *says;
    } rows[] = {
        { MANIFEST_MAX_CHUNKS + 1, "0", "4097 chunks, and at most 4096 are taken" },
        { MANIFEST_MAX_CHUNKS, "0", "a chunk has sha256, bytes and url" },
        { MANIFEST_MAX_CHUNKS, CHUNK("28", "u"), "4096 chunks for 4000000000 bytes" },
        { 4000000000 / MANIFEST_CHUNK_BYTES + 1, CHUNK("28", "u"), NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(8 << 20);
        struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
        struct manifest m;
        struct why why = { 0 };
        const struct json *json = NULL;
        buf_add_z(&text, HEAD("4000000000") "\"chunks\":[");
        for (size_t k = 0; k < rows[i].chunks; k++) buf_addf(&text, "%s%s", k ? "," : "", rows[i].chunk);
        buf_add_z(&text, "]}");
        cr_assert_eq(json_read(buf_str(&text), &arena, &json), OK, "row %zu", i);
        cr_expect_eq(manifest_from_json(json, NULL, &arena, &m, &why), rows[i].says ? ERR_PROTO : OK, "row %zu: %s", i,
                     why.text);
        cr_expect(!rows[i].says || strstr(why.text, rows[i].says), "%s", why.text);
        struct manifest many = { .bytes = 1, .key = STR("k"), .nchunks = rows[i].chunks };
        memset(many.sha256, 'a', MANIFEST_HEX_BYTES - 1);
        cr_expect_eq(manifest_check(&many, &why), ERR_PROTO);
        cr_expect_eq(strstr(why.text, "are taken") != NULL, rows[i].chunks > MANIFEST_MAX_CHUNKS, "%s", why.text);
        many.bytes = (uint64_t)SCHEMA_MAX_BLOB + 1;
        cr_expect(manifest_check(&many, &why) == ERR_PROTO && strstr(why.text, "out of range"), "%s", why.text);
    }
}
