#include "cli/cli.h"
#include "cli/args.h"
#include "cli/fold.h"
#include "cli/help.h"
#include "cli/program.h"
#include "common/wire/result.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_MAX_BYTES = 1 << 20, MAX_WORDS = 256 };

const char *const cli_switch_words[] = { "no", "yes", NULL };

const struct argument cli_options[] = {
    { .name = "data",
      .kind = ARG_TEXT,
      .min = 1,
      .max = 700,
      .unit = "folder",
      .doc = "the federation's folder; else HIMAS_DATA, else ./himas-data" },
    { .name = "as",
      .kind = ARG_TEXT,
      .min = 1,
      .max = 63,
      .unit = "name",
      .doc = "the account to speak as [operator]" },
    CLI_SWITCH("json", "answer in JSON"),
    CLI_SWITCH("help", "explain this subcommand"),
    { 0 },
};

bool cli_flag(const struct call *call, const char *name) { return str_is(call_text(call, name), "yes"); }

const char *cli_text(const struct call *call, const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, STR_F, STR_ARG(call_text(call, name)));
    return out;
}

enum err cli_put(const struct buf *text, struct why *why)
{
    TRY(buf_err(text));
    bool written = fwrite(text->p, 1, text->n, stdout) == text->n && fflush(stdout) == 0;
    return written ? OK : why_say(why, ERR_IO, "cannot write to standard output");
}

enum err cli_put_folded(const struct cli *cli, const struct buf *text, struct why *why)
{
    CLEANUP(buf_free) struct buf lines = buf_make(2 * OUT_MAX_BYTES);
    TRY(buf_err(text));
    fold_text(buf_str(text), cli->look.fold, &lines);
    return cli_put(&lines, why);
}

static struct cli cli_default(void)
{
    const char *data = getenv("HIMAS_DATA");
    return (struct cli){
        .data = data && *data ? data : "himas-data",
        .as = "operator",
        .look = look_of(STDOUT_FILENO),
        .live = isatty(STDOUT_FILENO) == 1,
    };
}

static void print_failure_json(enum err e, const char *text)
{
    struct buf out = buf_make(OUT_MAX_BYTES);
    struct result r;
    result_init(&r);
    r.code = e;
    result_say(&r, "%s", text);
    result_print_json(&r, &out);
    buf_add_z(&out, "\n");
    if (cli_put(&out, NULL) != OK) (void)fputs(text, stderr);
    result_free(&r);
    buf_free(&out);
}

/* A sentence that already says what to do needs no second one. */
static int report(const struct cli *cli, const char *name, enum err e, const struct why *why)
{
    struct look look = look_of(STDERR_FILENO);
    if (e == OK) return 0;
    const char *text = *why->text ? why->text : err_text(e);
    if (cli->json && *why->text) print_failure_json(e, text); /* without a sentence, all has been said */
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES), lines = buf_make(OUT_MAX_BYTES);
    draw_ink(&out, &look, INK_RED, "himas%s%s", *name ? " " : "", name);
    buf_addf(&out, ": %s\n", text);
    if (!*why->text) buf_addf(&out, "  %s\n", err_remedy(e));
    fold_text(buf_str(&out), look.fold, &lines);
    if (buf_err(&lines) == OK && !cli->json) (void)fwrite(lines.p, 1, lines.n, stderr);
    return err_exit_code(e);
}

static enum err show_help(const struct cli *cli, const struct subcommand *sub, struct why *why)
{
    struct buf out = buf_make(OUT_MAX_BYTES);
    help_subcommand(sub, &cli->look, &out);
    enum err e = cli_put_folded(cli, &out, why);
    buf_free(&out);
    return e;
}

