/* Slow links: what a node sends or gets waits its turn, each way on its own.
 *
 * Chunks travel on streams, which mend a loss by sending again: that costs 1 / (1 - drop) of the time and the bytes.  A
 * cut loses the chunk under way and what of it had passed. */
#include "common/runtime/sim_private.h"
#include <stdlib.h>

static double transfer_ms(const struct sim *s, double bytes)
{
    return bytes * 8 * 1000 / (double)s->faults.bits_per_second;
}

/* When the way is free again after so many bytes more. */
static double take_turn(const struct sim *s, double *free_ms, double from_ms, double bytes)
{
    double start = *free_ms > from_ms ? *free_ms : from_ms;
    *free_ms = start + transfer_ms(s, bytes);
    return *free_ms;
}

uint64_t sim_packet_at(struct sim_node *from, struct sim_node *to, size_t bytes)
{
    struct sim *s = from->sim;
    double at = (double)(s->now_ms + sim_delay(s));
    if (s->faults.bits_per_second == 0) return (uint64_t)at;
    from->traffic.sent += bytes;
    if (from->def) at += take_turn(s, &from->free_ms[SIM_OUT], (double)s->now_ms, (double)bytes) - (double)s->now_ms;
    to->traffic.received += bytes;
    if (to->def) at = take_turn(s, &to->free_ms[SIM_IN], at, (double)bytes);
    return (uint64_t)at + 1;
}

uint64_t sim_flow_begin(struct sim_node *n, enum sim_way way, uint64_t token, size_t bytes)
{
    struct sim *s = n->sim;
    struct sim_flow *grown = realloc(n->flows, (n->nflows + 1) * sizeof *grown);
    if (grown == NULL) abort(); /* a simulation without memory is none */
    n->flows = grown;
    struct sim_flow *f = &n->flows[n->nflows++];
    *f = (struct sim_flow){ .way = way, .token = token, .bytes = (double)bytes / (1 - s->faults.drop) };
    f->began_ms = n->free_ms[way] > (double)s->now_ms ? n->free_ms[way] : (double)s->now_ms;
    f->ends_ms = take_turn(s, &n->free_ms[way], (double)s->now_ms, f->bytes);
    return (uint64_t)f->ends_ms + 1 + sim_delay(s);
}

static void count(struct sim_node *n, const struct sim_flow *f, double share)
{
    uint64_t bytes = (uint64_t)(f->bytes * share);
    *(f->way == SIM_OUT ? &n->traffic.sent : &n->traffic.received) += bytes;
    n->sim->counts.bytes += bytes;
}

void sim_flow_end(struct sim_node *n, uint64_t token)
{
    for (size_t i = 0; i < n->nflows; i++) {
        if (n->flows[i].token != token) continue;
        count(n, &n->flows[i], 1);
        n->flows[i] = n->flows[--n->nflows];
        return;
    }
}

static double share_passed(const struct sim_flow *f, double now_ms)
{
    if (now_ms <= f->began_ms) return 0;
    return now_ms >= f->ends_ms ? 1 : (now_ms - f->began_ms) / (f->ends_ms - f->began_ms);
}

void sim_flows_cut(struct sim_node *n, bool tell)
{
    static const enum sim_event_kind kinds[] = { [SIM_OUT] = SIM_STORED, [SIM_IN] = SIM_FETCHED };
    struct sim *s = n->sim;
    for (size_t i = 0; i < n->nflows; i++) {
        const struct sim_flow *f = &n->flows[i];
        struct sim_event e = { .kind = kinds[f->way], .node = n->index, .at_ms = s->now_ms, .life = n->life };
        count(n, f, share_passed(f, (double)s->now_ms));
        e.link = n->link;
        e.token = f->token;
        e.err = ERR_NETWORK;
        if (tell) sim_push(s, &e);
    }
    n->nflows = 0;
    n->free_ms[SIM_OUT] = n->free_ms[SIM_IN] = (double)s->now_ms;
}
