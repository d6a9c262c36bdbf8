/* What can be said of a hospital's policy and records before the trainer runs.  Numbers and rules, never a record. */
#include "agents/trainer/admit.h"
#include "agents/trainer/records.h"
#include "agents/trainer/trainer.h"
#include "common/base/file.h"
#include <inttypes.h>

static enum err read_plan(const char *path, struct plan **out, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_BYTES);
    TRY(file_read(path, &text, why));
    return plan_new(buf_str(&text), out, why);
}

static enum err read_policy(const struct settings *s, struct arena *arena, struct policy *out, struct why *why)
{
    const char *path = settings_text(s, "policy");
    if (path[0] == '\0') return why_say(why, ERR_POLICY, "no site policy is set, so everything is refused");
    return policy_read(path, arena, out, why);
}

static enum err check_policy(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(PLAN_ARENA_BYTES);
    struct policy p = { .set = false };
    (void)against;
    TRY(read_policy(s, &arena, &p, why));
    buf_addf(said, "at least %" PRIu64 " records, at most %" PRIu64 " rounds, epsilon %g in all", p.min_cohort,
             p.max_rounds, p.epsilon_max);
    return OK;
}

static enum err load(const struct settings *s, const struct plan *plan, struct records_about *about, struct why *why)
{
    struct records_order order = { .path = settings_text(s, "records"), .schema = settings_text(s, "schema") };
    if (plan) {
        order.need = &plan->task.contract;
        order.test_fraction = plan->task.train.test_fraction;
        order.seed = plan->task.train.seed;
    }
    if (!records_stamp(order.path).there) return why_say(why, ERR_IO, "%s: the records file is not there", order.path);
    return records_load(&order, NULL, about, why);
}

static enum err check_records(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    CLEANUP(plan_let_go) struct plan *plan = NULL;
    struct records_about about = { 0 };
    if (against) TRY(read_plan(against, &plan, why));
    enum err e = load(s, plan, &about, why);
    if (e == ERR_ABSENT) {
        buf_add_z(said, "they are there; a task, or a schema, will say how to read them");
        return OK;
    }
    if (e == OK && about.good == 0)
        e = why_say(why, ERR_DATA, "no record fits: " STR_F, STR_ARG(str_trim(buf_str(&about.report))));
    if (e == OK) buf_add_str(said, buf_str(&about.report));
    records_about_fini(&about);
    return e;
}

static enum err check_task(const struct settings *s, const char *against, struct buf *said, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(PLAN_ARENA_BYTES);
    CLEANUP(plan_let_go) struct plan *plan = NULL;
    struct policy p = { .set = false };
    if (!against) {
        buf_add_z(said, "none was named to compare with");
        return OK;
    }
    TRY(read_plan(against, &plan, why));
    TRY(read_policy(s, &arena, &p, why));
    TRY(admit_task(&p, plan, why));
    buf_addf(said, "the policy allows %s", plan->task.name);
    return OK;
}

/* clang-format off */
const struct agent_check trainer_checks[] = {
    { "policy",  check_policy  },
    { "records", check_records },
    { "task",    check_task    },
    { 0 },
};
/* clang-format on */
