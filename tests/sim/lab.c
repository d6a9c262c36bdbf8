#include "tests/sim/lab.h"
#include <stdlib.h>
#include <string.h>

enum { FORGET_MS = 300000 };

struct lab *lab_new(const struct schedule_row *rows)
{
    struct lab *l = calloc(1, sizeof *l);
    if (l) l->rows = rows;
    return l;
}

void lab_free(struct lab *l)
{
    for (size_t i = 0; l && i <= LAB_MAX_ROWS; i++) federation_files_remove(&l->shapes[i].files);
    free(l);
}

static enum err undisturbed(struct shape *s, struct why *why)
{
    struct federation f;
    struct plan *calm = malloc(sizeof *calm);
    if (calm == NULL) return ERR_MEMORY;
    *calm = s->plan;
    calm->faults = (struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 1 };
    calm->meddle_per_minute = 0;
    calm->nstrikes = 0;
    calm->one_silent = false;
    enum err e = federation_init(&f, calm, &s->files, why);
    if (e == OK && !federation_run(&f)) e = why_say(why, ERR_BUG, "undisturbed, it does not end");
    if (e == OK) e = federation_look(&f, &s->calm, why);
    bool vain = calm->guardian == PLAN_GUARDIAN && strcmp(s->calm.state, "done") != 0;
    if (e == OK && vain) e = why_say(why, ERR_BUG, "undisturbed, under a guardian that permits it: %s", s->calm.why);
    if (e != OK && f.sim) {
        struct str heard = str_trim(sim_heard(f.sim, "olga"));
        e = why_say(why, e, "%s: " STR_F, why->text, (int)(heard.n < 200 ? heard.n : 200), heard.p);
    }
    federation_fini(&f);
    free(calm);
    return e;
}

static bool same_shape(const struct plan *a, const struct plan *b)
{
    return a->sites == b->sites && a->quorum == b->quorum && a->rounds == b->rounds &&
           a->evaluate_every == b->evaluate_every && a->noise == b->noise && a->one_spent == b->one_spent &&
           a->spent_after == b->spent_after && a->one_silent == b->one_silent && a->moments == b->moments &&
           a->damaged == b->damaged && a->guardian == b->guardian && a->secure == b->secure &&
           a->adversaries == b->adversaries && a->vandals == b->vandals && a->vandalism == b->vandalism &&
           a->narrow == b->narrow && a->one_wary == b->one_wary && a->join_deadline_ms == b->join_deadline_ms &&
           a->round_deadline_ms == b->round_deadline_ms;
}

static enum err shape_for(struct lab *l, const struct plan *p, const struct shape **out, struct why *why)
{
    struct shape *s = &l->shapes[same_shape(p, &l->rows[p->row].plan) ? p->row : LAB_MAX_ROWS];
    if (!s->made || !same_shape(p, &s->plan)) {
        s->made = false;
        s->plan = *p;
        federation_files_remove(&s->files);
        TRY(federation_files_make(&s->files, p, why));
        TRY(undisturbed(s, why));
        s->made = true;
    }
    *out = s;
    return OK;
}

/* A run that did not come to its end says which hospital was missing, that the operator stopped it, that its numbers
 * could not be added up, or that the guardian did not permit it. */
static bool has_reason(const struct federation_end *end)
{
    return strstr(end->why, "hospital-") || strstr(end->why, "aborted by") || strstr(end->why, "aggregated") ||
           strstr(end->why, "guardian");
}

static enum err check_end(const struct schedule_row *row, const struct federation_end *end,
                          const struct federation_end *calm, struct why *why)
{
    bool done = strcmp(end->state, "done") == 0;
    if (!done && (row->must_finish || !has_reason(end)))
        return why_say(why, ERR_BUG, "%s in round %llu: %s", end->state, (unsigned long long)end->rounds, end->why);
    if (row->must_finish && strcmp(end->model, calm->model) != 0)
        return why_say(why, ERR_BUG, "another model than undisturbed");
    return OK;
}

static enum err note_one(void *to, const char *key, struct bytes value)
{
    (void)key;
    (void)value;
    *(bool *)to = true;
    return OK;
}

static bool forgotten(struct sim *s, void *unused)
{
    bool kept = false;
    (void)unused;
    return store_scan(sim_store(s, "guardian"), "reported/", note_one, &kept) == OK && !kept;
}

/* A guardian of ours keeps nothing of a run's rounds that is of use to nobody any more, whichever way the run ended. */
static enum err check_forgotten(struct federation *f, const struct plan *p, struct why *why)
{
    if (p->guardian < PLAN_GUARDIAN || forgotten(f->sim, NULL)) return OK;
    if (sim_run(f->sim, FORGET_MS, forgotten, NULL)) return OK;
    return why_say(why, ERR_BUG, "the guardian keeps what the rounds of an ended run made");
}

static enum err look(struct lab *l, struct federation *f, const struct plan *p, const struct shape *s, struct why *why)
{
    struct federation_end end = { 0 };
    bool ended = federation_run(f);
    TRY(federation_look(f, &end, why));
    if (!ended)
        return why_say(why, ERR_BUG, "it did not end: %s in round %llu", end.state, (unsigned long long)end.rounds);
    TRY(check_end(&l->rows[p->row], &end, &s->calm, why));
    TRY(coverage_add(&l->coverage, sim_store(f->sim, "coordinator"), why));
    TRY(federation_check(f, why));
    return check_forgotten(f, p, why);
}

void lab_run(void *self, const struct plan *p, struct outcome *out)
{
    struct lab *l = self;
    struct federation f = { 0 };
    const struct shape *s;
    enum err e = shape_for(l, p, &s, &out->why);
    if (e == OK) e = federation_init(&f, p, &s->files, &out->why);
    if (e == OK) e = look(l, &f, p, s, &out->why);
    out->failed = e != OK;
    if (e != OK && out->why.text[0] == '\0') (void)why_say(&out->why, e, "%s", err_text(e));
    if (e != OK && f.sim) outcome_take_strikes(out, f.sim);
    federation_fini(&f);
}
