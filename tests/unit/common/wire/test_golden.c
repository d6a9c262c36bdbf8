/* Messages as they were written by every version that is still read: they must be understood for ever. */
#include "common/base/file.h"
#include "common/wire/codec.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static bool read_golden(uint64_t version, const char *type, struct buf *out)
{
    char path[4096];
    (void)snprintf(path, sizeof path, HIMAS_SOURCE_DIR "/tests/golden/v%llu/%s.json", (unsigned long long)version,
                   type);
    return file_read(path, out, NULL) == OK;
}

static void check_message(uint64_t version, enum msg_type type)
{
    const char *name = msg_desc(type)->name;
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf golden CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
    struct buf again CLEANUP(buf_free) = buf_make(MSG_MAX_BYTES);
    struct why why = { 0 };
    struct msg m;
    cr_assert(read_golden(version, name, &golden), "there is no message %s of version %llu", name,
              (unsigned long long)version);
    struct str text = str_trim(buf_str(&golden));
    cr_assert_eq(msg_decode(text, &arena, &m, NULL, &why), OK, "%s: %s", name, why.text);
    cr_expect(m.type == type && m.version == version && m.round == 3 && m.nacks == 2, "%s", name);
    cr_expect(strcmp(m.run, "breast-cancer-1") == 0 && strcmp(m.stage, "training") == 0, "%s", name);
    cr_assert_eq(msg_encode(&m, &again, &why), OK, "%s: %s", name, why.text);
    cr_expect(str_eq(buf_str(&again), text), "%s is written again as it was:\n" STR_F "\n" STR_F, name, STR_ARG(text),
              STR_ARG(buf_str(&again)));
}

Test(golden, every_message_of_every_version_is_read)
{
    for (uint64_t v = SCHEMA_MIN_VERSION; v <= SCHEMA_VERSION; v++)
        for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++)
            if (msg_desc(t)->since <= v) check_message(v, t);
}
