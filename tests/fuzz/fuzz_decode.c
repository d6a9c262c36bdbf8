/* Any bytes as a message: an error or a message; a message survives the way there and back. */
#include "common/wire/codec.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena CLEANUP(arena_free) = arena_make(8 << 20);
    struct buf once CLEANUP(buf_free) = buf_make(8 << 20);
    struct buf twice CLEANUP(buf_free) = buf_make(8 << 20);
    struct msg m;
    struct msg again;
    struct why why;
    if (msg_decode(bytes_str(bytes_of(data, size)), &arena, &m, NULL, &why) != OK) return 0;
    if (msg_encode(&m, &once, &why) != OK) abort();
    if (once.n > MSG_MAX_BYTES) return 0; /* escapes made it longer than a message may be */
    if (msg_decode(buf_str(&once), &arena, &again, NULL, &why) != OK || msg_encode(&again, &twice, &why) != OK) abort();
    assert(str_eq(buf_str(&once), buf_str(&twice)));
    return 0;
}
