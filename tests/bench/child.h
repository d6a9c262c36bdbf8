/*
 * child -- a process of the measurement, told what to do over a socket pair.
 *
 * The parent asks and waits; the child answers with numbers.  Processes that
 * are not measured just now are held (SIGSTOP), so that they take no time.
 */
#pragma once
#include "tests/bench/report.h"

struct order {
    uint32_t what;  /* the child's own */
    uint32_t count; /* rounds */
    uint32_t bytes; /* of a payload */
};
enum { CHILD_MAX_NUMBERS = 4096 };

struct child {
    int pid, fd;
};
typedef void child_fn(int fd, void *arg); /* ends when the socket is closed */

struct child child_start(child_fn *fn, void *arg);
void child_tell(const struct child *c, struct order o);
/* Waits for one answer of n numbers; dies after seconds. */
size_t child_hear(const struct child *c, double *numbers, size_t max, unsigned seconds);
void child_hold(const struct child *c);
void child_go_on(const struct child *c);
void child_end(struct child *c); /* closes the socket, waits, and kills what does not go */

/* The child's side. */
void child_answer(int fd, const double *numbers, size_t n);
bool child_order(int fd, struct order *out); /* false: the parent is gone */
