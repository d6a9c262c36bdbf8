/* Numbers for /metrics, as Prometheus text. */
#include "agents/privacy/guardian.h"
#include <inttypes.h>

static void counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s counter\n%s %" PRIu64 "\n", name, help, name, name, value);
}

void guardian_gauges(const void *self, struct buf *metrics)
{
    const struct guardian *g = self;
    counter(metrics, "himas_guardian_permits_total", "Permits given.", g->permits);
    counter(metrics, "himas_guardian_vetoes_total", "Permits refused.", g->vetoes);
    buf_addf(metrics,
             "# HELP himas_log_entries Entries of the transparency log.\n# TYPE himas_log_entries gauge\n"
             "himas_log_entries %" PRIu64 "\n",
             g->log.range.size);
    counter(metrics, "himas_guardian_alarms_total", "Found to go against a permit.", g->alarms);
}
