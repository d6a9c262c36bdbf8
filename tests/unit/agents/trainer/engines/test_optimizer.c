#include "agents/trainer/engines/optimizer.h"
#include <criterion/criterion.h>
#include <math.h>

/* Steps along a constant gradient, against values worked out by hand from the papers' formulas. */
Test(optimizer, steps)
{
    static const struct {
        const char *name;
        struct training how;
        size_t steps;
        float gradient, expected;
    } rows[] = {
        { "sgd", { TRAINING_SGD, 0.1, 0, 0, 1, 1, 0 }, 1, 2, 0.8f },
        { "sgd, two", { TRAINING_SGD, 0.1, 0, 0, 1, 1, 0 }, 2, 2, 0.6f },
        { "sgd, decay", { TRAINING_SGD, 0.1, 0.5, 0, 1, 1, 0 }, 1, 2, 0.75f },
        { "sgd, pull to 3", { TRAINING_SGD, 0.1, 0, 0.5, 1, 1, 0 }, 1, 2, 0.9f },
        { "adam", { TRAINING_ADAM, 0.1, 0, 0, 1, 1, 0 }, 1, 2, 0.9f },
        { "adam, three", { TRAINING_ADAM, 0.1, 0, 0, 1, 1, 0 }, 3, 1e-3f, 0.7f },
        { "adam, decay", { TRAINING_ADAM, 0.1, 1, 0, 1, 1, 0 }, 1, -5, 1.0f },
        { "adam, nothing", { TRAINING_ADAM, 0.1, 0, 0, 1, 1, 0 }, 5, 0, 1.0f },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(optimizer_fini) struct optimizer o = { 0 };
        float w = 1;
        const float origin = 3;
        cr_assert_eq(optimizer_init(&o, &rows[i].how, 1), OK);
        for (size_t s = 0; s < rows[i].steps; s++) {
            float g = rows[i].gradient;
            optimizer_step(&o, &w, &g, &origin);
        }
        cr_expect_float_eq(w, rows[i].expected, 1e-5f, "%s: %g", rows[i].name, (double)w);
    }
}
