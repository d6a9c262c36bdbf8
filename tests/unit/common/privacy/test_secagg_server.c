#include "common/privacy/harary.h"
#include "common/privacy/secagg_server.h"
#include "tests/support/failmalloc.h"
#include "tests/support/secagg_world.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { N_MAX = 500 };

/* Who is left for a stage. */
static uint32_t left(const enum world_drop *drops, uint32_t n, enum world_drop stage)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) count += drops[i] > stage;
    return count;
}

/* In a complete graph numbers alone decide whether a round ends. */
static bool should_end(const struct world_plan *p, const enum world_drop *drops)
{
    return left(drops, p->n, WORLD_INPUT) >= p->survivors && left(drops, p->n, WORLD_VOTE) >= p->threshold &&
           left(drops, p->n, WORLD_ANSWER) >= p->threshold;
}

static void round_of(const struct world_plan *plan, const enum world_drop *drops, uint64_t seed, bool ends)
{
    struct world w;
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    struct why why = { "" };
    world_init(&w, plan, seed);
    w.drops = drops;
    enum err e = world_run(&w, &sum, &why);
    if (ends)
        cr_expect(e == OK && world_is_sum(&w, &sum), "n %u seed %lu: %s %s", plan->n, seed, err_name(e), why.text);
    else
        cr_expect((e == ERR_LIMIT || e == ERR_REFUSED) && sum.n == 0 && why.text[0] != '\0', "n %u seed %lu: %s %s",
                  plan->n, seed, err_name(e), why.text);
    world_fini(&w);
}

/* Every subset of the members vanishes at one stage; of 3 members, and some of 4, each at a stage of its own. */
Test(secagg_server, every_dropout_pattern)
{
    for (uint32_t n = 3; n <= 6; n++) {
        struct world_plan plan = world_plan_of(n, 0);
        for (unsigned subset = 0; subset < 1u << n; subset++)
            for (unsigned stage = WORLD_ADVERT; stage < WORLD_NEVER; stage++) {
                enum world_drop drops[6];
                for (uint32_t i = 0; i < n; i++) drops[i] = subset >> i & 1 ? (enum world_drop)stage : WORLD_NEVER;
                round_of(&plan, drops, subset * 8 + stage, should_end(&plan, drops));
            }
    }
}

Test(secagg_server, mixed_dropout_patterns)
{
    for (uint32_t n = 3; n <= 4; n++) {
        struct world_plan plan = world_plan_of(n, 0);
        unsigned patterns = n == 3 ? 216 : 1296;
        for (unsigned p = 0; p < patterns; p += n == 3 ? 1 : 7) {
            enum world_drop drops[4];
            for (unsigned i = 0, rest = p; i < n; i++, rest /= 6) drops[i] = (enum world_drop)(rest % 6);
            round_of(&plan, drops, p, should_end(&plan, drops));
        }
    }
}

Test(secagg_server, sums_of_three_to_twelve)
{
    struct rng r = rng_make(11);
    for (uint32_t n = 3; n <= 12; n++)
        for (unsigned k = 0; k < 6; k++) {
            struct world_plan plan = world_plan_of(n, k % 2 && n > 4 ? 1 : 0);
            enum world_drop drops[12];
            plan.bits = k < 3 ? 24 : 45;
            for (uint32_t i = 0; i < n; i++)
                drops[i] = rng_below(&r, 5) == 0 ? (enum world_drop)rng_below(&r, WORLD_NEVER) : WORLD_NEVER;
            round_of(&plan, drops, n * 10 + k, should_end(&plan, drops));
        }
}

Test(secagg_server, all_must_stay_when_the_threshold_is_all)
{
    struct world_plan plan = { 5, 0, 5, 0, 5, 32, 9 };
    enum world_drop drops[] = { WORLD_NEVER, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER };
    round_of(&plan, drops, 1, true);
    for (unsigned stage = WORLD_ADVERT; stage < WORLD_NEVER; stage++) {
        drops[2] = (enum world_drop)stage;
        round_of(&plan, drops, stage, false);
    }
}

