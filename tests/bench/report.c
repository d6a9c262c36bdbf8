#include "tests/bench/report.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void report_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(70);
}

void report_need(enum err e, const struct why *why, const char *what)
{
    if (e != OK) report_die("%s: %s %s", what, err_name(e), why ? why->text : "");
}

void report_ratio(const struct report_ratio *r)
{
    bool met = r->at_least ? r->ratio >= r->aim : r->ratio <= r->aim;
    (void)printf("= %8.2f%s\t%s %.2f%s\t%s\t%s\n", r->ratio, r->unit, r->at_least ? "at least" : "at most", r->aim,
                 r->unit, met ? "met" : "MISSED", r->what);
    (void)fflush(stdout);
}

void report_line(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    (void)putchar('\n');
    va_end(args);
    (void)fflush(stdout);
}

uint64_t report_now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double report_quantile(double *numbers, size_t n, double share)
{
    qsort(numbers, n, sizeof *numbers, by_size);
    size_t at = (size_t)(share * (double)(n - 1) + 0.5);
    return numbers[at < n ? at : n - 1];
}
