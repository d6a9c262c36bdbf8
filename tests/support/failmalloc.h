/*
 * failmalloc -- what happens when the n-th allocation fails?
 *
 * Every unit and simulation program is linked so that our own code's malloc,
 * calloc, realloc, strdup and strndup come here.  The libraries' own do not,
 * but for those that can be told whom to ask: see failmalloc_sqlite.h.  A test
 * runs its subject with n = 1, 2, 3 ... until it succeeds:
 *
 *     for (size_t n = 1; failmalloc_round(n, &done); n++) done = subject() == OK;
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on fails, once; 0: none does. */
void failmalloc_at(size_t n);
/* That one and all after it, until the next failmalloc_at(). */
void failmalloc_from(size_t n);

/* Allocations since failmalloc_at(). */
size_t failmalloc_count(void);

/* How much our own code holds: from watch to most, the most that was held at once beyond what was held before.  One
 * watch at a time; what is freed that others allocated counts too. */
void failmalloc_watch(void);
size_t failmalloc_most(void);

/* For the loop above: arms the n-th failure and says whether to go on; disarms and says no once *done is set, or after
 * FAILMALLOC_ROUNDS_MAX rounds, when the subject never got enough. */
enum { FAILMALLOC_ROUNDS_MAX = 10000 };
bool failmalloc_round(size_t n, const bool *done);
