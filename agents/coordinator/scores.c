#include "agents/coordinator/scores.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static double wrong_rows(const struct tally *t)
{
    double right = 0;
    for (size_t k = 0; k < t->nclasses; k++) right += t->confusion[k * t->nclasses + k];
    return *t->count - right;
}

/* The sums must be possible for so many records, so many of them told wrongly.  The true class of a wrong one has at
 * most half of the probability: a loss of ln 2 and a squared error of a quarter at least.  That of a right one has at
 * least its share among all: a loss of ln(classes) at most. */
static enum err check_sums(const struct tally *t, struct why *why)
{
    const double slack = 1e-9 * (*t->count + 1); /* of adding up */
    double wrong = wrong_rows(t);
    double most_loss = wrong * SCORES_MAX_LOSS + (*t->count - wrong) * log((double)t->nclasses) + slack;
    if (*t->loss_sum < wrong * log(2) - slack || *t->loss_sum > most_loss)
        return why_say(why, ERR_INPUT, "a loss of %.6g cannot be that of %.0f records, %.0f of them told wrongly",
                       *t->loss_sum, *t->count, wrong);
    if (*t->brier_sum < wrong / 4 - slack || *t->brier_sum > 2 * *t->count + slack)
        return why_say(why, ERR_INPUT, "squared errors of %.6g cannot be those of %.0f records, %.0f told wrongly",
                       *t->brier_sum, *t->count, wrong);
    return OK;
}

static enum err fill(struct tally *t, const struct msg_evaluation *m, struct why *why)
{
    size_t cells = t->nclasses * t->nclasses;
    size_t bins = t->nscores * t->nbins;
    if (m->confusion.n != cells || m->positives.n != bins || m->negatives.n != bins)
        return why_say(why, ERR_INPUT,
                       "confusion, positives and negatives have %zu, %zu and %zu numbers; %zu, %zu and %zu are right",
                       m->confusion.n, m->positives.n, m->negatives.n, cells, bins, bins);
    *t->count = (double)m->samples;
    *t->loss_sum = m->loss_sum;
    *t->brier_sum = m->brier_sum;
    memcpy(t->confusion, m->confusion.p, cells * sizeof(double));
    memcpy(t->positives, m->positives.p, bins * sizeof(double));
    memcpy(t->negatives, m->negatives.p, bins * sizeof(double));
    if (tally_check(t) != OK) return why_say(why, ERR_INPUT, "the counts do not agree on the number of records scored");
    return check_sums(t, why);
}

enum err scores_tally(size_t nclasses, const struct msg_evaluation *m, struct tally *out, struct why *why)
{
    struct tally t;
    TRY(tally_init(&t, nclasses));
    enum err e = fill(&t, m, why);
    if (e != OK) {
        tally_fini(&t);
        return e;
    }
    *out = t;
    return OK;
}

static void tail_of(const struct run *r, const char *jid, char out[STORE_MAX_KEY])
{
    char round[32];
    (void)snprintf(out, STORE_MAX_KEY, "%s/%s", journal_round_tail(r->head.round, round), jid);
}

enum err scores_keep(struct run *r, struct site *s, const struct msg_evaluation *m, struct why *why)
{
    CLEANUP(tally_fini) struct tally t = { 0 };
    char tail[STORE_MAX_KEY];
    if (m->samples > 0) {
        TRY(scores_tally(model_nclasses(&r->spec), m, &t, why));
        tail_of(r, s->jid, tail);
        TRY(journal_put(r, "scores", tail, bytes_of(t.values, t.nvalues * sizeof(double))));
    }
    s->score_round = r->head.round;
    s->scored = m->samples;
    s->loss_sum = m->loss_sum;
    s->brier_sum = m->brier_sum;
    s->correct = 0;
    for (size_t k = 0; k < t.nclasses; k++) s->correct += t.confusion[k * t.nclasses + k];
    return OK;
}

enum err scores_keep_sum(struct run *r, const struct tally *all)
{
    char tail[STORE_MAX_KEY];
    r->head.sum_scored = (uint64_t)*all->count;
    r->head.sum_score_loss = *all->loss_sum;
    r->head.sum_correct = *all->count - wrong_rows(all);
    tail_of(r, "sum", tail);
    return journal_put(r, "scores", tail, bytes_of(all->values, all->nvalues * sizeof(double)));
}

static enum err merge_one(void *to, const char *key, struct bytes value)
{
    struct tally *all = to;
    CLEANUP(tally_fini) struct tally one = { 0 };
    (void)key;
    TRY(tally_init(&one, all->nclasses));
    if (value.n != one.nvalues * sizeof(double)) return ERR_STORE;
    memcpy(one.values, value.p, value.n);
    return tally_merge(all, &one);
}

static void prefix_of(const struct run *r, char out[STORE_MAX_KEY])
{
    char round[32];
    (void)snprintf(out, STORE_MAX_KEY, "scores/%s/%s/", r->id, journal_round_tail(r->head.round, round));
}

enum err scores_merge(struct run *r, struct metrics *out)
{
    CLEANUP(tally_fini) struct tally all = { 0 };
    char prefix[STORE_MAX_KEY];
    prefix_of(r, prefix);
    TRY(tally_init(&all, model_nclasses(&r->spec)));
    TRY(agent_scan(r->home->agent, prefix, merge_one, &all));
    tally_finish(&all, out);
    return OK;
}

enum err scores_drop(struct run *r)
{
    char prefix[STORE_MAX_KEY];
    prefix_of(r, prefix);
    return agent_del_prefix(r->home->agent, prefix);
}
