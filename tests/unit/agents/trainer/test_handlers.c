/* What is accepted and what is declined, and that repeats change nothing. */
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

#define ROUNDS(n) "min_cohort: 10\nmax_rounds: " #n "\n"
#define PRIVACY "privacy: {mode: optional, epsilon_max: 8, delta: 1.0e-5, epsilon_per_round_max: 1}\n"
static const char other_columns[] = "name: toy\ndata: {header: yes, columns: [{name: z, min: 0, max: 1}, {name: y, "
                                    "role: label, classes: [\"0\", \"1\"]}]}\nstandardise: ranges\n";

static const char other_range[] =
    "name: toy\ndata: {header: no, columns: [{name: a, min: 50, max: 60}, {name: b, min: -10, "
    "max: 10}, {name: y, role: label, classes: [\"0\", \"1\"]}]}\nstandardise: ranges\n";

Test(trainer_handlers, invitations)
{
    static const struct {
        const char *name;
        struct site_plan plan;
        const char *words, *code, *text; /* code "": accepted */
    } rows[] = {
        { "allowed", { .policy = SITE_POLICY(10, "optional", 8) }, "invite", "", "" },
        { "no policy", { 0 }, "invite", "ERR_POLICY", "no site policy" },
        { "forged digest", { .policy = SITE_POLICY(10, "optional", 8) }, "forged", "ERR_CRYPTO", "digest" },
        { "no noise, but required", { .policy = SITE_POLICY(10, "required", 8) }, "invite", "ERR_REFUSED", "mode" },
        { "small cohort", { .policy = SITE_POLICY(61, "optional", 8) }, "invite", "ERR_REFUSED", "min_cohort" },
        { "cohort just large enough", { .policy = SITE_POLICY(60, "optional", 8) }, "invite", "", "" },
        { "too many rounds",
          { .policy = "tasks: any\nmodels: any\n" ROUNDS(2) PRIVACY },
          "invite",
          "ERR_REFUSED",
          "max_rounds" },
        { "model not listed",
          { .policy = "tasks: any\nmodels: []\n" ROUNDS(9) PRIVACY },
          "invite",
          "ERR_REFUSED",
          "models" },
        { "task not listed",
          { .policy = "tasks: [heart]\nmodels: any\n" ROUNDS(9) PRIVACY },
          "invite",
          "ERR_REFUSED",
          "tasks" },
        { "no records", { .policy = SITE_POLICY(10, "optional", 8), .no_records = true }, "invite", "ERR_IO", "there" },
        { "records that do not fit",
          { .policy = SITE_POLICY(10, "optional", 8), .task = other_columns },
          "invite",
          "ERR_DATA",
          "" },
        { "no line of the records fits",
          { .policy = SITE_POLICY(10, "optional", 8), .task = other_range },
          "invite",
          "ERR_DATA",
          "no line of the records fits" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        site_open(&s, &rows[i].plan);
        site_do(&s, rows[i].words);
        const struct heard *h = site_heard(&s);
        cr_expect_str_eq(h->code, rows[i].code, "%s: %s %s", rows[i].name, h->code, h->text);
        cr_expect(strstr(h->text, rows[i].text) != NULL, "%s: %s", rows[i].name, h->text);
        cr_expect_eq(h->got[MSG_RUN_ACCEPT], rows[i].code[0] == '\0', "%s", rows[i].name);
        cr_expect_eq(site_trainer(&s)->runs.count, rows[i].code[0] == '\0', "%s", rows[i].name);
        cr_expect_eq(site_trainer(&s)->queue.count, 0, "%s", rows[i].name);
        site_close(&s);
    }
}

Test(trainer_handlers, nothing_before_and_after_a_run)
{
    static const char *const words[] = { "train 1", "evaluate 1", "moments" };
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    const struct heard *h = site_heard(&s);
    for (unsigned i = 0; i < 3; i++) {
        site_do(&s, words[i]);
        cr_expect(h->got[MSG_ROUND_DECLINE] == i + 1 && strcmp(h->code, "ERR_STATE") == 0, "%s", words[i]);
    }
    site_do(&s, "invite");
    site_do(&s, "train 4");
    cr_expect_eq(h->got[MSG_ROUND_DECLINE], 4);
    cr_expect(strstr(h->text, "round 4") != NULL, "%s", h->text);
    site_do(&s, "end");
    site_do(&s, "train 1");
    cr_expect_eq(h->got[MSG_ROUND_DECLINE], 5);
    site_do(&s, "invite");
    cr_expect(h->got[MSG_RUN_DECLINE] == 1 && strstr(h->text, "ended") != NULL, "%s", h->text);
    cr_expect_eq(h->got[MSG_UPDATE] + h->got[MSG_EVALUATION] + h->got[MSG_STATS], 0);
    site_close(&s);
}

Test(trainer_handlers, repeats)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    site_do(&s, "invite");
    cr_expect_eq(h->got[MSG_RUN_ACCEPT], 2);
    cr_expect_eq(site_trainer(&s)->runs.count, 1);
    site_do(&s, "train 1");
    site_do(&s, "train 1");
    cr_expect_eq(h->got[MSG_UPDATE], 1);
    site_do(&s, "train 2");
    cr_expect_eq(h->got[MSG_UPDATE], 2);
    cr_expect_eq(h->got[MSG_ROUND_DECLINE], 0);
    site_close(&s);
}

Test(trainer_handlers, records_come_and_go)
{
    struct site s;
    site_open(
        &s, &(struct site_plan){ .policy = "tell_records: yes\n" SITE_POLICY(10, "optional", 8), .no_records = true });
    const struct heard *h = site_heard(&s);
    cr_expect_str_eq(h->doing, "refusing");
    site_write_records(&s, SITE_ROWS);
    (void)sim_run(s.sim, 5000, NULL, NULL);
    cr_expect_str_eq(h->doing, "idle");
    site_do(&s, "invite");
    cr_expect_eq(h->got[MSG_RUN_ACCEPT], 1, "%s", h->text);
    cr_expect_eq(h->got[MSG_DATA_NEW], 0);
    site_write_records(&s, SITE_ROWS + 10);
    (void)sim_run(s.sim, 5000, NULL, NULL);
    cr_expect_eq(h->got[MSG_DATA_NEW], 1);
    cr_expect_eq(h->number, SITE_ROWS + 10);
    site_kill(&s);
    cr_expect_eq(h->got[MSG_DATA_NEW], 1);
    site_close(&s);
}
