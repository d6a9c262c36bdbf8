#include "agents/coordinator/keep.h"
#include <string.h>

char *keep_text(struct str text, char *out, size_t size)
{
    if (text.n >= size) text.n = size - 1;
    while (text.n > 0 && !str_is_utf8(text)) text.n--;
    if (text.n > 0) memcpy(out, text.p, text.n);
    out[text.n] = 0;
    return out;
}

enum err keep_whole(enum err e)
{
    enum err_class c = err_class(e);
    return c == ERR_CLASS_NONE || c == ERR_CLASS_ENV || c == ERR_CLASS_BUG ? e : ERR_STORE;
}
