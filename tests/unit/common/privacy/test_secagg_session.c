#include "common/privacy/harary.h"
#include "common/privacy/secagg_session.h"
#include "tests/support/dice.h"
#include "tests/support/secagg_world.h"
#include <criterion/criterion.h>
#include <string.h>

enum { N = 5 };

/* A world with adverts and its session. */
static void open_world(struct world *w, uint64_t seed)
{
    struct world_plan plan = world_plan_of(N, 0);
    world_init(w, &plan, seed);
    cr_assert_eq(world_open(w, NULL), OK);
}

static enum err make(const struct world *w, const struct secagg_advert *adverts, size_t n, uint8_t id[HASH_BYTES],
                     struct why *why)
{
    struct secagg_session *s CLEANUP(secagg_session_drop) = NULL;
    TRY(secagg_session_new(&w->header, &w->roster, adverts, n, &s, why));
    memcpy(id, secagg_session_id(s), HASH_BYTES);
    return OK;
}

Test(secagg_session, id_does_not_hang_on_order_but_on_all_else)
{
    struct world w;
    uint8_t one[HASH_BYTES], other[HASH_BYTES];
    open_world(&w, 1);
    cr_assert_eq(make(&w, w.adverts, N, one, NULL), OK);
    cr_expect_arr_eq(one, secagg_session_id(w.session), HASH_BYTES);
    struct secagg_advert kept = w.adverts[0];
    w.adverts[0] = w.adverts[3];
    w.adverts[3] = kept;
    cr_assert_eq(make(&w, w.adverts, N, other, NULL), OK);
    cr_expect_arr_eq(one, other, HASH_BYTES, "another order");
    cr_assert_eq(make(&w, w.adverts, N - 1, other, NULL), OK);
    cr_expect(memcmp(one, other, HASH_BYTES) != 0, "one fewer");
    w.adverts[1].mask_key[0] ^= 1;
    cr_assert_eq(secagg_advert_sign(&w.adverts[1], &w.identities[1]), OK);
    cr_assert_eq(make(&w, w.adverts, N, other, NULL), OK);
    cr_expect(memcmp(one, other, HASH_BYTES) != 0, "another key");
    world_fini(&w);
}

/* The id, written out from the documented bytes. */
Test(secagg_session, id_is_over_its_bytes)
{
    struct world w;
    uint8_t expected[HASH_BYTES];
    struct buf b CLEANUP(buf_free) = buf_make(10000);
    open_world(&w, 2);
    buf_add(&b, "himas secagg session 1", 23);
    buf_add(&b, "\0\0\0\0\0\0\0", 7);
    buf_add(&b, &(uint8_t){ SECAGG_HEADER_BYTES }, 1);
    cr_assert_eq(secagg_header_encode(&w.header, &b), OK);
    buf_add(&b, "\0\0\0\5", 4);
    for (size_t i = 0; i < N; i++) {
        buf_add(&b, "\0\0\0", 3);
        buf_add(&b, &(uint8_t){ (uint8_t)world_id(i) }, 1);
        buf_add(&b, "\0\x20", 2);
        buf_add(&b, w.adverts[i].channel_key, 32);
        buf_add(&b, "\0\x20", 2);
        buf_add(&b, w.adverts[i].mask_key, 32);
    }
    cr_assert_eq(hash_of(buf_bytes(&b), expected), OK);
    cr_expect_arr_eq(expected, secagg_session_id(w.session), HASH_BYTES);
    world_fini(&w);
}

static void resign(struct world *w, size_t i)
{
    cr_assert_eq(secagg_advert_sign(&w->adverts[i], &w->identities[i]), OK);
}

