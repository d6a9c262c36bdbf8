#include "cli/commands.h"
#include "cli/show.h"
#include "cli/supervisor.h"

enum { OUT_MAX_BYTES = 4096 };

static const char *sentence(bool was) { return was ? "stopped" : "nothing was running"; }

enum err run_down(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    bool was = false;
    struct home h;
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    TRY(home_open(cli->data, &h, why));
    TRY(home_need(&h, why));
    show_step(cli, "stopping");
    enum err e = supervisor_stop(&h, call_u64(&call->call, "wait") * 1000, &was, why);
    show_step_end(cli);
    TRY(e);
    if (cli->json)
        buf_addf(&out, "{\"ok\":true,\"text\":\"%s\"}\n", sentence(was));
    else
        buf_addf(&out, "%s; the folder %s stays\n", sentence(was), h.root);
    return cli->json ? cli_put(&out, why) : cli_put_folded(cli, &out, why);
}
