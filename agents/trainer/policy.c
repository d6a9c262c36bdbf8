#include "agents/trainer/policy.h"
#include "common/base/text.h"
#include "common/crypto/hash.h"
#include "common/privacy/filter.h"
#include "common/privacy/secagg.h"
#include <inttypes.h>
#include <string.h>

#define TINY 1e-12
#define BELOW_ONE 0.999999
#define MOST_NOISE 1e9
enum { MOST_COHORT = 1000000000, MOST_ROUNDS = 1000000 };

/* ---- reading ---- */

static enum err need(const struct doc *map, const char *key, struct why *why)
{
    if (doc_get(map, key) != NULL) return OK;
    return doc_refuse(map, why, "`%s` is missing; what is not said is not allowed", key);
}

static enum err read_item(const struct doc *d, struct str *out, struct why *why)
{
    if (d->kind != DOC_SCALAR || d->text.n == 0 || d->text.n > POLICY_MAX_ITEM_BYTES)
        return doc_refuse(d, why, "each item is a text of at most %d bytes", POLICY_MAX_ITEM_BYTES);
    if (str_is(d->text, "any") || str_is(d->text, "*"))
        return doc_refuse(d, why, "to allow everything, write `any` alone and not in a list");
    *out = d->text;
    return OK;
}

/* `any`, or a list; an empty list allows nothing. */
static enum err read_list(const struct doc *map, const char *key, struct arena *arena, struct policy_list *out,
                          struct why *why)
{
    TRY(need(map, key, why));
    const struct doc *d = doc_get(map, key);
    if (d->kind == DOC_SCALAR && str_is(d->text, "any")) return out->any = true, OK;
    if (d->kind != DOC_LIST || d->count > POLICY_MAX_ITEMS)
        return doc_refuse(d, why, "`any` or a list of at most %d items is wanted here", POLICY_MAX_ITEMS);
    struct str *items = arena_array(arena, d->count + 1, sizeof *items);
    if (items == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < d->count; i++) TRY(read_item(d->items[i], &items[i], why));
    out->items = items;
    out->count = d->count;
    return OK;
}

static enum err need_real(const struct doc *map, const char *key, double min, double max, double *out, struct why *why)
{
    TRY(need(map, key, why));
    return doc_get_f64(map, key, min, max, out, why);
}

static enum err need_count(const struct doc *map, const char *key, uint64_t max, uint64_t *out, struct why *why)
{
    TRY(need(map, key, why));
    return doc_get_u64(map, key, 1, max, out, why);
}

static enum err read_privacy(const struct doc *d, struct policy *p, struct why *why)
{
    static const char *const keys[] = { "mode",      "epsilon_max", "delta", "epsilon_per_round_max",
                                        "min_noise", "patients",    NULL };
    static const char *const modes[] = { "optional", "required", NULL };
    unsigned mode = 0;
    TRY(doc_only(d, keys, why));
    TRY(need(d, "mode", why));
    TRY(doc_get_choice(d, "mode", modes, &mode, why));
    p->privacy_required = mode == 1;
    TRY(need_real(d, "epsilon_max", TINY, POLICY_MAX_EPSILON, &p->epsilon_max, why));
    TRY(need_real(d, "delta", TINY, BELOW_ONE, &p->delta, why));
    TRY(need_real(d, "epsilon_per_round_max", TINY, POLICY_MAX_EPSILON, &p->epsilon_per_round_max, why));
    TRY(doc_get_flag(d, "patients", &p->patients, why));
    return doc_get_f64(d, "min_noise", 0, MOST_NOISE, &p->min_noise, why);
}

static enum err read_sums(const struct doc *d, struct policy *p, struct why *why)
{
    static const char *const keys[] = { "required", "min_hospitals", "adversaries", "min_noise", NULL };
    const struct doc *sums = NULL;
    p->sums.hospitals_min = SECAGG_COHORT_LEAST;
    TRY(doc_get_child(d, "secure_sums", DOC_MAP, &sums, why));
    if (sums == NULL) return OK;
    TRY(doc_only(sums, keys, why));
    TRY(doc_get_flag(sums, "required", &p->sums.required, why));
    TRY(doc_get_u64(sums, "min_hospitals", SECAGG_COHORT_LEAST, SECAGG_MEMBERS_MAX, &p->sums.hospitals_min, why));
    TRY(doc_get_u64(sums, "adversaries", 0, SECAGG_MEMBERS_MAX, &p->sums.adversaries, why));
    return doc_get_f64(sums, "min_noise", 0, MOST_NOISE, &p->sums.noise_min, why);
}

