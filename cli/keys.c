#include "common/runtime/keys.h"
#include "cli/commands.h"

enum { OUT_MAX_BYTES = 4096, FILE_BYTES = 800 };

static enum err show(const struct cli *cli, const char *path, struct why *why)
{
    char hex[KEYS_HEX_BYTES];
    struct buf out = buf_make(OUT_MAX_BYTES);
    TRY(keys_public(path, hex, why));
    if (cli->json)
        buf_addf(&out, "{\"key\":\"%s\"}\n", hex);
    else
        buf_addf(&out, "%s\n", hex);
    enum err e = cli_put(&out, why);
    buf_free(&out);
    return e;
}

enum err run_keys_new(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char path[FILE_BYTES];
    TRY(keys_make(cli_text(&call->call, "file", path, sizeof path), why));
    return show(cli, path, why);
}

enum err run_keys_show(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char path[FILE_BYTES];
    return show(cli, cli_text(&call->call, "file", path, sizeof path), why);
}
