#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

Test(core_call, people_are_answered_in_words)
{
    static const struct {
        const char *who, *line, *answer;
    } rows[] = {
        { "olga", "/hello name=Ada", "hello Ada, you are a operator" },
        { "olga", "good day Ada", "hello Ada" },
        { "olga", "helo Ada", "did you mean" },
        { "olga", "hello", "name" },
        { "olga", "secret", "is for: privacy-officer" },
        { "paul", "secret", "the privacy budget is spent" },
        { "olga", "help", "hello" },
    };
    struct sim *s = toys_start("");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_forget(s, rows[i].who);
        sim_say(s, rows[i].who, "server", rows[i].line);
        (void)sim_run(s, 1000, NULL, NULL);
        struct str heard = sim_heard(s, rows[i].who);
        cr_expect(heard.n > 0 && strstr(heard.p, rows[i].answer), "%s: " STR_F, rows[i].line, STR_ARG(heard));
    }
    sim_free(s);
}
