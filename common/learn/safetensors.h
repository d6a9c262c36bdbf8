/*
 * safetensors -- a tensor set as bytes that other programs read too.
 *
 * Format (huggingface/safetensors, "Format"): eight bytes little-endian N, N
 * bytes of JSON naming each tensor's dtype, shape and byte range, then the
 * data without holes.  Only F32 is spoken here.  What is decoded comes from
 * peers: everything is checked before anything is allocated for it.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/learn/tensor.h"

enum { SAFETENSORS_LENGTH_BYTES = 8, SAFETENSORS_MAX_HEADER_BYTES = 256 * 1024, SAFETENSORS_MAX_NOTES = 64 };

struct safetensors_note { /* one entry of __metadata__ */
    struct str key;
    struct str value;
};

/* Appends to *out (whose max bounds it).  The same set and notes give the same bytes.  ERR_LIMIT, ERR_MEMORY. */
enum err safetensors_encode(const struct tensor_set *s, const struct safetensors_note *notes, size_t nnotes,
                            struct buf *out) MUST_USE;

/* What stands before the data, for data that are written piece by piece: appends it to *out.  Errors as above. */
enum err safetensors_head(const struct tensor_shape *shapes, size_t count, const struct safetensors_note *notes,
                          size_t nnotes, struct buf *out) MUST_USE;

/* A new set, freed by the caller with tensor_set_free, its tensors in the order of their data.  Values may be NaN or
 * infinite: see tensor_set_finite.  ERR_INPUT with a sentence, ERR_LIMIT, ERR_MEMORY. */
enum err safetensors_decode(struct bytes in, struct tensor_set **out, struct why *why) MUST_USE;

/* Where the data are, for reading them piece by piece. */
struct safetensors_layout {
    struct tensor_shape shapes[TENSOR_SET_MAX]; /* in the order of their data */
    uint64_t at[TENSOR_SET_MAX];                /* bytes before each tensor's data, from the beginning of all */
    size_t count;
    uint64_t data_at; /* bytes before the first */
};
/* How long the head is, by its first SAFETENSORS_LENGTH_BYTES.  ERR_INPUT when that cannot be. */
enum err safetensors_head_bytes(const uint8_t first[SAFETENSORS_LENGTH_BYTES], size_t *out, struct why *why) MUST_USE;
/* head: so many bytes of a content of `total` bytes.  Checks all that decoding checks but the tensors' names. */
enum err safetensors_layout(struct bytes head, uint64_t total, struct safetensors_layout *out, struct why *why)
    MUST_USE;

/* The notes only, copied into the arena.  Errors as above. */
enum err safetensors_notes(struct bytes in, struct arena *arena, const struct safetensors_note **out, size_t *out_n,
                           struct why *why) MUST_USE;
