#include "common/privacy/secagg_list.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 5 };

static void put_both(struct buf *adverts, struct buf *votes)
{
    struct secagg_advert a[MANY] = { { .from = 0 } };
    struct secagg_vote v[MANY] = { { .from = 0 } };
    for (uint32_t i = 0; i < MANY; i++) {
        a[i].from = v[i].from = i + 1;
        memset(a[i].mask_key, (int)i, sizeof a[i].mask_key);
        memset(v[i].view, (int)i, sizeof v[i].view);
    }
    cr_assert_eq(secagg_adverts_encode(a, MANY, adverts), OK);
    cr_assert_eq(secagg_votes_encode(v, MANY, votes), OK);
}

Test(secagg_list, there_and_back)
{
    struct buf adverts CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct buf votes CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct secagg_advert *a = NULL;
    struct secagg_vote *v = NULL;
    size_t na = 0, nv = 0;
    put_both(&adverts, &votes);
    cr_assert_eq(secagg_adverts_parse(buf_bytes(&adverts), &a, &na), OK);
    cr_assert_eq(secagg_votes_parse(buf_bytes(&votes), &v, &nv), OK);
    cr_assert(na == MANY && nv == MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        cr_expect(a[i].from == i + 1 && a[i].mask_key[31] == i);
        cr_expect(v[i].from == i + 1 && v[i].view[31] == i);
    }
    free(a);
    free(v);
}

/* One kind is not the other, and a part of one is none. */
Test(secagg_list, other_bytes_are_refused)
{
    struct buf adverts CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct buf votes CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct secagg_advert *a = NULL;
    struct secagg_vote *v = NULL;
    size_t n = 77;
    put_both(&adverts, &votes);
    const struct bytes rows[] = {
        { NULL, 0 }, buf_bytes(&votes), { adverts.p, adverts.n - 1 }, { adverts.p + 1, adverts.n - 1 }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(secagg_adverts_parse(rows[i], &a, &n) == ERR_PROTO && a == NULL && n == 77, "%zu", i);
    cr_expect_eq(secagg_votes_parse(buf_bytes(&adverts), &v, &n), ERR_PROTO);
    adverts.p[0] ^= 1;
    cr_expect_eq(secagg_adverts_parse(buf_bytes(&adverts), &a, &n), ERR_PROTO);
    struct buf many CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    adverts.p[0] ^= 1;
    for (size_t i = 0; i <= SECAGG_MEMBERS_MAX / MANY; i++) buf_add(&many, adverts.p, adverts.n);
    cr_assert_eq(buf_err(&many), OK);
    cr_expect_eq(secagg_adverts_parse(buf_bytes(&many), &a, &n), ERR_PROTO, "too many");
}

Test(secagg_list, out_of_memory_is_an_error)
{
    struct buf adverts CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    struct buf votes CLEANUP(buf_free) = buf_make(SECAGG_LIST_MAX);
    bool done = false;
    put_both(&adverts, &votes);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct secagg_advert *a = NULL;
        size_t count = 0;
        enum err e = secagg_adverts_parse(buf_bytes(&adverts), &a, &count);
        done = e == OK;
        cr_assert(done || (e == ERR_MEMORY && a == NULL), "%zu", n);
        free(a);
    }
    cr_expect(done);
}

Test(secagg_list, a_run_has_its_own_hash)
{
    uint8_t a[HASH_BYTES], b[HASH_BYTES];
    static const struct {
        const char *run, *digest;
        bool same;
    } rows[] = {
        { "toy-1", "aa", true }, { "toy-2", "aa", false }, { "toy-1", "ab", false }, { "toy-1a", "a", false }
    };
    cr_assert_eq(secagg_run_hash(STR("toy-1"), STR("aa"), a), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(secagg_run_hash(str_of(rows[i].run), str_of(rows[i].digest), b), OK);
        cr_expect_eq(memcmp(a, b, HASH_BYTES) == 0, rows[i].same, "%s %s", rows[i].run, rows[i].digest);
    }
}
