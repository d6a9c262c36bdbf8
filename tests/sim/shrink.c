#include "tests/sim/shrink.h"
#include <stdlib.h>
#include <string.h>

struct shrinking {
    struct plan *best;
    struct outcome *out;
    plan_run_fn *run;
    void *self;
    unsigned runs;
};

void outcome_take_strikes(struct outcome *out, const struct sim *s)
{
    size_t n;
    const struct sim_strike *all = sim_strikes(s, &n);
    out->too_many_strikes = n > PLAN_MAX_STRIKES;
    out->nstrikes = out->too_many_strikes ? 0 : n;
    if (out->nstrikes > 0) memcpy(out->strikes, all, n * sizeof *all);
}

/* Takes the candidate when it fails too. */
static bool fails_too(struct shrinking *s, const struct plan *candidate)
{
    struct outcome *out = s->runs < SHRINK_MAX_RUNS ? calloc(1, sizeof *out) : NULL;
    if (out == NULL) return false;
    s->runs++;
    s->run(s->self, candidate, out);
    bool failed = out->failed;
    if (failed) {
        *s->best = *candidate;
        *s->out = *out;
    }
    free(out);
    return failed;
}

static bool write_down(struct shrinking *s)
{
    struct plan p = *s->best;
    struct sim_faults *f = &p.faults;
    size_t room = PLAN_MAX_STRIKES - p.nstrikes;
    if (s->out->too_many_strikes || s->out->nstrikes == 0 || s->out->nstrikes > room) return false;
    memcpy(p.strikes + p.nstrikes, s->out->strikes, s->out->nstrikes * sizeof *p.strikes);
    p.nstrikes += s->out->nstrikes;
    f->kill_per_second = f->cut_per_second = f->crash_at_commit = f->store_fail = f->clock_jump_per_second = 0;
    return fails_too(s, &p);
}

static bool leave_out(struct shrinking *s, size_t from, size_t n)
{
    struct plan p = *s->best;
    p.nstrikes -= n;
    memmove(&p.strikes[from], &p.strikes[from + n], (p.nstrikes - from) * sizeof *p.strikes);
    return fails_too(s, &p);
}

static bool fewer_strikes(struct shrinking *s)
{
    bool any = false;
    for (size_t n = s->best->nstrikes; n >= 1; n /= 2)
        for (size_t from = 0; from + n <= s->best->nstrikes;) {
            bool went = leave_out(s, from, n);
            any = any || went;
            from += went ? 0 : n;
        }
    return any;
}

static bool less_of(struct shrinking *s, const struct plan_field *f)
{
    struct plan p = *s->best;
    void *at = (char *)&p + f->offset;
    uint64_t *n = at;
    if (f->less == PLAN_KEEP) return false;
    if (f->kind == PLAN_REAL) {
        if (!(*(double *)at > 0)) return false;
        *(double *)at = 0;
    } else if (f->kind == PLAN_FLAG) {
        if (!*(bool *)at) return false;
        *(bool *)at = false;
    } else {
        if (*n <= f->least) return false;
        *n = f->less == PLAN_FEWER ? *n - 1 : *n / 2 > f->least ? *n / 2 : f->least;
        if (n == &p.sites && p.quorum > 1) p.quorum--;
    }
    return fails_too(s, &p);
}

static bool less_of_anything(struct shrinking *s)
{
    bool any = false;
    for (const struct plan_field *f = plan_fields; f->name; f++)
        while (less_of(s, f)) any = true;
    return any;
}

unsigned shrink(struct plan *p, struct outcome *out, plan_run_fn *run, void *self)
{
    struct shrinking s = { p, out, run, self, 0 };
    (void)write_down(&s);
    bool strikes;
    bool fields;
    do {
        strikes = fewer_strikes(&s);
        fields = less_of_anything(&s);
    } while ((strikes || fields) && s.runs < SHRINK_MAX_RUNS);
    return s.runs;
}