/* Neighbour graphs, with as many dropouts as they were made for, at random stages. */
Test(secagg_server, sums_of_hundreds)
{
    static const uint32_t rows[] = { 70, N_MAX };
    struct rng r = rng_make(12);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        uint32_t n = rows[k];
        struct harary_want want = { n, n / 20, n / 20, HARARY_ACTIVE };
        struct harary graph;
        enum world_drop drops[N_MAX];
        cr_assert_eq(harary_find(&want, &graph, NULL), OK);
        struct world_plan plan = { n, want.adversaries, n - want.dropouts, graph.degree, graph.threshold, 40, 10 };
        for (uint32_t i = 0; i < n; i++) drops[i] = WORLD_NEVER;
        for (uint32_t i = 0; i < want.dropouts; i++)
            drops[rng_below(&r, n)] = (enum world_drop)(WORLD_SHARE + rng_below(&r, 4));
        round_of(&plan, drops, k, true);
    }
}

/* A round that has failed gives nothing more away. */
Test(secagg_server, below_the_threshold_nothing_is_left_to_ask)
{
    struct world_plan plan = world_plan_of(5, 0);
    const enum world_drop drops[] = { WORLD_INPUT, WORLD_INPUT, WORLD_INPUT, WORLD_NEVER, WORLD_NEVER };
    struct world w;
    struct secagg_request request;
    struct secagg_vec sum = { 0 };
    struct secagg_vote vote = { .from = world_id(3) };
    struct secagg_answer answer = { .from = world_id(3) };
    world_init(&w, &plan, 1);
    w.drops = drops;
    cr_assert(world_open(&w, NULL) == OK && world_share(&w, NULL) == OK);
    cr_expect_eq(world_input(&w, NULL), ERR_LIMIT);
    cr_expect_eq(secagg_server_request(w.server, &request), ERR_STATE);
    cr_expect_eq(secagg_server_take_vote(w.server, &vote, NULL), ERR_STATE);
    cr_expect_eq(secagg_server_take_answer(w.server, &answer, NULL), ERR_STATE);
    cr_expect_eq(secagg_server_finish(w.server, &sum, NULL), ERR_STATE);
    cr_expect(!secagg_server_can_finish(w.server));
    world_fini(&w);
}

/* The same, when answers fail to come: more may follow. */
Test(secagg_server, waits_for_the_last_answer)
{
    struct world_plan plan = world_plan_of(5, 0);
    enum world_drop drops[] = { WORLD_ANSWER, WORLD_ANSWER, WORLD_ANSWER, WORLD_NEVER, WORLD_NEVER };
    struct world w;
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    world_init(&w, &plan, 1);
    w.drops = drops;
    cr_expect_eq(world_run(&w, &sum, NULL), ERR_LIMIT);
    for (size_t i = 0; i < 5; i++) drops[i] = i == 1 ? WORLD_NEVER : WORLD_ANSWER;
    cr_expect_eq(world_answer(&w, NULL), OK);
    cr_expect(secagg_server_can_finish(w.server));
    cr_assert_eq(secagg_server_finish(w.server, &sum, NULL), OK);
    cr_expect(world_is_sum(&w, &sum));
    cr_expect_eq(secagg_server_finish(w.server, &sum, NULL), ERR_STATE);
    world_fini(&w);
}

Test(secagg_server, wrong_bundles)
{
    struct world_plan plan = world_plan_of(4, 0);
    struct world w;
    struct secagg_bundle good, bad;
    world_init(&w, &plan, 2);
    cr_assert(world_open(&w, NULL) == OK && world_bundle(&w, 1, &good, NULL) == OK);
    bad = good;
    bad.shares[2].sealed[5] ^= 1;
    cr_expect_eq(secagg_server_take_bundle(w.server, &bad, NULL), ERR_CRYPTO, "changed");
    bad = good;
    bad.n--;
    cr_expect_eq(secagg_server_take_bundle(w.server, &bad, NULL), ERR_REFUSED, "a holder left out");
    bad = good;
    bad.shares[0].to = world_id(7);
    cr_expect_eq(secagg_server_take_bundle(w.server, &bad, NULL), ERR_REFUSED, "for a stranger");
    bad = good;
    bad.session[0] ^= 1;
    cr_expect_eq(secagg_server_take_bundle(w.server, &bad, NULL), ERR_REFUSED, "of another session");
    bad = good;
    bad.from = world_id(9);
    cr_expect_eq(secagg_server_take_bundle(w.server, &bad, NULL), ERR_REFUSED, "from a stranger");
    bad = good;
    bad.from = world_id(2);
    for (size_t i = 0; i < bad.n; i++) bad.shares[i].from = bad.from;
    cr_expect_eq(secagg_server_take_bundle(w.server, &bad, NULL), ERR_CRYPTO, "as somebody else");
    cr_expect_eq(secagg_server_take_bundle(w.server, &good, NULL), OK);
    cr_expect_eq(secagg_server_take_bundle(w.server, &good, NULL), ERR_DUPLICATE);
    world_fini(&w);
}

