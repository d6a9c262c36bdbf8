#include "cli/args.h"
#include "cli/commands.h"
#include "cli/help.h"

enum { OUT_MAX_BYTES = 1 << 20 };

static enum err put_and_free(struct buf *out, struct why *why)
{
    enum err e = cli_put(out, why);
    buf_free(out);
    return e;
}

static enum err help_named(const struct cli *cli, const struct cli_call *call, struct buf *out, struct why *why)
{
    char word[64];
    char second[64];
    char *words[] = { word, second };
    const struct subcommand *sub = NULL;
    size_t used = 0;
    size_t n = call_has(&call->call, "word") ? 2 : 1;
    cli_text(&call->call, "subcommand", word, sizeof word);
    cli_text(&call->call, "word", second, sizeof second);
    if (n == 1 && help_group(cli_subcommands, &cli->look, str_of(word), out)) return OK;
    TRY(args_find(cli_subcommands, n, words, &sub, &used, why));
    help_subcommand(sub, &cli->look, out);
    return OK;
}

enum err run_help(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct buf out = buf_make(OUT_MAX_BYTES);
    enum err e = OK;
    if (call_has(&call->call, "subcommand"))
        e = help_named(cli, call, &out, why);
    else
        help_overview(cli_subcommands, &cli->look, &out);
    enum err put = e == OK ? cli_put_folded(cli, &out, why) : OK;
    buf_free(&out);
    return e == OK ? put : e;
}

enum err run_version(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    (void)call;
    struct buf out = buf_make(OUT_MAX_BYTES);
    buf_add_z(&out, cli->json ? "{\"version\":\"" HIMAS_VERSION "\"}\n" : "himas " HIMAS_VERSION "\n");
    return put_and_free(&out, why);
}

enum err run_man(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    (void)cli;
    (void)call;
    struct buf out = buf_make(OUT_MAX_BYTES);
    help_man(cli_subcommands, &out);
    return put_and_free(&out, why);
}

enum err run_completion(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    (void)cli;
    struct buf out = buf_make(OUT_MAX_BYTES);
    help_completion(cli_subcommands, call_text(&call->call, "shell"), &out);
    return put_and_free(&out, why);
}
