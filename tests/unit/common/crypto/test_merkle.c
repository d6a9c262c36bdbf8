#include "common/crypto/encode.h"
#include "common/crypto/merkle.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The eight leaves and their trees of the tests of Certificate Transparency; 20 levels of stored nodes. */
enum { LEVELS = 12, WIDTH = 512, STEPS_MAX = 4 };
struct store {
    struct merkle_hash at[LEVELS][WIDTH];
    bool has[LEVELS][WIDTH];
    size_t reads;
};

static enum err keep(void *self, unsigned level, uint64_t index, const struct merkle_hash *node)
{
    struct store *s = self;
    cr_assert(level < LEVELS && index < WIDTH && !s->has[level][index]);
    s->at[level][index] = *node;
    s->has[level][index] = true;
    return OK;
}

static enum err look(void *self, unsigned level, uint64_t index, struct merkle_hash *out)
{
    struct store *s = self;
    s->reads++;
    if (level >= LEVELS || index >= WIDTH || !s->has[level][index]) return ERR_ABSENT;
    *out = s->at[level][index];
    return OK;
}

static const char *const leaves[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
};
#define L0 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define L1 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define L2 "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7"
#define L3 "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7"
#define L4 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define L5 "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658"
#define L6 "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
#define L7 "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1"
static const char *const leaf_hashes[] = { L0, L1, L2, L3, L4, L5, L6, L7 };
static const char *const roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
/* Inner nodes of these trees, as proofs name them. */
#define N01 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define N03 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define N23 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define N45 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define N46 "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e"
#define N47 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define N67 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"

static struct merkle_hash hash_from(const char *hex)
{
    struct merkle_hash h;
    cr_assert_eq(hex_decode(str_of(hex), h.b, sizeof h.b), OK);
    return h;
}

static void expect_hash(const struct merkle_hash *h, const char *hex, const char *what, size_t i)
{
    char text[HASH_HEX_BYTES];
    hash_hex(h->b, text);
    cr_expect_str_eq(text, hex, "%s %zu", what, i);
}

static struct merkle_range grown(struct store *s, size_t n)
{
    struct merkle_range r = { 0 };
    for (size_t i = 0; i < n; i++) {
        uint8_t entry[16];
        struct merkle_hash leaf;
        const char *hex = i < 8 ? leaves[i] : "77";
        cr_assert_eq(hex_decode(str_of(hex), entry, strlen(hex) / 2), OK);
        cr_assert_eq(merkle_leaf(bytes_of(entry, strlen(hex) / 2), &leaf), OK);
        cr_assert_eq(merkle_append(&r, &leaf, s ? keep : NULL, s), OK);
    }
    return r;
}

