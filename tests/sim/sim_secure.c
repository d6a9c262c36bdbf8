/*
 * The protocol of secure aggregation, stage by stage as bytes: sums are exact
 * whoever vanishes when, a coordinator who lies is refused and named, and who
 * is killed at any point never tells a second half.
 *
 * SIM_DEEP=1 repeats what is random more often, as the numbers below say, and takes each size to 100 and every 20th
 * above.
 */
#include "common/privacy/harary.h"
#include "tests/sim/secure_lab.h"
#include "tests/support/secagg_world.h"
#include "tests/support/tap.h"
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 5, LARGEST = 500 };
struct depth {
    unsigned rounds, killed, mixed, every; /* every: all mixed patterns of up to so many members */
};
static struct depth depth(void)
{
    static const struct depth usual = { 100, 40, 10, 3 };
    static const struct depth deep = { 1000, 200, 600, 4 };
    return getenv("SIM_DEEP") ? deep : usual;
}

/* Members vanish at a stage each; LAB_STAGES: never.  What the numbers say must come of it. */
static bool round_of(struct lab *l, const enum lab_stage *drops, bool *ended)
{
    struct why why = { "" };
    size_t left[LAB_STAGES] = { 0 };
    bool exact = false;
    enum err e = lab_begin(l);
    for (int s = LAB_KEYS; e == OK && s < LAB_STAGES; s++) {
        for (size_t i = 0; i < l->n; i++) l->gone[i] = drops[i] <= (enum lab_stage)s;
        for (size_t i = 0; i < l->n; i++) left[s] += !l->gone[i];
        e = lab_step(l, (enum lab_stage)s, &why);
    }
    if (e == OK) e = lab_finish(l, &exact, &why);
    bool expected = left[LAB_INPUTS] >= l->header.survivors && left[LAB_ANSWERS] >= l->header.threshold;
    *ended = exact;
    if (expected ? e == OK && exact : (e == ERR_LIMIT || e == ERR_REFUSED) && !exact) return true;
    tap_note("%zu members, round %llu: %s %s", l->n, (unsigned long long)l->header.round, err_name(e), why.text);
    return false;
}

static void every_pattern(struct tap *t, size_t n)
{
    struct lab l;
    unsigned patterns = 0, wrong = 0, sums = 0;
    lab_init(&l, n, n);
    for (unsigned subset = 0; subset < 1u << n; subset++)
        for (int s = LAB_KEYS; s < LAB_STAGES; s++) {
            enum lab_stage drops[LAB_MEMBERS];
            bool ended = false;
            for (size_t i = 0; i < n; i++) drops[i] = subset >> i & 1 ? (enum lab_stage)s : LAB_STAGES;
            wrong += !round_of(&l, drops, &ended);
            patterns++;
            sums += ended;
        }
    tap_is(t, wrong == 0 && sums > 0 && sums < patterns && l.second_halves == 0,
           "%zu members: every subset vanishing at every stage (%u patterns, %u sums, %u wrong)", n, patterns, sums,
           wrong);
    lab_fini(&l);
}

/* Each member at a stage of its own, or never: all patterns of n, or as many random ones. */
static void mixed_patterns(struct tap *t, size_t n, unsigned random)
{
    struct lab l;
    unsigned patterns = 1, wrong = 0, sums = 0;
    for (size_t i = 0; i < n; i++) patterns *= LAB_STAGES + 1;
    if (random > 0) patterns = random;
    lab_init(&l, n, 40 + n);
    for (unsigned k = 0; k < patterns; k++) {
        enum lab_stage drops[LAB_MEMBERS];
        bool ended = false;
        unsigned rest = k;
        for (size_t i = 0; i < n; i++, rest /= LAB_STAGES + 1) {
            unsigned drawn = rng_below(&l.rng, 3) == 0 ? (unsigned)rng_below(&l.rng, LAB_STAGES) : LAB_STAGES;
            drops[i] = (enum lab_stage)(random > 0 ? drawn : rest % (LAB_STAGES + 1));
        }
        wrong += !round_of(&l, drops, &ended);
        sums += ended;
    }
    bool both = random > 0 || (sums > 0 && sums < patterns); /* a few by chance may all be sums, or none */
    tap_is(t, wrong == 0 && both && l.second_halves == 0,
           "%zu members, each vanishing at a stage of its own: %s%u patterns, %u sums, %u wrong", n,
           random > 0 ? "random " : "all ", patterns, sums, wrong);
    lab_fini(&l);
}