static enum err become_program(const struct cli *cli, const struct subcommand *sub, const struct cli_call *call,
                               struct why *why)
{
    char name[64];
    char path[PROGRAM_PATH_BYTES];
    char json[] = "--json"; /* said before the subcommand, they are not among its words */
    char as[] = "--as";
    char account[64];
    char *words[MAX_WORDS + 5] = { path };
    size_t n = 1;
    (void)snprintf(name, sizeof name, "himas-%s", sub->name);
    char *second = strchr(name, ' '); /* of a name of two words the program gets the second as its first */
    if (second) {
        *second = '\0';
        words[n++] = second + 1;
    }
    TRY(program_beside(name, path, sizeof path, why));
    if (call->argc >= MAX_WORDS) return why_say(why, ERR_USAGE, "more than %d words", MAX_WORDS);
    if (cli->json) words[n++] = json;
    (void)snprintf(account, sizeof account, "%s", cli->as);
    words[n++] = as;
    words[n++] = account;
    for (size_t i = 0; i < call->argc; i++) words[n++] = call->argv[i];
    if (setenv("HIMAS_DATA", cli->data, 1) != 0) return ERR_MEMORY;
    return program_become(path, words, why);
}

static enum err run(const struct subcommand *sub, size_t argc, char **argv, struct cli *cli, cli_run_fn *fn,
                    struct why *why)
{
    struct command command;
    struct cli_call *call = calloc(1, sizeof *call);
    if (!call) return ERR_MEMORY;
    enum err e = args_split(sub, argc, argv, cli, call, why);
    if (e == OK && !cli->help) e = args_check(sub, &command, call, why);
    if (e == OK && cli->help)
        e = show_help(cli, sub, why);
    else if (e == OK && fn)
        e = fn(cli, call, why);
    else if (e == OK)
        e = become_program(cli, sub, call, why);
    free(call);
    return e;
}

static const struct subcommand *named(const char *name)
{
    const struct subcommand *s = cli_subcommands;
    while (s->name && strcmp(s->name, name) != 0) s++;
    return s;
}

static bool asks_for_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

/* No word at all, --help and --version are other ways to say help and version. */
static const char *first_word(size_t argc, char **argv)
{
    if (argc == 0 || asks_for_help(argv[0])) return "help";
    return strcmp(argv[0], "--version") == 0 ? "version" : NULL;
}

/* `himas models --help` is `himas help models`; the word takes the place of the option. */
static bool is_group_help(size_t argc, char **argv)
{
    if (argc != 2 || !asks_for_help(argv[1]) || !args_is_group(cli_subcommands, argv[0])) return false;
    argv[1] = argv[0];
    return true;
}

static enum err find(size_t argc, char **argv, const struct subcommand **out, size_t *out_used, struct why *why)
{
    const char *other = first_word(argc, argv);
    bool group = !other && is_group_help(argc, argv);
    if (!other && !group) return args_find(cli_subcommands, argc, argv, out, out_used, why);
    *out = named(group ? "help" : other);
    *out_used = group ? 1 : argc;
    return OK;
}

int cli_main(int argc, char **argv, const char *only, cli_run_fn *fn)
{
    struct cli cli = cli_default();
    struct why why = { "" };
    size_t n = argc > 0 ? (size_t)argc - 1 : 0;
    char **words = argv + (argc > 0);
    const struct subcommand *sub = only ? named(only) : NULL;
    size_t used = 0;
    enum err e = OK;
    if (!sub) e = args_leading(n, words, &cli, &used, &why);
    n -= used;
    words += used;
    used = 0;
    if (e == OK && !sub) e = find(n, words, &sub, &used, &why);
    if (e == OK) e = run(sub, n - used, words + used, &cli, sub->run ? sub->run : fn, &why);
    return report(&cli, sub ? sub->name : "", e, &why);
}

int cli_group_main(int argc, char **argv, const char *group, cli_run_fn *fn)
{
    char name[64], first[64];
    (void)snprintf(first, sizeof first, "%.60s", group);
    (void)snprintf(name, sizeof name, "%.30s %.30s", group, argc > 1 ? argv[1] : "");
    const struct subcommand *sub = argc > 1 ? named(name) : NULL;
    if (sub && sub->name) return cli_main(argc - 1, argv + 1, sub->name, fn);
    /* As `himas GROUP ...` would: help, or what is missing. */
    char *words[] = { argv[0], first, argc > 1 ? argv[1] : NULL, NULL };
    return cli_main(argc > 1 ? 3 : 2, words, NULL, NULL);
}
