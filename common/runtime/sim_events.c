/* The simulation's queue of what will happen: a binary heap by time, then age. */
#include "common/runtime/sim_private.h"
#include <stdlib.h>

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
    struct sim_event kept = *a;
    *a = *b;
    *b = kept;
}

void sim_push(struct sim *s, struct sim_event *take)
{
    if (s->nheap == s->cap_heap) {
        size_t more = s->cap_heap ? s->cap_heap * 2 : 256;
        struct sim_event *p = realloc(s->heap, more * sizeof *p);
        if (p == NULL) {
            buf_free(&take->body);
            return;
        }
        s->heap = p;
        s->cap_heap = more;
    }
    take->order = s->order++;
    size_t i = s->nheap++;
    s->heap[i] = *take;
    for (size_t up = (i - 1) / 2; i > 0 && earlier(&s->heap[i], &s->heap[up]); i = up, up = (i - 1) / 2)
        swap(&s->heap[i], &s->heap[up]);
}

bool sim_pop(struct sim *s, struct sim_event *out)
{
    if (s->nheap == 0) return false;
    *out = s->heap[0];
    s->heap[0] = s->heap[--s->nheap];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < s->nheap && earlier(&s->heap[child], &s->heap[least])) least = child;
        if (least == i) return true;
        swap(&s->heap[i], &s->heap[least]);
        i = least;
    }
}