static void many_rounds(struct tap *t)
{
    struct lab l;
    const unsigned rounds = depth().rounds;
    unsigned wrong = 0, sums = 0;
    lab_init(&l, MEMBERS, 77);
    for (unsigned k = 0; k < rounds; k++) {
        enum lab_stage drops[LAB_MEMBERS];
        bool ended = false;
        for (size_t i = 0; i < MEMBERS; i++)
            drops[i] = rng_below(&l.rng, 6) == 0 ? (enum lab_stage)rng_below(&l.rng, LAB_STAGES) : LAB_STAGES;
        wrong += !round_of(&l, drops, &ended);
        sums += ended;
    }
    tap_is(t, wrong == 0 && sums > rounds / 2 && l.second_halves == 0,
           "%u consecutive rounds, members vanishing at random (%u sums, %u wrong)", rounds, sums, wrong);
    lab_fini(&l);
}

/* n members in one process, complete below HARARY_COMPLETE_BELOW and neighbours above. */
static bool big_sum(uint32_t n)
{
    struct world w;
    struct secagg_vec sum CLEANUP(secagg_vec_fini) = { 0 };
    struct why why = { "" };
    enum world_drop drops[LARGEST];
    struct world_plan plan = world_plan_of(n, 0);
    uint32_t dropouts = n - plan.survivors < n / 20 ? n - plan.survivors : n / 20;
    struct rng r = rng_make(n);
    if (n > HARARY_COMPLETE_BELOW) {
        struct harary_want want = { n, 0, dropouts, HARARY_ACTIVE };
        struct harary graph;
        if (harary_find(&want, &graph, &why) == OK)
            plan = (struct world_plan){ n, 0, n - dropouts, graph.degree, graph.threshold, 40, plan.length };
    }
    world_init(&w, &plan, n);
    for (uint32_t i = 0; i < n; i++) drops[i] = WORLD_NEVER;
    for (uint32_t i = 0; i < dropouts; i++)
        drops[rng_below(&r, n)] = (enum world_drop)(WORLD_SHARE + rng_below(&r, WORLD_NEVER - WORLD_SHARE));
    w.drops = drops;
    enum err e = world_run(&w, &sum, &why);
    bool exact = e == OK && world_is_sum(&w, &sum);
    if (!exact) tap_note("%u members: %s %s", n, err_name(e), why.text);
    world_fini(&w);
    return exact;
}

static void big_sums(struct tap *t)
{
    const bool all = getenv("SIM_DEEP") != NULL;
    unsigned wrong = 0, sums = 0;
    for (uint32_t n = 3; n < LARGEST; n += all ? 1 : n < 80 ? 20 : 200, sums++) wrong += !big_sum(n);
    tap_is(t, wrong == 0 && big_sum(LARGEST), "sums of 3 to %d members are exact (%u sizes)", LARGEST, sums + 1);
}

static bool refused(enum err e, enum err expected, const struct why *why, const char *sentence)
{
    if (e == expected && strstr(why->text, sentence) != NULL) return true;
    tap_note("%s: '%s'; not: '%s'", err_name(e), why->text, sentence);
    return false;
}

/* The attacks: each begins a round of five and lies in it. */
static bool swapped_key(struct lab *l, struct why *why)
{
    struct secagg_advert advert;
    bool bent = lab_until(l, LAB_SHARES, why) == OK && secagg_advert_parse(buf_bytes(&l->advert[2]), &advert) == OK;
    advert.channel_key[0] ^= 1;
    buf_clear(&l->advert[2]);
    bent = bent && secagg_advert_sign(&advert, &l->coordinator) == OK &&
           secagg_advert_encode(&advert, &l->advert[2]) == OK;
    return bent &&
           refused(party_adverts(&l->parties[0], l->advert, l->n, &l->bundle[0], why), ERR_CRYPTO, why, "member 23");
}

