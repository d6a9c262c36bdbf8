#include "agents/coordinator/commands.h"
#include "agents/coordinator/registry.h"
#include "common/crypto/logbook.h"
#include <inttypes.h>
#include <stdio.h>

enum { CARD_SHOWN_BYTES = 512 * 1024 };

static enum err version_row_cells(void *to, const struct version_row *v)
{
    char version[24];
    char round[24];
    char created[32];
    char loss[32];
    char auc[32];
    char accuracy[32];
    char epsilon[32];
    (void)snprintf(version, sizeof version, "%" PRIu64, v->version);
    (void)snprintf(round, sizeof round, "%" PRIu64, v->round);
    const char *cells[] = { v->task,
                            version,
                            v->model,
                            v->run,
                            round,
                            v->outcome,
                            commands_time(v->created_ms, created),
                            commands_real(v->loss, 4, loss),
                            commands_real(v->auc, 4, auc),
                            commands_real(v->accuracy, 4, accuracy),
                            commands_real(v->epsilon, 3, epsilon),
                            NULL };
    result_row(to, cells);
    return OK;
}

enum err command_models_list(struct agent *a, void *self, const struct call *call, struct result *out)
{
    static const char *const columns[] = { "task",    "version", "model", "run",      "round",   "outcome",
                                           "created", "loss",    "auc",   "accuracy", "epsilon", NULL };
    (void)self;
    (void)call;
    result_columns(out, columns);
    TRY(registry_each(a, version_row_cells, out));
    if (out->nrows == 0) result_say(out, "No model has come out yet.");
    return OK;
}

static enum err find_version(struct agent *a, const struct call *call, struct version_row *out, struct result *say)
{
    struct str task = call_text(call, "task");
    enum err e = registry_find(a, task, call_u64(call, "version"), out);
    if (e == ERR_ABSENT)
        result_say(say, "There is no such model of " STR_F "; `models list` shows all.", STR_ARG(task));
    return e;
}

enum err command_models_show(struct agent *a, void *self, const struct call *call, struct result *out)
{
    CLEANUP(buf_free) struct buf card = buf_make(CARD_SHOWN_BYTES);
    struct version_row v;
    (void)self;
    TRY(find_version(a, call, &v, out));
    TRY(registry_get(a, &v, "card", &card));
    result_say(out, STR_F, STR_ARG(str_trim(buf_str(&card))));
    result_field(out, "version", "%" PRIu64, v.version);
    result_field(out, "sha256", "%s", v.sha256);
    return OK;
}

enum err command_models_export(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct version_row v;
    struct why why = { 0 };
    const char *directory = settings_text(agent_settings(a), "export_dir");
    CLEANUP(buf_free) struct buf proof = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    (void)self;
    TRY(find_version(a, call, &v, out));
    if (directory[0] == 0) {
        result_say(out, "This coordinator has no export_dir; set one.");
        return ERR_REFUSED;
    }
    if (registry_export(a, &v, directory, &why) != OK) {
        result_say(out, "It could not be written: %s", why.text);
        return ERR_REFUSED;
    }
    result_say(out, "%s/%s-%" PRIu64 ".safetensors and .card.json are written.", directory, v.task, v.version);
    result_field(out, "weights", "%s/%s-%" PRIu64 ".safetensors", directory, v.task, v.version);
    result_field(out, "card", "%s/%s-%" PRIu64 ".card.json", directory, v.task, v.version);
    if (registry_get(a, &v, "proof", &proof) == OK)
        result_field(out, "proof", "%s/%s-%" PRIu64 ".proof", directory, v.task, v.version);
    return OK;
}
