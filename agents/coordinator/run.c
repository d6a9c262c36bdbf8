#include "agents/coordinator/run.h"
#include "agents/coordinator/secure_round.h"
#include "common/base/clock.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_ARENA_BYTES = 8 << 20 };

const char *const run_state_names[RUN_STATES] = {
    [RUN_PLANNED] = "planned",         [RUN_INVITING] = "inviting",
    [RUN_STATISTICS] = "statistics",   [RUN_KEYS] = "keys",
    [RUN_SHARES] = "shares",           [RUN_TRAINING] = "training",
    [RUN_CONSISTENCY] = "consistency", [RUN_UNMASKING] = "unmasking",
    [RUN_AGGREGATING] = "aggregating", [RUN_EVALUATING] = "evaluating",
    [RUN_PAUSED] = "paused",           [RUN_DONE] = "done",
    [RUN_FAILED] = "failed",           [RUN_ABORTED] = "aborted",
    [RUN_PUBLISHING] = "publishing",   [RUN_PERMITTING] = "permitting",
};

const char *run_state_name(unsigned state) { return state < RUN_STATES ? run_state_names[state] : "unknown"; }

unsigned run_state_of(struct str name)
{
    unsigned s = 0;
    while (s < RUN_STATES && !str_is(name, run_state_names[s])) s++;
    return s;
}

/* ---- life ---- */

enum err run_model(const struct task *t, struct model_spec *out, struct why *why)
{
    static const enum model_arch archs[] = {
        [ARCH_LOGISTIC] = MODEL_LOGISTIC, [ARCH_SOFTMAX] = MODEL_SOFTMAX, [ARCH_MLP] = MODEL_MLP
    };
    return model_spec_make(archs[t->model.arch], t->contract.ninputs, t->contract.nclasses, t->model.hidden,
                           t->model.nhidden, out, why);
}

enum err run_init(struct run *r, struct str task_text, struct why *why)
{
    r->head.best_loss = r->head.loss = r->head.auc = r->head.accuracy = NAN;
    r->text = buf_make(TASK_MAX_BYTES);
    r->arena = arena_make(RUN_ARENA_BYTES);
    buf_add_str(&r->text, task_text);
    TRY(buf_err(&r->text));
    TRY(task_parse(buf_str(&r->text), "task", &r->arena, &r->task, why));
    return run_model(&r->task, &r->spec, why);
}

void run_fini(struct run *r)
{
    if (r == NULL) return;
    buf_free(&r->text);
    arena_free(&r->arena);
    free(r->sites);
    secure_round_free(r->secure);
    *r = (struct run){ 0 };
}

/* Index of the first site whose JID is not before jid. */
static size_t site_place(const struct run *r, const char *jid)
{
    size_t low = 0;
    size_t high = r->nsites;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->sites[middle].jid, jid) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct site *run_site(struct run *r, const char *jid)
{
    size_t at = site_place(r, jid);
    return at < r->nsites && strcmp(r->sites[at].jid, jid) == 0 ? &r->sites[at] : NULL;
}

struct site *run_add_site(struct run *r, const char *jid, const char *name)
{
    if (r->nsites == r->cap_sites) {
        size_t cap = r->cap_sites ? 2 * r->cap_sites : 8;
        struct site *grown = realloc(r->sites, cap * sizeof *grown);
        if (grown == NULL) return NULL;
        r->sites = grown;
        r->cap_sites = cap;
    }
    size_t at = site_place(r, jid);
    memmove(&r->sites[at + 1], &r->sites[at], (r->nsites - at) * sizeof *r->sites);
    struct site *s = &r->sites[at];
    *s = (struct site){ .membership = SITE_INVITED };
    (void)snprintf(s->jid, sizeof s->jid, "%s", jid);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    r->nsites++;
    return s;
}

/* ---- facts ---- */

static bool asked_in_phase(const struct run *r, const struct site *s)
{
    if (r->head.state == RUN_INVITING) return s->membership != SITE_DECLINED;
    if (run_in_sum(r)) return s->membership == SITE_JOINED && s->asked_phase == r->head.phase;
    if (run_passes_scores(r)) return false;
    return s->membership == SITE_JOINED && s->joined_phase < r->head.phase;
}

enum answer site_answer(const struct run *r, const struct site *s)
{
    if (!run_asks(r)) return ANSWER_NONE;
    if (s->answer_phase == r->head.phase) return (enum answer)s->answer;
    if (!asked_in_phase(r, s)) return ANSWER_NONE;
    return r->head.state == RUN_INVITING && s->membership == SITE_JOINED ? ANSWER_IN : ANSWER_ASKED;
}

