#include "common/privacy/audit.h"
#include "common/privacy/audit_bound.h"
#include <math.h>
#include <stdlib.h>

/* ---- measuring ---- */

/* Every second score, from the first or from the second on. */
static size_t half(const double *from, size_t n, size_t first, double *to)
{
    size_t count = 0;
    for (size_t i = first; i < n; i += 2) to[count++] = from[i];
    return count;
}

static enum err judge(enum audit_attack attack, const struct attack_scores *all, const struct attack_scores *tune,
                      const struct attack_scores *test, double delta, struct audit_row *out)
{
    double threshold = 0;
    struct audit_row r = { .attack = attack, .members = all->nmembers, .others = all->nothers };
    TRY(attack_threshold(tune, &threshold));
    struct attack_counts c = attack_count(test, threshold);
    r.accuracy = attack_accuracy(&c);
    r.epsilon_low = audit_epsilon_population(c.members, c.of_members, c.others, c.of_others, delta);
    TRY(attack_auc(all, &r.auc));
    TRY(attack_tpr(all, AUDIT_FPR, &r.tpr));
    *out = r;
    return OK;
}

enum err audit_measure(enum audit_attack attack, const struct attack_scores *s, double delta, struct audit_row *out)
{
    if (s->nmembers < 2 || s->nothers < 2) return ERR_INPUT;
    double *halves = malloc((s->nmembers + s->nothers) * sizeof *halves);
    if (halves == NULL) return ERR_MEMORY;
    struct attack_scores part[2];
    double *at = halves;
    for (size_t i = 0; i < 2; i++) {
        part[i].members = at;
        at += part[i].nmembers = half(s->members, s->nmembers, i, at);
        part[i].others = at;
        at += part[i].nothers = half(s->others, s->nothers, i, at);
    }
    enum err e = judge(attack, s, &part[0], &part[1], delta, out);
    free(halves);
    return e;
}

/* ---- canaries ---- */

struct canary {
    double score;
    bool in;
    size_t number;
};

static int by_score(const void *a, const void *b)
{
    const struct canary *x = a;
    const struct canary *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number; /* says nothing of the coin */
}

static size_t right_guesses(struct canary *c, size_t n, size_t guesses)
{
    size_t right = 0;
    qsort(c, n, sizeof *c, by_score);
    for (size_t i = 0; i < guesses / 2; i++) right += !c[i].in;
    for (size_t i = 0; i < guesses - guesses / 2; i++) right += c[n - 1 - i].in;
    return right;
}

static enum err measure_canaries(struct audit *a, const double *scores, const bool *in, size_t n, double *sides)
{
    size_t members = 0;
    size_t others = 0;
    for (size_t i = 0; i < n; i++) {
        if (in[i]) sides[members++] = scores[i];
    }
    for (size_t i = 0; i < n; i++) {
        if (!in[i]) sides[members + others++] = scores[i];
    }
    const struct attack_scores s = { sides, sides + members, members, others };
    return audit_measure(AUDIT_CANARY, &s, a->delta, &a->rows[a->n]);
}

enum err audit_canaries(struct audit *a, const double *scores, const bool *in, size_t n, size_t guesses)
{
    if (n == 0 || guesses == 0 || guesses > n || a->n == AUDIT_KINDS) return ERR_INPUT;
    struct canary *c = calloc(n, sizeof *c);
    double *sides = calloc(n, sizeof *sides);
    enum err e = c && sides ? measure_canaries(a, scores, in, n, sides) : ERR_MEMORY;
    for (size_t i = 0; i < n && e == OK; i++) c[i] = (struct canary){ scores[i], in[i], i };
    if (e == OK) {
        a->canaries = n;
        a->guesses = guesses;
        a->right = right_guesses(c, n, guesses);
        struct audit_row *r = &a->rows[a->n++];
        r->epsilon_low = audit_epsilon_one_run(n, guesses, a->right, a->delta);
        r->accuracy = (double)a->right / (double)guesses;
    }
    free(c);
    free(sides);
    return e;
}

/* ---- judging ---- */

/* Most AUC, TPR at AUDIT_FPR and epsilon for each grade. */
static const double limits[][3] = {
    [AUDIT_A] = { .53, .002, .5 },
    [AUDIT_B] = { .57, .005, 1 },
    [AUDIT_C] = { .65, .02, 3 },
    [AUDIT_D] = { .75, .10, INFINITY },
};

static bool claims(const struct audit *a) { return a->epsilon > 0; }

