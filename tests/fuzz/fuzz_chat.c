/* Any bytes as a line of chat: a checked call whose values lie in the line or the table, or a complaint. */
#include "common/base/buf.h"
#include "common/wire/command.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const colours[] = { "red", "dark-green", NULL };
static const struct argument start_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "the task's name" },
    { "rounds", ARG_COUNT, ARG_OPTIONAL, 1, 1000, "rounds", NULL, "10", "rounds wanted" },
    { 0 },
};
static const struct argument risk_args[] = {
    { "age", ARG_REAL, ARG_REQUIRED, 0, 120, "years", NULL, NULL, "age" },
    { "colour", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, colours, NULL, "colour" },
    { "since", ARG_DATE, ARG_OPTIONAL, 0, 0, NULL, NULL, NULL, "first day" },
    { 0 },
};
static const struct argument find_args[] = {
    { "question", ARG_TEXT, ARG_REQUIRED, 1, 500, NULL, NULL, NULL, "what is asked" },
    { 0 },
};
static const struct command commands[] = {
    { "status", ROLE_ANYONE, NULL, "how it goes", "how is it going|what's up|who is missing", NULL },
    { "start", ROLE_OPERATOR, start_args, "start a run", "start {task}|train {task} for {rounds} rounds", NULL },
    { "runs show", ROLE_ANYONE, NULL, "one run", NULL, NULL },
    { "risk", ROLE_CLINICIAN, risk_args, "a risk", "{age} years and {colour}", NULL },
    { "guideline", ROLE_CLINICIAN, find_args, "search", "what about {question}", NULL },
    { 0 },
};

static void must(bool holds)
{
    if (!holds) abort();
}

static void check_call(const struct call *c)
{
    const struct argument *a = c->command->args;
    for (size_t i = 0; a && a[i].name; i++) {
        must(c->values[i].p != NULL || (a[i].need == ARG_OPTIONAL && a[i].fallback == NULL));
        struct str v = call_text(c, a[i].name);
        volatile char last = v.n > 0 ? v.p[v.n - 1] : 0; /* the view is readable */
        (void)last;
    }
    if (c->command == &commands[1]) must(call_u64(c, "rounds") >= 1 && call_u64(c, "rounds") <= 1000);
    if (c->command == &commands[3]) must(call_f64(c, "age") >= 0 && call_f64(c, "age") <= 120);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct call c = { 0 };
    struct why why = { "" };
    struct buf help CLEANUP(buf_free) = buf_make(1 << 20);
    struct str line = bytes_str(bytes_of(data, n));
    enum err e = chat_parse(line, commands, &c, &why);
    must(e == OK || (e == ERR_INPUT && why.text[0] != '\0' && c.command == NULL));
    if (e == OK) check_call(&c);
    command_help(commands, ROLE_CLINICIAN, line, &help);
    must(help.n > 0);
    return 0;
}
