#include "agents/trainer/admit.h"
#include "common/base/file.h"
#include "tests/unit/agents/trainer/learned.h"
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

#define ANY                                                                                                            \
    {                                                                                                                  \
        .any = true                                                                                                    \
    }
static const struct policy open_policy = { .set = true,
                                           .tasks = ANY,
                                           .models = ANY,
                                           .min_cohort = 10,
                                           .max_rounds = 3,
                                           .statistics = true,
                                           .epsilon_max = 8,
                                           .delta = 1e-5,
                                           .epsilon_per_round_max = 1 };
static const char by_moments[] =
    "name: t\ndata: {columns: [{name: a}, {name: y, role: label, classes: 2}]}\nrounds: {count: 3}\n";

static struct policy changed(const char *what)
{
    struct policy p = open_policy;
    p.set = strcmp(what, "unset") != 0;
    p.tasks.any = strcmp(what, "no tasks") != 0;
    p.models.any = strcmp(what, "no models") != 0;
    p.statistics = strcmp(what, "no statistics") != 0;
    p.privacy_required = strcmp(what, "noise required") == 0;
    if (strcmp(what, "two rounds") == 0) p.max_rounds = 2;
    if (strcmp(what, "small epsilon") == 0) p.epsilon_per_round_max = .5;
    if (strcmp(what, "much noise") == 0) p.min_noise = 4;
    if (strcmp(what, "small delta") == 0) p.delta = 1e-6;
    return p;
}

