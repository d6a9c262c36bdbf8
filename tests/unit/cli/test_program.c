#include "cli/program.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool of_a(struct str line) { return line.n && line.p[0] == 'a'; }

Test(program, last_line)
{
    static const struct {
        const char *text, *expected;
        long since;
        program_line_fn *wanted;
    } rows[] = {
        { "a\nb\n", "b", 0, NULL },
        { "a\nb\n\n  \n", "b", 0, NULL },
        { "a\nb\n  more\n", "b", 0, NULL },
        { "only", "only", 0, NULL },
        { "", "", 0, NULL },
        { "\n\n", "", 0, NULL },
        { "a\nb\n", "", 4, NULL },
        { "a\nb\n", "b", 2, NULL },
        { "a\nb\n", "", 9, NULL },
        { "a1\na2\nb\n", "a2", 0, of_a },
        { "a1\nb\n", "", 3, of_a },
    };
    char path[] = "/tmp/himas-line-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && close(fd) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[100];
        write_file(path, rows[i].text);
        cr_expect_str_eq(program_last_line(path, rows[i].since, rows[i].wanted, line, sizeof line), rows[i].expected,
                         "row %zu", i);
    }
    (void)unlink(path);
    char line[100];
    cr_expect_str_eq(program_last_line(path, 0, NULL, line, sizeof line), "");
}

Test(program, runs)
{
    static const struct {
        const char *script;
        enum err err;
        const char *expected; /* part of the sentence */
    } rows[] = {
        { "exit 0", OK, "" },
        { "echo what was wrong; exit 3", ERR_IO, "ended with exit code 3: what was wrong" },
        { "exit 65", ERR_DATA, "ended with exit code 65" },
        { "kill -9 $$", ERR_IO, "ended with signal 9" },
        { "cat", OK, "" }, /* its input is empty */
    };
    char log[] = "/tmp/himas-log-XXXXXX";
    int fd = mkstemp(log);
    cr_assert(fd >= 0 && close(fd) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct why why = { "" };
        const char *const argv[] = { "/bin/sh", "-c", rows[i].script, NULL };
        write_file(log, "");
        enum err e = program_run(&(struct program_start){ .argv = argv, .log_path = log }, &why);
        cr_expect_eq(e, rows[i].err, "%s", rows[i].script);
        cr_expect(strstr(why.text, rows[i].expected) != NULL, "%s", why.text);
        cr_expect(strstr(why.text, "/bin") == NULL, "its name, not where it is: %s", why.text);
        cr_expect_eq(strstr(why.text, log) != NULL, rows[i].err != OK, "%s", why.text);
        const struct program_start passing = { .argv = argv, .log_path = log, .log_passes = true };
        cr_expect_eq(program_run(&passing, &why), rows[i].err);
        cr_expect(strstr(why.text, log) == NULL, "%s", why.text);
    }
    (void)unlink(log);
}

Test(program, finds)
{
    char path[PROGRAM_PATH_BYTES];
    struct why why = { "" };
    cr_expect_eq(program_beside("no-such-program", path, sizeof path, &why), ERR_IO);
    cr_expect(strstr(why.text, "no-such-program") != NULL);
    cr_expect_eq(program_file("broker-config/broker.sh", path, sizeof path, NULL), OK);
    cr_expect_eq(program_file("no/such/file", path, sizeof path, NULL), ERR_IO);
}
