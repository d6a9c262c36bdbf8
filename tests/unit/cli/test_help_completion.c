#include "cli/help.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(help_completion, names_everything)
{
    static const char *const shells[] = { "bash", "zsh", "fish" };
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
        help_completion(cli_subcommands, str_of(shells[i]), &out);
        cr_assert_eq(buf_err(&out), OK);
        for (const struct subcommand *s = cli_subcommands; s->name; s++) {
            struct str rest = str_of(s->name);
            char word[64];
            struct str first = str_next(&rest, ' ');
            (void)snprintf(word, sizeof word, STR_F, STR_ARG(first));
            cr_expect(strstr((const char *)out.p, word) != NULL, "%s: %s", shells[i], s->name);
        }
    }
}

/* What bash offers after the words, as one line. */
static void complete(const char *script, const char *words, char *out, size_t size)
{
    char command[1000];
    (void)snprintf(
        command, sizeof command,
        "bash -c 'shopt -s extglob; . %s; COMP_WORDS=(%s \"\"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _himas; "
        "echo \"${COMPREPLY[*]}\"'",
        script, words);
    FILE *p = popen(command, "r");
    cr_assert(p);
    size_t n = fread(out, 1, size - 1, p);
    out[n] = '\0';
    cr_expect_eq(pclose(p), 0, "%s", words);
}

Test(help_completion, bash_completes)
{
    static const struct {
        const char *words, *expected;
    } rows[] = {
        { "himas models", "list show export\n" },
        { "himas down", "--wait --data --as --json --help\n" },
        { "himas runs list", "--data --as --json --help\n" },
    };
    char script[] = "/tmp/himas-completion-XXXXXX";
    int fd = mkstemp(script);
    CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
    help_completion(cli_subcommands, STR("bash"), &out);
    cr_assert(fd >= 0 && write(fd, out.p, out.n) == (ssize_t)out.n && close(fd) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[2000];
        complete(script, rows[i].words, got, sizeof got);
        cr_expect_str_eq(got, rows[i].expected, "%s", rows[i].words);
    }
    (void)unlink(script);
}
