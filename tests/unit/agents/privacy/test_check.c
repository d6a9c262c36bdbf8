#include "agents/privacy/guardian.h"
#include "common/base/file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct agent_def guardian_agent;

#define POLICY "min_cohort: 2\nmin_records: 11\nwithout_noise: no\nmin_noise: 0.5\nepsilon_max: 8\ndelta: 1.0e-5\n"

Test(check, tells_what_is_wrong_with_the_policy)
{
    static const struct {
        const char *name, *policy; /* NULL: no file, "": none is set */
        enum err e;
        const char *words;
    } rows[] = {
        { "fine", POLICY "permit_minutes: 60\n", OK, "at least 2 hospitals of 11 records, epsilon 8" },
        { "half of one", POLICY, ERR_VETO, "`permit_minutes` is missing" },
        { "a hospital's", "tasks: any\nmodels: any\nmax_rounds: 20\n", ERR_VETO, "max_rounds" },
        { "not there", NULL, ERR_VETO, "policy.yaml" },
        { "unset", "", ERR_VETO, "everything is refused" },
    };
    char folder[] = "/tmp/himas-check-XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/policy.yaml", folder);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf text = buf_make(4096), said = buf_make(4096);
        const struct setting *const tables[] = { guardian_agent.settings, NULL };
        const char *policy = rows[i].policy;
        struct settings *s = NULL;
        struct why why = { "" };
        (void)unlink(path);
        if (policy) cr_assert_eq(file_write(path, str_bytes(str_of(policy)), 0600, NULL), OK);
        buf_addf(&text, "policy: \"%s\"\n", policy && !*policy ? "" : path);
        cr_assert_eq(settings_new(tables, &(struct settings_source){ .config_text = buf_str(&text) }, &s, &why), OK);
        cr_assert_str_eq(guardian_agent.checks[0].name, "policy");
        enum err e = guardian_agent.checks[0].run(s, NULL, &said, &why);
        cr_expect_eq(e, rows[i].e, "%s: %s %s", rows[i].name, err_name(e), why.text);
        cr_expect(strstr(e == OK ? (const char *)said.p : why.text, rows[i].words), "%s: %s", rows[i].name, why.text);
        cr_expect(e == OK || strstr(err_remedy(e), "docs/GUARDIAN.md"), "its own remedy");
        settings_free(s);
    }
    (void)unlink(path);
    (void)rmdir(folder);
}
