#include "agents/trainer/run.h"
#include "common/base/put.h"
#include <string.h>

bool run_id_fine(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:";
    size_t n = strlen(id);
    return n > 0 && strspn(id, letters) == n;
}

struct run *run_find(struct runs *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->items[i].id, id) == 0) return &r->items[i];
    return NULL;
}

enum err run_add(struct runs *r, const char *id, struct plan *take_plan, struct run **out)
{
    if (r->count == RUNS_MAX) return ERR_LIMIT;
    struct run made = { .plan = take_plan };
    TRY(str_copy(str_of(id), made.id, sizeof made.id));
    r->items[r->count] = made;
    *out = &r->items[r->count++];
    return OK;
}

static void let_go(struct run *run)
{
    plan_drop(run->plan);
    records_drop(run->records);
    secure_free(run->secure);
}

void run_remove(struct runs *r, const char *id)
{
    struct run *run = run_find(r, id);
    if (run == NULL) return;
    let_go(run);
    *run = r->items[--r->count];
}

void runs_fini(struct runs *r)
{
    for (size_t i = 0; i < r->count; i++) let_go(&r->items[i]);
    r->count = 0;
}

const char *run_key(char out[RUN_KEY_BYTES], const char *what, const char *id)
{
    struct put p = put_into(out, RUN_KEY_BYTES);
    put_z(&p, what);
    put_z(&p, "/");
    put_z(&p, id);
    return out;
}
