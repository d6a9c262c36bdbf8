#include "agents/coordinator/weights.h"
#include "common/learn/safetensors.h"
#include <stdlib.h>
#include <string.h>

static void free_layout(struct safetensors_layout **l) { free(*l); }

static enum err read_head(struct agent *a, const struct blob *b, uint64_t total, struct buf *out, struct why *why)
{
    uint8_t first[SAFETENSORS_LENGTH_BYTES];
    size_t n = 0;
    if (total < sizeof first) return why_say(why, ERR_INPUT, "too short for a safetensors file");
    TRY(agent_blob_read(a, b, 0, sizeof first, first));
    TRY(safetensors_head_bytes(first, &n, why));
    if (n > total) return why_say(why, ERR_INPUT, "the header's length is not possible");
    uint8_t *to = buf_grow(out, n);
    return to ? agent_blob_read(a, b, 0, n, to) : buf_err(out);
}

static struct buf head_buf(void) { return buf_make(SAFETENSORS_LENGTH_BYTES + SAFETENSORS_MAX_HEADER_BYTES); }

static enum err read_layout(const struct buf *head, uint64_t total, struct safetensors_layout **out, struct why *why)
{
    CLEANUP(free_layout) struct safetensors_layout *l = malloc(sizeof *l);
    if (l == NULL) return ERR_MEMORY;
    TRY(safetensors_layout(buf_bytes(head), total, l, why));
    *out = l;
    l = NULL;
    return OK;
}

/* Finds the spec's tensors among the first `count` of the layout: there must be no others. */
static enum err find_all(const struct safetensors_layout *l, size_t count, const struct model_spec *spec,
                         struct weights *out)
{
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    struct weights w = { .count = model_shapes(spec, shapes) };
    if (count != w.count) return ERR_INPUT;
    for (size_t i = 0; i < w.count; i++) {
        size_t k = 0;
        while (k < count && !tensor_shape_same(&l->shapes[k], &shapes[i])) k++;
        if (k == count) return ERR_INPUT;
        w.at[i] = l->at[k];
        w.n[i] = tensor_shape_elements(&shapes[i]);
        w.total += w.n[i];
    }
    *out = w;
    return OK;
}

/* An update as our own trainers write it needs no reading: its head is that of the model. */
static bool is_plain(const struct buf *head, uint64_t total, const struct model_spec *spec, struct weights *out)
{
    CLEANUP(buf_free) struct buf own = head_buf();
    struct tensor_shape shapes[MODEL_MAX_TENSORS];
    struct weights w = { .count = model_shapes(spec, shapes) };
    bool same = safetensors_head(shapes, w.count, NULL, 0, &own) == OK && own.n == head->n &&
                memcmp(own.p, head->p, own.n) == 0;
    for (size_t i = 0; i < w.count; i++) {
        w.at[i] = head->n + w.total * sizeof(float);
        w.n[i] = tensor_shape_elements(&shapes[i]);
        w.total += w.n[i];
    }
    if (!same || total != head->n + w.total * sizeof(float)) return false;
    *out = w;
    return true;
}

enum err weights_of_update(struct agent *a, const struct blob *b, const struct model_spec *spec, struct weights *out,
                           enum weights_defect *out_defect, struct why *why)
{
    CLEANUP(free_layout) struct safetensors_layout *l = NULL;
    CLEANUP(buf_free) struct buf head = head_buf();
    uint64_t total = agent_blob_bytes(a, b);
    char text[MODEL_TEXT_BYTES];
    *out_defect = WEIGHTS_UNREADABLE;
    TRY(read_head(a, b, total, &head, why));
    if (is_plain(&head, total, spec, out)) return OK;
    TRY(read_layout(&head, total, &l, why));
    *out_defect = WEIGHTS_OTHER_MODEL;
    if (find_all(l, l->count, spec, out) == OK) return OK;
    return why_say(why, ERR_INPUT, "the update's tensors are not those of %s; train the model that was sent",
                   model_text(spec, text));
}

static bool is_named(const struct safetensors_layout *l, size_t i, const char *name)
{
    return i < l->count && strcmp(l->shapes[i].name, name) == 0;
}

enum err weights_of_checkpoint(struct agent *a, const struct blob *b, const struct model_spec *spec,
                               struct weights *out)
{
    CLEANUP(free_layout) struct safetensors_layout *l = NULL;
    CLEANUP(buf_free) struct buf head = head_buf();
    uint64_t total = agent_blob_bytes(a, b);
    enum err e = read_head(a, b, total, &head, NULL);
    if (e == OK) e = read_layout(&head, total, &l, NULL);
    if (e == ERR_INPUT || e == ERR_LIMIT) return ERR_STORE;
    TRY(e);
    bool scaled = l->count > 2 && is_named(l, l->count - 2, "input.mean") && is_named(l, l->count - 1, "input.scale");
    size_t count = scaled ? l->count - 2 : l->count;
    if (find_all(l, count, spec, out) != OK) return ERR_STORE;
    if (!scaled) return OK;
    out->scaling_at = l->at[count];
    out->scaling_bytes = total - out->scaling_at;
    return OK;
}

/* Tensors that lie one behind the other are read at once. */
enum err weights_read(struct agent *a, const struct blob *b, const struct weights *w, size_t first, size_t n,
                      float *out)
{
    for (size_t i = 0; i < w->count && n > 0; i++) {
        if (first >= w->n[i]) {
            first -= w->n[i];
            continue;
        }
        uint64_t at = w->at[i] + first * sizeof *out;
        size_t now = w->n[i] - first;
        for (; i + 1 < w->count && w->at[i + 1] == w->at[i] + w->n[i] * sizeof *out; i++) now += w->n[i + 1];
        now = now < n ? now : n;
        TRY(agent_blob_read(a, b, at, now * sizeof *out, out));
        out += now;
        n -= now;
        first = 0;
    }
    return n == 0 ? OK : ERR_BUG;
}
