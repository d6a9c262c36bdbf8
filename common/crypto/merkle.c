#include "common/crypto/merkle.h"
#include <string.h>

enum { LEAF_PREFIX = 0, NODE_PREFIX = 1 };

enum err merkle_leaf(struct bytes entry, struct merkle_hash *out)
{
    static const uint8_t prefix[] = { LEAF_PREFIX };
    struct hash *h CLEANUP(hash_drop) = NULL;
    TRY(hash_new(&h));
    TRY(hash_add(h, bytes_of(prefix, sizeof prefix)));
    TRY(hash_add(h, entry));
    return hash_end(h, out->b);
}

enum err merkle_node(const struct merkle_hash *left, const struct merkle_hash *right, struct merkle_hash *out)
{
    uint8_t both[1 + 2 * HASH_BYTES] = { NODE_PREFIX };
    memcpy(both + 1, left->b, HASH_BYTES);
    memcpy(both + 1 + HASH_BYTES, right->b, HASH_BYTES);
    return hash_of(bytes_of(both, sizeof both), out->b);
}

static enum err keep_node(merkle_keep_fn *keep, void *self, unsigned level, uint64_t index,
                          const struct merkle_hash *node)
{
    return keep == NULL ? OK : keep(self, level, index, node);
}

/* A binary counter: a carry from a level joins its peak with what was carried. */
enum err merkle_append(struct merkle_range *r, const struct merkle_hash *leaf, merkle_keep_fn *keep, void *self)
{
    struct merkle_hash carry = *leaf;
    unsigned level = 0;
    if (r->size >= MERKLE_SIZE_MAX) return ERR_LIMIT;
    TRY(keep_node(keep, self, 0, r->size, leaf));
    for (; (r->size >> level & 1) != 0; level++) {
        TRY(merkle_node(&r->peak[level], &carry, &carry));
        TRY(keep_node(keep, self, level + 1, r->size >> (level + 1), &carry));
    }
    r->peak[level] = carry;
    r->size++;
    return OK;
}

enum err merkle_range_root(const struct merkle_range *r, struct merkle_hash *out)
{
    struct merkle_hash sum;
    bool any = false;
    if (r->size == 0) return hash_of(bytes_of(NULL, 0), out->b);
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if ((r->size >> level & 1) == 0) continue;
        if (any)
            TRY(merkle_node(&r->peak[level], &sum, &sum));
        else
            sum = r->peak[level];
        any = true;
    }
    *out = sum;
    return OK;
}

/* The root over the leaves [from, to), where from is a multiple of a power of two that is not below to - from. */
static enum err span(merkle_read_fn *read, void *self, uint64_t from, uint64_t to, struct merkle_hash *out)
{
    struct merkle_range r = { .size = to - from };
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if ((r.size >> level & 1) == 0) continue;
        uint64_t end = from + (r.size >> level << level);
        TRY(read(self, level, (end >> level) - 1, &r.peak[level]));
    }
    return merkle_range_root(&r, out);
}

enum err merkle_range_load(merkle_read_fn *read, void *self, uint64_t size, struct merkle_range *out)
{
    struct merkle_range r = { .size = size };
    if (size > MERKLE_SIZE_MAX) return ERR_LIMIT;
    for (unsigned level = 0; level < MERKLE_LEVELS; level++)
        if ((size >> level & 1) != 0) TRY(read(self, level, (size >> level) - 1, &r.peak[level]));
    *out = r;
    return OK;
}

/* The largest power of two below n >= 2: where the tree of n leaves divides. */
static uint64_t half(uint64_t n) { return (uint64_t)1 << (63 - __builtin_clzll(n - 1)); }

static void reverse(struct merkle_proof *p)
{
    for (size_t i = 0; i < p->n / 2; i++) {
        struct merkle_hash kept = p->at[i];
        p->at[i] = p->at[p->n - 1 - i];
        p->at[p->n - 1 - i] = kept;
    }
}

/* From the root downwards: the side not entered is proof. */
enum err merkle_prove_inclusion(merkle_read_fn *read, void *self, uint64_t index, uint64_t size,
                                struct merkle_proof *out)
{
    struct merkle_proof p = { 0 };
    uint64_t from = 0;
    uint64_t to = size;
    if (index >= size || size > MERKLE_SIZE_MAX) return ERR_INPUT;
    while (to - from > 1) {
        uint64_t middle = from + half(to - from);
        bool left = index < middle;
        TRY(span(read, self, left ? middle : from, left ? to : middle, &p.at[p.n++]));
        *(left ? &to : &from) = middle;
    }
    reverse(&p);
    *out = p;
    return OK;
}

