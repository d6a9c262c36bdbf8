#include "cli/privacy_audit.h"
#include "agents/trainer/audit_run.h"
#include "agents/trainer/audit_show.h"
#include "cli/visit.h"
#include "common/base/file.h"
#include "common/base/rng.h"
#include "common/base/secret.h"
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096, AGENT_BYTES = 256 };

static enum err ask(const struct cli *cli, const struct call *call, struct result *r, struct why *why)
{
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    char agent[AGENT_BYTES];
    const struct arg_pair pairs[] = { { STR("canaries"), call_text(call, "canaries") },
                                      { STR("rounds"), call_text(call, "rounds") } };
    TRY(str_copy(call_text(call, "agent"), agent, sizeof agent));
    TRY(visit_open(cli, &v, why));
    struct result answer;
    TRY(visit_ask(&v, agent, STR("audit"), pairs, sizeof pairs / sizeof *pairs, &answer, why));
    result_free(r);
    *r = answer;
    return OK;
}

static enum err audit_files(const struct plan *plan, const char *records, const struct call *call, struct audit *out,
                            struct why *why)
{
    struct records_about about = { 0 };
    struct audit_order o = { .engine = engine_find(STR("net")),
                             .plan = plan,
                             .rounds = call_u64(call, "rounds"),
                             .canaries = call_u64(call, "canaries") };
    struct records *held = NULL;
    const struct records_order file = { records, "", &plan->task.contract, plan->task.train.test_fraction,
                                        plan->task.train.seed };
    TRY(os_random(o.key, sizeof o.key));
    enum err e = records_load(&file, &held, &about, why);
    records_about_fini(&about);
    o.records = held;
    if (e == OK) e = audit_run(&o, out, why);
    records_drop(held);
    secret_wipe(o.key, sizeof o.key);
    return e;
}

static enum err here(const struct call *call, struct result *r, struct why *why)
{
    CLEANUP(plan_let_go) struct plan *plan = NULL;
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_BYTES);
    char task[PATH_BYTES];
    char records[PATH_BYTES];
    struct audit a;
    TRY(str_copy(call_text(call, "task"), task, sizeof task));
    TRY(str_copy(call_text(call, "records"), records, sizeof records));
    TRY(file_read(task, &text, why));
    TRY(plan_new(buf_str(&text), &plan, why));
    TRY(audit_files(plan, records, call, &a, why));
    audit_show(&a, r);
    return OK;
}

enum err privacy_audit(const struct cli *cli, const struct call *call, struct result *r, struct why *why)
{
    if (call_has(call, "task") && call_has(call, "records")) return here(call, r, why);
    if (call_has(call, "agent")) return ask(cli, call, r, why);
    return why_say(why, ERR_USAGE,
                   "name the hospital's trainer, or --task and --records; see himas privacy audit --help");
}
