/*
 * merkle -- the tree over an append-only list, so that one hash stands for the
 * whole list, and short proofs show that an entry is in it and that nothing
 * before was changed (RFC 6962 2.1, RFC 9162 2.1: SHA-256, leaves behind 0x00,
 * inner nodes behind 0x01).
 *
 * STORAGE is the caller's.  Nodes are named by level (0: leaves) and index; a
 * node is complete when it stands over 2^level leaves, and then never changes:
 * only complete nodes are handed out to be kept and asked for again.
 *
 *   - A writer keeps a struct merkle_range (the roots of the complete subtrees)
 *     and appends in O(log n) without reading anything.
 *   - Whoever proves reads O(log n) nodes through a merkle_read_fn.
 *   - Whoever verifies needs the proof and the roots, nothing else.
 */
#pragma once
#include "common/crypto/hash.h"

enum { MERKLE_LEVELS = 63, MERKLE_PROOF_MAX = MERKLE_LEVELS + 1 };
#define MERKLE_SIZE_MAX (((uint64_t)1 << MERKLE_LEVELS) - 1)

struct merkle_hash {
    uint8_t b[HASH_BYTES];
};
struct merkle_proof {
    size_t n;
    struct merkle_hash at[MERKLE_PROOF_MAX]; /* from the leaves upwards */
};
struct merkle_range {
    uint64_t size;                          /* leaves */
    struct merkle_hash peak[MERKLE_LEVELS]; /* [level] has a meaning where size has that bit */
};

/* Hands out a complete node to be kept; all are named once, leaves first. */
typedef enum err merkle_keep_fn(void *self, unsigned level, uint64_t index, const struct merkle_hash *node);
/* Gives a complete node back.  ERR_ABSENT when it is not there. */
typedef enum err merkle_read_fn(void *self, unsigned level, uint64_t index, struct merkle_hash *out);

/* ERR_MEMORY is the only failure of these two. */
enum err merkle_leaf(struct bytes entry, struct merkle_hash *out) MUST_USE;
enum err merkle_node(const struct merkle_hash *left, const struct merkle_hash *right, struct merkle_hash *out) MUST_USE;

/* An empty range is all zeros.  Appends one leaf; keep may be NULL.  On an error (ERR_LIMIT past MERKLE_SIZE_MAX,
 * keep's) the range is as before, though keep may have been called. */
enum err merkle_append(struct merkle_range *r, const struct merkle_hash *leaf, merkle_keep_fn *keep, void *self)
    MUST_USE;
enum err merkle_range_root(const struct merkle_range *r, struct merkle_hash *out) MUST_USE;

/* The range of the first `size` leaves, from stored nodes: to go on after a restart, and for roots of the past.  Read's
 * errors; ERR_LIMIT. */
enum err merkle_range_load(merkle_read_fn *read, void *self, uint64_t size, struct merkle_range *out) MUST_USE;

/* Proofs about a tree of `size` leaves.  ERR_INPUT when index >= size, old_size is 0 or above size, or size is above
 * MERKLE_SIZE_MAX; read's errors. */
enum err merkle_prove_inclusion(merkle_read_fn *read, void *self, uint64_t index, uint64_t size,
                                struct merkle_proof *out) MUST_USE;
enum err merkle_prove_consistency(merkle_read_fn *read, void *self, uint64_t old_size, uint64_t size,
                                  struct merkle_proof *out) MUST_USE;

/* ERR_CRYPTO for whatever does not hold: index or sizes out of range, a proof too short or too long, a wrong hash. */
enum err merkle_check_inclusion(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
                                const struct merkle_proof *proof, const struct merkle_hash *root) MUST_USE;
enum err merkle_check_consistency(uint64_t old_size, const struct merkle_hash *old_root, uint64_t size,
                                  const struct merkle_hash *root, const struct merkle_proof *proof) MUST_USE;
