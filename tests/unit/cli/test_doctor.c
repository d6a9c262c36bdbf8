#include "cli/args.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include <criterion/criterion.h>
#include <string.h>

Test(doctor, findings)
{
    struct finding f = { .state = DOCTOR_SKIPPED };
    struct why what = { "the port is closed" };
    doctor_fine(&f, "%d things", 3);
    cr_expect(f.state == DOCTOR_OK && strcmp(f.what.text, "3 things") == 0 && f.remedy[0] == '\0');
    doctor_wrong(&f, ERR_NETWORK, &what, NULL);
    cr_expect(f.state == DOCTOR_WRONG && f.code == ERR_NETWORK && strcmp(f.remedy, err_remedy(ERR_NETWORK)) == 0);
    cr_expect_str_eq(f.what.text, what.text);
    doctor_wrong(&f, ERR_MEMORY, NULL, "less");
    cr_expect(strcmp(f.what.text, err_text(ERR_MEMORY)) == 0 && strcmp(f.remedy, "less") == 0);
    doctor_note(&f, &what, "ask");
    cr_expect(f.state == DOCTOR_NOTE && f.code == OK && strcmp(f.remedy, "ask") == 0);
    doctor_skip(&f, "not %s", "here");
    cr_expect(f.state == DOCTOR_SKIPPED && strcmp(f.what.text, "not here") == 0);
}

Test(doctor, whom_it_looks_at)
{
    const struct subcommand *sub = cli_subcommands;
    const struct cli cli = { .data = "/nonexistent/himas" };
    struct cli_call call = { 0 };
    struct command command;
    struct why why = { "" };
    while (strcmp(sub->name, "doctor") != 0) sub++;
    cr_assert_eq(args_check(sub, &command, &call, &why), OK, "%s", why.text);
    cr_expect_eq(run_doctor(&cli, &call, &why), ERR_ABSENT);
    cr_expect(strstr(why.text, "himas up"), "%s", why.text);
}

Test(doctor, settings_that_are_not_there)
{
    char option[] = "--config", file[] = "/nonexistent/agent.yaml";
    char *words[] = { option, file, NULL };
    const struct subcommand *sub = cli_subcommands;
    struct cli cli = { .data = "/nonexistent/himas" };
    struct cli_call call = { 0 };
    struct command command;
    struct why why = { "" };
    while (strcmp(sub->name, "doctor") != 0) sub++;
    cr_assert_eq(args_split(sub, 2, words, &cli, &call, &why), OK, "%s", why.text);
    cr_assert_eq(args_check(sub, &command, &call, &why), OK, "%s", why.text);
    cr_expect_eq(run_doctor(&cli, &call, &why), ERR_USAGE);
    cr_expect_str_eq(why.text, "--config: /nonexistent/agent.yaml cannot be read");
}
