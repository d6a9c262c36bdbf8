#include "tests/support/failmalloc_sqlite.h"
#include <assert.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>

/* SQLite's interface, https://www.sqlite.org/c3ref/mem_methods.html */
static void *take(int n) { return malloc((size_t)n); }
static void *resize(void *p, int n) { return realloc(p, (size_t)n); }
static int size_of(void *p) { return p ? (int)malloc_usable_size(p) : 0; }
static int round_up(int n) { return (n + 7) & ~7; }
static int begin(void *unused)
{
    (void)unused;
    return SQLITE_OK;
}
static void end(void *unused) { (void)unused; }

void failmalloc_sqlite(void)
{
    static const sqlite3_mem_methods methods = { take, free, resize, size_of, round_up, begin, end, NULL };
    int done = sqlite3_shutdown();
    if (done == SQLITE_OK) done = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    assert(done == SQLITE_OK);
    (void)done;
}
