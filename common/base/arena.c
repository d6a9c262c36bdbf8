#include "common/base/arena.h"
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t cap;
    alignas(max_align_t) uint8_t data[];
};

struct arena arena_make(size_t max_bytes) { return (struct arena){ .max_bytes = max_bytes }; }

static void free_blocks(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(struct arena *a)
{
    if (a == NULL) return;
    free_blocks(a->blocks);
    a->blocks = NULL;
    a->used_bytes = 0;
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;
    a->used_bytes = 0;
    if (keep == NULL) return;
    free_blocks(keep->next);
    keep->next = NULL;
    keep->used = 0;
    if (keep->cap > BLOCK_BYTES) arena_free(a);
}

static struct arena_block *block_for(struct arena *a, size_t n)
{
    if (a->blocks && a->blocks->cap - a->blocks->used >= n) return a->blocks;
    size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
    struct arena_block *b = malloc(sizeof *b + cap);
    if (b == NULL) return NULL;
    *b = (struct arena_block){ .next = a->blocks, .cap = cap };
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t align = alignof(max_align_t);
    if (n > SIZE_MAX - sizeof *a->blocks - align || n > a->max_bytes || a->max_bytes - n < a->used_bytes) return NULL;
    n = (n + align - 1) / align * align;
    struct arena_block *b = block_for(a, n);
    if (b == NULL) return NULL;
    void *p = b->data + b->used;
    b->used += n;
    a->used_bytes += n;
    return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    return arena_alloc(a, count * size);
}

char *arena_z(struct arena *a, struct str s)
{
    char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;
    if (p && s.n > 0) memcpy(p, s.p, s.n);
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_z(a, s);
    return (struct str){ p, p ? s.n : 0 };
}
