#include "common/base/err.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    enum err_class class_;
    int exit_code;
    const char *text;
    const char *remedy;
} table[ERR_COUNT] = {
    [OK] = { "OK", ERR_CLASS_NONE, 0, "all is well", "nothing" },
#define ERR(name, class_, exit_, text, remedy) [ERR_##name] = { "ERR_" #name, ERR_CLASS_##class_, exit_, text, remedy },
#include "common/base/err.def"
#undef ERR
};

static enum err known(enum err code) { return (unsigned)code < ERR_COUNT ? code : ERR_BUG; }

const char *err_name(enum err code) { return table[known(code)].name; }
const char *err_text(enum err code) { return table[known(code)].text; }
const char *err_remedy(enum err code) { return table[known(code)].remedy; }
enum err_class err_class(enum err code) { return table[known(code)].class_; }
int err_exit_code(enum err code) { return table[known(code)].exit_code; }

void why_write(struct why *why, const char *format, ...)
{
    if (why == NULL) return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
}
