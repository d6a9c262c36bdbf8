#include "common/privacy/secagg_vec.h"
#include "common/base/secret.h"
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { NARROW_BITS = 32, BYTE_BITS = 8, BLOCK = 1 << 14, STREAMS = 64 };

static bool is_ring(unsigned bits, size_t n)
{
    return bits >= SECAGG_BITS_MIN && bits <= SECAGG_BITS_MAX && n > 0 && n <= SECAGG_LENGTH_MAX;
}

enum err secagg_vec_init(struct secagg_vec *v, unsigned bits, size_t n)
{
    struct secagg_vec made = { .bits = bits, .n = n };
    if (!is_ring(bits, n)) return ERR_INPUT;
    if (bits <= NARROW_BITS)
        made.narrow = calloc(n, sizeof *made.narrow);
    else
        made.wide = calloc(n, sizeof *made.wide);
    if (made.narrow == NULL && made.wide == NULL) return ERR_MEMORY;
    *v = made;
    return OK;
}

static void wipe(struct secagg_vec *v)
{
    if (v->narrow != NULL) secret_wipe(v->narrow, v->n * sizeof *v->narrow);
    if (v->wide != NULL) secret_wipe(v->wide, v->n * sizeof *v->wide);
}

void secagg_vec_fini(struct secagg_vec *v)
{
    if (v == NULL) return;
    wipe(v);
    free(v->narrow);
    free(v->wide);
    *v = (struct secagg_vec){ 0 };
}

static uint64_t low_bits(unsigned bits) { return ((uint64_t)1 << bits) - 1; }

static uint64_t residue(const struct secagg_vec *v, size_t i)
{
    return (v->narrow ? v->narrow[i] : v->wide[i]) & low_bits(v->bits);
}

int64_t secagg_vec_get(const struct secagg_vec *v, size_t i)
{
    uint64_t x = residue(v, i);
    return (x >> (v->bits - 1)) == 0 ? (int64_t)x : (int64_t)x - ((int64_t)1 << v->bits);
}

void secagg_vec_put(struct secagg_vec *v, size_t i, int64_t x)
{
    if (v->narrow != NULL)
        v->narrow[i] = (uint32_t)(uint64_t)x;
    else
        v->wide[i] = (uint64_t)x;
}

enum err secagg_vec_add(struct secagg_vec *into, const struct secagg_vec *from)
{
    if (into->bits != from->bits || into->n != from->n) return ERR_INPUT;
    for (size_t i = 0; i < into->n && into->narrow != NULL; i++) into->narrow[i] += from->narrow[i];
    for (size_t i = 0; i < into->n && into->wide != NULL; i++) into->wide[i] += from->wide[i];
    return OK;
}

/* From the end on: a double lies behind the words that are still to be read, or on the one just read. */
static void widen(const struct secagg_vec *v, unsigned char *room, size_t n, double scale)
{
    for (size_t i = n; i-- > 0;) {
        double x = (double)secagg_vec_get(v, i) / scale;
        memcpy(room + i * sizeof x, &x, sizeof x);
    }
}

enum err secagg_vec_into_numbers(struct secagg_vec *v, size_t n, double scale, double **out)
{
    size_t words = v->n * (v->narrow ? sizeof *v->narrow : sizeof *v->wide);
    size_t doubles = n * sizeof **out;
    if (n == 0 || n > v->n) return ERR_INPUT;
    void *room = realloc(v->narrow ? (void *)v->narrow : (void *)v->wide, doubles > words ? doubles : words);
    if (room == NULL) return ERR_MEMORY;
    if (v->narrow != NULL)
        v->narrow = room;
    else
        v->wide = room;
    widen(v, room, n, scale);
    *v = (struct secagg_vec){ 0 };
    *out = room;
    return OK;
}

/* From the beginning on: a word lies before the doubles that are still to be read, or on the one just read. */
static void to_words(unsigned char *room, size_t n, bool narrow)
{
    for (size_t i = 0; i < n; i++) {
        double x = 0;
        memcpy(&x, room + i * sizeof x, sizeof x);
        uint64_t word = (uint64_t)(int64_t)x;
        uint32_t low = (uint32_t)word;
        if (narrow)
            memcpy(room + i * sizeof low, &low, sizeof low);
        else
            memcpy(room + i * sizeof word, &word, sizeof word);
    }
}

enum err secagg_vec_of_numbers(double *numbers, size_t n, unsigned bits, struct secagg_vec *out)
{
    const bool narrow = bits <= NARROW_BITS;
    void *room = numbers;
    if (!is_ring(bits, n)) return ERR_INPUT;
    to_words(room, n, narrow);
    if (narrow) {
        secret_wipe((uint32_t *)room + n, n * (sizeof *numbers - sizeof(uint32_t)));
        void *less = realloc(room, n * sizeof(uint32_t));
        room = less != NULL ? less : room;
    }
    *out = (struct secagg_vec){ bits, n, narrow ? room : NULL, narrow ? NULL : room };
    return OK;
}