static void count_site(const struct run *r, const struct site *s, struct run_counts *c)
{
    enum answer answer = site_answer(r, s);
    c->asked += answer != ANSWER_NONE;
    c->in += answer == ANSWER_IN;
    c->out += answer == ANSWER_OUT;
    c->away += answer == ANSWER_ASKED && s->away;
}

static struct run_counts uncount_site(const struct run *r, const struct site *s)
{
    struct run_counts one = { 0 };
    count_site(r, s, &one);
    return (struct run_counts){ r->counts.asked - one.asked, r->counts.in - one.in, r->counts.out - one.out,
                                r->counts.away - one.away };
}

/* Whoever joins is asked from the next phase on; but in a round that was asked to be permitted without it, later. */
void run_set_membership(struct run *r, struct site *s, enum membership membership)
{
    r->counts = uncount_site(r, s);
    s->membership = membership;
    if (membership == SITE_JOINED) s->joined_phase = r->head.phase + (r->head.state == RUN_PERMITTING);
    count_site(r, s, &r->counts);
}

void run_set_answer(struct run *r, struct site *s, enum answer answer)
{
    r->counts = uncount_site(r, s);
    s->answer = answer;
    s->answer_phase = r->head.phase;
    count_site(r, s, &r->counts);
}

void run_set_away(struct run *r, struct site *s, bool away)
{
    r->counts = uncount_site(r, s);
    s->away = away;
    count_site(r, s, &r->counts);
}

void run_recount(struct run *r)
{
    r->counts = (struct run_counts){ 0 };
    for (size_t i = 0; i < r->nsites; i++) count_site(r, &r->sites[i], &r->counts);
}

/* ---- questions ---- */

bool run_over(const struct run *r)
{
    return r->head.state == RUN_DONE || r->head.state == RUN_FAILED || r->head.state == RUN_ABORTED;
}

bool run_asks(const struct run *r)
{
    static const bool asks[RUN_STATES] = { [RUN_INVITING] = true,  [RUN_STATISTICS] = true, [RUN_KEYS] = true,
                                           [RUN_SHARES] = true,    [RUN_TRAINING] = true,   [RUN_CONSISTENCY] = true,
                                           [RUN_UNMASKING] = true, [RUN_EVALUATING] = true, [RUN_PUBLISHING] = true };
    return asks[r->head.state];
}

bool run_in_sum(const struct run *r)
{
    static const bool sums[RUN_STATES] = {
        [RUN_KEYS] = true, [RUN_SHARES] = true, [RUN_CONSISTENCY] = true, [RUN_UNMASKING] = true
    };
    return sums[r->head.state] || (r->head.state == RUN_TRAINING && r->task.aggregation.secure);
}

bool run_passes_scores(const struct run *r) { return r->head.state == RUN_EVALUATING && r->task.aggregation.secure; }

bool run_unmasks(const struct run *r)
{
    return r->head.state == RUN_AGGREGATING && r->task.aggregation.secure &&
           (r->head.scoring || r->head.sum_kept != r->head.round);
}

bool run_lost_sum(const struct run *r) { return (run_in_sum(r) || run_unmasks(r)) && r->secure == NULL; }

/* The last round's model is what the run is judged by. */
bool run_scores_round(const struct run *r)
{
    return r->head.round >= r->head.rounds || r->head.round % r->task.rounds.evaluate_every == 0;
}

/* Those who are away are waited for only as long as the round cannot do without them. */
bool run_still_waiting(const struct run *r)
{
    size_t silent = r->counts.asked - r->counts.in - r->counts.out;
    if (r->head.state == RUN_PUBLISHING && r->counts.in + silent < r->head.quorum) return false;
    if (r->head.state == RUN_PUBLISHING && !r->head.logged) return true;
    if (run_lost_sum(r) || silent > r->counts.away) return true;
    return silent > 0 && r->head.state != RUN_EVALUATING && run_too_few(r);
}

bool run_too_few(const struct run *r)
{
    bool sum = run_in_sum(r) && r->secure != NULL;
    return r->counts.in < (sum ? r->secure->needed : r->head.quorum);
}

static bool has_scored(const struct run *r, const struct site *s)
{
    return s->score_round == r->head.round && s->scored > 0;
}

/* The mean over all scored records; sites are added in their fixed order. */
static double score_mean(const struct run *r, double (*sum_of)(const struct site *s))
{
    double sum = 0;
    double scored = 0;
    for (size_t i = 0; i < r->nsites; i++) {
        const struct site *s = &r->sites[i];
        if (!has_scored(r, s)) continue;
        sum += sum_of(s);
        scored += (double)s->scored;
    }
    return scored > 0 ? sum / scored : NAN;
}

