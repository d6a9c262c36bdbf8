#include "common/crypto/merkle_text.h"
#include "common/crypto/encode.h"
#include <string.h>

enum { HASH_TEXT_MAX = 64 };

enum err merkle_proof_print(const struct merkle_proof *proof, struct buf *out)
{
    for (size_t i = 0; i < proof->n; i++) {
        TRY(base64_encode(bytes_of(proof->at[i].b, HASH_BYTES), out));
        buf_add_z(out, "\n");
    }
    return buf_err(out);
}

enum err merkle_proof_parse(struct str *rest, struct merkle_proof *out)
{
    struct buf raw CLEANUP(buf_free) = buf_make(HASH_TEXT_MAX);
    out->n = 0;
    for (struct str line = str_next(rest, '\n'); line.n > 0; line = str_next(rest, '\n')) {
        buf_clear(&raw);
        if (out->n == MERKLE_PROOF_MAX || line.n > HASH_TEXT_MAX) return ERR_INPUT;
        TRY(base64_decode(line, &raw));
        if (raw.n != HASH_BYTES) return ERR_INPUT;
        memcpy(out->at[out->n++].b, raw.p, HASH_BYTES);
    }
    return OK;
}
