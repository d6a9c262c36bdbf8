/* Three steps of each optimiser on three weights; expected values by a separate program from the paper's formulas, with
 * weights rounded to float32 after each step. */
#include "agents/coordinator/server_opt.h"
#include <criterion/criterion.h>
#include <math.h>

enum { N = 3, STEPS = 3 };
static const double changes[STEPS][N] = { { 0.1, -0.2, 0.05 }, { 0.3, 0.1, -0.05 }, { -0.2, 0.4, 0.0 } };

static const struct row {
    const char *name;
    enum task_server optimizer;
    size_t memory;
    double expected[N];
} rows[] = {
    { "sgd", SERVER_SGD, 0, { 1.01999998, -0.969999969, 0.5 } },
    { "momentum", SERVER_MOMENTUM, 1, { 1.06410003, -0.995199978, 0.504049957 } },
    { "adam", SERVER_ADAM, 2, { 1.2494961, -1.05929339, 0.570273221 } },
    { "yogi", SERVER_YOGI, 2, { 1.24928164, -1.05930722, 0.570311725 } },
};

Test(server_opt, three_steps)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct task_server_opt o = { row->optimizer, .learning_rate = 0.1, .momentum = 0.9,
                                     .beta1 = 0.9,   .beta2 = 0.99,        .tau = 1e-3 };
        double memory[2 * N] = { 0 };
        float weights[N] = { 1, -1, 0.5f };
        cr_expect(server_opt_memory(row->optimizer) == row->memory, "%s", row->name);
        server_opt_begin(&o, memory, N);
        for (size_t s = 0; s < STEPS; s++) server_opt_step(&o, memory, changes[s], weights, N);
        for (size_t k = 0; k < N; k++)
            cr_expect(fabs((double)weights[k] - row->expected[k]) < 2e-7, "%s: weight %zu is %.9g, not %.9g", row->name,
                      k, (double)weights[k], row->expected[k]);
    }
}

Test(server_opt, rate_one_is_fedavg)
{
    struct task_server_opt o = { SERVER_SGD, .learning_rate = 1 };
    float weights[N] = { 1, 2, 3 };
    server_opt_step(&o, NULL, changes[0], weights, N);
    cr_expect(weights[0] == 1.1f && weights[1] == 1.8f && weights[2] == 3.05f);
}
