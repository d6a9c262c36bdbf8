#include "common/base/log.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2000 };

static bool plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr(" \t\r\n\"=\\", s.p[i])) return false;
    return s.n > 0;
}

static void add_quoted(struct buf *line, struct str s)
{
    buf_add_z(line, "\"");
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        if (c == '"' || c == '\\')
            buf_addf(line, "\\%c", c);
        else if ((unsigned char)c < ' ')
            buf_addf(line, "\\x%02x", (unsigned)(unsigned char)c);
        else
            buf_add(line, &c, 1);
    }
    buf_add_z(line, "\"");
}

static void add_field(const struct log *l, struct buf *line, const struct log_field *f)
{
    struct str text = str_of(f->text);
    if (f->kind == LOG_TEXT && l->screen) text = l->screen(l->screener, text);
    buf_addf(line, " %s=", f->key);
    if (f->kind == LOG_COUNT)
        buf_addf(line, "%llu", (unsigned long long)f->count);
    else if (f->kind == LOG_REAL)
        buf_addf(line, "%.6g", f->real);
    else if (plain(text))
        buf_add_str(line, text);
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
    for (; fields->kind != LOG_END; fields++) add_field(l, &line, fields);
    if (line.p) l->put(l->to, level, (const char *)line.p);
}

void log_put_stderr(void *to, enum log_level level, const char *line)
{
    (void)to;
    (void)level;
    (void)fprintf(stderr, "%s\n", line);
}