/* Any, when nothing is said. */
static enum err read_purposes(const struct doc *d, struct arena *arena, struct policy *p, struct why *why)
{
    struct policy_list said = { .any = doc_get(d, "purposes") == NULL };
    enum purpose known;
    if (!said.any) TRY(read_list(d, "purposes", arena, &said, why));
    for (size_t i = 0; i < PURPOSES; i++) p->barred[i] = !said.any;
    for (size_t i = 0; i < said.count; i++) {
        if (purpose_parse(said.items[i], &known) != OK)
            return doc_refuse(doc_get(d, "purposes"), why,
                              "a purpose is research, quality, public-health or operations");
        p->barred[known] = false;
    }
    return OK;
}

static enum err read_policy(const struct doc *d, struct arena *arena, struct policy *p, struct why *why)
{
    static const char *const keys[] = { "tasks",      "models",       "min_cohort",  "max_rounds",
                                        "statistics", "privacy",      "secure_sums", "purposes",
                                        "counts",     "tell_records", NULL };
    const struct doc *privacy = NULL;
    TRY(doc_only(d, keys, why));
    TRY(read_list(d, "tasks", arena, &p->tasks, why));
    TRY(read_list(d, "models", arena, &p->models, why));
    TRY(need_count(d, "min_cohort", MOST_COHORT, &p->min_cohort, why));
    TRY(need_count(d, "max_rounds", MOST_ROUNDS, &p->max_rounds, why));
    TRY(doc_get_flag(d, "statistics", &p->statistics, why));
    TRY(doc_get_flag(d, "counts", &p->counts, why));
    TRY(doc_get_flag(d, "tell_records", &p->tell_records, why));
    TRY(read_purposes(d, arena, p, why));
    TRY(doc_need_child(d, "privacy", DOC_MAP, &privacy, why));
    TRY(read_sums(d, p, why));
    return read_privacy(privacy, p, why);
}

enum err policy_parse(const struct doc *d, struct arena *arena, struct policy *out, struct why *why)
{
    struct policy p = { .set = true };
    if (d == NULL) return why_say(why, ERR_POLICY, "there is no site policy");
    enum err e = read_policy(d, arena, &p, why);
    if (e != OK) return e == ERR_MEMORY ? e : ERR_POLICY;
    *out = p;
    return OK;
}

enum err policy_read(const char *path, struct arena *arena, struct policy *out, struct why *why)
{
    const struct doc *d = NULL;
    enum err e = doc_read(path, arena, &d, why);
    if (e != OK) return e == ERR_MEMORY ? e : ERR_POLICY;
    return policy_parse(d, arena, out, why);
}

/* ---- judging: one function a rule, in the order a person would ask ---- */

typedef enum err rule_fn(const struct policy *p, const struct proposal *q, struct why *why);

static enum err must_be_set(const struct policy *p, const struct proposal *q, struct why *why)
{
    (void)q;
    return p->set ? OK : why_say(why, ERR_REFUSED, "this hospital has no site policy, so it allows nothing");
}

static bool is_match(struct str item, struct str name, struct str digest)
{
    if (item.p[item.n - 1] == '*') {
        struct str start = { item.p, item.n - 1 };
        return name.n >= start.n && memcmp(name.p, start.p, start.n) == 0;
    }
    return str_eq(item, name) || (item.n == HASH_HEX_BYTES - 1 && str_eq(item, digest));
}

static bool is_listed(const struct policy_list *list, struct str name, struct str digest)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_match(list->items[i], name, digest)) return true;
    return list->any;
}

static enum err allows_task(const struct policy *p, const struct proposal *q, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    if (is_listed(&p->tasks, q->task, q->digest)) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `tasks` do not list %s", text_show(q->task, shown, sizeof shown));
}

static enum err allows_purpose(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (!p->barred[q->purpose]) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `purposes` do not list %s", purpose_name(q->purpose));
}

static enum err allows_model(const struct policy *p, const struct proposal *q, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    char digest[HASH_HEX_BYTES];
    TRY(hash_hex_of(str_bytes(q->model), digest));
    if (is_listed(&p->models, q->model, str_of(digest))) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `models` do not list %s", text_show(q->model, shown, sizeof shown));
}

static enum err allows_rounds(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->rounds <= p->max_rounds) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `max_rounds` is %" PRIu64 "; the task wants %" PRIu64, p->max_rounds,
                   q->rounds);
}

static enum err allows_statistics(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (!q->statistics || p->statistics) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `statistics` is no; the task asks for means and variances");
}

static enum err allows_plain(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->secure || !p->sums.required) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `secure_sums.required` is yes; the task's updates leave unmasked");
}

