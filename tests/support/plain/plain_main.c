#include "tests/support/plain/criterion/criterion.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

enum outcome { PASSED, FAILED, SKIPPED };

static struct plain_test *tests;
static enum outcome outcome;
static char reason[400];
static jmp_buf leave;

void plain_add(struct plain_test *t)
{
    t->next = tests;
    tests = t;
}

void plain_check(bool ok, enum plain_then then, const char *file, int line, const char *format, ...)
{
    va_list args;
    if (ok) return;
    outcome = FAILED;
    va_start(args, format);
    (void)fprintf(stderr, "%s:%d:", file, line);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    if (then == PLAIN_STOP) longjmp(leave, 1);
}

void plain_skip(const char *format, ...)
{
    va_list args;
    outcome = SKIPPED;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    longjmp(leave, 1);
}

static void run(const struct plain_test *t, FILE *tap)
{
    outcome = PASSED;
    (void)fprintf(stderr, "# %s::%s\n", t->suite, t->name);
    if (setjmp(leave) == 0) {
        if (t->init != NULL) t->init();
        t->body();
        if (t->fini != NULL) t->fini();
    }
    const char *verdict = outcome == FAILED ? "not ok" : "ok";
    (void)fprintf(tap, "%s - %s::%s%s%s\n", verdict, t->suite, t->name, outcome == SKIPPED ? " # SKIP" : "",
                  outcome == SKIPPED ? reason : "");
    (void)fflush(tap);
}

/* Takes --tap=FILE as Criterion does, and ignores its other options. */
int main(int argc, char **argv)
{
    FILE *tap = stdout;
    bool failed = false;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--tap=", 6) == 0) tap = fopen(argv[i] + 6, "w");
    if (tap == NULL) return 74;
    for (const struct plain_test *t = tests; t != NULL; t = t->next) {
        if (t->disabled) continue;
        run(t, tap);
        failed = failed || outcome == FAILED;
    }
    (void)fclose(tap);
    return failed ? 1 : 0;
}
