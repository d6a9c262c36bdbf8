#include "tests/support/tap.h"
#include <stdarg.h>
#include <stdio.h>

void tap_is(struct tap *t, bool ok, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)printf("%s %u - ", ok ? "ok" : "not ok", ++t->count);
    (void)vprintf(format, args);
    (void)printf("\n");
    (void)fflush(stdout);
    va_end(args);
    t->failed += !ok;
}

void tap_skip(struct tap *t, const char *what, const char *reason)
{
    (void)printf("ok %u - %s # SKIP %s\n", ++t->count, what, reason);
}

void tap_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)printf("# ");
    (void)vprintf(format, args);
    (void)printf("\n");
    va_end(args);
}

int tap_end(const struct tap *t)
{
    (void)printf("1..%u\n", t->count);
    return t->failed || t->count == 0 ? 1 : 0;
}
