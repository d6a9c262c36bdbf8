/*
 * Secure sums among many hospitals, all of them the real agents: above HARARY_COMPLETE_BELOW each is a neighbour of
 * some.  Some vanish for good at each stage of the first sum, which bears it; with nobody gone, the model is the one of
 * the same run without secure sums, to half a step of the sum.
 */
#include "common/learn/safetensors.h"
#include "common/privacy/harary.h"
#include "common/privacy/secure_plan.h"
#include "tests/sim/federation.h"
#include "tests/support/tap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = 5, GONE_MS = 7200 * 1000, STAGE_MS = 600 * 1000, MODEL_BYTES = 1 << 16, FLOAT_BITS = 22 };
static const char *const stages[STAGES] = { "keys", "shares", "training", "consistency", "unmasking" };

static const struct row {
    const char *name;
    uint64_t sites, rounds;
    uint64_t gone; /* at each stage */
} rows[] = {
    { "12 hospitals", 12, 2, 0 },
    { "12 hospitals, of whom one vanishes at each stage", 12, 2, 1 },
    { "70 hospitals", 70, 1, 0 },
    { "70 hospitals, of whom four vanish at each stage", 70, 2, 4 },
};

static struct plan plan_of(const struct row *r, bool secure)
{
    return (struct plan){ .seed = 1,
                          .sites = r->sites,
                          .quorum = 3,
                          .rounds = r->rounds,
                          .secure = secure,
                          .round_deadline_ms = 60000,
                          .faults = { .delay_min_ms = 100, .delay_max_ms = 900 } };
}

struct in_stage {
    struct federation *f;
    const char *stage;
};

static bool is_in(struct sim *s, void *to)
{
    const struct in_stage *w = to;
    struct federation_end end;
    (void)s;
    return federation_look(w->f, &end, NULL) == OK && strcmp(end.state, w->stage) == 0;
}

static bool lose_some(struct federation *f, uint64_t each)
{
    for (uint64_t i = 0; i < STAGES * each; i++) {
        char name[FEDERATION_NAME_BYTES];
        struct in_stage w = { f, stages[i / each] };
        if (!is_in(f->sim, &w) && !sim_run(f->sim, STAGE_MS, is_in, &w)) return false;
        federation_hospital(i, name);
        sim_kill(f->sim, name, GONE_MS);
    }
    return true;
}

/* ---- what came of it ---- */

static enum err take_model(void *to, const char *key, struct bytes value)
{
    struct tensor_set **out = to;
    (void)key;
    tensor_set_free(*out);
    *out = NULL;
    return safetensors_decode(value, out, NULL);
}

static enum err run_it(struct federation *f, const struct row *r, struct federation_end *end, struct tensor_set **model,
                       struct why *why)
{
    federation_begin(f);
    bool lost = lose_some(f, r->gone);
    if (!lost || !federation_finish(f)) return why_say(why, ERR_BUG, "it does not end");
    TRY(federation_look(f, end, why));
    TRY(federation_check(f, why));
    return store_scan(sim_store(f->sim, "coordinator"), "weights/", take_model, model);
}

/* Those who were gone before had no part, and whoever vanished in the midst of training may have had. */
static enum err check_sums(const struct row *r, const struct federation *f, const struct federation_end *end,
                           struct why *why)
{
    const struct answered *a = &f->answered;
    size_t in = answered_vectors(a, 1);
    bool all = a->most >= r->sites - 1 - 2 * r->gone;
    if (strcmp(end->state, "done") != 0) return why_say(why, ERR_BUG, "%s: %s", end->state, end->why);
    if (end->sums != 2 * r->rounds) /* of updates, and of scores */
        return why_say(why, ERR_BUG, "%llu sums were begun", (unsigned long long)end->sums);
    if (in > r->sites - 2 * r->gone || in < r->sites - 3 * r->gone)
        return why_say(why, ERR_BUG, "%zu vectors left", in);
    if (all != (r->sites <= HARARY_COMPLETE_BELOW)) return why_say(why, ERR_BUG, "a share of each of %zu", a->most);
    return OK;
}

static enum err simulate(const struct row *r, bool secure, struct tensor_set **model, struct why *why)
{
    struct federation f = { 0 };
    struct federation_files files;
    struct federation_end end = { .rounds = 0 };
    const struct plan plan = plan_of(r, secure);
    enum err e = federation_files_make(&files, &plan, why);
    if (e == OK) e = federation_init(&f, &plan, &files, why);
    if (e == OK) e = run_it(&f, r, &end, model, why);
    if (e == OK && secure) e = check_sums(r, &f, &end, why);
    if (e == OK && secure)
        tap_note("%s: %zu shares in an answer, %.1f s", r->name, f.answered.most, (double)sim_now_ms(f.sim) / 1000);
    federation_fini(&f);
    federation_files_remove(&files);
    return e;
}

/* In steps of the sum's numbers; what float32 rounds is allowed for. */
static double difference(const struct tensor_set *a, const struct tensor_set *b)
{
    double most = 0;
    if (a == NULL || b == NULL || a->nelements != b->nelements) return INFINITY;
    for (size_t i = 0; i < a->nelements; i++) {
        double allowed = ldexp(.5, -SECURE_STEP_BITS) + ldexp(fabs((double)a->flat[i]), -FLOAT_BITS);
        most = fmax(most, fabs((double)a->flat[i] - (double)b->flat[i]) / allowed);
    }
    return most;
}

static void one(struct tap *t, const struct row *r)
{
    struct why why = { "" };
    CLEANUP(tensor_set_drop) struct tensor_set *summed = NULL;
    CLEANUP(tensor_set_drop) struct tensor_set *plain = NULL;
    enum err e = simulate(r, true, &summed, &why);
    tap_is(t, e == OK, "%s: every invariant over %llu rounds: %s", r->name, (unsigned long long)r->rounds, why.text);
    if (e != OK || r->gone > 0) return;
    e = simulate(r, false, &plain, &why);
    double off = difference(plain, summed);
    tap_is(t, e == OK && off <= (double)r->rounds, "%s: the model is the plain one's to half a step a round (%.2f) %s",
           r->name, off, why.text);
}

int main(void)
{
    struct tap t = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) one(&t, &rows[i]);
    return tap_end(&t);
}
