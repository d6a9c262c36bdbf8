/*
 * failmalloc_sqlite -- SQLite's own allocations can fail too (failmalloc.h).
 */
#pragma once

/* Before the process opens its first store. */
void failmalloc_sqlite(void);
