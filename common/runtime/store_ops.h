/*
 * store_ops -- the two ways to keep: the table behind store.h.
 */
#pragma once
#include "common/runtime/store.h"

struct store_ops {
    void (*close)(void *self);
    enum err (*begin)(void *self);
    enum err (*commit)(void *self);
    void (*rollback)(void *self);
    const char *(*trouble)(const void *self); /* NULL: it never says */
    enum err (*put)(void *self, const char *key, struct bytes value);
    enum err (*del)(void *self, const char *key);
    enum err (*get)(void *self, const char *key, struct buf *out);
    enum err (*append)(void *self, const char *key, struct bytes more);
    enum err (*link)(void *self, const char *from, const char *to); /* two different keys */
    enum err (*size)(void *self, const char *key, uint64_t *out);
    enum err (*read)(void *self, const char *key, uint64_t offset, size_t n, void *out); /* as store_read */
    /* The first key >= `from` (> when after is set) that starts with prefix, and its value unless NULL; ERR_ABSENT at
     * the end. */
    enum err (*next)(void *self, const char *prefix, const char *from, bool after, struct buf *key, struct buf *value);
};
struct store {
    const struct store_ops *ops;
    void *self;
    bool open; /* a transaction is */
};

/* Whether a value of so many bytes has n from the offset on. */
static inline bool store_holds(uint64_t bytes, uint64_t offset, size_t n)
{
    return offset <= bytes && n <= bytes - offset;
}
