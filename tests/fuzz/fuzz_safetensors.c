/* Whatever is accepted is written again and read again as the same. */
#include "common/learn/safetensors.h"
#include <stdlib.h>
#include <string.h>

enum { MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct tensor_set *a, const struct tensor_set *b)
{
    if (!tensor_set_same_shape(a, b)) abort();
    if (memcmp(a->flat, b->flat, a->nelements * sizeof *a->flat) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(tensor_set_drop) struct tensor_set *s = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *back = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(MAX);
    CLEANUP(buf_free) struct buf out = buf_make(MAX);
    const struct safetensors_note *notes = NULL;
    size_t n = 0;
    struct why why;
    if (safetensors_decode(bytes_of(data, size), &s, &why) != OK) return 0;
    if (safetensors_notes(bytes_of(data, size), &arena, &notes, &n, &why) != OK) abort();
    if (safetensors_encode(s, NULL, 0, &out) != OK) return 0;
    if (safetensors_decode(buf_bytes(&out), &back, &why) != OK) abort();
    check_same(s, back);
    return 0;
}
