#include "common/crypto/seal_session.h"
#include "tests/support/dice.h"
#include <criterion/criterion.h>
#include <string.h>

enum { HOUR_MS = SEAL_SESSION_MS };

struct pair {
    struct rng r;
    struct seal_session session;
    struct identity people[2];
    struct seal_link to[2], from[2];
};

static struct pair begin(uint64_t seed)
{
    struct pair p = { .r = rng_make(seed) };
    for (int i = 0; i < 2; i++) cr_assert_eq(identity_generate(dice_random, &p.r, &p.people[i]), OK);
    cr_assert_eq(seal_session_begin(&p.session, 1, dice_random, &p.r), OK);
    return p;
}

static struct seal make(struct pair *p, const char *content)
{
    struct seal s;
    cr_assert_eq(seal_session_make(&p->session, str_bytes(str_of(content)), &s), OK);
    return s;
}

static enum err open(struct pair *p, int who, const uint8_t *wrap, const struct seal *of, struct seal *out)
{
    return seal_link_unwrap(&p->from[who], bytes_of(wrap, SEAL_WRAP_BYTES), of->bytes, of->sha256, &p->people[who],
                            out);
}

/* Many contents to two receivers: each opens its own wraps, and without remembering, by seal_unwrap. */
Test(seal_session, many_contents_to_many)
{
    static const char *const contents[] = { "", "a", "b", "a model of some length", "a" };
    struct pair p = begin(1);
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct seal ours = make(&p, contents[i]), theirs, plain;
        uint8_t wraps[2][SEAL_WRAP_BYTES];
        for (int who = 0; who < 2; who++)
            cr_assert_eq(seal_session_wrap(&p.session, &ours, p.people[who].public_key, &p.to[who], wraps[who]), OK);
        for (int who = 0; who < 2; who++) {
            cr_expect_eq(open(&p, who, wraps[1 - who], &ours, &theirs), ERR_CRYPTO, "row %zu: for another", i);
            cr_expect_eq(open(&p, who, wraps[who], &ours, &theirs), OK, "row %zu", i);
            cr_expect_eq(
                seal_unwrap(bytes_of(wraps[who], SEAL_WRAP_BYTES), ours.bytes, ours.sha256, &p.people[who], &plain), OK,
                "row %zu", i);
            cr_expect(memcmp(&ours, &theirs, sizeof ours) == 0 && memcmp(&ours, &plain, sizeof ours) == 0);
        }
    }
}

/* The rule of seal_agreed.h: within a session what is sealed twice is the same to the byte, and no two contents share a
 * key; in another session all is other. */
Test(seal_session, no_key_meets_two_contents)
{
    static const struct {
        const char *name, *first, *second;
        bool other_session, same;
    } rows[] = {
        { "the same again", "model 1", "model 1", false, true },
        { "another of that length", "model 1", "model 2", false, false },
        { "a longer one", "model 1", "model 11", false, false },
        { "the same in another session", "model 1", "model 1", true, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p = begin(2);
        uint8_t first[SEAL_WRAP_BYTES], second[SEAL_WRAP_BYTES];
        struct seal a = make(&p, rows[i].first);
        cr_assert_eq(seal_session_wrap(&p.session, &a, p.people[0].public_key, &p.to[0], first), OK);
        if (rows[i].other_session) cr_assert_eq(seal_session_begin(&p.session, 1 + HOUR_MS, dice_random, &p.r), OK);
        struct seal b = make(&p, rows[i].second);
        cr_assert_eq(seal_session_wrap(&p.session, &b, p.people[0].public_key, &p.to[0], second), OK);
        cr_expect_eq(memcmp(a.key, b.key, sizeof a.key) == 0, rows[i].same, "%s: content key", rows[i].name);
        cr_expect_eq(memcmp(first, second, sizeof first) == 0, rows[i].same, "%s: wrap", rows[i].name);
    }
}

Test(seal_session, every_changed_byte_of_a_wrap_is_refused)
{
    struct pair p = begin(3);
    struct seal s = make(&p, "content"), opened;
    uint8_t wrap[SEAL_WRAP_BYTES];
    cr_assert_eq(seal_session_wrap(&p.session, &s, p.people[0].public_key, &p.to[0], wrap), OK);
    for (size_t i = 0; i < sizeof wrap; i++) {
        wrap[i] ^= 1;
        cr_expect_eq(open(&p, 0, wrap, &s, &opened), ERR_CRYPTO, "byte %zu", i);
        wrap[i] ^= 1;
        cr_expect_eq(open(&p, 0, wrap, &s, &opened), OK, "what was refused leaves the next one readable");
    }
    struct seal other = make(&p, "contenT");
    cr_expect_eq(open(&p, 0, wrap, &other, &opened), ERR_CRYPTO, "another content's");
    cr_expect_eq(
        seal_link_unwrap(&p.from[0], bytes_of(wrap, sizeof wrap - 1), s.bytes, s.sha256, &p.people[0], &opened),
        ERR_CRYPTO, "short");
    cr_expect_eq(
        seal_link_unwrap(&p.from[0], bytes_of(wrap, sizeof wrap), SEAL_MAX_BYTES + 1, s.sha256, &p.people[0], &opened),
        ERR_CRYPTO, "hostile length");
}

/* A session lasts its time; a receiver's new key is agreed on anew. */
Test(seal_session, begins_again)
{
    static const struct {
        uint64_t now_ms;
        bool same;
    } rows[] = { { 1, true }, { HOUR_MS, true }, { 1 + HOUR_MS, false }, { 5 + HOUR_MS, true } };
    struct pair p = begin(4);
    struct x25519_pair last = p.session.ephemeral;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(seal_session_begin(&p.session, rows[i].now_ms, dice_random, &p.r), OK);
        cr_expect_eq(memcmp(&last, &p.session.ephemeral, sizeof last) == 0, rows[i].same, "row %zu", i);
        last = p.session.ephemeral;
    }
    struct seal s = make(&p, "content"), opened;
    uint8_t wrap[SEAL_WRAP_BYTES];
    for (int who = 0; who < 2; who++) {
        cr_assert_eq(seal_session_wrap(&p.session, &s, p.people[who].public_key, &p.to[0], wrap), OK);
        cr_expect_eq(open(&p, who, wrap, &s, &opened), OK, "one link, the receiver's key was changed: %d", who);
    }
}

Test(seal_session, failures_leave_everything_as_it_was)
{
    static const uint8_t zero[X25519_BYTES];
    struct pair p = begin(5);
    struct seal s = make(&p, "content");
    struct seal_session before = p.session, none = { 0 };
    uint8_t wrap[SEAL_WRAP_BYTES];
    cr_expect_eq(seal_session_begin(&p.session, 2 + (uint64_t)HOUR_MS, dice_broken, NULL), ERR_IO);
    cr_expect_eq(memcmp(&before, &p.session, sizeof before), 0);
    cr_expect_eq(seal_session_wrap(&p.session, &s, zero, &p.to[0], wrap), ERR_CRYPTO, "a point of small order");
    cr_expect(!p.to[0].known);
    seal_session_wipe(&p.session);
    seal_link_wipe(&p.to[0]);
    cr_expect_eq(memcmp(&none, &p.session, sizeof none), 0);
    seal_session_wipe(NULL);
    seal_link_wipe(NULL);
}
