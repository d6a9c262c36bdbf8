#include "common/base/arena.h"
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* A block is as large as all before it, within limits: many small pieces take few. */
enum { BLOCK_BYTES = 4096, BLOCK_MAX_BYTES = 65536, KEEP_BYTES = 8192 };

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
    if (keep->cap > KEEP_BYTES) arena_free(a);
}

static struct arena_block *block_for(struct arena *a, size_t n)
{
    if (a->blocks && a->blocks->cap - a->blocks->used >= n) return a->blocks;
    size_t cap = a->used_bytes < BLOCK_MAX_BYTES ? a->used_bytes : BLOCK_MAX_BYTES;
    if (cap < BLOCK_BYTES) cap = BLOCK_BYTES;
    if (cap < n) cap = n;
    struct arena_block *b = malloc(sizeof *b + cap);
    if (b == NULL) return NULL;
    *b = (struct arena_block){ .next = a->blocks, .cap = cap };
    a->blocks = b;
    return b;
}

/* As it comes: not cleared. */
static void *take(struct arena *a, size_t n)
{
    size_t align = alignof(max_align_t);
    if (n > SIZE_MAX - sizeof *a->blocks - align || n > a->max_bytes || a->max_bytes - n < a->used_bytes) return NULL;
    n = (n + align - 1) / align * align;
    struct arena_block *b = block_for(a, n);
    if (b == NULL) return NULL;
    void *p = b->data + b->used;
    b->used += n;
    a->used_bytes += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    void *p = take(a, n);
    return p ? memset(p, 0, n) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    return arena_alloc(a, count * size);
}

char *arena_z(struct arena *a, struct str s)
{
    char *p = s.n < SIZE_MAX ? take(a, s.n + 1) : NULL;
    if (p == NULL) return NULL;
    if (s.n > 0) memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_z(a, s);
    return (struct str){ p, p ? s.n : 0 };
}
