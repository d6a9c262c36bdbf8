#include "agents/trainer/plan.h"
#include "common/runtime/agent.h"
#include <stdlib.h>

static const enum model_arch archs[] = {
    [ARCH_LOGISTIC] = MODEL_LOGISTIC, [ARCH_SOFTMAX] = MODEL_SOFTMAX, [ARCH_MLP] = MODEL_MLP
};

static enum err fill(struct plan *p, struct str text, struct why *why)
{
    TRY(task_parse(text, "task", &p->arena, &p->task, why));
    const struct contract *c = &p->task.contract;
    TRY(agent_sha256(str_bytes(text), p->digest));
    return model_spec_make(archs[p->task.model.arch], c->ninputs, c->nclasses, p->task.model.hidden,
                           p->task.model.arch == ARCH_MLP ? p->task.model.nhidden : 0, &p->spec, why);
}

enum err plan_new(struct str text, struct plan **out, struct why *why)
{
    struct plan *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_MEMORY;
    atomic_init(&p->holders, 1);
    p->arena = arena_make(PLAN_ARENA_BYTES);
    enum err e = fill(p, text, why);
    if (e != OK) {
        plan_drop(p);
        return e;
    }
    *out = p;
    return OK;
}

struct plan *plan_hold(struct plan *p)
{
    if (p != NULL) atomic_fetch_add(&p->holders, 1);
    return p;
}

void plan_drop(struct plan *p)
{
    if (p == NULL || atomic_fetch_sub(&p->holders, 1) > 1) return;
    arena_free(&p->arena);
    free(p);
}

void plan_let_go(struct plan **p) { plan_drop(*p); }

bool plan_is_private(const struct plan *p) { return p->task.privacy.mechanism != NOISE_NONE; }

bool plan_has_unit(const struct plan *p) { return plan_is_summed(p) || p->task.privacy.mechanism == NOISE_DP_SGD; }

bool plan_hides_patients(const struct plan *p) { return task_hides_patients(&p->task); }

bool plan_is_summed(const struct plan *p) { return p->task.privacy.mechanism == NOISE_DISTRIBUTED; }
