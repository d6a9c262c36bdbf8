#include "cli/commands.h"
#include "cli/visit.h"
#include "common/base/file.h"
#include <stdio.h>

enum { FILE_MODE = 0644, FILE_BYTES = 800 };
#define MODEL_MAX_BYTES ((size_t)4 << 30)

static const struct result_field *find(const struct result *r, const char *name)
{
    for (const struct result_field *f = r->fields; f; f = f->next)
        if (str_is(f->name, name)) return f;
    return NULL;
}

static enum err copy(const struct result *r, const char *field, const char *to, struct why *why)
{
    char from[FILE_BYTES];
    const struct result_field *f = find(r, field);
    CLEANUP(buf_free) struct buf bytes = buf_make(MODEL_MAX_BYTES);
    if (!f || str_copy(f->value, from, sizeof from) != OK)
        return why_say(why, ERR_PROTO, "the coordinator did not say where it wrote the %s", field);
    TRY(file_read(from, &bytes, why));
    return file_write(to, buf_bytes(&bytes), FILE_MODE, why);
}

static enum err copy_all(const struct result *r, const char *file, struct why *why)
{
    char beside[FILE_BYTES + 16];
    (void)snprintf(beside, sizeof beside, "%s.card.json", file);
    TRY(copy(r, "weights", file, why));
    TRY(copy(r, "card", beside, why));
    (void)snprintf(beside, sizeof beside, "%s.proof", file);
    return find(r, "proof") ? copy(r, "proof", beside, why) : OK;
}

enum err run_export(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char file[FILE_BYTES];
    struct result r;
    struct arg_pair pairs[] = { { STR("task"), call_text(&call->call, "task") },
                                { STR("version"), call_text(&call->call, "version") } };
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    TRY(visit_open(cli, &v, why));
    size_t n = call_has(&call->call, "version") ? 2 : 1;
    TRY(visit_ask(&v, "coordinator", STR("models export"), pairs, n, &r, why));
    cli_text(&call->call, "file", file, sizeof file);
    enum err e = *file ? copy_all(&r, file, why) : OK;
    if (e == OK && *file) result_field(&r, "copy", "%s, with its card beside it", file);
    if (e == OK) e = visit_put(cli, &r, why);
    result_free(&r);
    return e;
}
