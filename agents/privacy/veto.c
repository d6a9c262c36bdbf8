#include "agents/privacy/veto.h"
#include <inttypes.h>
#include <string.h>

#define TINY 1e-12
#define BELOW_ONE 0.999999
#define MOST_EPSILON 1000.0
#define MOST_NOISE 1e9
#define MOST_NORM 1e12
enum { MOST_COUNT = 1000000000, MOST_MINUTES = 7 * 24 * 60 };

/* ---- reading ---- */

static enum err need(const struct doc *d, const char *key, struct why *why)
{
    if (doc_get(d, key) != NULL) return OK;
    return doc_refuse(d, why, "`%s` is missing; what is not said is not allowed", key);
}

static enum err read_list(const struct doc *map, const char *key, struct arena *arena, struct veto_list *out,
                          struct why *why)
{
    const struct doc *d = doc_get(map, key);
    out->any = d == NULL || (d->kind == DOC_SCALAR && str_is(d->text, "any"));
    if (out->any) return OK;
    if (d->kind != DOC_LIST || d->count > VETO_MAX_ITEMS)
        return doc_refuse(d, why, "`any` or a list of at most %d items is wanted here", VETO_MAX_ITEMS);
    struct str *items = arena_array(arena, d->count + 1, sizeof *items);
    if (items == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < d->count; i++) {
        if (d->items[i]->kind != DOC_SCALAR) return doc_refuse(d->items[i], why, "each item is a text");
        items[i] = d->items[i]->text;
    }
    out->items = items;
    out->count = d->count;
    return OK;
}

static enum err read_purposes(const struct doc *map, struct arena *arena, struct veto_list *out, struct why *why)
{
    enum purpose known;
    TRY(read_list(map, "purposes", arena, out, why));
    for (size_t i = 0; i < out->count; i++)
        if (purpose_parse(out->items[i], &known) != OK)
            return doc_refuse(doc_get(map, "purposes"), why,
                              "a purpose is research, quality, public-health or operations");
    return OK;
}

static enum err need_count(const struct doc *d, const char *key, uint64_t max, uint64_t *out, struct why *why)
{
    TRY(need(d, key, why));
    return doc_get_u64(d, key, 1, max, out, why);
}

static enum err need_real(const struct doc *d, const char *key, double min, double max, double *out, struct why *why)
{
    TRY(need(d, key, why));
    return doc_get_f64(d, key, min, max, out, why);
}

static enum err read_veto(const struct doc *d, struct arena *arena, struct veto *v, struct why *why)
{
    static const char *const keys[] = { "min_cohort",  "min_records", "without_noise",  "min_noise", "noise_max",
                                        "epsilon_max", "delta",       "permit_minutes", "tasks",     "models",
                                        "purposes",    "queries",     "norm_max",       NULL };
    TRY(doc_only(d, keys, why));
    TRY(need_count(d, "min_cohort", PERMIT_MAX_SITES, &v->min_cohort, why));
    TRY(need_count(d, "min_records", MOST_COUNT, &v->min_records, why));
    TRY(need(d, "without_noise", why));
    TRY(doc_get_flag(d, "without_noise", &v->without_noise, why));
    TRY(need_real(d, "min_noise", 0, MOST_NOISE, &v->min_noise, why));
    TRY(doc_get_f64(d, "noise_max", 0, MOST_NOISE, &v->noise_max, why));
    TRY(doc_get_f64(d, "norm_max", 0, MOST_NORM, &v->norm_max, why));
    TRY(need_real(d, "epsilon_max", TINY, MOST_EPSILON, &v->epsilon_max, why));
    TRY(need_real(d, "delta", TINY, BELOW_ONE, &v->delta, why));
    TRY(need_count(d, "permit_minutes", MOST_MINUTES, &v->permit_minutes, why));
    TRY(read_list(d, "tasks", arena, &v->tasks, why));
    TRY(read_list(d, "models", arena, &v->models, why));
    TRY(doc_get_flag(d, "queries", &v->queries, why));
    return read_purposes(d, arena, &v->purposes, why);
}

enum err veto_parse(const struct doc *d, struct arena *arena, struct veto *out, struct why *why)
{
    struct veto v = { .set = true };
    enum err e = read_veto(d, arena, &v, why);
    if (e != OK) return e == ERR_MEMORY ? e : ERR_VETO;
    *out = v;
    return OK;
}

