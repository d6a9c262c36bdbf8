#include "agents/trainer/engines/loss.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct loss_row {
    const char *name;
    size_t noutputs, n;
    float outputs[6];
    uint32_t labels[2];
    double sum;
} rows[] = {
    { "even odds", 1, 1, { 0 }, { 1 }, 0.69314718056 },
    { "two rows", 1, 2, { 2, -1 }, { 1, 1 }, 0.12692801104 + 1.31326168752 },
    { "far off", 1, 1, { 100 }, { 0 }, 100 },
    { "very sure", 1, 1, { -100 }, { 0 }, 0 },
    { "three classes", 3, 1, { 1, 2, 3 }, { 2 }, 0.40760596444 },
    { "shifted", 3, 1, { 1001, 1002, 1003 }, { 2 }, 0.40760596444 },
    { "two of three", 3, 2, { 0, 0, 0, 1, 2, 3 }, { 0, 0 }, 1.09861228867 + 2.40760596444 },
};

Test(loss, values)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float z[6];
        memcpy(z, rows[i].outputs, sizeof z);
        double sum = loss_backward(z, rows[i].noutputs, rows[i].labels, rows[i].n);
        cr_expect_float_eq(sum, rows[i].sum, 1e-9, "%s: %.11f", rows[i].name, sum);
    }
}

/* Central differences of the mean loss by each output. */
Test(loss, slopes)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct loss_row *row = &rows[i];
        float slopes[6];
        memcpy(slopes, row->outputs, sizeof slopes);
        (void)loss_backward(slopes, row->noutputs, row->labels, row->n);
        for (size_t j = 0; j < row->n * row->noutputs; j++) {
            float up[6], down[6];
            const float h = 0x1p-7f;
            memcpy(up, row->outputs, sizeof up);
            memcpy(down, row->outputs, sizeof down);
            up[j] += h;
            down[j] -= h;
            double change = loss_backward(up, row->noutputs, row->labels, row->n) -
                            loss_backward(down, row->noutputs, row->labels, row->n);
            cr_expect_float_eq((double)slopes[j], change / (double)(2 * h) / (double)row->n, 1e-5, "%s", row->name);
        }
    }
}
