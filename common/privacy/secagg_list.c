#include "common/privacy/secagg_list.h"
#include "common/privacy/secagg_code.h"
#include <stdlib.h>

/* How long one is, whatever it says. */
#define PIECE(name)                                                                                                    \
    static enum err name##_bytes(size_t *out)                                                                          \
    {                                                                                                                  \
        struct buf one CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);                                               \
        TRY(secagg_##name##_encode(&(struct secagg_##name){ .from = 1 }, &one));                                       \
        *out = one.n;                                                                                                  \
        return OK;                                                                                                     \
    }

#define ENCODE(name)                                                                                                   \
    enum err secagg_##name##s_encode(const struct secagg_##name *list, size_t n, struct buf *out)                      \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) TRY(secagg_##name##_encode(&list[i], out));                                     \
        return OK;                                                                                                     \
    }

#define PARSE(name)                                                                                                    \
    static enum err name##s_fill(struct bytes in, size_t each, size_t n, struct secagg_##name *list)                   \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) TRY(secagg_##name##_parse(bytes_of(in.p + i * each, each), &list[i]));          \
        return OK;                                                                                                     \
    }                                                                                                                  \
    enum err secagg_##name##s_parse(struct bytes in, struct secagg_##name **out, size_t *out_n)                        \
    {                                                                                                                  \
        size_t each = 0;                                                                                               \
        TRY(name##_bytes(&each));                                                                                      \
        size_t n = in.n / each;                                                                                        \
        if (n == 0 || n > SECAGG_MEMBERS_MAX || in.n % each != 0) return ERR_PROTO;                                    \
        struct secagg_##name *list = calloc(n, sizeof *list);                                                          \
        if (list == NULL) return ERR_MEMORY;                                                                           \
        enum err e = name##s_fill(in, each, n, list);                                                                  \
        if (e != OK) {                                                                                                 \
            free(list);                                                                                                \
            return e;                                                                                                  \
        }                                                                                                              \
        *out = list;                                                                                                   \
        *out_n = n;                                                                                                    \
        return OK;                                                                                                     \
    }

PIECE(advert)
PIECE(vote)
ENCODE(advert)
ENCODE(vote)
PARSE(advert)
PARSE(vote)

enum err secagg_run_hash(struct str run, struct str digest, uint8_t out[HASH_BYTES])
{
    struct buf text CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    secagg_code_put_label(&text, "himas secagg run 1");
    buf_addf(&text, STR_F " " STR_F, STR_ARG(run), STR_ARG(digest));
    TRY(buf_err(&text));
    return hash_of(buf_bytes(&text), out);
}
