/*
 * arena -- memory that is thrown away at once.
 *
 * One arena per inbound message: decode into it, run the handler, reset.
 * Handlers therefore free nothing.
 */
#pragma once
#include "common/base/str.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used_bytes;          /* over all blocks */
    size_t max_bytes;
};

struct arena arena_make(size_t max_bytes);
void arena_reset(struct arena *a); /* keeps at most one small block */
void arena_free(struct arena *a);

void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned for any type; NULL past max or out of memory */
void *arena_array(struct arena *a, size_t count, size_t size); /* the same, overflow checked */
char *arena_z(struct arena *a, struct str s);                  /* NUL-terminated copy; NULL on failure */
struct str arena_str(struct arena *a, struct str s);           /* copy; p is NULL on failure when s.n > 0 */
