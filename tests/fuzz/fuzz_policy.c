/* Any bytes are a policy file: it is refused whole, or it is one that forbids what goes past its own numbers. */
#include "agents/trainer/policy.h"
#include <stdlib.h>

enum { ARENA_BYTES = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct policy *p)
{
    const struct local_rule rule = { PRIVACY_GAUSSIAN, p->epsilon_per_round_max * 1.001, p->delta, 1 };
    const struct proposal q = { STR("task"), STR("digest"), STR("mlp 2-1"), p->max_rounds, p->statistics, &rule };
    struct proposal longer = q, bare = q;
    longer.rounds++;
    bare.noise = NULL;
    if (!p->set || p->min_cohort == 0 || !(p->delta > 0 && p->delta < 1)) abort();
    if (policy_check(p, &q, NULL) == OK || policy_check(p, &longer, NULL) == OK) abort();
    if (p->privacy_required && policy_check(p, &bare, NULL) == OK) abort();
    if (policy_allows_cohort(p, p->min_cohort - 1, NULL) == OK) abort();
    if (policy_allows_cohort(p, p->min_cohort, NULL) != OK) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    struct policy p = { .set = false };
    struct why why = { "" };
    if (doc_parse((struct str){ (const char *)data, size }, "policy", &arena, &d, &why) != OK) return 0;
    enum err e = policy_parse(d, &arena, &p, &why);
    if (e == OK) check(&p);
    if (e != OK && (p.set || why.text[0] == '\0')) abort();
    return 0;
}
