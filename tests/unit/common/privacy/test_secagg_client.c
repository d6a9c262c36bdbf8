#include "common/privacy/secagg_client.h"
#include "tests/support/dice.h"
#include "tests/support/secagg_world.h"
#include <criterion/criterion.h>
#include <string.h>

enum { N = 5 };
static const enum world_drop one_drops[N] = { WORLD_INPUT, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER };

static void start(struct world *w, uint64_t seed)
{
    struct world_plan plan = world_plan_of(N, 0);
    world_init(w, &plan, seed);
    w->drops = one_drops;
    cr_assert_eq(world_open(w, NULL), OK);
}

/* Up to what the coordinator asks for: member 0 has dropped out after its shares. */
static void ask(struct world *w, uint64_t seed, struct secagg_request *request)
{
    start(w, seed);
    cr_assert(world_share(w, NULL) == OK && world_input(w, NULL) == OK);
    cr_assert_eq(secagg_server_request(w->server, request), OK);
}

static void expect_refusal(enum err e, const struct why *why, const char *sentence, const char *name)
{
    cr_expect_eq(e, ERR_REFUSED, "%s: %s", name, err_name(e));
    cr_expect_not_null(strstr(why->text, sentence), "%s: %s", name, why->text);
}

Test(secagg_client, joins_only_what_it_asked_for)
{
    struct world w;
    struct why why = { "" };
    struct secagg_client *twin CLEANUP(secagg_client_drop) = NULL;
    struct secagg_client *late CLEANUP(secagg_client_drop) = NULL;
    start(&w, 1);
    /* The same hospital once more: the coordinator lists the keys of the first. */
    cr_assert_eq(
        secagg_client_new(&w.header, &w.policy, &w.identities[2], world_id(2), dice_random, &w.rng, &twin, NULL), OK);
    expect_refusal(secagg_client_join(twin, w.session, &why), &why, "not its own", "swapped key");
    cr_assert_eq(secagg_client_new(&w.header, &w.policy, &w.identities[2], 999, dice_random, &w.rng, &late, NULL), OK);
    expect_refusal(secagg_client_join(late, w.session, &why), &why, "not in the list", "left out");
    cr_expect_eq(secagg_client_join(w.clients[2], w.session, NULL), ERR_STATE, "twice");
    world_fini(&w);
}

Test(secagg_client, shrunken_cohorts)
{
    struct world w;
    struct why why = { "" };
    struct secagg_client *c CLEANUP(secagg_client_drop) = NULL;
    struct secagg_session *s CLEANUP(secagg_session_drop) = NULL;
    struct secagg_advert advert;
    start(&w, 2);
    w.policy.cohort_min = 4;
    expect_refusal(
        secagg_client_new(&w.header, &w.policy, &w.identities[0], world_id(0), dice_random, &w.rng, &c, &why), &why,
        "sums of at least 4", "by the header");
    w.policy.cohort_min = 3;
    cr_assert_eq(secagg_client_new(&w.header, &w.policy, &w.identities[0], world_id(0), dice_random, &w.rng, &c, &why),
                 OK);
    secagg_client_advert(c, &advert);
    w.header.round++; /* another round's session */
    for (size_t i = 0; i < N; i++) {
        cr_assert_eq(secagg_header_hash(&w.header, w.adverts[i].header_sha256), OK);
        cr_assert_eq(secagg_advert_sign(&w.adverts[i], &w.identities[i]), OK);
    }
    cr_assert_eq(secagg_session_new(&w.header, &w.roster, w.adverts, N, &s, NULL), OK);
    expect_refusal(secagg_client_join(c, s, &why), &why, "another header", "two headers");
    world_fini(&w);
}

Test(secagg_client, points_of_small_order)
{
    struct world w;
    struct why why = { "" };
    struct secagg_bundle bundle;
    struct secagg_session *s CLEANUP(secagg_session_drop) = NULL;
    struct secagg_client *c CLEANUP(secagg_client_drop) = NULL;
    start(&w, 3);
    cr_assert_eq(secagg_client_new(&w.header, &w.policy, &w.identities[0], world_id(0), dice_random, &w.rng, &c, NULL),
                 OK);
    secagg_client_advert(c, &w.adverts[0]);
    memset(w.adverts[3].channel_key, 0, X25519_BYTES);
    cr_assert_eq(secagg_advert_sign(&w.adverts[3], &w.identities[3]), OK);
    cr_assert_eq(secagg_session_new(&w.header, &w.roster, w.adverts, N, &s, NULL), OK);
    cr_assert_eq(secagg_client_join(c, s, NULL), OK);
    cr_expect_eq(secagg_client_share(c, dice_random, &w.rng, &bundle, &why), ERR_CRYPTO);
    cr_expect_not_null(strstr(why.text, "member 33"), "%s", why.text);
    world_fini(&w);
}