/* Members 3 and 13 hear that all are alive, the others that 3 dropped out. */
static bool split_view(struct lab *l, struct why *why)
{
    struct secagg_request request;
    struct buf other CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    bool told = lab_until(l, LAB_VOTES, why) == OK && secagg_server_request(l->server, &request) == OK;
    request.dropped = (struct secagg_set){ 1, { request.survivors.ids[0] } };
    memmove(request.survivors.ids, request.survivors.ids + 1, --request.survivors.n * sizeof *request.survivors.ids);
    told = told && secagg_request_encode(&request, &other) == OK;
    for (size_t i = 0; i < l->n; i++)
        told = told && party_request(&l->parties[i], buf_bytes(i < 2 ? &l->request : &other), &l->vote[i], why) == OK;
    bool first = refused(party_votes(&l->parties[0], buf_bytes(&l->request), l->vote, l->n, &l->answer[0], why),
                         ERR_REFUSED, why, "was told another story");
    return told && first &&
           refused(party_votes(&l->parties[0], buf_bytes(&l->request), l->vote, 2, &l->answer[0], why), ERR_REFUSED,
                   why, "2 of our holders voted; 3 are needed");
}

static bool both_shares(struct lab *l, struct why *why)
{
    struct secagg_request request;
    struct buf bent CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    bool made = lab_until(l, LAB_STAGES, why) == OK && secagg_server_request(l->server, &request) == OK;
    request.dropped = (struct secagg_set){ 1, { request.survivors.ids[--request.survivors.n] } };
    made = made && secagg_request_encode(&request, &bent) == OK;
    bool again = refused(party_votes(&l->parties[0], buf_bytes(&bent), l->vote, l->n, &l->answer[0], why), ERR_REFUSED,
                         why, "two stories");
    request.survivors.n++;
    buf_clear(&bent);
    made = made && secagg_request_encode(&request, &bent) == OK;
    return made && again &&
           refused(party_request(&l->parties[0], buf_bytes(&bent), &l->vote[0], why), ERR_REFUSED, why,
                   "both shares asked: member 43");
}

static bool other_model(struct lab *l, struct why *why)
{
    l->header.model_sha256[0] = 8;
    bool logged = lab_sign(l) == OK && refused(lab_step(l, LAB_KEYS, why), ERR_REFUSED, why, "another model");
    /* Who knows no log believes what it is told, and then does not find its header in the others' adverts. */
    l->parties[0].policy.model_sha256[0] = 8;
    bool believed = party_header(&l->parties[0], buf_bytes(&l->signed_header), l->signature, &l->advert[0], why) == OK;
    l->header.model_sha256[0] = 7;
    bool made = lab_sign(l) == OK;
    for (size_t i = 1; i < l->n; i++)
        made =
            made && party_header(&l->parties[i], buf_bytes(&l->signed_header), l->signature, &l->advert[i], why) == OK;
    return logged && believed && made &&
           refused(party_adverts(&l->parties[0], l->advert, l->n, &l->bundle[0], why), ERR_REFUSED, why, "member 13");
}

static bool shrunken_cohort(struct lab *l, struct why *why)
{
    l->parties[0].policy.cohort_min = 4;
    bool early = refused(lab_step(l, LAB_KEYS, why), ERR_REFUSED, why, "sums of at least 4");
    l->parties[0].policy.cohort_min = 3;
    bool made = lab_step(l, LAB_KEYS, why) == OK;
    return early && made &&
           refused(party_adverts(&l->parties[0], l->advert, 2, &l->bundle[0], why), ERR_REFUSED, why,
                   "2 members are there");
}

static bool replayed_stage(struct lab *l, struct why *why)
{
    struct buf old CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX), bin CLEANUP(buf_free) = buf_make(1 << 20);
    struct party *p = &l->parties[0];
    bool made = lab_until(l, LAB_VOTES, why) == OK;
    buf_add(&old, l->delivery[0].p, l->delivery[0].n);
    bool header = refused(party_header(p, buf_bytes(&l->signed_header), l->signature, &bin, why), ERR_DUPLICATE, why,
                          "was answered already");
    bool twice = party_delivery(p, buf_bytes(&old), &bin, &bin, why) == ERR_STATE;
    l->header.deadline_ms++;
    made = made && lab_sign(l) == OK;
    bool second = refused(party_header(p, buf_bytes(&l->signed_header), l->signature, &bin, why), ERR_REFUSED, why,
                          "two headers");
    made = made && lab_begin(l) == OK && lab_until(l, LAB_INPUTS, why) == OK;
    return made && header && twice && second &&
           refused(party_delivery(p, buf_bytes(&old), &bin, &bin, why), ERR_REFUSED, why, "another session");
}