static enum err allows_no_noise(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->noise != NULL || !p->privacy_required || (q->unit != NULL && (p->patients || q->unit->site))) return OK;
    if (q->unit != NULL)
        return why_say(why, ERR_REFUSED,
                       "the policy's `privacy.mode` is required and `privacy.patients` is no; the task's noise hides "
                       "each patient, not the whole hospital");
    return why_say(why, ERR_REFUSED, "the policy's `privacy.mode` is required; the task adds no noise");
}

static enum err allows_epsilon(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->noise == NULL || q->noise->epsilon <= p->epsilon_per_round_max) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `privacy.epsilon_per_round_max` is %g; the task wants %g",
                   p->epsilon_per_round_max, q->noise->epsilon);
}

static enum err allows_delta(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->noise == NULL || q->noise->mechanism == PRIVACY_LAPLACE || q->noise->delta <= p->delta) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `privacy.delta` is %g; the task wants %g", p->delta,
                   q->noise->delta);
}

/* Noise in training: the task's epsilon is of the whole run, and a round's own is known with the number of units. */
static enum err allows_unit_epsilon(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->unit == NULL) return OK;
    double epsilon = q->unit->epsilon;
    if (epsilon > p->epsilon_max)
        return why_say(why, ERR_REFUSED, "the policy's `privacy.epsilon_max` is %g; the task's run wants %g",
                       p->epsilon_max, epsilon);
    double round = q->unit->units ? unit_rule_cost(q->unit, 1, p->delta) : 0;
    if (round <= p->epsilon_per_round_max) return OK;
    return why_say(why, ERR_REFUSED,
                   "the policy's `privacy.epsilon_per_round_max` is %g; a round alone would cost %.4f",
                   p->epsilon_per_round_max, round);
}

static enum err allows_unit_noise(const struct policy *p, const struct proposal *q, struct why *why)
{
    if (q->unit == NULL) return OK;
    if (q->unit->delta > p->delta)
        return why_say(why, ERR_REFUSED, "the policy's `privacy.delta` is %g; the task wants %g", p->delta,
                       q->unit->delta);
    if (q->unit->units == 0 || q->unit->noise >= p->min_noise) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `privacy.min_noise` is %g; the task would add %.4g", p->min_noise,
                   q->unit->noise);
}

/* Also the rules that no noise can keep: NaN, negative numbers. */
static enum err allows_noise(const struct policy *p, const struct proposal *q, struct why *why)
{
    struct privacy_event e;
    if (q->noise == NULL) return OK;
    if (local_event(q->noise, &e, why) != OK) return ERR_REFUSED;
    if (e.noise >= p->min_noise) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `privacy.min_noise` is %g; the task would add %.4g", p->min_noise,
                   e.noise);
}

static enum err allows_any_round(const struct policy *p, const struct proposal *q, struct why *why)
{
    const struct accountant nothing = accountant_make();
    struct privacy_event e;
    if (q->noise == NULL) return OK;
    TRY(local_event(q->noise, &e, why));
    const struct filter filter = filter_make(p->epsilon_max, p->delta);
    if (filter_allows(&filter, &nothing, &e, 1)) return OK;
    return why_say(why, ERR_REFUSED, "the policy's `privacy.epsilon_max` is %g; one round alone would cost more",
                   p->epsilon_max);
}

static rule_fn *const rules[] = { must_be_set,       allows_task,      allows_model,        allows_rounds,
                                  allows_statistics, allows_no_noise,  allows_epsilon,      allows_delta,
                                  allows_noise,      allows_any_round, allows_unit_epsilon, allows_unit_noise,
                                  allows_plain,      allows_purpose };

enum err policy_check(const struct policy *p, const struct proposal *proposal, struct why *why)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) TRY(rules[i](p, proposal, why));
    return OK;
}

enum err policy_allows_counts(const struct policy *p, const struct task *task, const char *digest, struct why *why)
{
    const struct proposal q = { .task = str_of(task->name), .digest = str_of(digest), .purpose = task->purpose };
    TRY(must_be_set(p, &q, why));
    TRY(allows_task(p, &q, why));
    TRY(allows_purpose(p, &q, why));
    return p->counts ? OK : why_say(why, ERR_REFUSED, "the policy's `counts` is no");
}

uint64_t policy_told(const struct policy *p, uint64_t records) { return p->set && p->tell_records ? records : 0; }

enum err policy_allows_cohort(const struct policy *p, uint64_t records, struct why *why)
{
    TRY(must_be_set(p, NULL, why));
    if (records >= p->min_cohort) return OK;
    return why_say(why, ERR_REFUSED,
                   "the policy's `min_cohort` is %" PRIu64 "; there are fewer records here (`records` there tells why)",
                   p->min_cohort);
}
