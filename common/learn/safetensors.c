#include "common/learn/safetensors.h"
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = SAFETENSORS_LENGTH_BYTES, ALIGN_BYTES = 8 };
static const char notes_key[] = "__metadata__";

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the data are little-endian and copied as they are");

static void json_free(cJSON **json) { cJSON_Delete(*json); }

/* ---- writing ---- */

static bool add_size(cJSON *array, size_t value)
{
    return cJSON_AddItemToArray(array, cJSON_CreateNumber((double)value));
}

static bool add_tensor(cJSON *header, const struct tensor_shape *s, size_t begin, size_t end)
{
    cJSON *entry = cJSON_AddObjectToObject(header, s->name);
    cJSON *dtype = cJSON_AddStringToObject(entry, "dtype", "F32");
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    bool ok = dtype && shape && offsets;
    for (size_t d = 0; ok && d < s->rank; d++) ok = add_size(shape, s->dims[d]);
    return ok && add_size(offsets, begin) && add_size(offsets, end);
}

static enum err add_notes(cJSON *header, const struct safetensors_note *notes, size_t n)
{
    if (n == 0) return OK;
    if (n > SAFETENSORS_MAX_NOTES) return ERR_LIMIT;
    cJSON *object = cJSON_AddObjectToObject(header, notes_key);
    CLEANUP(buf_free) struct buf text = buf_make(2 * SAFETENSORS_MAX_HEADER_BYTES);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&text);
        buf_add_str(&text, notes[i].key);
        buf_add(&text, "", 1);
        buf_add_str(&text, notes[i].value);
        TRY(buf_err(&text));
        const char *key = (const char *)text.p;
        if (!cJSON_AddStringToObject(object, key, key + notes[i].key.n + 1)) return ERR_MEMORY;
    }
    return OK;
}

static enum err header_build(const struct tensor_shape *shapes, size_t count, const struct safetensors_note *notes,
                             size_t nnotes, cJSON *header)
{
    size_t at = 0;
    TRY(add_notes(header, notes, nnotes));
    for (size_t i = 0; i < count; i++) {
        size_t end = at + tensor_shape_elements(&shapes[i]) * sizeof(float);
        if (!add_tensor(header, &shapes[i], at, end)) return ERR_MEMORY;
        at = end;
    }
    return OK;
}

static void write_head(const char *json, struct buf *out)
{
    static const char spaces[ALIGN_BYTES + 1] = "        ";
    size_t n = strlen(json);
    size_t pad = (ALIGN_BYTES - n % ALIGN_BYTES) % ALIGN_BYTES;
    uint64_t length = n + pad;
    buf_add(out, &length, LENGTH_BYTES);
    buf_add(out, json, n);
    buf_add(out, spaces, pad);
}

enum err safetensors_head(const struct tensor_shape *shapes, size_t count, const struct safetensors_note *notes,
                          size_t nnotes, struct buf *out)
{
    CLEANUP(json_free) cJSON *header = cJSON_CreateObject();
    if (header == NULL) return ERR_MEMORY;
    TRY(header_build(shapes, count, notes, nnotes, header));
    char *json = cJSON_PrintUnformatted(header);
    if (json == NULL) return ERR_MEMORY;
    enum err e = strlen(json) + ALIGN_BYTES > SAFETENSORS_MAX_HEADER_BYTES ? ERR_LIMIT : OK;
    if (e == OK) write_head(json, out);
    cJSON_free(json);
    return e == OK ? buf_err(out) : e;
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
struct plan { /* what the header promises */
    struct tensor_shape shapes[TENSOR_SET_MAX];
    struct range ranges[TENSOR_SET_MAX];
    size_t count;
};

static enum err read_size(const cJSON *number, size_t max, size_t *out)
{
    if (!cJSON_IsNumber(number)) return ERR_INPUT;
    double v = number->valuedouble;
    if (!(v >= 0 && v <= (double)max)) return ERR_INPUT;
    size_t whole = (size_t)v;
    if ((double)whole < v) return ERR_INPUT;
    *out = whole;
    return OK;
}

static enum err read_shape(const cJSON *array, struct tensor_shape *out)
{
    const cJSON *dim;
    if (!cJSON_IsArray(array)) return ERR_INPUT;
    cJSON_ArrayForEach(dim, array)
    {
        if (out->rank == TENSOR_MAX_RANK) return ERR_LIMIT;
        TRY(read_size(dim, TENSOR_SET_MAX_ELEMENTS, &out->dims[out->rank]));
        out->rank++;
    }
    return OK;
}

static enum err read_range(const cJSON *array, size_t data_bytes, struct range *out)
{
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != 2) return ERR_INPUT;
    TRY(read_size(array->child, data_bytes, &out->begin));
    TRY(read_size(array->child->next, data_bytes, &out->end));
    return out->begin <= out->end ? OK : ERR_INPUT;
}

