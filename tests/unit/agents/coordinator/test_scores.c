#include "agents/coordinator/scores.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <math.h>

static double confusion[4] = { 1, 1, 0, 2 };
static double positives[METRICS_MAX_BINS];
static double negatives[METRICS_MAX_BINS];

static const struct row {
    const char *name;
    uint64_t samples;
    size_t cells, bins;
    double loss_sum, brier_sum;
    enum err err;
} rows[] = {
    { "right", 4, 4, METRICS_MAX_BINS, 1.5, 0.5, OK },
    { "the largest loss that is believed", 4, 4, METRICS_MAX_BINS, 1002, 2, OK },
    { "an absurd loss", 4, 4, METRICS_MAX_BINS, 1003, 2, ERR_INPUT },
    { "the largest loss of the schema", 4, 4, METRICS_MAX_BINS, 1e15, 2, ERR_INPUT },
    { "a loss too good for a record told wrongly", 4, 4, METRICS_MAX_BINS, 0.69, 0.5, ERR_INPUT },
    { "squared errors of more records", 4, 4, METRICS_MAX_BINS, 1.5, 8.1, ERR_INPUT },
    { "squared errors too small for a record told wrongly", 4, 4, METRICS_MAX_BINS, 1.5, 0.24, ERR_INPUT },
    { "the confusion matrix holds another number of records", 5, 4, METRICS_MAX_BINS, 1.5, 0.5, ERR_INPUT },
    { "a matrix of three classes", 4, 9, METRICS_MAX_BINS, 1.5, 0.5, ERR_INPUT },
    { "too few bins", 4, 4, 10, 1.5, 0.5, ERR_INPUT },
};

Test(scores, tallies_of_peers)
{
    positives[900] = 2;
    negatives[100] = 1;
    negatives[800] = 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct msg_evaluation m = { .samples = rows[i].samples,
                                    .loss_sum = rows[i].loss_sum,
                                    .brier_sum = rows[i].brier_sum };
        double wide[9] = { 1, 1, 0, 0, 2 };
        struct tally t = { 0 };
        struct why why = { 0 };
        m.confusion = (struct vec){ rows[i].cells == 4 ? confusion : wide, rows[i].cells };
        m.positives = (struct vec){ positives, rows[i].bins };
        m.negatives = (struct vec){ negatives, rows[i].bins };
        enum err e = scores_tally(2, &m, &t, &why);
        cr_expect(e == rows[i].err, "%s: %s", rows[i].name, why.text);
        cr_expect((e == OK) == (t.values != NULL) && (e == OK) == (why.text[0] == 0), "%s", rows[i].name);
        tally_fini(&t);
    }
}

/* A hospital that claims the absurd is refused, counted, and the run goes on without its scores. */
Test(scores, the_absurd_is_not_believed)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "wild", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    cr_expect(head.state == RUN_DONE && head.loss < 10, "%g", head.loss);
    cr_expect(house_state(&h)->counts.refused[REFUSAL_NUMBERS] > 0);
    house_close(&h);
}

/* Two puppets score the same four records: loss, accuracy and AUC are those of the four. */
Test(scores, merged_over_hospitals)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    struct run_head head = house_head(&h, "toy-1");
    double loss = (log1p(exp(-2.0)) + log1p(exp(1.0)) + log1p(exp(1.0)) + log1p(exp(-2.0))) / 4;
    cr_expect(fabs(head.loss - loss) < 1e-12, "%.12g", head.loss);
    cr_expect(head.accuracy == 0.5 && head.auc == 0.75, "%g %g", head.accuracy, head.auc);
    house_close(&h);
}
