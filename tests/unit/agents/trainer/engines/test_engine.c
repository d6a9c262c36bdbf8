#include "agents/trainer/engines/engine.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(engine, found_by_name)
{
    cr_assert_not_null(engine_find(STR("net")));
    cr_expect_str_eq(engine_find(STR("net"))->name, "net");
    cr_expect_null(engine_find(STR("nets")));
    cr_expect_null(engine_find(STR("")));
}

Test(engine, settings_have_ranges)
{
    static const struct {
        const char *named; /* in the sentence; NULL: fine */
        struct training how;
    } rows[] = {
        { NULL, { TRAINING_ADAM, 1e-3, 0, 0, 1, 32, 0 } },
        { "learning rate", { TRAINING_ADAM, 0, 0, 0, 1, 32, 0 } },
        { "learning rate", { TRAINING_ADAM, NAN, 0, 0, 1, 32, 0 } },
        { "weight decay", { TRAINING_ADAM, 1e-3, -1, 0, 1, 32, 0 } },
        { "proximal mu", { TRAINING_ADAM, 1e-3, 0, INFINITY, 1, 32, 0 } },
        { "epochs", { TRAINING_ADAM, 1e-3, 0, 0, 0, 32, 0 } },
        { "batch", { TRAINING_ADAM, 1e-3, 0, 0, 1, 0, 0 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        cr_expect_eq(training_check(&rows[i].how, &why), rows[i].named ? ERR_SETTING : OK, "row %zu", i);
        if (rows[i].named) cr_expect(strstr(why.text, rows[i].named), "%s", why.text);
    }
}
