#include "agents/privacy/veto.h"
#include <criterion/criterion.h>
#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define REST "min_records: 11\nmin_noise: 0.5\nepsilon_max: 8\ndelta: 1.0e-5\npermit_minutes: 60\n"

static const struct row {
    const char *name, *policy;
    bool noised;
    double noise;
    uint64_t records;
    const char *why; /* "" allowed */
    enum permit_kind kind;
} rows[] = {
    { "fine", "min_cohort: 2\nwithout_noise: no\n" REST, true, 1, 20, "" },
    { "plain, allowed", "min_cohort: 2\nwithout_noise: yes\n" REST, false, 0, 20, "" },
    { "plain, not allowed", "min_cohort: 2\nwithout_noise: no\n" REST, false, 0, 20, "`without_noise`" },
    { "too few hospitals", "min_cohort: 3\nwithout_noise: yes\n" REST, true, 1, 20, "`min_cohort` is 3" },
    { "a small cell", "min_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 10, "`min_records` is 11" },
    { "too little noise", "min_cohort: 2\nwithout_noise: yes\n" REST, true, .4, 20, "`min_noise` is 0.5" },
    { "no word of the cost", "min_cohort: 2\nwithout_noise: yes\n" REST, true, 0, 20, "what a round costs" },
    { "task not listed", "tasks: [other]\nmin_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 20, "`tasks`" },
    { "its document is", "tasks: [" HEX "]\nmin_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 20, "" },
    { "model not listed", "models: [x]\nmin_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 20, "`models`" },
    { "its purpose is listed", "purposes: [quality, research]\nmin_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 20,
      "" },
    { "its purpose is not", "purposes: [quality]\nmin_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 20,
      "`purposes` do not list research" },
    { "an unknown purpose", "purposes: [profit]\nmin_cohort: 2\nwithout_noise: yes\n" REST, true, 1, 20,
      "a purpose is research" },
    { "no questions", "min_cohort: 2\nwithout_noise: no\n" REST, false, 0, 20, "`queries` is no", PERMIT_QUERY },
    { "questions", "queries: yes\nmin_cohort: 2\nwithout_noise: no\n" REST, false, 0, 0, "", PERMIT_QUERY },
    { "a question to too few", "queries: yes\nmin_cohort: 3\nwithout_noise: no\n" REST, false, 0, 0, "`min_cohort`",
      PERMIT_QUERY },
    { "a model to publish", "models: [x]\nmin_cohort: 2\nwithout_noise: no\n" REST, false, 0, 20, "", PERMIT_PUBLISH },
    { "of too few", "min_cohort: 3\nwithout_noise: no\n" REST, false, 0, 20, "`min_cohort`", PERMIT_PUBLISH },
    { "a key is missing", "min_cohort: 2\n" REST, true, 1, 20, "`without_noise` is missing" },
    { "norms may be bound", "min_cohort: 2\nwithout_noise: yes\nnorm_max: 2.5\n" REST, true, 1, 20, "" },
    { "by no number", "min_cohort: 2\nwithout_noise: yes\nnorm_max: -1\n" REST, true, 1, 20, "norm_max" },
    { "noise may be raised", "min_cohort: 2\nwithout_noise: yes\nnoise_max: 4\n" REST, true, 1, 20, "" },
    { "to no number", "min_cohort: 2\nwithout_noise: yes\nnoise_max: lots\n" REST, true, 1, 20, "noise_max" },
    { "an unknown key", "min_cohort: 2\nwithout_noise: yes\nmax: 1\n" REST, true, 1, 20, "max" },
};

Test(veto, rules)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct permit_site sites[] = { { "a@h", rows[i].records, rows[i].noise, 1, 1, rows[i].noise, "records" },
                                             { "b@h", 100, rows[i].noise, 1, 1, rows[i].noise, "records" } };
        const struct permit p = { .kind = rows[i].kind,
                                  .run = "toy-1",
                                  .round = 1,
                                  .task = "toy",
                                  .document = HEX,
                                  .model = HEX,
                                  .noised = rows[i].noised,
                                  .sites = sites,
                                  .nsites = 2 };
        struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
        const struct doc *d = NULL;
        struct veto v = { .set = false };
        struct why why = { "" };
        cr_assert_eq(doc_parse(str_of(rows[i].policy), "policy", &arena, &d, &why), OK, "%s", rows[i].name);
        enum err e = veto_parse(d, &arena, &v, &why);
        cr_expect(e == OK || e == ERR_VETO, "%s: %s", rows[i].name, err_name(e));
        if (e == OK) e = veto_check(&v, &p, &why);
        cr_expect_eq(e == OK, rows[i].why[0] == '\0', "%s: %s", rows[i].name, why.text);
        cr_expect(strstr(why.text, rows[i].why), "%s: %s", rows[i].name, why.text);
    }
}

Test(veto, without_a_policy_nothing_is_allowed)
{
    const struct veto none = { .set = false };
    const struct permit p = { .round = 1 };
    cr_expect_eq(veto_check(&none, &p, NULL), ERR_REFUSED);
}
