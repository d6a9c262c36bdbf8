/* What Prometheus sees of the federation.  Labels are states, reasons and task names: never a patient, never a round.
 */
#include "agents/coordinator/coordinator.h"
#include <inttypes.h>
#include <math.h>

static void head(struct buf *m, const char *name, const char *type, const char *help)
{
    buf_addf(m, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void rounds(const struct coordinator *c, struct buf *m)
{
    head(m, "himas_rounds_total", "counter", "Rounds closed since the process began.");
    buf_addf(m, "himas_rounds_total{outcome=\"closed\"} %" PRIu64 "\n", c->counts.rounds_closed);
    buf_addf(m, "himas_rounds_total{outcome=\"failed\"} %" PRIu64 "\n", c->counts.rounds_failed);
    head(m, "himas_round_duration_seconds", "summary", "Time from a round's model going out to its close.");
    buf_addf(m, "himas_round_duration_seconds_sum %.3f\n", c->counts.round_seconds);
    buf_addf(m, "himas_round_duration_seconds_count %" PRIu64 "\n", c->counts.rounds_closed);
    head(m, "himas_runs_ended_total", "counter", "Runs ended since the process began.");
    for (unsigned s = RUN_DONE; s < RUN_STATES; s++)
        buf_addf(m, "himas_runs_ended_total{outcome=\"%s\"} %" PRIu64 "\n", run_state_name(s), c->counts.runs_ended[s]);
}

static void answers(const struct coordinator *c, struct buf *m)
{
    struct run_counts all = { 0 };
    for (size_t i = 0; i < c->nruns; i++) {
        all.asked += c->runs[i]->counts.asked;
        all.in += c->runs[i]->counts.in;
        all.out += c->runs[i]->counts.out;
        all.away += c->runs[i]->counts.away;
    }
    head(m, "himas_round_trainers", "gauge", "Trainers in the present phases of all runs, by answer.");
    buf_addf(m, "himas_round_trainers{state=\"answered\"} %zu\n", all.in);
    buf_addf(m, "himas_round_trainers{state=\"declined\"} %zu\n", all.out);
    buf_addf(m, "himas_round_trainers{state=\"away\"} %zu\n", all.away);
    buf_addf(m, "himas_round_trainers{state=\"awaited\"} %zu\n", all.asked - all.in - all.out - all.away);
    head(m, "himas_trainers_online", "gauge", "Trainers of the roster that are present.");
    buf_addf(m, "himas_trainers_online %zu\n", hospitals_online(&c->hospitals));
    head(m, "himas_updates_refused_total", "counter", "Answers of trainers that were refused.");
    for (unsigned r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++)
        buf_addf(m, "himas_updates_refused_total{reason=\"%s\"} %" PRIu64 "\n", refusal_name((enum refusal)r),
                 c->counts.refused[r]);
    head(m, "himas_updates_late_total", "counter", "Answers that came after their phase was over.");
    buf_addf(m, "himas_updates_late_total %" PRIu64 "\n", c->counts.late);
    head(m, "himas_updates_repeated_total", "counter", "Updates that came again with the same bytes.");
    buf_addf(m, "himas_updates_repeated_total %" PRIu64 "\n", c->counts.repeated);
}

static double auc(const struct run_head *h) { return h->auc; }
static double accuracy(const struct run_head *h) { return h->accuracy; }
static double loss(const struct run_head *h) { return h->loss; }

static const struct {
    const char *name;
    const char *help;
    double (*value)(const struct run_head *h);
} scores[] = {
    { "himas_model_validation_auroc_ratio", "Federated AUROC of the newest model.", auc },
    { "himas_model_validation_accuracy_ratio", "Federated accuracy of the newest model.", accuracy },
    { "himas_model_validation_loss", "Federated mean loss of the newest model.", loss },
};

static void metric(const struct coordinator *c, struct buf *m, size_t score)
{
    head(m, scores[score].name, "gauge", scores[score].help);
    for (size_t i = 0; i < c->nruns; i++) {
        double value = scores[score].value(&c->runs[i]->head);
        if (isfinite(value) && !run_over(c->runs[i]))
            buf_addf(m, "%s{task=\"%s\"} %.6f\n", scores[score].name, c->runs[i]->task.name, value);
    }
}

void coordinator_gauges(const void *self, struct buf *m)
{
    const struct coordinator *c = self;
    size_t going = 0;
    for (size_t i = 0; i < c->nruns; i++) going += !run_over(c->runs[i]);
    head(m, "himas_runs", "gauge", "Runs going on.");
    buf_addf(m, "himas_runs %zu\n", going);
    rounds(c, m);
    answers(c, m);
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) metric(c, m, i);
}