Test(merkle, leaves_and_roots)
{
    struct merkle_hash h;
    for (size_t n = 0; n <= 8; n++) {
        struct store s = { 0 };
        struct merkle_range r = grown(&s, n);
        struct merkle_range loaded;
        cr_assert_eq(merkle_range_root(&r, &h), OK);
        expect_hash(&h, roots[n], "root", n);
        cr_assert_eq(merkle_range_load(look, &s, n, &loaded), OK);
        cr_assert_eq(merkle_range_root(&loaded, &h), OK);
        expect_hash(&h, roots[n], "loaded root", n);
        if (n > 0) expect_hash(&s.at[0][n - 1], leaf_hashes[n - 1], "leaf", n - 1);
    }
    cr_assert_eq(merkle_leaf(bytes_of("L123456", 7), &h), OK);
    expect_hash(&h, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56", "leaf", 0);
}

/* RFC 6962's node of short texts is no node of ours: hash it by hand. */
Test(merkle, node_prefix)
{
    struct merkle_hash h;
    cr_assert_eq(hash_of(bytes_of("\x01N123N456", 9), h.b), OK);
    expect_hash(&h, "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb", "node", 0);
    struct merkle_hash left = hash_from(leaf_hashes[0]);
    struct merkle_hash right = hash_from(leaf_hashes[1]);
    cr_assert_eq(merkle_node(&left, &right, &h), OK);
    expect_hash(&h, N01, "node", 1);
}

static void expect_proof(const struct merkle_proof *p, const char *const *expected, const char *name)
{
    size_t n = 0;
    while (n < STEPS_MAX && expected[n] != NULL) n++;
    cr_assert_eq(p->n, n, "%s: %zu steps", name, p->n);
    for (size_t i = 0; i < n; i++) expect_hash(&p->at[i], expected[i], name, i);
}

Test(merkle, proof_vectors)
{
    static const struct {
        const char *name;
        bool inclusion;
        uint64_t a, b;
        const char *steps[STEPS_MAX + 1];
    } rows[] = {
        { "inclusion 0 1", true, 0, 1, { NULL } },
        { "inclusion 0 8", true, 0, 8, { L1, N23, N47 } },
        { "inclusion 5 8", true, 5, 8, { L4, N67, N03 } },
        { "inclusion 2 3", true, 2, 3, { N01 } },
        { "inclusion 1 5", true, 1, 5, { L0, N23, L4 } },
        { "consistency 1 1", false, 1, 1, { NULL } },
        { "consistency 1 8", false, 1, 8, { L1, N23, N47 } },
        { "consistency 6 8", false, 6, 8, { N45, N67, N03 } },
        { "consistency 2 5", false, 2, 5, { N23, L4 } },
        { "consistency 3 7", false, 3, 7, { L2, L3, N01, N46 } },
        { "consistency 4 7", false, 4, 7, { N46 } },
        { "consistency 6 7", false, 6, 7, { N45, L6, N03 } },
    };
    struct store s = { 0 };
    (void)grown(&s, 8);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct merkle_proof p;
        enum err e = rows[i].inclusion ? merkle_prove_inclusion(look, &s, rows[i].a, rows[i].b, &p)
                                       : merkle_prove_consistency(look, &s, rows[i].a, rows[i].b, &p);
        cr_assert_eq(e, OK, "%s", rows[i].name);
        expect_proof(&p, rows[i].steps, rows[i].name);
    }
}

static struct merkle_hash root_at(struct store *s, uint64_t size)
{
    struct merkle_range r;
    struct merkle_hash root;
    cr_assert_eq(merkle_range_load(look, s, size, &r), OK);
    cr_assert_eq(merkle_range_root(&r, &root), OK);
    return root;
}

Test(merkle, every_pair_up_to_a_size)
{
    enum { N = 70 };
    struct store *s = calloc(1, sizeof *s);
    cr_assert_not_null(s);
    (void)grown(s, N);
    for (uint64_t size = 1; size <= N; size++) {
        struct merkle_hash root = root_at(s, size);
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_proof p;
            struct merkle_hash old = root_at(s, i + 1);
            s->reads = 0;
            cr_assert_eq(merkle_prove_inclusion(look, s, i, size, &p), OK);
            cr_expect_lt(s->reads, 14u);
            cr_expect_eq(merkle_check_inclusion(&s->at[0][i], i, size, &p, &root), OK, "%lu %lu", i, size);
            cr_assert_eq(merkle_prove_consistency(look, s, i + 1, size, &p), OK);
            cr_expect_eq(merkle_check_consistency(i + 1, &old, size, &root, &p), OK, "%lu %lu", i + 1, size);
        }
    }
    free(s);
}

