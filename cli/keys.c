#include "common/runtime/keys.h"
#include "cli/commands.h"

enum { OUT_MAX_BYTES = 4096, FILE_BYTES = 800 };

static enum err show(const struct cli *cli, const char *path, struct why *why)
{
    struct keys_halves k;
    struct buf out = buf_make(OUT_MAX_BYTES);
    TRY(keys_public(path, &k, why));
    if (cli->json)
        buf_addf(&out, "{\"key\":\"%s\",\"sign\":\"%s\",\"fingerprint\":\"%s\"}\n", k.key, k.sign, k.fingerprint);
    else
        buf_addf(&out, "key:         %s\nsign:        %s\nfingerprint: %s\n", k.key, k.sign, k.fingerprint);
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

enum err run_keys_rotate(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char path[FILE_BYTES];
    TRY(keys_rotate(cli_text(&call->call, "file", path, sizeof path), why));
    return show(cli, path, why);
}

enum err run_keys_show(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char path[FILE_BYTES];
    return show(cli, cli_text(&call->call, "file", path, sizeof path), why);
}