struct secagg_masker {
    size_t n;
    struct masking {
        struct stream *stream; /* owned */
        enum prg_sign sign;
    } at[];
};

void secagg_masker_free(struct secagg_masker *m)
{
    for (size_t k = 0; m != NULL && k < m->n; k++) stream_free(m->at[k].stream);
    free(m);
}

void secagg_masker_drop(struct secagg_masker **m) { secagg_masker_free(*m); }

enum err secagg_masker_new(const struct secagg_mask *masks, size_t n, struct secagg_masker **out)
{
    struct secagg_masker *m CLEANUP(secagg_masker_drop) = calloc(1, sizeof *m + n * sizeof *m->at);
    if (m == NULL) return ERR_MEMORY;
    for (; m->n < n; m->n++) {
        TRY(stream_new(masks[m->n].key, &m->at[m->n].stream));
        m->at[m->n].sign = masks[m->n].sign;
    }
    *out = m;
    m = NULL;
    return OK;
}

static enum err mask_block(struct secagg_vec *v, size_t at, size_t n, const struct masking *m)
{
    return v->narrow ? prg_mask_32(m->stream, m->sign, v->narrow + at, n)
                     : prg_mask_64(m->stream, m->sign, v->wide + at, n);
}

static enum err mask_blocks(struct secagg_masker *m, struct secagg_vec *v)
{
    for (size_t at = 0; at < v->n; at += BLOCK) {
        size_t some = v->n - at < BLOCK ? v->n - at : BLOCK;
        for (size_t k = 0; k < m->n; k++) TRY(mask_block(v, at, some, &m->at[k]));
    }
    return OK;
}

enum err secagg_masker_apply(struct secagg_masker *m, struct secagg_vec *part)
{
    enum err e = mask_blocks(m, part);
    if (e != OK) wipe(part);
    return e;
}

static enum err mask_some(struct secagg_vec *v, const struct secagg_mask *masks, size_t n)
{
    struct secagg_masker *m CLEANUP(secagg_masker_drop) = NULL;
    TRY(secagg_masker_new(masks, n, &m));
    return secagg_masker_apply(m, v);
}

/* Streams by the dozen: so many do not crowd each other out of the cache. */
enum err secagg_vec_mask(struct secagg_vec *v, const struct secagg_mask *masks, size_t n)
{
    for (size_t done = 0; done < n; done += STREAMS) {
        enum err e = mask_some(v, masks + done, n - done < STREAMS ? n - done : STREAMS);
        if (e != OK) return wipe(v), e;
    }
    return OK;
}

size_t secagg_vec_packed_bytes(unsigned bits, size_t n) { return (n * bits + BYTE_BITS - 1) / BYTE_BITS; }

static bool is_part(const struct secagg_vec *v, size_t at, size_t n)
{
    return at % BYTE_BITS == 0 && at <= v->n && n <= v->n - at && (n % BYTE_BITS == 0 || at + n == v->n);
}

enum err secagg_vec_pack(const struct secagg_vec *v, size_t at, size_t n, struct buf *out)
{
    if (!is_part(v, at, n)) return ERR_INPUT;
    uint8_t *to = buf_grow(out, secagg_vec_packed_bytes(v->bits, n));
    if (to == NULL) return buf_err(out);
    wide pending = 0;
    unsigned have = 0;
    for (size_t i = 0; i < n; i++) {
        pending |= (wide)residue(v, at + i) << have;
        for (have += v->bits; have >= BYTE_BITS; have -= BYTE_BITS, pending >>= BYTE_BITS) *to++ = (uint8_t)pending;
    }
    if (have > 0) *to = (uint8_t)pending;
    return OK;
}

static bool filling_is_zero(unsigned bits, size_t n, struct bytes packed)
{
    unsigned used = (unsigned)(n * bits % BYTE_BITS);
    return used == 0 || packed.p[packed.n - 1] >> used == 0;
}

enum err secagg_vec_add_packed(struct secagg_vec *v, size_t at, size_t n, struct bytes packed)
{
    if (!is_part(v, at, n) || packed.n != secagg_vec_packed_bytes(v->bits, n)) return ERR_PROTO;
    if (n > 0 && !filling_is_zero(v->bits, n, packed)) return ERR_PROTO;
    const uint8_t *from = packed.p;
    wide pending = 0;
    unsigned have = 0;
    for (size_t i = 0; i < n; i++) {
        for (; have < v->bits; have += BYTE_BITS) pending |= (wide)*from++ << have;
        uint64_t x = (uint64_t)pending & low_bits(v->bits);
        if (v->narrow != NULL)
            v->narrow[at + i] += (uint32_t)x;
        else
            v->wide[at + i] += x;
        pending >>= v->bits;
        have -= v->bits;
    }
    return OK;
}