static enum err read_entry(const cJSON *entry, size_t data_bytes, struct plan *plan, struct why *why)
{
    if (plan->count == TENSOR_SET_MAX) return why_say(why, ERR_LIMIT, "more than %d tensors", TENSOR_SET_MAX);
    struct tensor_shape *shape = &plan->shapes[plan->count];
    struct range *range = &plan->ranges[plan->count];
    range->shape = plan->count;
    if (str_copy(str_of(entry->string), shape->name, sizeof shape->name) != OK)
        return why_say(why, ERR_LIMIT, "tensor %zu has a name over %d bytes", plan->count + 1, TENSOR_NAME_BYTES - 1);
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
    if (!cJSON_IsObject(entry) || cJSON_GetArraySize(entry) != 3 || !cJSON_IsString(dtype) ||
        strcmp(dtype->valuestring, "F32") != 0)
        return why_say(why, ERR_INPUT, "tensor %zu is not an F32 entry", plan->count + 1);
    if (read_shape(cJSON_GetObjectItemCaseSensitive(entry, "shape"), shape) != OK)
        return why_say(why, ERR_INPUT, "tensor %zu has no possible shape", plan->count + 1);
    if (read_range(cJSON_GetObjectItemCaseSensitive(entry, "data_offsets"), data_bytes, range) != OK)
        return why_say(why, ERR_INPUT, "tensor %zu has data_offsets outside the data", plan->count + 1);
    plan->count++;
    return OK;
}

static enum err notes_check(const cJSON *object, struct why *why)
{
    const cJSON *note;
    if (!cJSON_IsObject(object) || cJSON_GetArraySize(object) > SAFETENSORS_MAX_NOTES)
        return why_say(why, ERR_INPUT, "__metadata__ is not a map of at most %d texts", SAFETENSORS_MAX_NOTES);
    cJSON_ArrayForEach(note, object)
    {
        if (!cJSON_IsString(note)) return why_say(why, ERR_INPUT, "a value in __metadata__ is not a text");
        for (const cJSON *later = note->next; later; later = later->next)
            if (strcmp(note->string, later->string) == 0)
                return why_say(why, ERR_INPUT, "a key in __metadata__ occurs twice");
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
static enum err open_header(struct bytes in, uint64_t total, cJSON **out_header, size_t *out_data_bytes,
                            struct why *why)
{
    size_t head = 0;
    if (in.n < LENGTH_BYTES) return why_say(why, ERR_INPUT, "too short for a safetensors file");
    TRY(safetensors_head_bytes(in.p, &head, why));
    if (head > in.n || head > total) return why_say(why, ERR_INPUT, "the header's length is not possible");
    struct str text = { (const char *)in.p + LENGTH_BYTES, head - LENGTH_BYTES };
    const char *end = NULL;
    if (text.n == 0 || text.p[0] != '{') return why_say(why, ERR_INPUT, "the header is not a JSON object");
    CLEANUP(json_free) cJSON *header = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);
    if (!cJSON_IsObject(header)) return why_say(why, ERR_INPUT, "the header is not a JSON object");
    for (; end < text.p + text.n; end++)
        if (*end != ' ') return why_say(why, ERR_INPUT, "something follows the header's JSON object");
    *out_data_bytes = (size_t)total - head;
    *out_header = header;
    header = NULL;
    return OK;
}

static enum err read_plan(const cJSON *header, size_t data_bytes, struct plan *plan, struct why *why)
{
    const cJSON *entry;
    size_t nnotes = 0;
    cJSON_ArrayForEach(entry, header)
    {
        if (strcmp(entry->string, notes_key) != 0) {
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
    CLEANUP(json_free) cJSON *header = NULL;
    TRY(open_header(in, total, &header, out_data_bytes, why));
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
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return ERR_MEMORY;
    enum err e = lay_out(plan, head, total, out, why);
    free(plan);
    return e;
}

enum err safetensors_decode(struct bytes in, struct tensor_set **out, struct why *why)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return ERR_MEMORY;
    enum err e = decode_with(plan, in, out, why);
    free(plan);
    return e;
}

enum err safetensors_notes(struct bytes in, struct arena *arena, const struct safetensors_note **out, size_t *out_n,
                           struct why *why)
{
    CLEANUP(json_free) cJSON *header = NULL;
    size_t data_bytes;
    TRY(open_header(in, in.n, &header, &data_bytes, why));
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(header, notes_key);
    const cJSON *note;
    size_t n = 0;
    if (object) TRY(notes_check(object, why));
    struct safetensors_note *notes = arena_array(arena, SAFETENSORS_MAX_NOTES, sizeof *notes);
    if (notes == NULL) return ERR_MEMORY;
    cJSON_ArrayForEach(note, object)
    {
        notes[n].key = arena_str(arena, str_of(note->string));
        notes[n].value = arena_str(arena, str_of(note->valuestring));
        if ((notes[n].key.n > 0 && !notes[n].key.p) || (notes[n].value.n > 0 && !notes[n].value.p)) return ERR_MEMORY;
        n++;
    }
    *out = notes;
    *out_n = n;
    return OK;
}