static double losses(const struct site *s) { return s->loss_sum; }
static double hits(const struct site *s) { return s->correct; }

static double of_sum(const struct run *r, double sum)
{
    return r->head.sum_scored > 0 ? sum / (double)r->head.sum_scored : NAN;
}

double run_score_loss(const struct run *r)
{
    return r->task.aggregation.secure ? of_sum(r, r->head.sum_score_loss) : score_mean(r, losses);
}

double run_score_accuracy(const struct run *r)
{
    return r->task.aggregation.secure ? of_sum(r, r->head.sum_correct) : score_mean(r, hits);
}

bool run_improved(const struct run *r)
{
    double loss = run_score_loss(r);
    if (isnan(loss)) return false;
    return isnan(r->head.best_loss) || loss < r->head.best_loss - r->task.rounds.min_improvement;
}

bool run_finished(const struct run *r)
{
    if (r->head.round >= r->head.rounds) return true;
    if (r->task.rounds.patience == 0 || isnan(run_score_loss(r)) || run_improved(r)) return false;
    return r->head.stale_rounds + 1 >= r->task.rounds.patience;
}

uint64_t run_phase_limit_ms(const struct run *r, unsigned state)
{
    static const bool waits[RUN_STATES] = {
        [RUN_STATISTICS] = true,  [RUN_PERMITTING] = true, [RUN_KEYS] = true,     [RUN_SHARES] = true,
        [RUN_CONSISTENCY] = true, [RUN_UNMASKING] = true,  [RUN_TRAINING] = true, [RUN_AGGREGATING] = true,
        [RUN_EVALUATING] = true,  [RUN_PUBLISHING] = true
    };
    if (state == RUN_INVITING) return r->task.rounds.join_deadline_ms;
    return state < RUN_STATES && waits[state] ? r->task.rounds.round_deadline_ms : 0;
}

bool run_moves_models(const struct run *r)
{
    static const bool moves[RUN_STATES] = { [RUN_TRAINING] = true, [RUN_EVALUATING] = true };
    return moves[r->head.state];
}

/* ---- sentences ---- */

void run_say_waiting(const struct run *r, struct buf *out)
{
    size_t named = 0;
    size_t silent = r->counts.asked - r->counts.in - r->counts.out;
    for (size_t i = 0; i < r->nsites && named < RUN_MAX_NAMED; i++) {
        const struct site *s = &r->sites[i];
        if (site_answer(r, s) != ANSWER_ASKED) continue;
        buf_addf(out, "%s%s%s", named ? ", " : "", s->name, s->away ? " (away)" : "");
        named++;
    }
    if (r->head.state == RUN_PUBLISHING && !r->head.logged)
        buf_addf(out, "%sthe guardian", named ? ", and first of all for " : "");
    if (silent > named) buf_addf(out, " and %zu more", silent - named);
    if (silent == 0) buf_add_z(out, "nobody");
}

static void say_site_shortage(const struct run *r, const struct site *s, struct buf *out)
{
    char stamp[CLOCK_STAMP_BYTES];
    if (site_answer(r, s) == ANSWER_OUT || s->membership == SITE_DECLINED)
        buf_addf(out, "; %s declined: %s %s", s->name, s->code, s->why);
    else if (s->away)
        buf_addf(out, "; %s has been silent since %s", s->name, clock_stamp(s->silent_since_ms, stamp));
    else
        buf_addf(out, "; %s did not answer in time%s", s->name,
                 run_moves_models(r) ? ", and nothing moved to or from it" : "");
}

void run_say_shortage(const struct run *r, struct buf *out)
{
    size_t named = 0;
    uint64_t needed = run_in_sum(r) && r->secure ? r->secure->needed : r->head.quorum;
    if (r->head.round > 0) buf_addf(out, "round %" PRIu64 ", ", r->head.round);
    buf_addf(out, "%s: %zu of the %" PRIu64 " hospitals needed answered", run_state_name(r->head.state), r->counts.in,
             needed);
    if (r->head.state == RUN_PUBLISHING && !r->head.logged)
        buf_add_z(out, "; the guardian did not show that the model is in its log");
    for (size_t i = 0; i < r->nsites && named < RUN_MAX_NAMED; i++) {
        const struct site *s = &r->sites[i];
        bool missing =
            s->membership == SITE_DECLINED || site_answer(r, s) == ANSWER_ASKED || site_answer(r, s) == ANSWER_OUT;
        if (!missing) continue;
        say_site_shortage(r, s, out);
        named++;
    }
}
