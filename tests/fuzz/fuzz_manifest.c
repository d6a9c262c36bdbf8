/* Any bytes as the attachment of an otherwise right message, inline or in chunks. */
#include "common/wire/codec.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] =
        "{\"version\":1,\"type\":\"evaluate\",\"id\":\"1-1\",\"in_reply_to\":\"\",\"run\":\"r\",\"round\":1,"
        "\"stage\":\"\",\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"model\":";
    struct arena arena CLEANUP(arena_free) = arena_make(8 << 20);
    struct buf json CLEANUP(buf_free) = buf_make(1 << 20);
    struct msg m;
    struct why why;
    buf_add_z(&json, head);
    buf_add(&json, data, size);
    buf_add_z(&json, "}");
    if (buf_err(&json) != OK || msg_decode(buf_str(&json), &arena, &m, NULL, &why) != OK) return 0;
    const struct manifest *f = msg_blob(&m)->manifest;
    if ((f->inline_.n > 0) == (f->nchunks > 0) || f->bytes == 0) abort();
    return 0;
}
