#include "cli/services.h"
#include "common/wire/doc.h"
#include <string.h>

enum { PAUSE_MIN_MS = 200, PAUSE_MAX_MS = 15000, SETTLED_MS = 60000, DOUBLINGS_MAX = 16, PARSE_MAX_BYTES = 1 << 20 };

static const char *const states[] = { "waiting", "running", "failed", "ended", NULL };

const char *service_state_name(enum service_state state) { return states[state]; }

void services_print(const struct services *s, struct buf *out)
{
    buf_add_z(out, "services:\n");
    for (size_t i = 0; i < s->n; i++) {
        const struct service *v = &s->items[i];
        buf_addf(out, "  - {name: \"%s\", state: %s, pid: %llu, restarts: %llu, exit_code: %llu, started_ms: %llu}\n",
                 v->name, states[v->state], (unsigned long long)v->pid, (unsigned long long)v->restarts,
                 (unsigned long long)v->exit_code, (unsigned long long)v->started_ms);
    }
}

static enum err parse_one(const struct doc *d, struct service *out, struct why *why)
{
    unsigned state = 0;
    TRY(doc_need_text(d, "name", out->name, sizeof out->name, why));
    TRY(doc_get_choice(d, "state", states, &state, why));
    TRY(doc_get_u64(d, "pid", 0, 1u << 30, &out->pid, why));
    TRY(doc_get_u64(d, "restarts", 0, UINT64_MAX, &out->restarts, why));
    TRY(doc_get_u64(d, "exit_code", 0, 255, &out->exit_code, why));
    TRY(doc_get_u64(d, "started_ms", 0, UINT64_MAX, &out->started_ms, why));
    out->state = (enum service_state)state;
    return OK;
}

static enum err parse_all(const struct doc *d, struct services *out, struct why *why)
{
    const struct doc *list = doc_get(d, "services");
    out->n = 0;
    for (size_t i = 0; list && i < list->count; i++) {
        if (out->n == SERVICES_MAX) return why_say(why, ERR_LIMIT, "more than %d services", SERVICES_MAX);
        struct service one = { 0 };
        TRY(parse_one(list->items[i], &one, why));
        out->items[out->n++] = one;
    }
    return OK;
}

enum err services_parse(struct str text, const char *source, struct services *out, struct why *why)
{
    CLEANUP(arena_free) struct arena arena = arena_make(PARSE_MAX_BYTES);
    const struct doc *d = NULL;
    TRY(doc_parse(text, source, &arena, &d, why));
    return parse_all(d, out, why);
}

const struct service *services_find(const struct services *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i].name, name) == 0) return &s->items[i];
    return NULL;
}

static bool mends_itself(uint64_t exit_code)
{
    static const enum err fixed[] = { ERR_SETTING, ERR_USAGE, ERR_DATA };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (exit_code == (uint64_t)err_exit_code(fixed[i])) return false;
    return true;
}

void service_ended(struct service *s, uint64_t exit_code, uint64_t now_ms)
{
    s->pid = 0;
    s->exit_code = exit_code;
    if (!mends_itself(exit_code)) {
        s->state = SERVICE_FAILED;
        return;
    }
    bool quick = now_ms - s->started_ms < SETTLED_MS;
    s->quick_ends = quick ? s->quick_ends + 1 : 1;
    uint64_t doublings = s->quick_ends - 1 < DOUBLINGS_MAX ? s->quick_ends - 1 : DOUBLINGS_MAX;
    uint64_t pause_ms = (uint64_t)PAUSE_MIN_MS << doublings;
    s->state = SERVICE_WAITING;
    s->restarts++;
    s->due_ms = now_ms + (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);
}
