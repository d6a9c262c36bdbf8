#include "agents/trainer/trainer.h"
#include "common/base/file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLICY                                                                                                         \
    "tasks: any\nmodels: any\nmin_cohort: 2\nmax_rounds: 20\nprivacy: {mode: optional, epsilon_max: 8, delta: "        \
    "1.0e-5, "                                                                                                         \
    "epsilon_per_round_max: 1}\n"
#define TASK                                                                                                           \
    "name: t\ndata: {header: yes, columns: [{name: a, min: 0, max: 10}, {name: y, role: label, classes: [no, "         \
    "yes]}]}\n"                                                                                                        \
    "standardise: ranges\n"
#define GOOD "y,a\nno,1\nyes,2\nno,3\nyes,4\n"

struct file {
    char path[64];
};

static struct file write_file(const char *folder, const char *name, const char *text)
{
    struct file f;
    (void)snprintf(f.path, sizeof f.path, "%s/%s", folder, name);
    cr_assert_eq(file_write(f.path, str_bytes(str_of(text)), 0600, NULL), OK);
    return f;
}

static enum err checked(const char *name, const struct settings *s, const char *against, struct buf *said,
                        struct why *why)
{
    const struct agent_check *c = trainer_checks;
    while (strcmp(c->name, name) != 0) c++;
    return c->run(s, against, said, why);
}

Test(check, tells_what_is_wrong)
{
    static const struct {
        const char *name, *check, *policy, *task, *records;
        enum err e;
        const char *words;
    } rows[] = {
        { "a policy", "policy", POLICY, NULL, GOOD, OK, "at least 2 records" },
        { "none", "policy", NULL, NULL, GOOD, ERR_POLICY, "everything is refused" },
        { "half of one", "policy", "tasks: any\n", NULL, GOOD, ERR_POLICY, "models" },
        { "records that fit", "records", NULL, TASK, GOOD, OK, "4 records" },
        { "no contract", "records", NULL, NULL, GOOD, OK, "will say how to read" },
        { "a column is gone", "records", NULL, TASK, "y\nno\nyes\n", ERR_DATA, "a" },
        { "no line fits", "records", NULL, TASK, "y,a\nno,77\nyes,88\n", ERR_DATA, "" },
        { "no task to read", "records", NULL, "name: 7 [", GOOD, ERR_SETTING, "task" },
        { "a task is allowed", "task", POLICY, TASK, GOOD, OK, "allows t" },
        { "a task without a policy", "task", NULL, TASK, GOOD, ERR_POLICY, "no site policy" },
        { "no task", "task", NULL, NULL, GOOD, OK, "none" },
    };
    char folder[] = "/tmp/himas-check-XXXXXX";
    cr_assert(mkdtemp(folder));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf text = buf_make(4096), said = buf_make(4096);
        const struct setting *const tables[] = { trainer_agent.settings, NULL };
        struct settings *s = NULL;
        struct why why = { "" };
        struct file task = write_file(folder, "task", rows[i].task ? rows[i].task : "");
        buf_addf(&text, "records: %s\n", write_file(folder, "records", rows[i].records).path);
        if (rows[i].policy) buf_addf(&text, "policy: %s\n", write_file(folder, "policy", rows[i].policy).path);
        cr_assert_eq(settings_new(tables, &(struct settings_source){ .config_text = buf_str(&text) }, &s, &why), OK);
        enum err e = checked(rows[i].check, s, rows[i].task ? task.path : NULL, &said, &why);
        cr_expect_eq(e, rows[i].e, "%s: %s %s", rows[i].name, err_name(e), why.text);
        cr_expect(strstr(e == OK ? (const char *)said.p : why.text, rows[i].words), "%s: %s", rows[i].name, why.text);
        settings_free(s);
    }
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = { "task", "records", "policy" };
        char path[64];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}