/* RFC 9162 2.1.4.1: down to the subtree at whose end the old tree ends; its root is known when it is the old tree. */
enum err merkle_prove_consistency(merkle_read_fn *read, void *self, uint64_t old_size, uint64_t size,
                                  struct merkle_proof *out)
{
    struct merkle_proof p = { 0 };
    uint64_t from = 0;
    uint64_t to = size;
    if (old_size == 0 || old_size > size || size > MERKLE_SIZE_MAX) return ERR_INPUT;
    while (old_size != to) {
        uint64_t middle = from + half(to - from);
        bool left = old_size <= middle;
        TRY(span(read, self, left ? middle : from, left ? to : middle, &p.at[p.n++]));
        *(left ? &to : &from) = middle;
    }
    if (from != 0) TRY(span(read, self, from, to, &p.at[p.n++]));
    reverse(&p);
    *out = p;
    return OK;
}

static bool same(const struct merkle_hash *a, const struct merkle_hash *b) { return memcmp(a, b, sizeof *a) == 0; }

/* A node's place on its level, and that of the level's last node. */
struct place {
    uint64_t node;
    uint64_t last;
};

static void rise(struct place *p)
{
    p->node >>= 1;
    p->last >>= 1;
}

/* Past the levels on which the node is a left one that is also the last: it has no sibling there. */
static void rise_alone(struct place *p)
{
    while (p->node != 0 && p->node % 2 == 0) rise(p);
}

static bool sibling_is_left(const struct place *p) { return p->node % 2 == 1 || p->node == p->last; }

/* RFC 9162 2.1.3.2. */
enum err merkle_check_inclusion(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
                                const struct merkle_proof *proof, const struct merkle_hash *root)
{
    struct place p = { index, size - 1 };
    struct merkle_hash sum = *leaf;
    if (index >= size || size > MERKLE_SIZE_MAX || proof->n > MERKLE_PROOF_MAX) return ERR_CRYPTO;
    for (size_t i = 0; i < proof->n; i++, rise(&p)) {
        if (p.last == 0) return ERR_CRYPTO;
        bool left = sibling_is_left(&p);
        TRY(merkle_node(left ? &proof->at[i] : &sum, left ? &sum : &proof->at[i], &sum));
        if (left) rise_alone(&p);
    }
    return p.last == 0 && same(&sum, root) ? OK : ERR_CRYPTO;
}

/* RFC 9162 2.1.4.2: one walk computes the old root and the new one. */
static enum err walk(struct place p, const struct merkle_hash *seed, const struct merkle_hash *path, size_t n,
                     struct merkle_hash roots[2])
{
    roots[0] = roots[1] = *seed;
    for (size_t i = 0; i < n; i++, rise(&p)) {
        if (p.last == 0) return ERR_CRYPTO;
        if (!sibling_is_left(&p)) {
            TRY(merkle_node(&roots[1], &path[i], &roots[1]));
            continue;
        }
        TRY(merkle_node(&path[i], &roots[0], &roots[0]));
        TRY(merkle_node(&path[i], &roots[1], &roots[1]));
        rise_alone(&p);
    }
    return p.last == 0 ? OK : ERR_CRYPTO;
}

enum err merkle_check_consistency(uint64_t old_size, const struct merkle_hash *old_root, uint64_t size,
                                  const struct merkle_hash *root, const struct merkle_proof *proof)
{
    struct merkle_hash roots[2];
    if (old_size == 0 || old_size > size || size > MERKLE_SIZE_MAX || proof->n > MERKLE_PROOF_MAX) return ERR_CRYPTO;
    if (old_size == size) return proof->n == 0 && same(old_root, root) ? OK : ERR_CRYPTO;
    if (proof->n == 0) return ERR_CRYPTO;
    bool whole = (old_size & (old_size - 1)) == 0; /* the old tree is itself a node of the new */
    struct place p = { old_size - 1, size - 1 };
    while (p.node % 2 == 1) rise(&p);
    size_t skip = whole ? 0 : 1;
    TRY(walk(p, whole ? old_root : &proof->at[0], proof->at + skip, proof->n - skip, roots));
    return same(&roots[0], old_root) && same(&roots[1], root) ? OK : ERR_CRYPTO;
}
