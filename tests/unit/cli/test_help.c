#include "cli/help.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct look ascii = { .columns = 80 };
static const char *const colours[] = { "red", "blue", NULL };
static const struct argument args[] = {
    { .name = "task", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = 9, .doc = "the task" },
    { .name = "rounds",
      .kind = ARG_COUNT,
      .min = 1,
      .max = 1e6,
      .unit = "rounds",
      .fallback = "10",
      .doc = "how many" },
    { .name = "colour", .kind = ARG_CHOICE, .choices = colours, .doc = "which" },
    CLI_SWITCH("watch", "look on"),
    { 0 },
};
static const struct subcommand sub = { .name = "start",
                                       .args = args,
                                       .npositional = 1,
                                       .doc = "start a run",
                                       .more = "More words.",
                                       .examples = "himas start bc  # a run\n" };

Test(help, synopsis)
{
    CLEANUP(buf_free) struct buf out = buf_make(1000);
    help_synopsis(&sub, &out);
    cr_expect_str_eq((const char *)out.p, "himas start TASK [--rounds N] [--colour red|blue] [--watch]");
}

Test(help, subcommand)
{
    static const char *const lines[] = {
        "himas start: start a run\n",
        "  TASK                      the task\n",
        "  --rounds N                how many (1 to 1000000 rounds) [10]\n",
        "  --watch                   look on\n",
        "More words.\n",
        "  himas start bc                                  a run\n",
    };
    CLEANUP(buf_free) struct buf out = buf_make(1 << 14);
    help_subcommand(&sub, &ascii, &out);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect(strstr((const char *)out.p, lines[i]) != NULL, "%s", lines[i]);
}

Test(help, group)
{
    static const struct {
        const char *word, *has;
        size_t n;
    } rows[] = { { "runs", "himas runs show: ", 2 }, { "up", "himas up: ", 1 }, { "run", "", 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(buf_free) struct buf out = buf_make(1 << 14);
        cr_expect_eq(help_group(cli_subcommands, &ascii, str_of(rows[i].word), &out), rows[i].n, "%s", rows[i].word);
        buf_add_z(&out, "");
        cr_expect(strstr((const char *)out.p, rows[i].has) != NULL, "%s", rows[i].word);
    }
}

Test(help, lines_are_no_longer_than_the_readers)
{
    static const struct look narrow = { .columns = 60, .fold = 60 };
    static const struct subcommand wordy = { .name = "wait",
                                             .doc = "wait",
                                             .more = "A paragraph, that was written in lines of the source,\nis "
                                                     "shown in those of the reader's terminal." };
    CLEANUP(buf_free) struct buf out = buf_make(1 << 14);
    help_subcommand(&wordy, &narrow, &out);
    cr_expect(strstr((const char *)out.p, "\nA paragraph, that was written in lines of the source, is\nshown in") !=
              NULL);
}

Test(help, every_subcommand_is_in_the_overview)
{
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    help_overview(cli_subcommands, &ascii, &out);
    cr_assert_eq(buf_err(&out), OK);
    for (const struct subcommand *s = cli_subcommands; s->name; s++) {
        char line[100];
        (void)snprintf(line, sizeof line, "\n  %s", s->name);
        cr_expect(strstr((const char *)out.p, line) != NULL, "%s", s->name);
    }
}