/* What the coordinator may do to a delivery. */
static void spoil(size_t row, struct secagg_delivery *d)
{
    if (row == 0) d->shares[1].sealed[3] ^= 1;
    if (row == 1) d->shares[1].self_commit[0] ^= 1;
    if (row == 2) memcpy(d->shares[1].sealed, d->shares[2].sealed, SECAGG_SEALED_BYTES);
    if (row == 3) d->session[0] ^= 1;
    if (row == 4) d->to = world_id(3);
    if (row == 5) d->n--;
    if (row == 6) d->sharers.ids[4] = 1000;
    if (row == 7) d->sharers.ids[1] = d->sharers.ids[0];
    if (row == 8) d->sharers.n = 2;
    if (row == 9) d->sharers.n--;
    if (row == 10) d->sharers = (struct secagg_set){ 4, { 3, 13, 33, 43 } };
}

Test(secagg_client, deliveries)
{
    static const struct {
        const char *name;
        enum err expected;
        const char *sentence;
    } rows[] = {
        { "a share changed", ERR_CRYPTO, "member 13" },
        { "a commitment changed", ERR_CRYPTO, "member 13" },
        { "another's share", ERR_CRYPTO, "member 13" },
        { "another session's", ERR_REFUSED, "another session" },
        { "another member's", ERR_REFUSED, "another member" },
        { "one withheld", ERR_REFUSED, "member 43" },
        { "a stranger", ERR_REFUSED, "member 1000 is not in the session" },
        { "somebody twice", ERR_REFUSED, "twice" },
        { "too few", ERR_REFUSED, "did not" },
        { "one too many", ERR_REFUSED, "not our peers" },
        { "without us", ERR_REFUSED, "our own shares" },
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct world w;
        struct secagg_delivery d;
        struct why why = { "" };
        start(&w, 4);
        for (size_t i = 0; i < N; i++) {
            struct secagg_bundle bundle;
            cr_assert_eq(world_bundle(&w, i, &bundle, NULL), OK);
            cr_assert_eq(secagg_server_take_bundle(w.server, &bundle, NULL), OK);
        }
        cr_assert(secagg_server_end_sharing(w.server, NULL) == OK);
        cr_assert(secagg_server_delivery(w.server, world_id(2), &d) == OK);
        spoil(row, &d);
        cr_expect_eq(secagg_client_receive(w.clients[2], &d, &why), rows[row].expected, "%s", rows[row].name);
        if (row != 8) cr_expect_not_null(strstr(why.text, rows[row].sentence), "%s: %s", rows[row].name, why.text);
        world_fini(&w);
    }
}

Test(secagg_client, stages_come_once_and_in_order)
{
    struct world w;
    struct secagg_request request;
    struct secagg_bundle bundle;
    struct secagg_delivery delivery = { .n = 0 };
    struct secagg_input input;
    struct secagg_vote vote;
    struct secagg_answer answer;
    struct secagg_decisions decisions = { .n = 0 };
    uint8_t hash[HASH_BYTES] = { 0 };
    ask(&w, 5, &request);
    struct secagg_client *c = w.clients[1];
    struct secagg_masker *masker = NULL;
    cr_expect_eq(secagg_client_share(c, dice_random, &w.rng, &bundle, NULL), ERR_STATE);
    cr_expect_eq(secagg_client_receive(c, &delivery, NULL), ERR_STATE, "replayed");
    cr_expect_eq(secagg_client_masker(c, &masker), ERR_STATE, "a second vector under the same masks");
    cr_expect_eq(secagg_client_input(c, hash, &input), ERR_STATE);
    cr_expect_eq(secagg_client_answer(c, &request, NULL, 0, &decisions, &answer, NULL), ERR_STATE, "before the vote");
    cr_expect_eq(secagg_client_vote(w.clients[0], &request, &vote, NULL), ERR_STATE, "before its vector");
    cr_expect_eq(secagg_client_vote(c, &request, &vote, NULL), OK);
    cr_expect_eq(secagg_client_vote(c, &request, &vote, NULL), OK, "the same again");
    world_fini(&w);
}

/* What an active coordinator may ask for, once the vectors are in. */
static void bend(size_t row, struct secagg_request *r)
{
    if (row == 0) r->dropped = (struct secagg_set){ 2, { 3, 33 } };
    if (row == 1) r->survivors.ids[3] = 1000;
    if (row == 2) r->survivors.ids[1] = r->survivors.ids[0];
    if (row == 3)
        r->survivors = (struct secagg_set){ 3, { 23, 33, 43 } }, r->dropped = (struct secagg_set){ 2, { 3, 13 } };
    if (row == 4) r->survivors.n--;
    if (row == 5)
        r->survivors = (struct secagg_set){ 2, { 13, 23 } }, r->dropped = (struct secagg_set){ 3, { 3, 33, 43 } };
    if (row == 6) r->session[0] ^= 1;
    if (row == 7) r->dropped.n = 0;
}