Test(secagg_session, swapped_keys_and_strangers)
{
    static const char *const rows[] = { "swapped channel key", "swapped mask key", "a stranger",
                                        "another header",      "a member twice",   "another's key",
                                        "one's own key twice" };
    static const enum err expected[] = { ERR_CRYPTO,  ERR_CRYPTO,  ERR_REFUSED, ERR_REFUSED,
                                         ERR_REFUSED, ERR_REFUSED, ERR_REFUSED };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct world w;
        struct why why = { "" };
        uint8_t id[HASH_BYTES];
        open_world(&w, 3);
        struct secagg_advert *a = &w.adverts[2];
        if (row == 0) a->channel_key[5] ^= 1;
        if (row == 1) a->mask_key[5] ^= 1;
        if (row == 2) a->from = 1000;
        if (row == 3) a->header_sha256[0] ^= 1;
        if (row == 4) *a = w.adverts[1];
        if (row == 5) memcpy(a->mask_key, w.adverts[1].channel_key, X25519_BYTES);
        if (row == 6) memcpy(a->mask_key, a->channel_key, X25519_BYTES);
        if (row > 1 && row != 4) resign(&w, 2);
        cr_expect_eq(make(&w, w.adverts, N, id, &why), expected[row], "%s: %s", rows[row], why.text);
        cr_expect_not_null(strstr(why.text, row == 4   ? "member 13"
                                            : row == 2 ? "member 1000"
                                                       : "member 23"),
                           "%s: %s", rows[row], why.text);
        world_fini(&w);
    }
}

Test(secagg_session, cohorts_too_small_or_too_large)
{
    struct world w;
    uint8_t id[HASH_BYTES];
    struct why why = { "" };
    open_world(&w, 4);
    cr_expect_eq(make(&w, w.adverts, 2, id, &why), ERR_REFUSED, "shrunken");
    cr_expect_eq(make(&w, w.adverts, N + 1, id, &why), ERR_REFUSED, "more than the cohort");
    w.members[1].identity[0] ^= 1;
    cr_expect_eq(make(&w, w.adverts, N, id, &why), ERR_REFUSED, "another roster");
    world_fini(&w);
}

Test(secagg_session, complete_graph)
{
    struct world w;
    size_t holders[SECAGG_HOLDERS_MAX];
    open_world(&w, 5);
    for (size_t i = 0; i < N; i++) {
        cr_expect_eq(secagg_session_holders(w.session, i, holders), (size_t)N);
        for (size_t k = 0; k < N; k++) {
            cr_expect_eq(holders[k], k);
            cr_expect_eq(secagg_session_share_index(w.session, i, k), k + 1);
            cr_expect_eq(secagg_session_are_peers(w.session, i, k), i != k);
        }
        cr_expect_eq(secagg_session_place(w.session, world_id(i)), i);
        cr_expect_eq(secagg_session_place(w.session, world_id(i) + 1), (size_t)SECAGG_ABSENT);
        cr_expect_arr_eq(secagg_session_identity(w.session, i), w.identities[i].public_key, ED25519_KEY_BYTES);
    }
    world_fini(&w);
}

/* In a neighbour graph each has `degree` holders, never itself; holding is mutual; another session, other neighbours.
 */
Test(secagg_session, neighbour_graph)
{
    enum { MANY = 70 };
    struct harary_want want = { MANY, 3, 3, HARARY_ACTIVE };
    struct harary g;
    size_t same = 0;
    struct world w[2];
    cr_assert_eq(harary_find(&want, &g, NULL), OK);
    struct world_plan plan = { MANY, 3, MANY - 3, g.degree, g.threshold, 32, 4 };
    for (size_t k = 0; k < 2; k++) {
        world_init(&w[k], &plan, 6 + k);
        cr_assert_eq(world_open(&w[k], NULL), OK);
    }
    for (size_t i = 0; i < MANY; i++) {
        size_t holders[SECAGG_HOLDERS_MAX];
        cr_assert_eq(secagg_session_holders(w[0].session, i, holders), g.degree);
        for (size_t k = 0; k < g.degree; k++) {
            cr_expect(holders[k] != i && secagg_session_share_index(w[0].session, i, holders[k]) == k + 1);
            cr_expect(secagg_session_share_index(w[0].session, holders[k], i) != 0);
            same += secagg_session_are_peers(w[1].session, i, holders[k]);
        }
        cr_expect_eq(secagg_session_share_index(w[0].session, i, i), 0);
    }
    cr_expect_lt(same, MANY * g.degree * 7 / 10);
    world_fini(&w[0]);
    world_fini(&w[1]);
}

