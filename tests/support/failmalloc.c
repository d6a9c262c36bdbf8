#include "tests/support/failmalloc.h"
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __real_free(void *p);
void __wrap_free(void *p);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static atomic_size_t seen;
static atomic_size_t failing;
static atomic_bool lasting;
static atomic_bool watching;
static atomic_llong held;
static atomic_llong most;

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

static void count(long long more)
{
    long long now = atomic_fetch_add(&held, more) + more;
    long long before = atomic_load(&most);
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) continue;
}

static void *counted(void *p)
{
    if (p != NULL && atomic_load(&watching)) count((long long)malloc_usable_size(p));
    return p;
}

void failmalloc_watch(void)
{
    atomic_store(&held, 0);
    atomic_store(&most, 0);
    atomic_store(&watching, true);
}

size_t failmalloc_most(void)
{
    atomic_store(&watching, false);
    return (size_t)atomic_load(&most);
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : counted(__real_malloc(n)); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : counted(__real_calloc(n, size)); }

/* Where the block grows in place nothing is held twice; where it does not, for the time of the copy. */
void *__wrap_realloc(void *p, size_t n)
{
    long long before = p != NULL && atomic_load(&watching) ? (long long)malloc_usable_size(p) : 0;
    void *grown = fails() ? NULL : __real_realloc(p, n);
    if (grown != NULL && before > 0) count(-before);
    return counted(grown);
}

void __wrap_free(void *p)
{
    if (p != NULL && atomic_load(&watching)) count(-(long long)malloc_usable_size(p));
    __real_free(p);
}

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