/* The negative cases of the public verifiers' tests; each must be refused. */
Test(merkle, wrong_inclusions)
{
    struct store s = { 0 };
    (void)grown(&s, 8);
    for (uint64_t size = 1; size <= 8; size++)
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_hash root = root_at(&s, size), leaf = s.at[0][i], wrong = { { 1 } };
            struct merkle_proof p;
            cr_assert_eq(merkle_prove_inclusion(look, &s, i, size, &p), OK);
            const uint64_t indices[] = { i - 1, i + 1, i ^ 2, size, UINT64_MAX };
            for (size_t k = 0; k < sizeof indices / sizeof *indices; k++)
                cr_expect_eq(merkle_check_inclusion(&leaf, indices[k], size, &p, &root), ERR_CRYPTO);
            cr_expect_eq(merkle_check_inclusion(&leaf, i, size * 2, &p, &root), ERR_CRYPTO);
            cr_expect_eq(merkle_check_inclusion(&leaf, i, 0, &p, &root), ERR_CRYPTO);
            cr_expect_eq(merkle_check_inclusion(&leaf, i, size, &p, &wrong), ERR_CRYPTO);
            cr_expect_eq(merkle_check_inclusion(&wrong, i, size, &p, &root), ERR_CRYPTO);
            for (size_t k = 0; k < p.n; k++) {
                p.at[k].b[k] ^= 0x10;
                cr_expect_eq(merkle_check_inclusion(&leaf, i, size, &p, &root), ERR_CRYPTO, "step %zu", k);
                p.at[k].b[k] ^= 0x10;
            }
            p.at[p.n++] = root;
            cr_expect_eq(merkle_check_inclusion(&leaf, i, size, &p, &root), ERR_CRYPTO, "longer");
            p.n -= 2;
            if (p.n < MERKLE_PROOF_MAX)
                cr_expect_eq(merkle_check_inclusion(&leaf, i, size, &p, &root), ERR_CRYPTO, "shorter");
        }
}

static void wrong_consistency(struct store *s, uint64_t old_size, uint64_t size)
{
    struct merkle_hash old = root_at(s, old_size), root = root_at(s, size), wrong = { { 1 } };
    struct merkle_proof p;
    cr_assert_eq(merkle_prove_consistency(look, s, old_size, size, &p), OK);
    cr_expect_eq(merkle_check_consistency(0, &old, size, &root, &p), ERR_CRYPTO);
    cr_expect_eq(merkle_check_consistency(size + 1, &old, size, &root, &p), ERR_CRYPTO);
    cr_expect_eq(merkle_check_consistency(old_size, &wrong, size, &root, &p), ERR_CRYPTO);
    cr_expect_eq(merkle_check_consistency(old_size, &old, size, &wrong, &p), ERR_CRYPTO);
    for (size_t k = 0; k < p.n; k++) {
        p.at[k].b[31] ^= 1;
        cr_expect_eq(merkle_check_consistency(old_size, &old, size, &root, &p), ERR_CRYPTO, "step %zu", k);
        p.at[k].b[31] ^= 1;
    }
    p.at[p.n++] = root;
    cr_expect_eq(merkle_check_consistency(old_size, &old, size, &root, &p), ERR_CRYPTO, "longer");
    if (p.n < 2) return;
    p.n -= 2;
    cr_expect_eq(merkle_check_consistency(old_size, &old, size, &root, &p), ERR_CRYPTO, "shorter");
}

Test(merkle, wrong_consistencies)
{
    struct store s = { 0 };
    (void)grown(&s, 8);
    for (uint64_t size = 1; size <= 8; size++)
        for (uint64_t old = 1; old <= size; old++) wrong_consistency(&s, old, size);
}

Test(merkle, limits)
{
    struct merkle_range r = { .size = MERKLE_SIZE_MAX };
    struct merkle_hash h = { { 0 } };
    struct merkle_proof p;
    struct store s = { 0 };
    cr_expect_eq(merkle_append(&r, &h, NULL, NULL), ERR_LIMIT);
    cr_expect_eq(merkle_prove_inclusion(look, &s, 1, 1, &p), ERR_INPUT);
    cr_expect_eq(merkle_prove_inclusion(look, &s, 0, 2, &p), ERR_ABSENT);
    cr_expect_eq(merkle_prove_consistency(look, &s, 0, 1, &p), ERR_INPUT);
    cr_expect_eq(merkle_prove_consistency(look, &s, 3, 2, &p), ERR_INPUT);
    cr_expect_eq(merkle_range_load(look, &s, MERKLE_SIZE_MAX + 1, &r), ERR_LIMIT);
    p.n = MERKLE_PROOF_MAX + 1;
    cr_expect_eq(merkle_check_inclusion(&h, 0, 2, &p, &h), ERR_CRYPTO);
    cr_expect_eq(merkle_check_consistency(1, &h, 2, &h, &p), ERR_CRYPTO);
}
