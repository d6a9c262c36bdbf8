#include "common/learn/safetensors.h"
#include "common/base/json.h"
#include "common/base/json_read.h"
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = SAFETENSORS_LENGTH_BYTES, ALIGN_BYTES = 8, NODE_BYTES = 64 };
#define HEADER_ARENA_BYTES ((size_t)NODE_BYTES * SAFETENSORS_MAX_HEADER_BYTES) /* of nothing but commas */
static const char notes_key[] = "__metadata__";

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the data are little-endian and copied as they are");

/* ---- writing ---- */

static void add_tensor(struct buf *json, const struct tensor_shape *s, size_t begin, size_t end)
{
    json_add_text(json, str_of(s->name));
    buf_add_z(json, ":{\"dtype\":\"F32\",\"shape\":[");
    for (size_t d = 0; d < s->rank; d++) {
        if (d > 0) buf_add_z(json, ",");
        buf_add_u64(json, s->dims[d]);
    }
    buf_add_z(json, "],\"data_offsets\":[");
    buf_add_u64(json, begin);
    buf_add_z(json, ",");
    buf_add_u64(json, end);
    buf_add_z(json, "]}");
}

/* No text of JSON as we read it holds a NUL. */
static void add_note_text(struct buf *json, struct str s)
{
    json_add_text(json, (struct str){ s.p, s.n ? strnlen(s.p, s.n) : 0 });
}

static void add_notes(struct buf *json, const struct safetensors_note *notes, size_t n)
{
    json_add_text(json, str_of(notes_key));
    buf_add_z(json, ":{");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) buf_add_z(json, ",");
        add_note_text(json, notes[i].key);
        buf_add_z(json, ":");
        add_note_text(json, notes[i].value);
    }
    buf_add_z(json, "}");
}

static void header_build(const struct tensor_shape *shapes, size_t count, const struct safetensors_note *notes,
                         size_t nnotes, struct buf *json)
{
    size_t at = 0;
    buf_add_z(json, "{");
    if (nnotes > 0) add_notes(json, notes, nnotes);
    for (size_t i = 0; i < count; i++) {
        size_t end = at + tensor_shape_elements(&shapes[i]) * sizeof(float);
        if (i > 0 || nnotes > 0) buf_add_z(json, ",");
        add_tensor(json, &shapes[i], at, end);
        at = end;
    }
    buf_add_z(json, "}");
}

static void write_head(const struct buf *json, struct buf *out)
{
    static const char spaces[ALIGN_BYTES + 1] = "        ";
    size_t pad = (ALIGN_BYTES - json->n % ALIGN_BYTES) % ALIGN_BYTES;
    uint64_t length = json->n + pad;
    buf_add(out, &length, LENGTH_BYTES);
    buf_add_str(out, buf_str(json));
    buf_add(out, spaces, pad);
}

enum err safetensors_head(const struct tensor_shape *shapes, size_t count, const struct safetensors_note *notes,
                          size_t nnotes, struct buf *out)
{
    CLEANUP(buf_free) struct buf json = buf_make(SAFETENSORS_MAX_HEADER_BYTES - ALIGN_BYTES);
    if (nnotes > SAFETENSORS_MAX_NOTES) return ERR_LIMIT;
    header_build(shapes, count, notes, nnotes, &json);
    TRY(buf_err(&json));
    write_head(&json, out);
    return buf_err(out);
}

enum err safetensors_encode(const struct tensor_set *s, const struct safetensors_note *notes, size_t nnotes,
                            struct buf *out)
{
    struct tensor_shape *shapes = calloc(s->count + 1, sizeof *shapes);
    if (shapes == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < s->count; i++) shapes[i] = s->tensors[i].shape;
    enum err e = safetensors_head(shapes, s->count, notes, nnotes, out);
    free(shapes);
    TRY(e);
    buf_add(out, s->flat, s->nelements * sizeof(float));
    return buf_err(out);
}

/* ---- reading ---- */

struct range { /* of bytes in the data */
    size_t begin, end;
    size_t shape; /* index of the tensor */
};
struct plan {           /* what the header promises */
    struct arena arena; /* of the header, and of these */
    struct tensor_shape *shapes;
    struct range *ranges;
    size_t count;
};

static void plan_free(struct plan *p) { arena_free(&p->arena); }

static enum err read_size(const struct json *number, size_t max, size_t *out)
{
    if (!json_is(number, JSON_NUMBER)) return ERR_INPUT;
    double v = number->number;
    if (!(v >= 0 && v <= (double)max)) return ERR_INPUT;
    size_t whole = (size_t)v;
    if ((double)whole < v) return ERR_INPUT;
    *out = whole;
    return OK;
}