static void attacks(struct tap *t)
{
    static const struct {
        const char *name;
        bool (*lie)(struct lab *l, struct why *why);
    } rows[] = {
        { "a swapped key", swapped_key },         { "a split view", split_view },
        { "both shares", both_shares },           { "a model for each trainer", other_model },
        { "a shrunken cohort", shrunken_cohort }, { "a replayed stage", replayed_stage },
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct lab l;
        struct why why = { "" };
        lab_init(&l, MEMBERS, 100 + k);
        bool caught = lab_begin(&l) == OK && rows[k].lie(&l, &why);
        tap_is(t, caught && l.second_halves == 0, "%s is refused: %s", rows[k].name, why.text);
        lab_fini(&l);
    }
}

/* The control: were a second half told, it would be heard. */
static void second_half_is_heard(struct tap *t)
{
    struct lab l;
    struct why why = { "" };
    struct secagg_answer answer CLEANUP(secagg_answer_wipe) = { .n = 0 };
    struct buf bent CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    lab_init(&l, MEMBERS, 99);
    bool made = lab_begin(&l) == OK && lab_until(&l, LAB_STAGES, &why) == OK &&
                secagg_answer_parse(buf_bytes(&l.answer[0]), &answer) == OK;
    answer.shares[1].half = answer.shares[1].half == SECAGG_SELF ? SECAGG_PAIR : SECAGG_SELF;
    made = made && secagg_answer_encode(&answer, &bent) == OK && l.second_halves == 0;
    if (made) lab_overhear(&l, buf_bytes(&bent));
    tap_is(t, made && l.second_halves == 1, "control: a second half would be heard");
    lab_fini(&l);
}

/* Everything the killed one was told in this round, once more. */
static bool told_again(struct lab *l, size_t i)
{
    struct buf bin CLEANUP(buf_free) = buf_make(1 << 20);
    struct party *p = &l->parties[i];
    struct why why = { "" };
    enum err e = party_votes(p, buf_bytes(&l->request), l->vote, l->n, &bin, &why);
    bool silent = e == ERR_STATE && party_delivery(p, buf_bytes(&l->delivery[i]), &bin, &bin, &why) == ERR_STATE;
    bool was_answered = p->seen.answered && p->seen.round == l->header.round;
    e = party_header(p, buf_bytes(&l->signed_header), l->signature, &bin, &why);
    return silent && e == (was_answered ? ERR_DUPLICATE : OK);
}

/* A trainer who is killed has dropped out; a coordinator who is killed begins another round. */
static void kills(struct tap *t)
{
    struct lab l;
    const unsigned rounds = depth().killed;
    unsigned wrong = 0, sums = 0, loud = 0;
    lab_init(&l, MEMBERS, 55);
    for (unsigned k = 0; k < rounds; k++) {
        size_t victim = rng_below(&l.rng, MEMBERS + 1); /* the last: the coordinator */
        int when = (int)rng_below(&l.rng, LAB_STAGES);
        struct why why = { "" };
        bool exact = false;
        enum err e = lab_begin(&l);
        for (int s = LAB_KEYS; e == OK && s < LAB_STAGES; s++) {
            if (s == when && victim == MEMBERS)
                e = lab_begin(&l), s = LAB_KEYS, when = LAB_STAGES;
            else if (s == when && victim < MEMBERS)
                party_forget(&l.parties[victim]), l.gone[victim] = true;
            if (e == OK) e = lab_step(&l, (enum lab_stage)s, &why);
        }
        if (e == OK) e = lab_finish(&l, &exact, &why);
        if (e != OK) tap_note("round %u: %s %s", k, err_name(e), why.text);
        wrong += !exact;
        sums += exact;
        if (victim < MEMBERS) loud += !told_again(&l, victim);
    }
    tap_is(t, wrong == 0 && loud == 0 && l.second_halves == 0,
           "%u rounds with one killed at random: %u sums, %u told what they should not, %u second halves", rounds, sums,
           loud, l.second_halves);
    lab_fini(&l);
}

int main(void)
{
    struct tap t = { 0 };
    for (size_t n = 3; n <= 6; n++) every_pattern(&t, n);
    for (size_t n = 3; n <= LAB_MEMBERS; n++) mixed_patterns(&t, n, n <= depth().every ? 0 : depth().mixed);
    many_rounds(&t);
    big_sums(&t);
    attacks(&t);
    second_half_is_heard(&t);
    kills(&t);
    return tap_end(&t);
}