Test(admit, tasks)
{
    static const struct {
        const char *policy, *task;
        enum err err;
        const char *text;
    } rows[] = {
        { "open", SITE_TASK, OK, "" },
        { "open", SITE_TASK SITE_NOISE, OK, "" },
        { "open", by_moments, OK, "" },
        { "unset", SITE_TASK, ERR_POLICY, "no site policy" },
        { "unset", SITE_TASK SITE_NOISE, ERR_POLICY, "no site policy" },
        { "no tasks", SITE_TASK, ERR_REFUSED, "tasks" },
        { "no models", SITE_TASK, ERR_REFUSED, "models" },
        { "two rounds", SITE_TASK, ERR_REFUSED, "max_rounds" },
        { "no statistics", by_moments, ERR_REFUSED, "statistics" },
        { "no statistics", SITE_TASK, OK, "" },
        { "noise required", SITE_TASK, ERR_REFUSED, "mode" },
        { "noise required", SITE_TASK SITE_NOISE, OK, "" },
        { "small epsilon", SITE_TASK SITE_NOISE, ERR_REFUSED, "epsilon_per_round_max" },
        { "much noise", SITE_TASK SITE_NOISE, ERR_REFUSED, "min_noise" },
        { "small delta", SITE_TASK SITE_NOISE, ERR_REFUSED, "delta" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *plan = learned_plan(rows[i].task);
        struct policy p = changed(rows[i].policy);
        struct why why = { "" };
        cr_expect_eq(admit_task(&p, plan, &why), rows[i].err, "%s, row %zu: %s", rows[i].policy, i, why.text);
        cr_expect(strstr(why.text, rows[i].text) != NULL, "%s: %s", rows[i].policy, why.text);
    }
}

Test(admit, work)
{
    static const struct {
        const char *policy, *task;
        struct work work;
        enum err err;
    } rows[] = {
        { "open", SITE_TASK, { .kind = WORK_TRAIN, .round = 1 }, OK },
        { "open", SITE_TASK, { .kind = WORK_TRAIN, .round = 3 }, OK },
        { "open", SITE_TASK, { .kind = WORK_TRAIN, .round = 4 }, ERR_STATE },
        { "open", SITE_TASK, { .kind = WORK_TRAIN, .round = 0 }, ERR_STATE },
        { "open", SITE_TASK, { .kind = WORK_EVALUATE, .round = 0 }, OK },
        { "open", by_moments, { .kind = WORK_STATS }, OK },
        { "open", SITE_TASK, { .kind = WORK_STATS }, OK },
        { "no statistics", SITE_TASK, { .kind = WORK_STATS }, ERR_REFUSED },
        { "open", SITE_TASK SITE_NOISE, { .kind = WORK_STATS }, ERR_REFUSED },
        { "unset", SITE_TASK, { .kind = WORK_STATS }, ERR_POLICY },
        { "unset", SITE_TASK, { .kind = WORK_EVALUATE }, ERR_POLICY },
        { "noise required", SITE_TASK, { .kind = WORK_TRAIN, .round = 1 }, ERR_REFUSED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(plan_let_go) struct plan *plan = learned_plan(rows[i].task);
        struct policy p = changed(rows[i].policy);
        cr_expect_eq(admit_work(&p, plan, &rows[i].work, NULL), rows[i].err, "%s, row %zu", rows[i].policy, i);
    }
}

Test(admit, units)
{
    static const struct {
        const char *policy;
        uint64_t units;
        enum err err;
        const char *text;
    } rows[] = {
        { "open", 0, OK, "" },
        { "open", 160, ERR_REFUSED, "epsilon_per_round_max` is 1; a round alone" },
        { "dear rounds", 160, OK, "" },
        { "dear rounds, less in all", 0, ERR_REFUSED, "epsilon_max` is 7; the task's run wants 8" },
        { "small delta", 0, ERR_REFUSED, "delta" },
        { "much noise", 0, OK, "" },
        { "much noise", 160, ERR_REFUSED, "epsilon_per_round_max" },
        { "dear rounds, much noise", 160, ERR_REFUSED, "min_noise" },
        { "noise required", 0, ERR_REFUSED, "privacy.patients` is no" },
        { "noise required, patients", 0, OK, "" },
        { "unset", 160, ERR_POLICY, "no site policy" },
    };
    CLEANUP(plan_let_go) struct plan *plan = learned_plan(SITE_TASK SITE_UNIT_NOISE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy p = changed(rows[i].policy);
        struct unit_rule r;
        struct why why = { "" };
        if (strncmp(rows[i].policy, "dear", 4) == 0) p.epsilon_per_round_max = 8;
        p.patients = strstr(rows[i].policy, "patients") != NULL;
        p.privacy_required = strncmp(rows[i].policy, "noise required", 14) == 0;
        if (strstr(rows[i].policy, "less in all")) p.epsilon_max = 7;
        if (strstr(rows[i].policy, "much noise")) p.min_noise = 4;
        enum err e = rows[i].units ? admit_units(&p, plan, rows[i].units, &r, &why) : admit_task(&p, plan, &why);
        cr_expect_eq(e, rows[i].err, "%s %zu: %s", rows[i].policy, i, why.text);
        cr_expect(strstr(why.text, rows[i].text) != NULL, "%s: %s", rows[i].policy, why.text);
    }
}

/* The example's policy allows the example's task, by name and by model; not another one. */
Test(admit, example)
{
    CLEANUP(arena_free) struct arena arena = arena_make(1 << 20);
    CLEANUP(buf_free) struct buf task = buf_make(1 << 16);
    CLEANUP(plan_let_go) struct plan *other = learned_plan(SITE_TASK);
    struct policy p = { 0 };
    struct why why = { "" };
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/examples/breast-cancer/task.yaml", &task, &why), OK, "%s", why.text);
    CLEANUP(plan_let_go) struct plan *plan = learned_plan((const char *)task.p);
    buf_clear(&task);
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/examples/breast-cancer/task-dp.yaml", &task, &why), OK);
    CLEANUP(plan_let_go) struct plan *covered = learned_plan((const char *)task.p);
    cr_assert_eq(policy_read(HIMAS_SOURCE_DIR "/examples/breast-cancer/policy.yaml", &arena, &p, &why), OK, "%s",
                 why.text);
    cr_expect_eq(admit_task(&p, plan, &why), OK, "%s", why.text);
    cr_expect_eq(admit_work(&p, plan, &(struct work){ .kind = WORK_STATS }, &why), OK, "%s", why.text);
    cr_expect_eq(admit_task(&p, other, NULL), ERR_REFUSED);
    cr_assert_eq(policy_read(HIMAS_SOURCE_DIR "/examples/breast-cancer/policy-dp.yaml", &arena, &p, &why), OK);
    struct unit_rule r;
    cr_expect_eq(admit_units(&p, covered, 93, &r, &why), OK, "%s", why.text);
    cr_expect_eq(admit_task(&p, plan, NULL), ERR_REFUSED);
}
