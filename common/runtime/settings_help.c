#include "common/runtime/settings.h"
#include <string.h>

enum { GAP = 2 };

static const char *const kinds[] = {
    [SET_TEXT] = "TEXT",   [SET_PATH] = "PATH",   [SET_COUNT] = "NUMBER",
    [SET_REAL] = "NUMBER", [SET_FLAG] = "yes|no", [SET_CHOICE] = "CHOICE",
};

static size_t width(const struct setting *row) { return strlen(row->name) + 1 + strlen(kinds[row->kind]); }

static size_t widest(const struct setting *const *tables)
{
    size_t n = 0;
    for (; *tables; tables++)
        for (const struct setting *row = *tables; row->name; row++)
            if (width(row) > n) n = width(row);
    return n;
}

static void print_bounds(const struct setting *row, struct buf *out)
{
    bool number = row->kind == SET_COUNT || row->kind == SET_REAL;
    bool bounded = row->min != 0 || row->max != 0;
    if (row->fallback == NULL) buf_add_z(out, "required");
    if (row->fallback) buf_addf(out, "default %s", *row->fallback ? row->fallback : "empty");
    if (bounded) buf_addf(out, "; %.10g to %.10g%s", row->min, row->max, number ? "" : " bytes");
}

void settings_print_help(const struct setting *const *tables, struct buf *out)
{
    size_t column = widest(tables) + GAP;
    for (; *tables; tables++) {
        for (const struct setting *row = *tables; row->name; row++) {
            buf_addf(out, "  --%s %s%*s%s (", row->name, kinds[row->kind], (int)(column - width(row)), "", row->doc);
            print_bounds(row, out);
            buf_add_z(out, ")\n");
        }
    }
}