Test(secagg_client, requests)
{
    static const struct {
        const char *name, *sentence;
    } rows[] = {
        { "both shares", "both shares asked: member 33" },
        { "a stranger", "member 1000" },
        { "somebody twice", "twice" },
        { "ourselves dead", "this hospital is said to have dropped out" },
        { "a survivor left out", "member 43 is neither alive nor dead" },
        { "too few", "a sum of 2 members" },
        { "another session", "another session" },
        { "the dropped one left out", "member 3 is neither alive nor dead" },
    };
    struct world w;
    struct secagg_request good;
    ask(&w, 6, &good);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct secagg_request bad = good;
        struct secagg_vote vote;
        struct why why = { "" };
        bend(row, &bad);
        expect_refusal(secagg_client_vote(w.clients[1], &bad, &vote, &why), &why, rows[row].sentence, rows[row].name);
    }
    world_fini(&w);
}

/* Two stories: to some, member 4 is alive, to others dead.  None of its two secrets comes together. */
Test(secagg_client, split_views)
{
    struct world w;
    struct secagg_request one, other;
    struct secagg_vote votes[4], vote;
    struct secagg_answer answer = { .n = 0 };
    struct secagg_decisions decisions = { .n = 0 };
    struct why why = { "" };
    ask(&w, 7, &one);
    other = one;
    other.survivors.n--;
    other.dropped = (struct secagg_set){ 2, { 3, 43 } };
    cr_assert_eq(secagg_client_vote(w.clients[1], &one, &votes[0], NULL), OK);
    expect_refusal(secagg_client_vote(w.clients[1], &other, &vote, &why), &why, "two stories", "voted twice");
    cr_assert_eq(secagg_client_vote(w.clients[2], &other, &votes[1], NULL), OK);
    cr_assert_eq(secagg_client_vote(w.clients[3], &other, &votes[2], NULL), OK);
    cr_assert_eq(secagg_client_vote(w.clients[4], &one, &votes[3], NULL), OK);
    expect_refusal(secagg_client_answer(w.clients[1], &one, votes, 4, &decisions, &answer, &why), &why, "another story",
                   "shown a vote for the other");
    expect_refusal(secagg_client_answer(w.clients[1], &other, votes, 4, &decisions, &answer, &why), &why, "two stories",
                   "asked for the other");
    expect_refusal(secagg_client_answer(w.clients[1], &one, votes, 1, &decisions, &answer, &why), &why,
                   "1 of our holders voted; 3 are needed", "too few votes");
    vote = votes[3]; /* one vote counts once, however often it is shown */
    struct secagg_vote same[] = { votes[0], vote, vote, vote };
    expect_refusal(secagg_client_answer(w.clients[1], &one, same, 4, &decisions, &answer, &why), &why,
                   "2 of our holders", "one vote often");
    memcpy(votes[1].view, votes[0].view, HASH_BYTES);
    cr_expect_eq(secagg_client_answer(w.clients[1], &one, votes, 4, &decisions, &answer, &why), ERR_CRYPTO, "forged");
    cr_expect(answer.n == 0 && decisions.n == 0);
    world_fini(&w);
}

Test(secagg_client, one_share_of_each_ever)
{
    struct world w;
    struct secagg_request request;
    struct secagg_answer answer, again;
    struct secagg_decisions decisions = { .n = 0 }, other;
    struct why why = { "" };
    size_t n = 0;
    ask(&w, 8, &request);
    cr_assert_eq(world_vote(&w, NULL), OK);
    const struct secagg_vote *votes = secagg_server_votes(w.server, &n);
    cr_assert_eq(secagg_client_answer(w.clients[1], &request, votes, n, &decisions, &answer, NULL), OK);
    cr_expect(answer.n == N && decisions.n == N);
    for (size_t i = 0; i < N; i++) cr_expect_eq(answer.shares[i].half, i == 0 ? SECAGG_PAIR : SECAGG_SELF);
    cr_assert_eq(secagg_client_answer(w.clients[1], &request, votes, n, &decisions, &again, NULL), OK);
    cr_expect_arr_eq(&answer, &again, sizeof answer, "the same again");
    /* As if before a restart the other half of member 2 had been answered. */
    other = decisions;
    other.at[2].half = SECAGG_PAIR;
    expect_refusal(secagg_client_answer(w.clients[1], &request, votes, n, &other, &again, &why), &why,
                   "both shares asked", "after a restart");
    decisions.session[0] ^= 1;
    expect_refusal(secagg_client_answer(w.clients[1], &request, votes, n, &decisions, &again, &why), &why,
                   "another session", "other decisions");
    world_fini(&w);
}

Test(secagg_client, no_randomness_no_round)
{
    struct world w;
    struct secagg_client *c = NULL;
    start(&w, 10);
    cr_expect_eq(secagg_client_new(&w.header, &w.policy, &w.identities[0], 3, dice_broken, NULL, &c, NULL), ERR_IO);
    cr_expect_null(c);
    secagg_client_free(NULL);
    world_fini(&w);
}
