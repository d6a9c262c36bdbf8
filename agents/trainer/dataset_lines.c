#include "agents/trainer/dataset_lines.h"
#include "agents/trainer/dataset.h"
#include "common/base/secret.h"
#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024 };

struct splitter {
    struct csv_parser csv;
    struct buf unfinished; /* the line whose end has not come yet */
    struct buf text;       /* fields of the present line, one after the other */
    size_t ends[LINE_MAX_FIELDS];
    struct str fields[LINE_MAX_FIELDS];
    size_t nfields; /* may count on past LINE_MAX_FIELDS */
    uint64_t number;
    uint64_t skip;
    line_fn *fn;
    void *to;
};

static int is_line_end(unsigned char c) { return c == '\n'; }

static enum err splitter_init(struct splitter *s, uint64_t skip, line_fn *fn, void *to)
{
    *s = (struct splitter){ .skip = skip, .fn = fn, .to = to };
    s->unfinished = buf_make(DATASET_LINE_BYTES);
    s->text = buf_make(DATASET_LINE_BYTES);
    if (csv_init(&s->csv, 0) != 0) return ERR_MEMORY;
    csv_set_term_func(&s->csv, is_line_end);
    return OK;
}

static void splitter_fini(struct splitter *s)
{
    if (s->csv.entry_buf) secret_wipe(s->csv.entry_buf, s->csv.entry_size);
    csv_free(&s->csv);
    secret_buf_free(&s->unfinished);
    secret_buf_free(&s->text);
}

static void on_field(void *text, size_t n, void *self)
{
    struct splitter *s = self;
    buf_add(&s->text, text, n);
    if (s->nfields < LINE_MAX_FIELDS) s->ends[s->nfields] = s->text.n;
    s->nfields++;
}

static enum err split(struct splitter *s, struct str line, struct line *out)
{
    size_t from = 0;
    buf_clear(&s->text);
    s->nfields = 0;
    if (csv_parse(&s->csv, line.p, line.n, on_field, NULL, s) != line.n) return ERR_MEMORY;
    if (csv_fini(&s->csv, on_field, NULL, s) != 0) return ERR_MEMORY;
    TRY(buf_err(&s->text));
    if (s->nfields > LINE_MAX_FIELDS) {
        out->too_long = true;
        return OK;
    }
    for (size_t i = 0; i < s->nfields; i++) {
        s->fields[i] = str_trim((struct str){ (const char *)s->text.p + from, s->ends[i] - from });
        from = s->ends[i];
    }
    out->fields = s->fields;
    out->nfields = s->nfields;
    return OK;
}

/* One whole line, without its end; or one of which only a part was kept. */
static enum err take_line(struct splitter *s, struct str text, bool whole)
{
    struct line line = { .number = ++s->number, .too_long = !whole };
    if (line.number <= s->skip) return OK;
    if (line.number == 1 && str_starts(text, "\xef\xbb\xbf")) text = (struct str){ text.p + 3, text.n - 3 };
    text = str_trim(text);
    if (whole && text.n == 0) return OK;
    if (whole) TRY(split(s, text, &line));
    return s->fn(s->to, &line);
}

static enum err end_line(struct splitter *s, struct str rest)
{
    enum err e;
    if (s->unfinished.n == 0 && s->unfinished.err == OK && rest.n <= DATASET_LINE_BYTES)
        return take_line(s, rest, true);
    buf_add_str(&s->unfinished, rest);
    if (buf_err(&s->unfinished) == ERR_MEMORY) return ERR_MEMORY;
    e = take_line(s, buf_str(&s->unfinished), buf_err(&s->unfinished) == OK);
    buf_clear(&s->unfinished);
    return e;
}

static enum err feed(struct splitter *s, struct str chunk)
{
    while (chunk.n > 0) {
        const char *end = memchr(chunk.p, '\n', chunk.n);
        if (end == NULL) {
            buf_add_str(&s->unfinished, chunk);
            return buf_err(&s->unfinished) == ERR_MEMORY ? ERR_MEMORY : OK;
        }
        TRY(end_line(s, str_next(&chunk, '\n')));
    }
    return OK;
}

static enum err finish(struct splitter *s)
{
    return s->unfinished.n > 0 || s->unfinished.err != OK ? end_line(s, (struct str){ 0 }) : OK;
}

enum err lines_in(struct bytes csv, uint64_t skip, line_fn *fn, void *to)
{
    CLEANUP(splitter_fini) struct splitter s;
    TRY(splitter_init(&s, skip, fn, to));
    TRY(feed(&s, bytes_str(csv)));
    return finish(&s);
}

static enum err feed_file(struct splitter *s, FILE *f, const char *path, struct why *why)
{
    char chunk[CHUNK_BYTES];
    uint64_t total = 0;
    enum err e = OK;
    size_t n;
    while (e == OK && (n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        total += n;
        if (total > DATASET_MAX_BYTES)
            e = why_say(why, ERR_LIMIT, "%s is larger than %llu bytes", path, (unsigned long long)DATASET_MAX_BYTES);
        else
            e = feed(s, (struct str){ chunk, n });
    }
    secret_wipe(chunk, sizeof chunk);
    if (e == OK && ferror(f)) return why_say(why, ERR_IO, "reading %s failed: %s", path, strerror(errno));
    return e == OK ? finish(s) : e;
}

enum err lines_in_file(const char *path, uint64_t skip, line_fn *fn, void *to, struct why *why)
{
    CLEANUP(splitter_fini) struct splitter s;
    TRY(splitter_init(&s, skip, fn, to));
    FILE *f = fopen(path, "rb");
    if (f == NULL) return why_say(why, ERR_IO, "%s cannot be opened: %s", path, strerror(errno));
    enum err e = feed_file(&s, f, path, why);
    (void)fclose(f);
    return e;
}
