#include "common/base/log.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2000 };

static bool plain(const char *z) { return *z != '\0' && strpbrk(z, " \t\r\n\"=\\") == NULL; }

static void add_quoted(struct buf *line, const char *z)
{
    buf_add_z(line, "\"");
    for (; *z; z++) {
        if (*z == '"' || *z == '\\')
            buf_addf(line, "\\%c", *z);
        else if ((unsigned char)*z < ' ')
            buf_addf(line, "\\x%02x", (unsigned)(unsigned char)*z);
        else
            buf_add(line, z, 1);
    }
    buf_add_z(line, "\"");
}

static void add_field(struct buf *line, const struct log_field *f)
{
    const char *text = f->text ? f->text : "";
    buf_addf(line, " %s=", f->key);
    if (f->kind == LOG_COUNT)
        buf_addf(line, "%llu", (unsigned long long)f->count);
    else if (f->kind == LOG_REAL)
        buf_addf(line, "%.6g", f->real);
    else if (plain(text))
        buf_add_z(line, text);
    else
        add_quoted(line, text);
}

void log_write(const struct log *l, enum log_level level, const char *event, const struct log_field *fields)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    if (l == NULL || l->put == NULL || level > l->level) return;
    struct buf line CLEANUP(buf_free) = buf_make(LINE_MAX_BYTES);
    if (l->wall_ms) {
        char stamp[CLOCK_STAMP_BYTES];
        buf_addf(&line, "%s ", clock_stamp(l->wall_ms(l->clock), stamp));
    }
    buf_addf(&line, "%s %s %s", names[level], l->who ? l->who : "-", event);
    for (; fields->kind != LOG_END; fields++) add_field(&line, fields);
    if (line.p) l->put(l->to, level, (const char *)line.p);
}

void log_put_stderr(void *to, enum log_level level, const char *line)
{
    (void)to;
    (void)level;
    (void)fprintf(stderr, "%s\n", line);
}
