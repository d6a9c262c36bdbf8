#include "cli/args.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 6 };
static const struct argument start_args[] = {
    { .name = "task", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = 10, .doc = "the task" },
    { .name = "rounds", .kind = ARG_COUNT, .min = 1, .max = 99, .unit = "rounds", .doc = "how many" },
    CLI_SWITCH("watch", "look on"),
    { 0 },
};
static const struct subcommand table[] = {
    { .name = "start", .args = start_args, .npositional = 1 },
    { .name = "runs list" },
    { .name = "runs show" },
    { .name = "keys new" },
    { .name = "ask", .any = true },
    { 0 },
};

static size_t count(char *const *words)
{
    size_t n = 0;
    while (n < WORDS && words[n]) n++;
    return n;
}

Test(args, finds)
{
    static const struct {
        char *words[WORDS];
        const char *expected; /* name, or the sentence */
        size_t used;
    } rows[] = {
        { { "start", "x" }, "start", 1 },
        { { "runs", "show", "r1" }, "runs show", 2 },
        { { "runs" }, "runs list", 1 },
        { { "keys" }, "himas keys needs one more word: keys new", 0 },
        { { "runs", "shoe" }, "himas runs needs one more word: runs list, runs show", 0 },
        { { "runs", "--json" }, "runs list", 1 },
        { { "keys", "--json" }, "himas keys needs one more word: keys new", 0 },
        { { "count" },
          "himas knows no 'count', but the coordinator does: `himas ask coordinator count`, and `himas help ask`",
          0 },
        { { "strat" }, "himas knows no 'strat'; did you mean 'start'?", 0 },
        { { "zebra" }, "himas knows no 'zebra'; `himas help` lists what there is", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct why why = { "" };
        const struct subcommand *sub = NULL;
        size_t used = 0;
        enum err e = args_find(table, count(rows[i].words), rows[i].words, &sub, &used, &why);
        cr_expect_str_eq(e == OK ? sub->name : why.text, rows[i].expected, "%s", rows[i].words[0]);
        cr_expect(e == (rows[i].used ? OK : ERR_USAGE) && used == rows[i].used, "%s", rows[i].words[0]);
    }
}

Test(args, groups)
{
    static const struct {
        const char *word;
        bool expected;
    } rows[] = { { "runs", true }, { "keys", true }, { "start", false }, { "run", false }, { "zebra", false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(args_is_group(table, rows[i].word) == rows[i].expected, "%s", rows[i].word);
}

/* "task rounds watch data json" as understood, or the sentence. */
static void read_line(char *const *words, char *out, size_t size)
{
    struct why why = { "" };
    struct cli cli = { .data = "-" };
    struct cli_call call = { .npairs = 0 };
    struct command command;
    char *copy[WORDS + 1] = { 0 };
    memcpy(copy, words, WORDS * sizeof *copy);
    enum err e = args_split(&table[0], count(words), copy, &cli, &call, &why);
    if (e == OK) e = args_check(&table[0], &command, &call, &why);
    if (e != OK)
        (void)snprintf(out, size, "%s", why.text);
    else
        (void)snprintf(out, size, STR_F " %d %d %s %d", STR_ARG(call_text(&call.call, "task")),
                       (int)call_u64(&call.call, "rounds"), cli_flag(&call.call, "watch"), cli.data, cli.json);
    cr_expect(e == OK || e == ERR_USAGE);
}

Test(args, reads)
{
    static const struct {
        char *words[WORDS];
        const char *expected;
    } rows[] = {
        { { "bc" }, "bc 0 0 - 0" },
        { { "bc", "--rounds", "5", "--watch" }, "bc 5 1 - 0" },
        { { "--rounds=5", "bc", "--watch=no", "--json" }, "bc 5 0 - 1" },
        { { "--task", "bc", "--data", "/x" }, "bc 0 0 /x 0" },
        { { "--", "--odd" }, "--odd 0 0 - 0" },
        { { NULL }, "`task` is missing: the task" },
        { { "bc", "more" }, "himas start does not know what to do with 'more'; `himas help start` explains" },
        { { "bc", "--rounds" }, "--rounds needs a value" },
        { { "bc", "--round", "5" }, "himas start has no option --round; did you mean --rounds?" },
        { { "bc", "--zebra", "5" }, "himas start has no option --zebra; `himas help start` lists them" },
        { { "bc", "--rounds", "0" }, "rounds: \"0\" is not a whole number between 1 and 99 rounds" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        read_line(rows[i].words, text, sizeof text);
        cr_expect_str_eq(text, rows[i].expected);
    }
}

Test(args, leading_options_and_any)
{
    char *words[] = { "--json", "--data", "/y", "ask" };
    struct cli cli = { .data = "-" };
    size_t used = 0;
    cr_assert_eq(args_leading(4, words, &cli, &used, NULL), OK);
    cr_expect(used == 3 && cli.json && strcmp(cli.data, "/y") == 0);
    char *more[] = { "coordinator", "start", "bc", "--rounds", "3" };
    struct cli_call call = { .npairs = 0 };
    cr_assert_eq(args_split(&table[4], 5, more, &cli, &call, NULL), OK);
    cr_expect(call.npairs == 4 && str_is(call.pairs[3].name, "rounds") && str_is(call.pairs[3].value, "3"));
    cr_expect(call.pairs[0].name.n == 0 && str_is(call.pairs[0].value, "coordinator"));
}
