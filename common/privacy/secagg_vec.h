/*
 * secagg_vec -- a vector over the whole numbers modulo 2^bits, which is what
 * secure aggregation adds and masks.
 *
 * Elements lie in words of 32 bits (bits <= 32) or 64, whose own wrapping is a
 * multiple of 2^bits: what is above `bits` is noise until it is cut off, in
 * secagg_vec_get and in the packed form.
 *
 * PACKED FORM, for the wire: element after element, bits each, the low bit
 * first, the last byte filled with zeros.  Parts that begin at a multiple of 8
 * elements begin at a byte, so a vector may be packed and added piece by piece.
 *
 * MASKS are pseudo-random streams (prg.h), one word an element, added or taken
 * in blocks that stay in the processor's cache while all masks pass over them.
 */
#pragma once
#include "common/base/buf.h"
#include "common/crypto/prg.h"

enum { SECAGG_BITS_MIN = 8, SECAGG_BITS_MAX = 62 };
#define SECAGG_LENGTH_MAX ((size_t)1 << 28)

struct secagg_vec {
    unsigned bits;
    size_t n;
    uint32_t *narrow; /* one of the two is NULL */
    uint64_t *wide;
};
struct secagg_mask {
    uint8_t key[STREAM_KEY_BYTES]; /* of one vector, never of two */
    enum prg_sign sign;
};

/* n zeros.  ERR_INPUT for bits or n out of range (n >= 1), ERR_MEMORY. */
enum err secagg_vec_init(struct secagg_vec *v, unsigned bits, size_t n) MUST_USE;
void secagg_vec_fini(struct secagg_vec *v); /* wipes; for CLEANUP() too; an all-zero struct is fine */

/* i < n.  get: the number in [-2^(bits-1), 2^(bits-1)) that is the element modulo 2^bits. */
int64_t secagg_vec_get(const struct secagg_vec *v, size_t i);
void secagg_vec_put(struct secagg_vec *v, size_t i, int64_t x);

/* into += from.  ERR_INPUT when they are not alike. */
enum err secagg_vec_add(struct secagg_vec *into, const struct secagg_vec *from) MUST_USE;

/* Puts masks on a vector part by part: each mask's stream goes on where the last part ended. */
struct secagg_masker;
enum err secagg_masker_new(const struct secagg_mask *masks, size_t n, struct secagg_masker **out)
    MUST_USE;                                      /* ERR_MEMORY */
void secagg_masker_free(struct secagg_masker *m);  /* wipes; NULL is fine */
void secagg_masker_drop(struct secagg_masker **m); /* for CLEANUP() */
/* To the next part, of words as wide as the last one's.  On an error (ERR_MEMORY) the part is wiped. */
enum err secagg_masker_apply(struct secagg_masker *m, struct secagg_vec *part) MUST_USE;

/* Applies all masks.  On an error (ERR_MEMORY) the vector is wiped. */
enum err secagg_vec_mask(struct secagg_vec *v, const struct secagg_mask *masks, size_t n) MUST_USE;

/* The first n elements over `scale`, in the vector's own memory, which grows where its words are narrower than doubles;
 * the vector is then empty.  *out: the caller's, free().  ERR_INPUT for an n that is not 1 to v->n; ERR_MEMORY; the
 * vector is then as it was. */
enum err secagg_vec_into_numbers(struct secagg_vec *v, size_t n, double scale, double **out) MUST_USE;

/* The other way: n whole numbers, each below 2^62, as elements, in the memory they lie in, which shrinks where the
 * words are narrower.  Takes the numbers.  ERR_INPUT for bits or n out of range; they are then as they were. */
enum err secagg_vec_of_numbers(double *numbers, size_t n, unsigned bits, struct secagg_vec *out) MUST_USE;

size_t secagg_vec_packed_bytes(unsigned bits, size_t n);

/* Appends the n elements from `at` on; at is a multiple of 8, and so is n unless the part ends the vector (ERR_INPUT);
 * buf's errors. */
enum err secagg_vec_pack(const struct secagg_vec *v, size_t at, size_t n, struct buf *out) MUST_USE;

/* Adds n packed elements to those from `at` on.  ERR_PROTO, nothing changed, when the bytes are not just as many, or
 * the filling is not zero. */
enum err secagg_vec_add_packed(struct secagg_vec *v, size_t at, size_t n, struct bytes packed) MUST_USE;
