/* Counters as Prometheus text (format 0.0.4), for /metrics. */
#include "common/runtime/core_private.h"
#include <inttypes.h>

static void family(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void single(struct buf *out, const char *name, const char *kind, const char *help, uint64_t value)
{
    family(out, name, kind, help);
    buf_addf(out, "%s %" PRIu64 "\n", name, value);
}

static void by_type(struct buf *out, const char *name, const char *help, const uint64_t counts[MSG_COUNT])
{
    family(out, name, "counter", help);
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++)
        if (counts[t]) buf_addf(out, "%s{type=\"%s\"} %" PRIu64 "\n", name, msg_desc(t)->name, counts[t]);
}

void core_metrics(const struct agent *a, struct buf *out)
{
    const struct core_counts *c = &a->counts;
    size_t online = 0;
    for (size_t i = 0; i < a->npeers; i++) online += a->peers[i].online;
    family(out, "himas_build_info", "gauge", "Constant 1, labelled by version.");
    buf_addf(out, "himas_build_info{agent=\"%s\",version=\"%s\"} 1\n", a->def->name, HIMAS_VERSION);
    by_type(out, "himas_messages_received_total", "Messages handled, by type.", c->received);
    by_type(out, "himas_messages_sent_total", "Messages sent, repeats included, by type.", c->sent);
    family(out, "himas_messages_refused_total", "counter", "Messages refused, by reason.");
    for (enum err e = OK + 1; e < ERR_COUNT; e++)
        if (c->refused[e])
            buf_addf(out, "himas_messages_refused_total{reason=\"%s\"} %" PRIu64 "\n", err_name(e), c->refused[e]);
    single(out, "himas_messages_resent_total", "counter", "Messages sent again for want of an acknowledgement.",
           c->resent);
    single(out, "himas_messages_duplicate_total", "counter", "Repeats that were recognised and not handled again.",
           c->duplicates);
    single(out, "himas_messages_expired_total", "counter", "Messages given up because their time was over.",
           c->expired);
    single(out, "himas_messages_flooded_total", "counter",
           "Messages and chat lines dropped because their sender was too fast.", c->flooded);
    single(out, "himas_attachments_refused_total", "counter",
           "Attachments that were too long, or waited for by nobody.", c->attachments_refused);
    single(out, "himas_attachments_deferred_total", "counter", "Attachments put off because too much is unfinished.",
           c->attachments_deferred);
    single(out, "himas_attachments_expired_total", "counter", "Unfinished attachments given up.",
           c->attachments_expired);
    single(out, "himas_strangers_total", "counter", "Words from senders that are not in the roster.", c->strangers);
    single(out, "himas_chats_total", "counter", "Chat lines from people.", c->chats);
    single(out, "himas_calls_total", "counter", "Commands run, on any surface.", c->calls);
    family(out, "himas_calls_refused_total", "counter", "Commands that were refused, by reason.");
    for (enum err e = OK + 1; e < ERR_COUNT; e++)
        if (c->calls_refused[e])
            buf_addf(out, "himas_calls_refused_total{reason=\"%s\"} %" PRIu64 "\n", err_name(e), c->calls_refused[e]);
    single(out, "himas_transactions_total", "counter", "Events whose effects were committed.", c->commits);
    single(out, "himas_rebuilds_total", "counter", "Times the state was rebuilt from the store after a failure.",
           c->reloads);
    single(out, "himas_outbox_messages", "gauge", "Messages not yet acknowledged.", core_outbox(a));
    single(out, "himas_peers_online", "gauge", "Members of the roster seen online.", online);
    single(out, "himas_link_up", "gauge", "1 while connected to the broker.", a->up);
    screen_metrics(a->screen, out);
    if (a->def->gauges && a->ready) a->def->gauges(a->state, out);
}
