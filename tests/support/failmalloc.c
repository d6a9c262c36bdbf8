#include "tests/support/failmalloc.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static atomic_size_t seen;
static atomic_size_t failing;
static atomic_bool lasting;

void failmalloc_at(size_t n)
{
    atomic_store(&failing, 0);
    atomic_store(&seen, 0);
    atomic_store(&lasting, false);
    atomic_store(&failing, n);
}

void failmalloc_from(size_t n)
{
    failmalloc_at(n);
    atomic_store(&lasting, true);
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
    size_t first = atomic_load(&failing);
    bool yes = now == first || (atomic_load(&lasting) && first > 0 && now > first);
    if (yes) errno = ENOMEM;
    return yes;
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }

char *__wrap_strdup(const char *s) { return __wrap_strndup(s, strlen(s)); }

char *__wrap_strndup(const char *s, size_t n)
{
    size_t length = strnlen(s, n);
    char *copy = __wrap_malloc(length + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, s, length);
    copy[length] = '\0';
    return copy;
}