static enum err read_shape(const struct json *array, struct tensor_shape *out)
{
    if (!json_is(array, JSON_LIST)) return ERR_INPUT;
    for (const struct json *dim = array->first; dim; dim = dim->next) {
        if (out->rank == TENSOR_MAX_RANK) return ERR_LIMIT;
        TRY(read_size(dim, TENSOR_SET_MAX_ELEMENTS, &out->dims[out->rank]));
        out->rank++;
    }
    return OK;
}

static enum err read_range(const struct json *array, size_t data_bytes, struct range *out)
{
    if (!json_is(array, JSON_LIST) || array->count != 2) return ERR_INPUT;
    TRY(read_size(array->first, data_bytes, &out->begin));
    TRY(read_size(array->first->next, data_bytes, &out->end));
    return out->begin <= out->end ? OK : ERR_INPUT;
}

static enum err read_entry(const struct json *entry, size_t data_bytes, struct plan *plan, struct why *why)
{
    if (plan->count == TENSOR_SET_MAX) return why_say(why, ERR_LIMIT, "more than %d tensors", TENSOR_SET_MAX);
    struct tensor_shape *shape = &plan->shapes[plan->count];
    struct range *range = &plan->ranges[plan->count];
    range->shape = plan->count;
    if (str_copy(entry->name, shape->name, sizeof shape->name) != OK)
        return why_say(why, ERR_LIMIT, "tensor %zu has a name over %d bytes", plan->count + 1, TENSOR_NAME_BYTES - 1);
    const struct json *dtype = json_get(entry, "dtype");
    if (!json_is(entry, JSON_OBJECT) || entry->count != 3 || !json_is(dtype, JSON_TEXT) || !str_is(dtype->text, "F32"))
        return why_say(why, ERR_INPUT, "tensor %zu is not an F32 entry", plan->count + 1);
    if (read_shape(json_get(entry, "shape"), shape) != OK)
        return why_say(why, ERR_INPUT, "tensor %zu has no possible shape", plan->count + 1);
    if (read_range(json_get(entry, "data_offsets"), data_bytes, range) != OK)
        return why_say(why, ERR_INPUT, "tensor %zu has data_offsets outside the data", plan->count + 1);
    plan->count++;
    return OK;
}

static enum err notes_check(const struct json *object, struct why *why)
{
    if (!json_is(object, JSON_OBJECT) || object->count > SAFETENSORS_MAX_NOTES)
        return why_say(why, ERR_INPUT, "__metadata__ is not a map of at most %d texts", SAFETENSORS_MAX_NOTES);
    for (const struct json *note = object->first; note; note = note->next) {
        if (!json_is(note, JSON_TEXT)) return why_say(why, ERR_INPUT, "a value in __metadata__ is not a text");
        for (const struct json *later = note->next; later; later = later->next)
            if (str_eq(note->name, later->name)) return why_say(why, ERR_INPUT, "a key in __metadata__ occurs twice");
    }
    return OK;
}

enum err safetensors_head_bytes(const uint8_t first[SAFETENSORS_LENGTH_BYTES], size_t *out, struct why *why)
{
    uint64_t n;
    memcpy(&n, first, LENGTH_BYTES);
    if (n > SAFETENSORS_MAX_HEADER_BYTES) return why_say(why, ERR_INPUT, "the header's length is not possible");
    *out = LENGTH_BYTES + (size_t)n;
    return OK;
}

/* The parsed header of a content of which `in` holds at least the head, and how many bytes of data follow it. */
static enum err open_header(struct bytes in, uint64_t total, struct arena *arena, const struct json **out_header,
                            size_t *out_data_bytes, struct why *why)
{
    size_t head = 0;
    if (in.n < LENGTH_BYTES) return why_say(why, ERR_INPUT, "too short for a safetensors file");
    TRY(safetensors_head_bytes(in.p, &head, why));
    if (head > in.n || head > total) return why_say(why, ERR_INPUT, "the header's length is not possible");
    struct str text = { (const char *)in.p + LENGTH_BYTES, head - LENGTH_BYTES };
    enum err e = text.n > 0 && text.p[0] == '{' ? json_read(text, arena, out_header) : ERR_INPUT;
    if (e == ERR_MEMORY) return e;
    if (e != OK) return why_say(why, ERR_INPUT, "the header is not one JSON object");
    *out_data_bytes = (size_t)total - head;
    return OK;
}

static enum err read_plan(const struct json *header, size_t data_bytes, struct plan *plan, struct why *why)
{
    size_t nnotes = 0;
    size_t room = header->count < TENSOR_SET_MAX ? header->count : TENSOR_SET_MAX;
    plan->shapes = arena_array(&plan->arena, room, sizeof *plan->shapes);
    plan->ranges = arena_array(&plan->arena, room, sizeof *plan->ranges);
    if (plan->shapes == NULL || plan->ranges == NULL) return ERR_MEMORY;
    for (const struct json *entry = header->first; entry; entry = entry->next) {
        if (!str_is(entry->name, notes_key)) {
            TRY(read_entry(entry, data_bytes, plan, why));
            continue;
        }
        if (++nnotes > 1) return why_say(why, ERR_INPUT, "__metadata__ occurs twice");
        TRY(notes_check(entry, why));
    }
    return OK;
}

