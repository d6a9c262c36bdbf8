#include "common/runtime/core_private.h"
#include <criterion/criterion.h>
#include <inttypes.h>
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

/* Of the last chunk that may be, and of one byte more. */
Test(core_seals, so_many_chunks)
{
    static const uint64_t most = (uint64_t)MANIFEST_MAX_CHUNKS * SEAL_CHUNK_BYTES;
    static const struct {
        uint64_t bytes;
        enum err err;
        const char *says;
    } many[] = { { most + 1, ERR_LIMIT, "4097 chunks, and at most 4096 are taken" },
                 { most, ERR_PROTO, "the list of its chunks cannot be read" } };
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        struct arena arena CLEANUP(arena_free) = arena_make(8 << 20);
        struct buf text CLEANUP(buf_free) = buf_make(8 << 20);
        struct seal_record r = { 0 };
        struct why why = { 0 };
        buf_addf(&text, DIGEST " %" PRIu64 " " KEY " application/safetensors\n", many[i].bytes);
        for (uint64_t k = 0; k < seal_chunks(many[i].bytes); k++) buf_add_z(&text, FIRST);
        cr_expect_eq(core_seal_read(buf_str(&text), &arena, &r, &why), many[i].err, "row %zu: %s", i, why.text);
        cr_expect(strstr(why.text, many[i].says), "row %zu: %s", i, why.text);
    }
}
