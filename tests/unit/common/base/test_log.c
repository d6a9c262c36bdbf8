#include "common/base/log.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

struct sink {
    int lines;
    enum log_level level;
    char last[4000];
};

static void keep(void *to, enum log_level level, const char *line)
{
    struct sink *s = to;
    s->lines++;
    s->level = level;
    (void)snprintf(s->last, sizeof s->last, "%s", line);
}

static int64_t noon(void *clock)
{
    (void)clock;
    return INT64_C(1795242241123);
}

Test(log, one_line_an_event)
{
    struct sink sink = { 0 };
    struct log l = { .level = LOG_INFO, .who = "coordinator", .put = keep, .to = &sink, .wall_ms = noon };
    log_info(&l, "round.closed", L_STR("run", "r1"), L_U64("round", 7));
    cr_expect_str_eq(sink.last, "2026-11-21T06:24:01.123Z info coordinator round.closed run=r1 round=7");
    cr_expect_eq(sink.level, LOG_INFO);
    l.wall_ms = NULL;
    l.who = NULL;
    log_error(&l, "stop");
    cr_expect_str_eq(sink.last, "error - stop");
}

static struct str no_secrets(void *screener, struct str text)
{
    (void)screener;
    return str_is(text, "secret") ? STR("[withheld: a secret]") : text;
}

Test(log, sentences_are_screened_names_and_numbers_are_not)
{
    struct sink sink = { 0 };
    struct log l = { .level = LOG_INFO, .who = "a", .put = keep, .to = &sink, .screen = no_secrets };
    log_info(&l, "x", L_STR("why", "secret"), L_NAME("who", "secret"), L_STR("b", "open"), L_U64("n", 1));
    cr_expect_str_eq(sink.last, "info a x why=\"[withheld: a secret]\" who=secret b=open n=1");
}

Test(log, fields)
{
    static const struct {
        const char *name;
        struct log_field field;
        const char *expected;
    } rows[] = {
        { "word", L_STR("k", "word"), "k=word" },
        { "missing text", L_STR("k", NULL), "k=\"\"" },
        { "empty", L_STR("k", ""), "k=\"\"" },
        { "spaces", L_STR("k", "a b"), "k=\"a b\"" },
        { "forged field", L_STR("k", "x=1"), "k=\"x=1\"" },
        { "forged line", L_STR("k", "a\nerror root"), "k=\"a\\x0aerror root\"" },
        { "quotes", L_STR("k", "a\"b\\"), "k=\"a\\\"b\\\\\"" },
        { "terminal escape", L_STR("k", "\x1b[31m red"), "k=\"\\x1b[31m red\"" },
        { "largest count", L_U64("k", UINT64_MAX), "k=18446744073709551615" },
        { "real", L_F64("k", 0.25), "k=0.25" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sink sink = { 0 };
        struct log l = { .level = LOG_INFO, .who = "a", .put = keep, .to = &sink };
        log_write(&l, LOG_WARN, "e", (struct log_field[]){ rows[i].field, { 0 } });
        cr_assert(strlen(sink.last) > 9, "%s", rows[i].name);
        cr_expect_str_eq(sink.last + 9, rows[i].expected, "%s", rows[i].name);
    }
}

Test(log, levels_above_are_not_made)
{
    static const struct {
        enum log_level level;
        int lines;
    } rows[] = { { LOG_ERROR, 1 }, { LOG_WARN, 2 }, { LOG_INFO, 3 }, { LOG_DEBUG, 4 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sink sink = { 0 };
        struct log l = { .level = rows[i].level, .put = keep, .to = &sink };
        log_error(&l, "e", L_ERR(ERR_IO));
        log_warn(&l, "e");
        log_info(&l, "e");
        log_debug(&l, "e");
        cr_expect_eq(sink.lines, rows[i].lines, "level %zu", i);
    }
}

Test(log, nowhere_is_fine)
{
    struct log l = { .level = LOG_DEBUG };
    log_error(NULL, "e");
    log_error(&l, "e");
}

Test(log, endless_values_are_cut)
{
    char text[5000];
    struct sink sink = { 0 };
    struct log l = { .level = LOG_INFO, .put = keep, .to = &sink };
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    log_info(&l, "e", L_STR("k", text), L_U64("after", 1));
    cr_expect_eq(sink.lines, 1);
    cr_expect(strlen(sink.last) <= 2000, "%zu", strlen(sink.last));
    cr_expect_eq(strncmp(sink.last, "info - e", 8), 0);
}

Test(log, stderr_gets_the_line, .init = cr_redirect_stderr)
{
    struct log l = { .level = LOG_INFO, .who = "a", .put = log_put_stderr };
    log_info(&l, "ready");
    (void)fflush(stderr);
    cr_expect_stderr_eq_str("info a ready\n");
}
