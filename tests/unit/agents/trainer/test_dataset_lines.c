#include "agents/trainer/dataset.h"
#include "agents/trainer/dataset_lines.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes what it is told as "number:field|field;" */
static enum err note(void *to, const struct line *line)
{
    struct buf *seen = to;
    buf_addf(seen, "%llu:", (unsigned long long)line->number);
    if (line->too_long) buf_add_z(seen, "(too long)");
    for (size_t i = 0; i < line->nfields; i++) buf_addf(seen, "%s" STR_F, i ? "|" : "", STR_ARG(line->fields[i]));
    buf_add_z(seen, ";");
    return buf_err(seen);
}

Test(dataset_lines, splits)
{
    static const struct {
        const char *name, *csv;
        uint64_t skip;
        const char *expected;
    } rows[] = {
        { "plain", "a,b\nc,d\n", 0, "1:a|b;2:c|d;" },
        { "no last line end", "a,b\nc,d", 0, "1:a|b;2:c|d;" },
        { "carriage returns", "a,b\r\nc,d\r\n", 0, "1:a|b;2:c|d;" },
        { "blank lines count", "\n \na\n\r\n\nb", 0, "3:a;6:b;" },
        { "empty fields", ",a,,\n", 0, "1:|a||;" },
        { "quotes", "\"a,b\",\"c\"\"d\"\n", 0, "1:a,b|c\"d;" },
        { "stray quote ends with its line", "a,\"b\nc,d\n", 0, "1:a|b;2:c|d;" },
        { "quote inside", "a,b\"c\nd\n", 0, "1:a|b\"c;2:d;" },
        { "white space", "  a , b\t,c \n", 0, "1:a|b|c;" },
        { "skipped", "x\ny,\"\na\n", 2, "3:a;" },
        { "all skipped", "x\ny\n", 9, "" },
        { "byte order mark",
          "\xef\xbb\xbf"
          "a,b\n",
          0, "1:a|b;" },
        { "nothing", "", 0, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf seen = buf_make(1000);
        cr_expect_eq(lines_in(str_bytes(str_of(rows[i].csv)), rows[i].skip, note, &seen), OK, "%s", rows[i].name);
        cr_expect(str_is(buf_str(&seen), rows[i].expected), "%s: " STR_F, rows[i].name, STR_ARG(buf_str(&seen)));
    }
}

static void write_all(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(b->p, 1, b->n, f), b->n);
    cr_assert_eq(fclose(f), 0);
}

/* Through a file, which comes in chunks, all is as from memory; a line without end costs itself only. */
Test(dataset_lines, chunks_and_long_lines)
{
    CLEANUP(buf_free) struct buf csv = buf_make((size_t)8 << 20);
    CLEANUP(buf_free) struct buf one = buf_make((size_t)16 << 20);
    CLEANUP(buf_free) struct buf two = buf_make((size_t)16 << 20);
    char path[] = "/tmp/himas-lines-XXXXXX";
    for (int i = 0; i < 30000; i++) buf_addf(&csv, "%d,\"%d\"\n", i, i * i % 1000);
    uint8_t *at = buf_grow(&csv, DATASET_LINE_BYTES + 10);
    memset(at, 'x', DATASET_LINE_BYTES + 10);
    buf_add_z(&csv, "\nlast,line\n");
    at = buf_grow(&csv, LINE_MAX_FIELDS);
    memset(at, ',', LINE_MAX_FIELDS);
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(close(fd), 0);
    write_all(path, &csv);
    cr_expect_eq(lines_in(buf_bytes(&csv), 0, note, &one), OK);
    cr_expect_eq(lines_in_file(path, 0, note, &two, NULL), OK);
    cr_expect_eq(unlink(path), 0);
    cr_expect(str_eq(buf_str(&one), buf_str(&two)));
    cr_expect(strstr((char *)one.p, ";30001:(too long);30002:last|line;30003:(too long);"));
}

static enum err stop(void *to, const struct line *line)
{
    size_t *n = to;
    (*n)++;
    return line->number == 2 ? ERR_LIMIT : OK;
}

Test(dataset_lines, the_reader_may_stop)
{
    size_t n = 0;
    cr_expect_eq(lines_in(str_bytes(STR("a\nb\nc\n")), 0, stop, &n), ERR_LIMIT);
    cr_expect_eq(n, 2);
}