static int by_begin(const void *a, const void *b)
{
    const struct range *x = a;
    const struct range *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* The ranges, in the order of the data, must follow each other from the first byte to the last. */
static enum err plan_check(struct plan *plan, size_t data_bytes, struct why *why)
{
    size_t at = 0;
    qsort(plan->ranges, plan->count, sizeof *plan->ranges, by_begin);
    for (size_t i = 0; i < plan->count; i++) {
        const struct range *r = &plan->ranges[i];
        const struct tensor_shape *shape = &plan->shapes[r->shape];
        size_t n = (r->end - r->begin) / sizeof(float);
        bool fits = r->begin == at && (r->end - r->begin) % sizeof(float) == 0;
        for (size_t d = 0; d < shape->rank; d++) {
            fits = fits && shape->dims[d] > 0 && n % shape->dims[d] == 0;
            if (fits) n /= shape->dims[d];
        }
        if (!fits || n != 1) return why_say(why, ERR_INPUT, "tensor %zu and its bytes do not fit", r->shape + 1);
        at = r->end;
    }
    return at == data_bytes ? OK : why_say(why, ERR_INPUT, "the data have bytes of no tensor");
}

static enum err plan_build(const struct plan *plan, const uint8_t *data, struct tensor_set **out, struct why *why)
{
    CLEANUP(tensor_set_drop) struct tensor_set *made = NULL;
    struct tensor_shape *shapes = calloc(plan->count + 1, sizeof *shapes);
    if (shapes == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < plan->count; i++) shapes[i] = plan->shapes[plan->ranges[i].shape];
    enum err e = tensor_set_new(shapes, plan->count, &made);
    free(shapes);
    if (e != OK)
        return why_say(why, e, "a tensor's name is empty, repeated or has forbidden letters, or all are too many");
    if (made->nelements > 0) memcpy(made->flat, data, made->nelements * sizeof(float));
    *out = made;
    made = NULL;
    return OK;
}

static enum err plan_read(struct plan *plan, struct bytes in, uint64_t total, size_t *out_data_bytes, struct why *why)
{
    const struct json *header = NULL;
    plan->arena = arena_make(HEADER_ARENA_BYTES);
    TRY(open_header(in, total, &plan->arena, &header, out_data_bytes, why));
    TRY(read_plan(header, *out_data_bytes, plan, why));
    return plan_check(plan, *out_data_bytes, why);
}

static enum err decode_with(struct plan *plan, struct bytes in, struct tensor_set **out, struct why *why)
{
    size_t data_bytes;
    TRY(plan_read(plan, in, in.n, &data_bytes, why));
    return plan_build(plan, in.p + (in.n - data_bytes), out, why);
}

static enum err lay_out(struct plan *plan, struct bytes head, uint64_t total, struct safetensors_layout *out,
                        struct why *why)
{
    size_t data_bytes;
    TRY(plan_read(plan, head, total, &data_bytes, why));
    out->data_at = total - data_bytes;
    out->count = plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        out->shapes[i] = plan->shapes[plan->ranges[i].shape];
        out->at[i] = out->data_at + plan->ranges[i].begin;
    }
    return OK;
}

enum err safetensors_layout(struct bytes head, uint64_t total, struct safetensors_layout *out, struct why *why)
{
    CLEANUP(plan_free) struct plan plan = { 0 };
    return lay_out(&plan, head, total, out, why);
}

enum err safetensors_decode(struct bytes in, struct tensor_set **out, struct why *why)
{
    CLEANUP(plan_free) struct plan plan = { 0 };
    return decode_with(&plan, in, out, why);
}

enum err safetensors_notes(struct bytes in, struct arena *arena, const struct safetensors_note **out, size_t *out_n,
                           struct why *why)
{
    CLEANUP(arena_free) struct arena own = arena_make(HEADER_ARENA_BYTES);
    const struct json *header = NULL;
    size_t data_bytes;
    size_t n = 0;
    TRY(open_header(in, in.n, &own, &header, &data_bytes, why));
    const struct json *object = json_get(header, notes_key);
    if (object) TRY(notes_check(object, why));
    struct safetensors_note *notes = arena_array(arena, SAFETENSORS_MAX_NOTES, sizeof *notes);
    if (notes == NULL) return ERR_MEMORY;
    for (const struct json *note = object ? object->first : NULL; note; note = note->next) {
        notes[n].key = arena_str(arena, note->name);
        notes[n].value = arena_str(arena, note->text);
        if ((notes[n].key.n > 0 && !notes[n].key.p) || (notes[n].value.n > 0 && !notes[n].value.p)) return ERR_MEMORY;
        n++;
    }
    *out = notes;
    *out_n = n;
    return OK;
}
