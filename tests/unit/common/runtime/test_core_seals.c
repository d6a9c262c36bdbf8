#include "common/runtime/core_private.h"
#include <criterion/criterion.h>
#include <string.h>

#define A16 "aaaaaaaaaaaaaaaa"
#define DIGEST A16 A16 A16 A16
#define KEY A16 A16 A16 A16
#define HEAD DIGEST " 1048577 " KEY " application/safetensors\n"
#define FIRST DIGEST " 1048592 https://a/1\n"
#define SECOND DIGEST " 17 https://a/2\n"

static const struct row {
    const char *name;
    const char *text;
    enum err err;
} rows[] = {
    { "right", HEAD FIRST SECOND, OK },
    { "a chunk that is not stored", HEAD FIRST DIGEST " 17 -\n", OK },
    { "nothing", "", ERR_PROTO },
    { "no chunks", HEAD, ERR_PROTO },
    { "a chunk missing", HEAD FIRST, ERR_PROTO },
    { "a chunk too many", HEAD FIRST SECOND SECOND, ERR_PROTO },
    { "a chunk without url", HEAD FIRST DIGEST " 17 \n", ERR_PROTO },
    { "a chunk too long", HEAD FIRST DIGEST " 2000000 https://a/2\n", ERR_PROTO },
    { "a digest too short", HEAD "aa 17 https://a/1\n" SECOND, ERR_PROTO },
    { "a key too short", DIGEST " 1048577 aa application/safetensors\n" FIRST SECOND, ERR_PROTO },
    { "no number", DIGEST " many " KEY " application/safetensors\n" FIRST SECOND, ERR_PROTO },
    { "nothing to be sealed", DIGEST " 0 " KEY " application/safetensors\n", ERR_PROTO },
    { "more chunks than there may be", DIGEST " 99999999999 " KEY " application/safetensors\n" FIRST, ERR_LIMIT },
};

Test(core_seals, lists_of_peers)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        struct seal_record r = { 0 };
        struct why why = { 0 };
        enum err e = core_seal_read(str_of(rows[i].text), &arena, &r, &why);
        cr_expect(e == rows[i].err, "%s: %s %s", rows[i].name, err_name(e), why.text);
        cr_expect((e == OK) == (r.manifest.nchunks == 2), "%s", rows[i].name);
    }
}

Test(core_seals, written_as_read)
{
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    struct seal_record r = { 0 };
    cr_assert(core_seal_read(STR(HEAD FIRST SECOND), &arena, &r, NULL) == OK);
    cr_expect(r.seal.bytes == 1048577 && r.seal.key[0] == 0xaa && r.manifest.chunks[1].bytes == 17);
    cr_expect(!core_chunk_pending(&r.manifest.chunks[0]));
    core_seal_write(&r, &text);
    cr_expect_str_eq((const char *)text.p, HEAD FIRST SECOND);
}
