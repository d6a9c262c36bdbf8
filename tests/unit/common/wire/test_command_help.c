#include "common/base/buf.h"
#include "common/wire/command.h"
#include <criterion/criterion.h>

static const char *const colours[] = { "red", "green", NULL };
static const struct argument start_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "the task's name" },
    { "rounds", ARG_COUNT, ARG_OPTIONAL, 1, 1000, "rounds", NULL, "10", "rounds wanted" },
    { "colour", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, colours, NULL, "its colour" },
    { "rate", ARG_REAL, ARG_OPTIONAL, 0.5, 2, "mg", NULL, NULL, "how much" },
    { "since", ARG_DATE, ARG_OPTIONAL, 0, 0, NULL, NULL, NULL, "first day" },
    { 0 },
};
static const struct argument show_args[] = {
    { "run", ARG_TEXT, ARG_REQUIRED, 0, 0, NULL, NULL, NULL, "its name" },
    { 0 },
};
static const struct command commands[] = {
    { "status", ROLE_ANYONE, NULL, "how it goes", "how is it going|who is missing", NULL },
    { "runs list", ROLE_ANYONE, NULL, "all runs", NULL, NULL },
    { "runs show", ROLE_ANYONE, show_args, "one run", NULL, NULL },
    { "start", ROLE_OPERATOR | ROLE_SCIENTIST, start_args, "start a run", "start {task}", NULL },
    { 0 },
};

Test(command_help, prints)
{
    static const struct {
        const char *name;
        unsigned role;
        const char *about;
        const char *expected;
    } rows[] = {
        { "list of a clinician", ROLE_CLINICIAN, "",
          "status         how it goes\n"
          "\n"
          "runs list      all runs\n"
          "runs show RUN  one run\n"
          "\n"
          "Say `help NAME` for more about one of them, for example `help status`.\n" },
        { "list of nobody", ROLE_NONE, "", "There is no command your role may use.\n" },
        { "plain command", ROLE_CLINICIAN, "/Status ",
          "status -- how it goes\n"
          "\n"
          "In a chat:           status\n"
          "On the command line: himas ask AGENT status\n"
          "You can also say:    \"how is it going\"\n"
          "You can also say:    \"who is missing\"\n"
          "Who may:             anyone in the roster\n" },
        { "command with arguments", ROLE_OPERATOR, "start",
          "start -- start a run\n"
          "\n"
          "  task    the task's name (text, 1 to 63 bytes)\n"
          "  rounds  rounds wanted (a whole number, 1 to 1000 rounds; 10 when not said)\n"
          "  colour  its colour (red, green; may be left out)\n"
          "  rate    how much (a number, 0.5 to 2 mg; may be left out)\n"
          "  since   first day (a date, YYYY-MM-DD; may be left out)\n"
          "\n"
          "In a chat:           start TASK rounds=10 colour=red rate=0.5 since=YYYY-MM-DD\n"
          "On the command line: himas ask AGENT start --task TASK --rounds 10 --colour red --rate 0.5 "
          "--since YYYY-MM-DD\n"
          "You can also say:    \"start {task}\"\n"
          "Who may:             operator, scientist\n" },
        { "not allowed", ROLE_CLINICIAN, "start", "`start` is for: operator, scientist.\n" },
        { "slip", ROLE_CLINICIAN, "statsu", "There is no command `statsu`; did you mean `status`?\n" },
        { "slip of a command not allowed", ROLE_CLINICIAN, "strt",
          "There is no command `strt`; say `help` for all there are.\n" },
        { "unknown", ROLE_OPERATOR, "\x1b[2J", "There is no command `\\x1b[2J`; say `help` for all there are.\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(10000);
        command_help(commands, rows[i].role, str_of(rows[i].about), &out);
        cr_expect_str_eq((const char *)out.p, rows[i].expected, "%s:\n%s", rows[i].name, (const char *)out.p);
    }
}

Test(command_help, long_list_is_aligned)
{
    struct buf out CLEANUP(buf_free) = buf_make(10000);
    command_help(commands, ROLE_OPERATOR, STR(""), &out);
    cr_expect_str_eq((const char *)out.p, "status         how it goes\n"
                                          "\n"
                                          "runs list      all runs\n"
                                          "runs show RUN  one run\n"
                                          "\n"
                                          "start TASK [ROUNDS] [COLOUR] [RATE] [SINCE]  start a run\n"
                                          "\n"
                                          "Say `help NAME` for more about one of them, for example `help status`.\n");
}
