#include "common/base/err.h"
#include <criterion/criterion.h>
#include <string.h>

enum { NROWS = ERR_COUNT };

Test(err, every_code_has_name_text_remedy_class_and_exit)
{
    for (int i = 0; i < NROWS; i++) {
        enum err code = (enum err)i;
        cr_expect(strlen(err_name(code)) > 1, "code %d has no name", i);
        cr_expect(strlen(err_text(code)) > 4, "%s says nothing", err_name(code));
        cr_expect(strlen(err_remedy(code)) > 4, "%s has no remedy", err_name(code));
        cr_expect_eq(err_class(code) == ERR_CLASS_NONE, code == OK, "%s", err_name(code));
        cr_expect_eq(err_exit_code(code) == 0, code == OK, "%s", err_name(code));
        cr_expect(err_exit_code(code) <= 78, "%s is outside sysexits.h", err_name(code));
    }
}

Test(err, names_and_classes)
{
    static const struct {
        enum err code;
        const char *name;
        enum err_class class_;
        int exit_code;
    } rows[] = {
        { OK, "OK", ERR_CLASS_NONE, 0 },
        { ERR_SETTING, "ERR_SETTING", ERR_CLASS_CONFIG, 78 },
        { ERR_USAGE, "ERR_USAGE", ERR_CLASS_CONFIG, 64 },
        { ERR_ROLE, "ERR_ROLE", ERR_CLASS_PEER, 77 },
        { ERR_TIMEOUT, "ERR_TIMEOUT", ERR_CLASS_ENV, 75 },
        { ERR_LIBRARY, "ERR_LIBRARY", ERR_CLASS_ENV, 69 },
        { ERR_BUDGET, "ERR_BUDGET", ERR_CLASS_LIMIT, 77 },
        { ERR_BUG, "ERR_BUG", ERR_CLASS_BUG, 70 },
        { ERR_COUNT, "ERR_BUG", ERR_CLASS_BUG, 70 },      /* no such code */
        { (enum err) - 1, "ERR_BUG", ERR_CLASS_BUG, 70 }, /* nor this */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_str_eq(err_name(rows[i].code), rows[i].name, "%s", rows[i].name);
        cr_expect_eq(err_class(rows[i].code), rows[i].class_, "%s", rows[i].name);
        cr_expect_eq(err_exit_code(rows[i].code), rows[i].exit_code, "%s", rows[i].name);
    }
}

Test(err, why_keeps_the_sentence_and_returns_the_code)
{
    struct why why = { "before" };
    cr_expect_eq(why_say(&why, ERR_DATA, "line %d: %s", 7, "no comma"), ERR_DATA);
    cr_expect_str_eq(why.text, "line 7: no comma");
    cr_expect_eq(why_say(NULL, ERR_DATA, "nobody reads this"), ERR_DATA);
}

Test(err, why_truncates)
{
    struct why why;
    char longer[2 * sizeof why.text];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    cr_expect_eq(why_say(&why, ERR_IO, "%s", longer), ERR_IO);
    cr_expect_eq(strlen(why.text), sizeof why.text - 1);
}

static enum err try_it(enum err inner, int *reached)
{
    TRY(inner);
    *reached = 1;
    return OK;
}

Test(err, try_returns_early_on_failure_only)
{
    int reached = 0;
    cr_expect_eq(try_it(ERR_STORE, &reached), ERR_STORE);
    cr_expect_eq(reached, 0);
    cr_expect_eq(try_it(OK, &reached), OK);
    cr_expect_eq(reached, 1);
}