static enum err take(struct world *w, const struct secagg_input *input, struct bytes bytes)
{
    const struct secagg_packed packed = world_packed(&bytes);
    return secagg_server_take_input(w->server, input, &packed, NULL);
}

Test(secagg_server, wrong_inputs)
{
    struct world_plan plan = world_plan_of(4, 0);
    const enum world_drop drops[] = { WORLD_SHARE, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER };
    struct world w;
    struct secagg_input input, forged;
    struct buf packed CLEANUP(buf_free) = buf_make(1000);
    world_init(&w, &plan, 3);
    w.drops = drops;
    cr_assert(world_open(&w, NULL) == OK && world_share(&w, NULL) == OK);
    cr_assert_eq(world_vector(&w, 1, &input, &packed), OK);
    forged = input;
    forged.sha256[0] ^= 1;
    cr_expect_eq(take(&w, &forged, buf_bytes(&packed)), ERR_CRYPTO);
    packed.p[3] ^= 1;
    cr_expect_eq(take(&w, &input, buf_bytes(&packed)), ERR_CRYPTO, "changed");
    packed.p[3] ^= 1;
    forged = input;
    cr_assert_eq(hash_of(bytes_of(packed.p, packed.n - 1), forged.sha256), OK);
    cr_assert_eq(secagg_input_sign(&forged, &w.identities[1]), OK);
    cr_expect_eq(take(&w, &forged, bytes_of(packed.p, packed.n - 1)), ERR_REFUSED);
    forged = input;
    forged.from = world_id(0);
    cr_assert_eq(secagg_input_sign(&forged, &w.identities[0]), OK);
    cr_expect_eq(take(&w, &forged, buf_bytes(&packed)), ERR_REFUSED, "no shares");
    cr_expect_eq(take(&w, &input, buf_bytes(&packed)), OK);
    cr_expect_eq(take(&w, &input, buf_bytes(&packed)), ERR_DUPLICATE);
    world_fini(&w);
}

struct asked {
    struct world w;
    struct secagg_request request;
    struct secagg_answer good; /* of member 1 */
};

/* A round of five, up to the answers; member 0 has dropped out after its shares. */
static void ask(struct asked *a, uint64_t seed)
{
    static const enum world_drop drops[] = { WORLD_INPUT, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER, WORLD_NEVER };
    struct world_plan plan = world_plan_of(5, 0);
    struct secagg_decisions decisions = { .n = 0 };
    size_t n = 0;
    world_init(&a->w, &plan, seed);
    a->w.drops = drops;
    cr_assert(world_open(&a->w, NULL) == OK && world_share(&a->w, NULL) == OK && world_input(&a->w, NULL) == OK);
    cr_assert(world_vote(&a->w, NULL) == OK && secagg_server_request(a->w.server, &a->request) == OK);
    const struct secagg_vote *votes = secagg_server_votes(a->w.server, &n);
    cr_assert_eq(n, 4u);
    cr_assert_eq(secagg_client_answer(a->w.clients[1], &a->request, votes, n, &decisions, &a->good, NULL), OK);
}

Test(secagg_server, wrong_answers)
{
    static const struct {
        const char *name;
        size_t share;
        uint32_t about_plus;
        bool other_half, flip;
        enum err expected;
    } rows[] = {
        { "a share changed", 2, 0, false, true, ERR_CRYPTO },
        { "the dropped one's own mask", 0, 0, true, false, ERR_REFUSED },
        { "a survivor's pairwise masks", 2, 0, true, false, ERR_REFUSED },
        { "about a stranger", 4, 100, false, false, ERR_REFUSED },
        { "about another", 3, 10, false, false, ERR_CRYPTO },
    };
    struct asked a;
    ask(&a, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secagg_answer bad = a.good;
        struct secagg_share *share = &bad.shares[rows[i].share];
        struct why why = { "" };
        share->about += rows[i].about_plus;
        if (rows[i].other_half) share->half = share->half == SECAGG_SELF ? SECAGG_PAIR : SECAGG_SELF;
        if (rows[i].flip) share->value[31] ^= 0x80;
        cr_expect_eq(secagg_server_take_answer(a.w.server, &bad, &why), ERR_CRYPTO, "%s, unsigned", rows[i].name);
        cr_assert_eq(secagg_answer_sign(&bad, &a.w.identities[1]), OK);
        cr_expect_eq(secagg_server_take_answer(a.w.server, &bad, &why), rows[i].expected, "%s", rows[i].name);
        cr_expect_not_null(strstr(why.text, "member 13"), "%s: %s", rows[i].name, why.text);
    }
    cr_expect_eq(secagg_server_take_answer(a.w.server, &a.good, NULL), OK);
    cr_expect_eq(secagg_server_take_answer(a.w.server, &a.good, NULL), ERR_DUPLICATE);
    a.good.from = world_id(0);
    cr_assert_eq(secagg_answer_sign(&a.good, &a.w.identities[0]), OK);
    cr_expect_eq(secagg_server_take_answer(a.w.server, &a.good, NULL), ERR_REFUSED, "from the dropped one");
    world_fini(&a.w);
}