/* Two ends agree on a key, with opposite signs; every key is another. */
Test(secagg_session, keys)
{
    struct world w;
    uint8_t secret[2][X25519_BYTES], channel[4][AEAD_KEY_BYTES];
    struct secagg_mask mask[4];
    open_world(&w, 8);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(dice_random(&w.rng, secret[i], X25519_BYTES), OK);
        cr_assert_eq(x25519_public(secret[i], w.adverts[i].mask_key), OK);
        secret[i][5] ^= 0x55;
        cr_assert_eq(x25519_public(secret[i], w.adverts[i].channel_key), OK);
        secret[i][5] ^= 0x55;
        resign(&w, i);
    }
    struct secagg_session *s CLEANUP(secagg_session_drop) = NULL;
    cr_assert_eq(secagg_session_new(&w.header, &w.roster, w.adverts, N, &s, NULL), OK);
    cr_assert_eq(secagg_session_pair_mask(s, secret[0], 0, 1, &mask[0]), OK);
    cr_assert_eq(secagg_session_pair_mask(s, secret[1], 1, 0, &mask[1]), OK);
    cr_assert_eq(secagg_session_pair_mask(s, secret[0], 0, 2, &mask[2]), OK);
    cr_assert_eq(secagg_session_self_mask(s, secret[0], 0, &mask[3]), OK);
    cr_expect_arr_eq(mask[0].key, mask[1].key, STREAM_KEY_BYTES);
    cr_expect(mask[0].sign == PRG_ADD && mask[1].sign == PRG_TAKE);
    cr_expect(memcmp(mask[0].key, mask[2].key, STREAM_KEY_BYTES) && memcmp(mask[0].key, mask[3].key, STREAM_KEY_BYTES));
    secret[0][5] ^= 0x55;
    secret[1][5] ^= 0x55;
    cr_assert_eq(secagg_session_channel(s, secret[0], 0, 0, 1, channel[0]), OK);
    cr_assert_eq(secagg_session_channel(s, secret[1], 1, 0, 1, channel[1]), OK);
    cr_assert_eq(secagg_session_channel(s, secret[0], 0, 1, 0, channel[2]), OK);
    cr_expect_arr_eq(channel[0], channel[1], AEAD_KEY_BYTES);
    cr_expect(memcmp(channel[0], channel[2], AEAD_KEY_BYTES) != 0, "each direction has its own");
    world_fini(&w);
}

/* The same keys under a header with another model give other masks: nothing cancels. */
Test(secagg_session, masks_hang_on_the_model)
{
    struct world w;
    struct secagg_mask one, other;
    uint8_t secret[X25519_BYTES] = { 1 };
    open_world(&w, 9);
    cr_assert_eq(secagg_session_pair_mask(w.session, secret, 0, 1, &one), OK);
    w.header.model_sha256[0] ^= 1;
    for (size_t i = 0; i < N; i++) {
        cr_assert_eq(secagg_header_hash(&w.header, w.adverts[i].header_sha256), OK);
        resign(&w, i);
    }
    struct secagg_session *s CLEANUP(secagg_session_drop) = NULL;
    cr_assert_eq(secagg_session_new(&w.header, &w.roster, w.adverts, N, &s, NULL), OK);
    cr_assert_eq(secagg_session_pair_mask(s, secret, 0, 1, &other), OK);
    cr_expect(memcmp(one.key, other.key, STREAM_KEY_BYTES) != 0);
    world_fini(&w);
}
