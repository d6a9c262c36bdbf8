#include "common/base/buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_FIRST = 256, DIGITS_MAX = 20 };

struct buf buf_make(size_t max_bytes) { return (struct buf){ .max = max_bytes }; }

void buf_free(struct buf *b)
{
    if (b == NULL) return;
    free(b->p);
    *b = buf_make(b->max);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->err = OK;
    if (b->p) b->p[0] = 0;
}

static enum err reserve(struct buf *b, size_t more)
{
    if (b->err != OK) return b->err;
    if (more > b->max - b->n) return b->err = ERR_LIMIT;
    size_t need = b->n + more + 1;
    if (need <= b->cap) return OK;
    size_t cap = b->cap ? b->cap : CAP_FIRST;
    while (cap < need) cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    uint8_t *p = realloc(b->p, cap);
    if (p == NULL) return b->err = ERR_MEMORY;
    b->p = p;
    b->cap = cap;
    return OK;
}

uint8_t *buf_grow(struct buf *b, size_t n)
{
    if (reserve(b, n) != OK) return NULL;
    uint8_t *at = b->p + b->n;
    memset(at, 0, n + 1);
    b->n += n;
    return at;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (reserve(b, n) != OK) return;
    if (n > 0) memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

void buf_add_str(struct buf *b, struct str s) { buf_add(b, s.p, s.n); }

/* Into the room there is; the rare text that is longer is printed again into what it needs. */
void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = reserve(b, 0) == OK ? b->cap - b->n : 0;
    int n = room ? vsnprintf((char *)b->p + b->n, room, format, args) : -1;
    if (n >= 0 && reserve(b, (size_t)n) == OK) {
        if ((size_t)n >= room) (void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    } else if (room)
        b->p[b->n] = 0;
    va_end(again);
    va_end(args);
}

static void add_digits(struct buf *b, uint64_t value, unsigned base)
{
    static const char digits[] = "0123456789abcdef";
    char text[DIGITS_MAX];
    size_t at = DIGITS_MAX;
    do text[--at] = digits[value % base];
    while ((value /= base) > 0);
    buf_add(b, text + at, DIGITS_MAX - at);
}

void buf_add_u64(struct buf *b, uint64_t value) { add_digits(b, value, 10); }
void buf_add_hex(struct buf *b, uint64_t value) { add_digits(b, value, 16); }

struct str buf_str(const struct buf *b) { return (struct str){ (const char *)b->p, b->n }; }
struct bytes buf_bytes(const struct buf *b) { return (struct bytes){ b->p, b->n }; }
enum err buf_err(const struct buf *b) { return b->err; }