enum err veto_read(const char *path, struct arena *arena, struct veto *out, struct why *why)
{
    const struct doc *d = NULL;
    enum err e = doc_read(path, arena, &d, why);
    if (e != OK) return e == ERR_MEMORY ? e : ERR_VETO;
    return veto_parse(d, arena, out, why);
}

/* ---- judging: one function a rule ---- */

typedef enum err rule_fn(const struct veto *v, const struct permit *p, struct why *why);

static bool is_listed(const struct veto_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_is(list->items[i], name)) return true;
    return list->any;
}

static enum err must_be_set(const struct veto *v, const struct permit *p, struct why *why)
{
    (void)p;
    return v->set ? OK : why_say(why, ERR_REFUSED, "the guardian has no policy, so it allows nothing");
}

static enum err allows_task(const struct veto *v, const struct permit *p, struct why *why)
{
    if (is_listed(&v->tasks, p->task) || is_listed(&v->tasks, p->document)) return OK;
    return why_say(why, ERR_REFUSED, "the guardian's `tasks` do not list %s", p->task);
}

static enum err allows_purpose(const struct veto *v, const struct permit *p, struct why *why)
{
    if (is_listed(&v->purposes, purpose_name(p->purpose))) return OK;
    return why_say(why, ERR_REFUSED, "the guardian's `purposes` do not list %s", purpose_name(p->purpose));
}

static enum err allows_query(const struct veto *v, const struct permit *p, struct why *why)
{
    (void)p;
    return v->queries ? OK : why_say(why, ERR_REFUSED, "the guardian's `queries` is no");
}

/* Later rounds go on from what was permitted before. */
static enum err allows_model(const struct veto *v, const struct permit *p, struct why *why)
{
    if (p->round > 1 || is_listed(&v->models, p->model)) return OK;
    return why_say(why, ERR_REFUSED, "the guardian's `models` do not list the model the run begins with");
}

static enum err allows_cohort(const struct veto *v, const struct permit *p, struct why *why)
{
    if (p->nsites >= v->min_cohort) return OK;
    return why_say(why, ERR_REFUSED, "the guardian's `min_cohort` is %" PRIu64 "; %zu hospitals take part",
                   v->min_cohort, p->nsites);
}

static enum err allows_cells(const struct veto *v, const struct permit *p, struct why *why)
{
    for (size_t i = 0; i < p->nsites; i++)
        if (p->sites[i].records > 0 && p->sites[i].records < v->min_records)
            return why_say(why, ERR_REFUSED, "the guardian's `min_records` is %" PRIu64 "; %.200s has fewer",
                           v->min_records, p->sites[i].jid);
    return OK;
}

static enum err allows_noise(const struct veto *v, const struct permit *p, struct why *why)
{
    if (!p->noised && v->without_noise) return OK;
    if (!p->noised) return why_say(why, ERR_REFUSED, "the guardian's `without_noise` is no; the task adds no noise");
    for (size_t i = 0; i < p->nsites; i++) {
        const struct permit_site *s = &p->sites[i];
        const struct privacy_event e = permit_event(p, s);
        if (!accountant_is_release(&e))
            return why_say(why, ERR_REFUSED, "%.200s does not say what a round costs there; update its trainer",
                           s->jid);
        if (s->noise < v->min_noise)
            return why_say(why, ERR_REFUSED, "the guardian's `min_noise` is %g; %.200s would add %.4g", v->min_noise,
                           s->jid, s->noise);
    }
    return OK;
}

/* A question's small cells are each hospital's to hide, and what it can answer without noise says `queries`. */
enum err veto_check(const struct veto *v, const struct permit *asked, struct why *why)
{
    enum { OF_ROUND = 1 << PERMIT_ROUND, OF_MODELS = OF_ROUND | 1 << PERMIT_PUBLISH, OF_QUERY = 1 << PERMIT_QUERY };
    static const struct {
        rule_fn *rule;
        unsigned kinds;
    } rules[] = {
        { must_be_set, OF_MODELS | OF_QUERY },
        { allows_task, OF_MODELS | OF_QUERY },
        { allows_purpose, OF_MODELS | OF_QUERY },
        { allows_query, OF_QUERY },
        { allows_model, OF_ROUND },
        { allows_cohort, OF_MODELS | OF_QUERY },
        { allows_cells, OF_MODELS },
        { allows_noise, OF_ROUND },
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].kinds & 1u << asked->kind) TRY(rules[i].rule(v, asked, why));
    return OK;
}
