#include "tests/support/failmalloc.h"
#include <stdatomic.h>
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);

static atomic_size_t seen;
static atomic_size_t failing;

void failmalloc_at(size_t n)
{
    atomic_store(&failing, 0);
    atomic_store(&seen, 0);
    atomic_store(&failing, n);
}

size_t failmalloc_count(void) { return atomic_load(&seen); }

bool failmalloc_round(size_t n, const bool *done)
{
    bool more = !*done && n <= FAILMALLOC_ROUNDS_MAX;
    failmalloc_at(more ? n : 0);
    return more;
}

static bool fails(void)
{
    size_t now = atomic_fetch_add(&seen, 1) + 1;
    return now == atomic_load(&failing);
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