enum audit_grade audit_grade(const struct audit *a, const struct audit_row *r)
{
    if (claims(a) && r->attack == AUDIT_CANARY && r->epsilon_low > a->epsilon) return AUDIT_F;
    if (r->others < AUDIT_LEAST_OTHERS || r->auc.high - r->auc.low > AUDIT_WIDEST_AUC) return AUDIT_INSUFFICIENT;
    for (enum audit_grade g = AUDIT_A; g < AUDIT_F; g++)
        if (r->auc.high <= limits[g][0] && r->tpr.high <= limits[g][1] && r->epsilon_low <= limits[g][2]) return g;
    return AUDIT_F;
}

enum audit_grade audit_worst(const struct audit *a)
{
    enum audit_grade worst = AUDIT_INSUFFICIENT;
    for (size_t i = 0; i < a->n; i++) {
        enum audit_grade g = audit_grade(a, &a->rows[i]);
        if (g != AUDIT_INSUFFICIENT && (worst == AUDIT_INSUFFICIENT || g > worst)) worst = g;
    }
    return worst;
}

bool audit_vulnerable(const struct audit_row *r)
{
    bool tpr_means = r->others >= AUDIT_LEAST_OTHERS; /* with fewer there is no such thing as one alarm in a thousand */
    return r->auc.low > limits[AUDIT_A][0] || (tpr_means && r->tpr.low > limits[AUDIT_A][1]) ||
           r->epsilon_low > limits[AUDIT_A][2];
}

bool audit_alarm(const struct audit *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->rows[i].attack == AUDIT_CANARY && claims(a) && a->rows[i].epsilon_low > a->epsilon) return true;
    return false;
}

/* ---- as numbers ---- */

size_t audit_write(const struct audit *a, double out[AUDIT_NUMBERS])
{
    const double head[AUDIT_HEAD_NUMBERS] = { a->epsilon,          a->delta,           (double)a->records,
                                              (double)a->canaries, (double)a->guesses, (double)a->right };
    size_t n = 0;
    for (size_t i = 0; i < AUDIT_HEAD_NUMBERS; i++) out[n++] = head[i];
    for (size_t i = 0; i < a->n; i++) {
        const struct audit_row *r = &a->rows[i];
        const double row[AUDIT_ROW_NUMBERS] = { (double)r->attack, (double)r->members, (double)r->others, r->accuracy,
                                                r->auc.value,      r->auc.low,         r->auc.high,       r->tpr.value,
                                                r->tpr.low,        r->tpr.high,        r->epsilon_low };
        for (size_t k = 0; k < AUDIT_ROW_NUMBERS; k++) out[n++] = row[k];
    }
    return n;
}

static bool count(double v, uint64_t *out)
{
    if (!(v >= 0 && v <= 1e15 && v == floor(v))) return false;
    *out = (uint64_t)v;
    return true;
}

static bool share(double v) { return v >= 0 && v <= 1; }

static bool interval(const double v[3], struct attack_interval *out)
{
    *out = (struct attack_interval){ v[0], v[1], v[2] };
    return share(v[0]) && share(v[1]) && share(v[2]) && v[1] <= v[0] && v[0] <= v[2];
}

static bool read_row(const double *in, struct audit_row *r)
{
    uint64_t attack = 0;
    if (!count(in[0], &attack) || attack >= AUDIT_KINDS) return false;
    r->attack = (enum audit_attack)attack;
    r->accuracy = in[3];
    r->epsilon_low = in[10];
    return count(in[1], &r->members) && count(in[2], &r->others) && share(in[3]) && interval(in + 4, &r->auc) &&
           interval(in + 7, &r->tpr) && in[10] >= 0 && in[10] <= AUDIT_EPSILON_MAX;
}

enum err audit_read(const double *in, size_t n, struct audit *out)
{
    struct audit a = { 0 };
    if (n < AUDIT_HEAD_NUMBERS || n > AUDIT_NUMBERS || (n - AUDIT_HEAD_NUMBERS) % AUDIT_ROW_NUMBERS != 0)
        return ERR_INPUT;
    a.epsilon = in[0];
    a.delta = in[1];
    if (!(in[0] >= 0 && in[0] <= 1e9) || !share(in[1]) || !count(in[2], &a.records) || !count(in[3], &a.canaries) ||
        !count(in[4], &a.guesses) || !count(in[5], &a.right) || a.right > a.guesses || a.guesses > a.canaries)
        return ERR_INPUT;
    for (size_t at = AUDIT_HEAD_NUMBERS; at < n; at += AUDIT_ROW_NUMBERS, a.n++) {
        if (!read_row(in + at, &a.rows[a.n])) return ERR_INPUT;
        if (a.n > 0 && a.rows[a.n].attack <= a.rows[a.n - 1].attack) return ERR_INPUT;
    }
    *out = a;
    return OK;
}