Test(secagg_server, votes_of_others)
{
    struct asked a;
    ask(&a, 5);
    size_t n = 0;
    struct secagg_vote vote = secagg_server_votes(a.w.server, &n)[0];
    cr_expect_eq(secagg_server_take_vote(a.w.server, &vote, NULL), ERR_DUPLICATE);
    vote.from = world_id(2);
    cr_expect_eq(secagg_server_take_vote(a.w.server, &vote, NULL), ERR_CRYPTO);
    vote.from = world_id(0);
    cr_expect_eq(secagg_server_take_vote(a.w.server, &vote, NULL), ERR_REFUSED);
    vote.from = world_id(50);
    cr_expect_eq(secagg_server_take_vote(a.w.server, &vote, NULL), ERR_REFUSED);
    world_fini(&a.w);
}

/* Who deals shares of something else than it committed to is found out, and named. */
static void false_dealer(enum world_drop drop)
{
    struct world_plan plan = world_plan_of(5, 0);
    enum world_drop drops[] = { WORLD_NEVER, WORLD_NEVER, drop, WORLD_NEVER, WORLD_NEVER };
    struct world w;
    struct secagg_vec sum = { 0 };
    struct why why = { "" };
    world_init(&w, &plan, 6);
    w.drops = drops;
    cr_assert_eq(world_open(&w, NULL), OK);
    for (size_t i = 0; i < 5; i++) {
        struct secagg_bundle bundle;
        cr_assert_eq(world_bundle(&w, i, &bundle, NULL), OK);
        if (i == 2) bundle.seed_commit[4] ^= 1;
        cr_assert_eq(secagg_bundle_sign(&bundle, &w.identities[i]), OK);
        cr_assert_eq(secagg_server_take_bundle(w.server, &bundle, NULL), OK);
    }
    cr_assert_eq(secagg_server_end_sharing(w.server, NULL), OK);
    for (size_t i = 0; i < 5; i++) {
        struct secagg_delivery delivery;
        cr_assert_eq(secagg_server_delivery(w.server, world_id(i), &delivery), OK);
        cr_assert_eq(secagg_client_receive(w.clients[i], &delivery, NULL), OK);
    }
    cr_assert(world_input(&w, NULL) == OK && world_vote(&w, NULL) == OK && world_answer(&w, NULL) == OK);
    enum err e = secagg_server_finish(w.server, &sum, &why);
    cr_expect_eq(e, drop == WORLD_NEVER ? ERR_CRYPTO : OK);
    cr_expect((strstr(why.text, "member 23") != NULL) == (drop == WORLD_NEVER), "%s", why.text);
    secagg_vec_fini(&sum);
    world_fini(&w);
}

Test(secagg_server, false_dealers)
{
    false_dealer(WORLD_NEVER);
    false_dealer(WORLD_INPUT); /* its seed is not asked for */
}

Test(secagg_server, each_allocation_may_fail)
{
    struct world_plan plan = world_plan_of(3, 0);
    struct world w;
    bool done = false;
    world_init(&w, &plan, 7);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
        enum err e = world_run(&w, &sum, NULL);
        done = e == OK;
        cr_expect(done || (e == ERR_MEMORY && sum.n == 0), "allocation %zu: %s", n, err_name(e));
        failmalloc_at(0);
        world_fini(&w);
        world_init(&w, &plan, 7);
    }
    cr_expect(done);
    world_fini(&w);
}
