#include "common/wire/command.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *const colours[] = { "red", "dark-green", NULL };
static const struct argument start_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "the task's name" },
    { "rounds", ARG_COUNT, ARG_OPTIONAL, 1, 1000, "rounds", NULL, "10", "rounds wanted" },
    { 0 },
};
static const struct argument risk_args[] = {
    { "age", ARG_REAL, ARG_REQUIRED, 0, 120, "years", NULL, NULL, "age" },
    { "colour", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, colours, NULL, "colour" },
    { 0 },
};
static const struct argument find_args[] = {
    { "question", ARG_TEXT, ARG_REQUIRED, 1, 500, NULL, NULL, NULL, "what is asked" },
    { 0 },
};
static const struct argument show_args[] = {
    { "run", ARG_TEXT, ARG_OPTIONAL, 1, 63, NULL, NULL, NULL, "the run" },
    { 0 },
};
static const struct command commands[] = {
    { "status", ROLE_ANYONE, NULL, "how it goes", "how is it going|what's up|who is missing", NULL },
    { "start", ROLE_OPERATOR, start_args, "start a run", "start {task}|train {task} for {rounds} rounds", NULL },
    { "runs", ROLE_ANYONE, NULL, "the runs", NULL, NULL },
    { "runs show", ROLE_ANYONE, show_args, "one run", "what became of {run}|show me {run}", NULL },
    { "risk", ROLE_CLINICIAN, risk_args, "a risk", NULL, NULL },
    { "guideline", ROLE_CLINICIAN, find_args, "search", NULL, NULL },
    { 0 },
};

struct row {
    const char *line;
    const char *expected; /* "name first|second", or the complaint */
};

static void expect_rows(const struct row *rows, size_t n, enum err expected)
{
    for (size_t i = 0; i < n; i++) {
        struct call c = { .id = 7 };
        struct why why = { "" };
        char got[400] = "";
        enum err e = chat_parse(str_of(rows[i].line), commands, &c, &why);
        cr_expect_eq(e, expected, "%s: %s", rows[i].line, why.text);
        if (e == OK)
            (void)snprintf(got, sizeof got, "%s " STR_F "|" STR_F, c.command->name, STR_ARG(c.values[0]),
                           STR_ARG(c.values[1]));
        cr_expect_str_eq(e == OK ? got : why.text, rows[i].expected, "%s", rows[i].line);
        cr_expect(c.id == 7 && (e == OK || c.command == NULL), "%s", rows[i].line);
    }
}

Test(chat, names)
{
    static const struct row rows[] = {
        { "status", "status |" },
        { "/status", "status |" },
        { " / STATUS ", "status |" },
        { "Status?", "status |" },
        { "status please", "status |" },
        { "please show me the status", "status |" },
        { "what is the status?", "status |" },
        { "runs", "runs |" },
        { "runs show", "runs show |" },
        { "runs-show 7", "runs show 7|" },
        { "/runs_show run=7", "runs show 7|" },
        { "Runs Show r7 please", "runs show r7|" },
        { "start breast-cancer", "start breast-cancer|10" },
        { "start breast-cancer 3", "start breast-cancer|3" },
        { "/start breast-cancer rounds=3", "start breast-cancer|3" },
        { "start rounds=3 task=breast-cancer", "start breast-cancer|3" },
        { "start --rounds 3 breast-cancer", "start breast-cancer|3" },
        { "start --task=x --rounds=3", "start x|3" },
        { "start task breast-cancer rounds 3", "start breast-cancer|3" },
        { "start \"breast cancer\" 3", "start breast cancer|3" },
        { "start task=\"breast cancer\" rounds=3", "start breast cancer|3" },
        { "start task='breast cancer'", "start breast cancer|10" },
        { "risk age=61 colour=Dark_Green", "risk 61|dark-green" },
        { "risk for age 61, colour red.", "risk 61|red" },
        { "risk 61.5", "risk 61.5|" },
        { "guideline sepsis in the first hour?", "guideline sepsis in the first hour|" },
        { "/guideline is BMI=30 obese?", "guideline is BMI=30 obese?|" },
        { "guideline question=sepsis", "guideline sepsis|" },
    };
    expect_rows(rows, sizeof rows / sizeof rows[0], OK);
}

Test(chat, phrases)
{
    static const struct row rows[] = {
        { "how is it going", "status |" },
        { "How's it going?", "status |" },
        { "hi, how is it going now", "status |" },
        { "what's up", "status |" },
        { "whats up?!", "status |" },
        { "can you tell me who is missing please", "status |" },
        { "start the breast cancer task please", "start breast cancer|10" },
        { "please start the breast-cancer", "start breast-cancer|10" },
        { "start breast cancer rounds=3", "start breast cancer|3" },
        { "train heart for 12 rounds", "start heart|12" },
        { "could you train the heart for 12 rounds, please?", "start heart|12" },
        { "what became of run r7?", "runs show r7|" },
    };
    expect_rows(rows, sizeof rows / sizeof rows[0], OK);
}

Test(chat, refused)
{
    static const struct row rows[] = {
        { "", "say `help` for what I can do" },
        { " / ", "say `help` for what I can do" },
        { "statsu", "I do not understand \"statsu\"; did you mean `status`?" },
        { "/statsu", "I do not understand \"statsu\"; did you mean `status`?" },
        { "please statsu", "I do not understand \"please statsu\"; did you mean `status`?" },
        { "run show 7", "I do not understand \"run show 7\"; did you mean `runs show`?" },
        { "who is mising", "I do not understand \"who is mising\"; did you mean `status`?" },
        { "weather tomorrow", "I do not understand \"weather tomorrow\"; say `help` for what I can do" },
        { "the", "I do not understand \"the\"; say `help` for what I can do" },
        { "\x1b[2J\xff", "I do not understand \"\\x1b[2J\\xff\"; say `help` for what I can do" },
        { "start", "`task` is missing: the task's name" },
        { "start x 0", "rounds: \"0\" is not a whole number between 1 and 1000 rounds" },
        { "start x 3 4", "`4` is too much for `start`; see `help start`" },
        { "start task=x task=y", "`task` is given twice" },
        { "start x ronds=3", "`start` has no argument `ronds`; did you mean `rounds`?" },
        { "start x --weather=3", "`start` has no argument `weather`; see `help start`" },
        { "start x --rounds", "`--rounds` has no value" },
        { "start --rounds --task x", "`--rounds` has no value" },
        { "risk 61 blue", "colour: \"blue\" is not one of: red, dark-green" },
        { "risk 130", "age: \"130\" is not a number between 0 and 120 years" },
        { "status x", "`x` is too much for `status`; see `help status`" },
        { "train heart for 0 rounds", "rounds: \"0\" is not a whole number between 1 and 1000 rounds" },
    };
    expect_rows(rows, sizeof rows / sizeof rows[0], ERR_INPUT);
}

Test(chat, limits)
{
    char line[COMMAND_MAX_TEXT + 2] = "";
    struct call c = { 0 };
    memset(line, 'x', COMMAND_MAX_TEXT + 1);
    cr_expect_eq(chat_parse(str_of(line), commands, &c, NULL), ERR_INPUT);
    for (size_t i = 0; i < COMMAND_MAX_TEXT; i += 2) line[i] = ' ';
    cr_expect_eq(chat_parse(str_of(line), commands, &c, NULL), ERR_INPUT);
    memset(line, '=', COMMAND_MAX_TEXT);
    cr_expect_eq(chat_parse(str_of(line), commands, &c, NULL), ERR_INPUT);
    cr_expect_eq(chat_parse(STR("status"), NULL, &c, NULL), ERR_INPUT);
}
