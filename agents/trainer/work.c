#include "agents/trainer/work.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[WORK_KINDS] = {
    [WORK_SCAN] = "scan",   [WORK_INVITE] = "invite",     [WORK_STATS] = "statistics",
    [WORK_TRAIN] = "train", [WORK_EVALUATE] = "evaluate",
};

const char *work_name(enum work_kind kind) { return kind < WORK_KINDS ? names[kind] : "none"; }

struct work work_of(enum work_kind kind, const struct msg *m)
{
    struct work w = { .kind = kind, .round = m->round };
    memcpy(w.run, m->run, sizeof w.run);
    memcpy(w.stage, m->stage, sizeof w.stage);
    memcpy(w.asked, m->id, sizeof w.asked);
    return w;
}

enum err work_push(struct work_queue *q, struct work *w)
{
    if (q->count == WORK_MAX) return ERR_LIMIT;
    w->number = q->next_number++;
    q->items[q->count++] = *w;
    return OK;
}

enum err work_restore(struct work_queue *q, const struct work *w)
{
    if (q->count == WORK_MAX) return ERR_LIMIT;
    q->items[q->count++] = *w;
    if (q->next_number <= w->number) q->next_number = w->number + 1;
    return OK;
}

const struct work *work_first(const struct work_queue *q) { return q->count > 0 ? &q->items[0] : NULL; }

void work_remove(struct work_queue *q, size_t i)
{
    q->count--;
    memmove(&q->items[i], &q->items[i + 1], (q->count - i) * sizeof q->items[0]);
}

void work_pop(struct work_queue *q)
{
    if (q->count > 0) work_remove(q, 0);
}

bool work_has(const struct work_queue *q, const struct work *w)
{
    for (size_t i = 0; i < q->count; i++) {
        const struct work *other = &q->items[i];
        if (other->kind == w->kind && other->round == w->round && strcmp(other->run, w->run) == 0) return true;
    }
    return false;
}

enum err work_drop_run(struct work_queue *q, const char *run, size_t from, work_each_fn *fn, void *to)
{
    for (size_t i = from; i < q->count;) {
        if (strcmp(q->items[i].run, run) != 0) {
            i++;
            continue;
        }
        TRY(fn(to, &q->items[i]));
        work_remove(q, i);
    }
    return OK;
}

struct bytes work_encode(const struct work *w, char out[WORK_TEXT_BYTES])
{
    int n =
        snprintf(out, WORK_TEXT_BYTES, "%" PRIu64 "%c%s%c%s%c%s%c%s%c%" PRIu64 "%c%.17g%c%" PRIu64 "%c", w->number, 0,
                 work_name(w->kind), 0, w->run, 0, w->stage, 0, w->asked, 0, w->round, 0, w->noise, 0, w->point, 0);
    return bytes_of(out, n > 0 && n < WORK_TEXT_BYTES ? (size_t)n : 0);
}

static enum err kind_parse(struct str name, enum work_kind *out)
{
    for (unsigned k = 0; k < WORK_KINDS; k++)
        if (str_is(name, names[k])) {
            *out = (enum work_kind)k;
            return OK;
        }
    return ERR_STORE;
}

enum err work_decode(struct bytes in, struct work *out)
{
    struct str rest = bytes_str(in);
    struct work w = { 0 };
    bool fine = str_u64(str_next(&rest, '\0'), &w.number) == OK;
    fine = fine && kind_parse(str_next(&rest, '\0'), &w.kind) == OK;
    fine = fine && str_copy(str_next(&rest, '\0'), w.run, sizeof w.run) == OK;
    fine = fine && str_copy(str_next(&rest, '\0'), w.stage, sizeof w.stage) == OK;
    fine = fine && str_copy(str_next(&rest, '\0'), w.asked, sizeof w.asked) == OK;
    fine = fine && str_u64(str_next(&rest, '\0'), &w.round) == OK;
    fine = fine && str_f64(str_next(&rest, '\0'), &w.noise) == OK;
    if (rest.n > 0) fine = fine && str_u64(str_next(&rest, '\0'), &w.point) == OK; /* older rows have none */
    fine = fine && rest.n == 0;
    if (!fine) return ERR_STORE;
    *out = w;
    return OK;
}
