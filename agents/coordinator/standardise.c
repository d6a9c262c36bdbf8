#include "agents/coordinator/standardise.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/global.h"
#include "agents/coordinator/journal.h"
#include <stdio.h>
#include <string.h>

struct first {
    struct agent *agent;
    char key[STORE_MAX_KEY];
};

static enum err add_piece(void *to, struct bytes piece)
{
    const struct first *f = to;
    return agent_append(f->agent, f->key, piece);
}

static enum err put_first(struct run *r, const struct global_scaling *scaling)
{
    struct first first = { .agent = r->home->agent };
    struct global_label label = { r->task.name, r->head.digest, r->id, 0 };
    char tail[32];
    journal_key(first.key, "model", r, journal_round_tail(0, tail));
    TRY(agent_del(r->home->agent, first.key));
    return global_begin(&r->spec, r->task.model.seed, scaling, &label, add_piece, &first);
}

enum err standardise_by_ranges(struct run *r)
{
    CLEANUP(global_scaling_fini) struct global_scaling scaling = { 0 };
    if (r->task.scale == SCALE_RANGES) TRY(global_scaling_ranges(&r->task.contract, &scaling));
    return put_first(r, &scaling);
}

static enum err merge_one(void *to, const char *key, struct bytes value)
{
    struct moments *all = to;
    (void)key;
    if (value.n != 3 * all->nfeatures * sizeof(double)) return ERR_STORE;
    CLEANUP(moments_fini) struct moments one = { 0 };
    TRY(moments_init(&one, all->nfeatures));
    memcpy(one.values, value.p, value.n);
    return moments_merge(all, &one);
}

enum err standardise_by_moments(struct run *r)
{
    CLEANUP(moments_fini) struct moments all = { 0 };
    CLEANUP(global_scaling_fini) struct global_scaling scaling = { 0 };
    char prefix[STORE_MAX_KEY];
    (void)snprintf(prefix, sizeof prefix, "moments/%s/", r->id);
    TRY(moments_init(&all, r->spec.ninputs));
    TRY(agent_scan(r->home->agent, prefix, merge_one, &all));
    TRY(global_scaling_moments(&all, &scaling));
    return put_first(r, &scaling);
}

enum err standardise_keep(struct run *r, const struct site *s, const struct msg_stats *m, struct why *why)
{
    CLEANUP(moments_fini) struct moments one = { 0 };
    size_t n = r->spec.ninputs;
    if (m->mean.n != n || m->m2.n != n)
        return why_say(why, ERR_INPUT, "moments of %zu inputs came; the model has %zu", m->mean.n, n);
    TRY(moments_init(&one, n));
    for (size_t i = 0; i < n; i++) {
        moments_counts(&one)[i] = (double)m->count;
        moments_means(&one)[i] = m->mean.p[i];
        moments_m2(&one)[i] = m->m2.p[i];
    }
    if (moments_check(&one) != OK)
        return why_say(why, ERR_INPUT, "the moments cannot be: counts are whole, spreads are not negative");
    return journal_put(r, "moments", s->jid, bytes_of(one.values, 3 * n * sizeof(double)));
}
