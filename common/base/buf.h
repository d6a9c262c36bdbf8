/*
 * buf -- bytes we own and add to.
 *
 * GROWTH: doubles up to `max`; the error is sticky: after the first failure
 * every further add does nothing and buf_err() tells, so a writer is a plain
 * list of adds and one check at the end.
 */
#pragma once
#include "common/base/str.h"
#include <string.h>

struct buf {
    uint8_t *p; /* owned; always NUL-terminated when not NULL, the NUL not counted in n */
    size_t n;   /* bytes in use */
    size_t cap;
    size_t max; /* n never exceeds this */
    enum err err;
};

struct buf buf_make(size_t max_bytes); /* allocates nothing yet */
void buf_free(struct buf *b);          /* NULL and half-built are fine; the buf is empty and usable afterwards */
void buf_clear(struct buf *b);         /* n = 0 and no error; keeps the memory */

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
/* Here, so that the length of what is written out in the source is known when it is compiled. */
static inline void buf_add_z(struct buf *b, const char *z) { buf_add(b, z, z ? strlen(z) : 0); }
void buf_addf(struct buf *b, const char *format, ...) PRINTF(2, 3);
void buf_add_u64(struct buf *b, uint64_t value); /* as %u of printf, several times as fast */
void buf_add_hex(struct buf *b, uint64_t value); /* as %x */
uint8_t *buf_grow(struct buf *b, size_t n);      /* n more zeroed bytes, to be filled by the caller; NULL on failure */

struct str buf_str(const struct buf *b);
struct bytes buf_bytes(const struct buf *b);
enum err buf_err(const struct buf *b) MUST_USE; /* OK, ERR_MEMORY or ERR_LIMIT */
