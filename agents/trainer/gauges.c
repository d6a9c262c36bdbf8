/* Numbers for /metrics, as Prometheus text.  May come between events: the job is not looked at. */
#include "agents/trainer/trainer.h"
#include <inttypes.h>

static const char *const outcomes[OUTCOMES] = {
    [OUTCOME_SENT] = "sent",
    [OUTCOME_BUDGET] = "declined_budget",
    [OUTCOME_POLICY] = "declined_policy",
    [OUTCOME_FAILED] = "failed",
};

static void family(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void single(struct buf *out, const char *name, const char *kind, const char *help, double value)
{
    family(out, name, kind, help);
    buf_addf(out, "%s %.10g\n", name, value);
}

void trainer_gauges(const void *self, struct buf *metrics)
{
    const struct trainer *t = self;
    single(metrics, "himas_trainer_records", "gauge", "Records that fit the data contract.", (double)t->about.good);
    single(metrics, "himas_trainer_records_flawed", "gauge", "Lines of the records file left out.",
           (double)t->about.flawed);
    single(metrics, "himas_privacy_epsilon_spent", "gauge", "Epsilon spent over the ledger's life.", trainer_spent(t));
    single(metrics, "himas_privacy_epsilon_budget", "gauge", "Epsilon the site's policy allows in all.",
           t->policy.epsilon_max);
    family(metrics, "himas_trainer_updates_total", "counter", "Rounds asked for, by what became of them.");
    for (size_t i = 0; i < OUTCOMES; i++)
        buf_addf(metrics, "himas_trainer_updates_total{outcome=\"%s\"} %" PRIu64 "\n", outcomes[i], t->updates[i]);
    single(metrics, "himas_trainer_training_seconds_total", "counter", "Seconds spent training.", t->training_seconds);
}
