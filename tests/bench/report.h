/*
 * report -- what a measurement prints: ratios against an aim, marked so that
 * tools/bench.sh can put them first, and plain lines with the numbers behind
 * them.  A measurement that cannot go on ends its process.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints the sentence and ends the process; a bench has nobody to give an error to. */
_Noreturn void report_die(const char *format, ...) PRINTF(1, 2);
void report_need(enum err e, const struct why *why, const char *what); /* dies unless OK; why may be NULL */

/* "= 1.24  at most 1.30  met  what", with tabs: a ratio and what it should not pass, or reach when at_least. */
struct report_ratio {
    const char *what;
    double ratio, aim;
    bool at_least;
    const char *unit; /* "" or for example " ms" */
};
void report_ratio(const struct report_ratio *r);
void report_line(const char *format, ...) PRINTF(1, 2);

uint64_t report_now_ns(void); /* monotonic */

/* Of n numbers, which are sorted; n >= 1.  share 0.5 is the median. */
double report_quantile(double *numbers, size_t n, double share);
