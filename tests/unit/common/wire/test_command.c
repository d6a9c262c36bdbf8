#include "common/wire/command.h"
#include <criterion/criterion.h>
#include <string.h>

enum { PAIRS = 4 };
static const char *const colours[] = { "red", "dark-green", NULL };
static const struct argument args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 2, 5, NULL, NULL, NULL, "the task's name" },
    { "rounds", ARG_COUNT, ARG_OPTIONAL, 1, 1000, "rounds", NULL, "10", "rounds wanted" },
    { "rate", ARG_REAL, ARG_OPTIONAL, -1.5, 1.5, NULL, NULL, NULL, "a rate" },
    { "colour", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, colours, NULL, "a colour" },
    { "since", ARG_DATE, ARG_OPTIONAL, 0, 0, NULL, NULL, NULL, "first day" },
    { "any", ARG_COUNT, ARG_OPTIONAL, 0, 0, NULL, NULL, NULL, "any number" },
    { 0 },
};
static const struct command commands[] = {
    { "start", ROLE_OPERATOR, args, "starts", NULL, NULL },
    { "runs show", ROLE_ANYONE, NULL, "shows", NULL, NULL },
    { 0 },
};

static struct arg_pair pair(const char *text)
{
    struct str rest = str_of(text);
    struct str name = str_next(&rest, '=');
    return (struct arg_pair){ name, rest };
}

static enum err fill(const char *const texts[PAIRS], struct call *c, struct why *why)
{
    struct arg_pair pairs[PAIRS];
    size_t n = 0;
    for (; n < PAIRS && texts[n]; n++) pairs[n] = pair(texts[n]);
    return call_fill(c, &commands[0], pairs, n, why);
}

Test(command, fills)
{
    struct call c = { .id = 7 };
    cr_assert_eq(fill((const char *[PAIRS]){ "=abc", "colour=DARK green", "rate=-0.5", "since=2028-02-29" }, &c, NULL),
                 OK);
    cr_expect(c.id == 7 && c.command == &commands[0]);
    cr_expect(str_is(call_text(&c, "task"), "abc") && call_u64(&c, "rounds") == 10 && call_f64(&c, "rate") == -0.5);
    cr_expect(str_is(call_text(&c, "colour"), "dark-green") && str_is(call_text(&c, "since"), "2028-02-29"));
    cr_expect(call_has(&c, "rounds") && !call_has(&c, "any") && call_u64(&c, "any") == 0 && call_f64(&c, "any") == 0);
    cr_expect(call_text(&c, "any").n == 0);
    cr_assert_eq(fill((const char *[PAIRS]){ "rounds=5", "=abc", "=0.25", "any=" }, &c, NULL), OK);
    cr_expect(call_u64(&c, "rounds") == 5 && str_is(call_text(&c, "task"), "abc") && call_f64(&c, "rate") == 0.25);
    cr_expect(!call_has(&c, "any"));
    cr_assert_eq(fill((const char *[PAIRS]){ "2=5", "1=abc" }, &c, NULL), OK);
    cr_expect(call_u64(&c, "rounds") == 5 && str_is(call_text(&c, "task"), "abc"));
}

Test(command, refuses)
{
    static const struct {
        const char *pairs[PAIRS];
        const char *expected;
    } rows[] = {
        { { NULL }, "`task` is missing: the task's name" },
        { { "task=" }, "`task` is missing: the task's name" },
        { { "=" }, "task: 0 bytes of text are not between 2 and 5" },
        { { "task=a" }, "task: 1 bytes of text are not between 2 and 5" },
        { { "task=abcdef" }, "task: 6 bytes of text are not between 2 and 5" },
        { { "=abc", "rounds=0" }, "rounds: \"0\" is not a whole number between 1 and 1000 rounds" },
        { { "=abc", "rounds=1e2" }, "rounds: \"1e2\" is not a whole number between 1 and 1000 rounds" },
        { { "=abc", "rate=2" }, "rate: \"2\" is not a number between -1.5 and 1.5" },
        { { "=abc", "rate=nan" }, "rate: \"nan\" is not a number between -1.5 and 1.5" },
        { { "=abc", "any=-1" }, "any: \"-1\" is not a whole number" },
        { { "=abc", "colour=blue\n" }, "colour: \"blue\\n\" is not one of: red, dark-green" },
        { { "=abc", "since=2026-02-29" }, "since: \"2026-02-29\" is not a date, YYYY-MM-DD" },
        { { "=abc", "since=1900-02-29" }, "since: \"1900-02-29\" is not a date, YYYY-MM-DD" },
        { { "=abc", "since=2026-13-01" }, "since: \"2026-13-01\" is not a date, YYYY-MM-DD" },
        { { "=abc", "since=2026-00-01" }, "since: \"2026-00-01\" is not a date, YYYY-MM-DD" },
        { { "=abc", "since=2026-04-31" }, "since: \"2026-04-31\" is not a date, YYYY-MM-DD" },
        { { "=abc", "since=26-04-01" }, "since: \"26-04-01\" is not a date, YYYY-MM-DD" },
        { { "=abc", "rouds=1" }, "`start` has no argument `rouds`; did you mean `rounds`?" },
        { { "=abc", "weather=1" }, "`start` has no argument `weather`; see `help start`" },
        { { "task=abc", "Task=abd" }, "`task` is given twice" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call c = { 0 };
        struct why why = { "" };
        cr_expect_eq(fill(rows[i].pairs, &c, &why), ERR_INPUT, "%s", rows[i].expected);
        cr_expect_str_eq(why.text, rows[i].expected);
        cr_expect(c.command == NULL && c.values[0].p == NULL, "%s", rows[i].expected);
    }
}

Test(command, too_many_positional)
{
    struct arg_pair pairs[] = { pair("=x") };
    struct call c = { 0 };
    struct why why = { "" };
    cr_expect_eq(call_fill(&c, &commands[1], pairs, 1, &why), ERR_INPUT);
    cr_expect_str_eq(why.text, "`x` is too much for `runs show`; see `help runs show`");
}

Test(command, finds)
{
    static const struct {
        const char *name;
        const char *expected;
    } rows[] = {
        { "start", "start" },
        { "START", "start" },
        { "runs show", "runs show" },
        { "runs-show", "runs show" },
        { "Runs_Show", "runs show" },
        { "runs", NULL },
        { "", NULL },
        { "starts", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct command *c = command_find(commands, str_of(rows[i].name));
        cr_expect_str_eq(c ? c->name : "(none)", rows[i].expected ? rows[i].expected : "(none)", "%s", rows[i].name);
    }
    cr_expect(command_find(NULL, STR("start")) == NULL);
}
