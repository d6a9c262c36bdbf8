/* What a hospital refuses of a secure sum's header, whatever the coordinator says. */
#include "agents/trainer/secure.h"
#include "common/crypto/encode.h"
#include "common/privacy/secagg_list.h"
#include "tests/support/dice.h"
#include "tests/unit/agents/trainer/learned.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define TASK                                                                                                           \
    "name: toy\n"                                                                                                      \
    "data: {columns: [{name: a, min: 0, max: 1}, {name: b, min: 0, max: 1}, {name: y, role: label, classes: 2}]}\n"    \
    "rounds: {count: 3, quorum: 3, max_update_norm: 2, max_samples: 50}\n"                                             \
    "aggregation: {secure: yes}\n"
enum { WEIGHTS = 3, HOSPITALS = 4, HEADER_HEX = 1000 };
static const char *const jids[HOSPITALS] = { "a@x", "b@x", "c@x", "d@x" };

struct bench { /* a federation's keys, and what the coordinator says next */
    struct rng rng;
    struct sign_key coordinator, keys[HOSPITALS];
    struct roster *roster;
    struct plan *plan;
    struct policy policy;
    struct secagg_member members[HOSPITALS];
    struct secagg_header header;
    char header_hex[HEADER_HEX], signature_hex[2 * ED25519_SIGNATURE_BYTES + 1];
};

static void add_member(struct buf *text, const char *jid, const char *role, const struct sign_key *key)
{
    char hex[2 * ED25519_KEY_BYTES + 1];
    hex_encode(bytes_of(key->public_key, ED25519_KEY_BYTES), hex);
    buf_addf(text, "  - { jid: %s, role: %s, sign: \"%s\" }\n", jid, role, hex);
}

static void fill_header(struct bench *b)
{
    struct secure_want want = { SECURE_PLAIN, WEIGHTS, HOSPITALS, 0, 0, 2, 50 };
    struct secagg_roster roster = { b->members, HOSPITALS };
    struct secure_plan plan;
    b->header = (struct secagg_header){ .round = 5, .cohort = HOSPITALS, .survivors = 3, .threshold = 3 };
    cr_assert_eq(secure_plan_of(&want, &plan, NULL), OK);
    secure_plan_put(&plan, &b->header);
    cr_assert_eq(secagg_run_hash(STR("toy-1"), str_of(b->plan->digest), b->header.run), OK);
    cr_assert_eq(secagg_roster_hash(&roster, b->header.roster_sha256), OK);
}

static void bench_open(struct bench *b)
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    struct why why = { "" };
    *b = (struct bench){ .rng = rng_make(3), .policy = { .set = true, .sums = { .hospitals_min = 3 } } };
    b->plan = learned_plan(TASK);
    buf_add_z(&text, "members:\n");
    cr_assert_eq(sign_generate(dice_random, &b->rng, &b->coordinator), OK);
    add_member(&text, "boss@x", "coordinator", &b->coordinator);
    for (size_t i = 0; i < HOSPITALS; i++) {
        cr_assert_eq(sign_generate(dice_random, &b->rng, &b->keys[i]), OK);
        add_member(&text, jids[i], "trainer", &b->keys[i]);
        b->members[i].id = (uint32_t)i + 1;
        memcpy(b->members[i].identity, b->keys[i].public_key, ED25519_KEY_BYTES);
    }
    cr_assert_eq(roster_parse(buf_str(&text), "roster", &b->roster, &why), OK, "%s", why.text);
    fill_header(b);
}

static void bench_close(struct bench *b)
{
    roster_free(b->roster);
    plan_drop(b->plan);
}

static struct secure_order order_of(struct bench *b)
{
    return (struct secure_order){ .jid = "b@x",
                                  .coordinator = "boss@x",
                                  .roster = b->roster,
                                  .policy = &b->policy,
                                  .key = &b->keys[1],
                                  .plan = b->plan,
                                  .random = dice_random,
                                  .self = &b->rng };
}

static struct msg header_word(struct bench *b, const struct sign_key *key, const char *members)
{
    struct buf bytes CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct msg m = msg_make(MSG_SECURE_HEADER, NULL);
    cr_assert_eq(secagg_header_encode(&b->header, &bytes), OK);
    cr_assert_eq(secagg_header_sign(&b->header, key, signature), OK);
    hex_encode(buf_bytes(&bytes), b->header_hex);
    hex_encode(bytes_of(signature, sizeof signature), b->signature_hex);
    (void)snprintf(m.run, sizeof m.run, "toy-1");
    m.round = 2;
    m.secure_header.sum = b->header.round;
    m.secure_header.header = str_of(b->header_hex);
    m.secure_header.signature = str_of(b->signature_hex);
    m.secure_header.members = str_of(members);
    return m;
}

#define ALL "a@x\nb@x\nc@x\nd@x\n"

/* clang-format off */
static void change_nothing(struct bench *b) { (void)b; }
static void change_run(struct bench *b) { b->header.run[0] ^= 1; }
static void change_roster(struct bench *b) { b->header.roster_sha256[0] ^= 1; }
static void change_layout(struct bench *b) { b->header.layout_sha256[0] ^= 1; }
static void lower_threshold(struct bench *b) { b->header.threshold = 2; }
static void want_more(struct bench *b) { b->policy.sums.hospitals_min = 4; }
static void fear_more(struct bench *b) { b->policy.sums.adversaries = 1; }
static void want_noise(struct bench *b) { b->policy.sums.noise_min = .5; }
static void shrink(struct bench *b) { b->header.cohort = 3; b->header.survivors = b->header.threshold = 3; }
/* clang-format on */

Test(secure, headers)
{
    static const struct {
        const char *name;
        void (*change)(struct bench *b);
        const char *members;
        enum err e;
        const char *says;
    } rows[] = {
        { "right", change_nothing, ALL, OK, "" },
        { "of another run", change_run, ALL, ERR_REFUSED, "another run" },
        { "other keys than the roster's", change_roster, ALL, ERR_REFUSED, "another roster" },
        { "another vector than the task's", change_layout, ALL, ERR_REFUSED, "" },
        { "a threshold that lets two stories be told", lower_threshold, ALL, ERR_REFUSED, "lets the coordinator read" },
        { "a sum of fewer than its policy wants", want_more, ALL, ERR_REFUSED, "at least 4" },
        { "fewer adversaries than its policy reckons with", fear_more, ALL, ERR_REFUSED, "this hospital with 1" },
        { "no noise", want_noise, ALL, ERR_REFUSED, "wants at least 0.5" },
        { "more listed than it is for", shrink, ALL, ERR_REFUSED, "the sum is of at most 3" },
        { "a stranger", change_nothing, "a@x\nb@x\nc@x\nx@x\n", ERR_REFUSED, "no hospital with a key" },
        { "the coordinator itself", change_nothing, "a@x\nb@x\nboss@x\nc@x\n", ERR_REFUSED, "no hospital with a key" },
        { "without this one", change_nothing, "a@x\nc@x\nd@x\n", ERR_REFUSED, "not among the members" },
        { "the same twice", change_nothing, "a@x\nb@x\nb@x\nd@x\n", ERR_PROTO, "" },
        { "out of order", change_nothing, "b@x\na@x\nc@x\nd@x\n", ERR_PROTO, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct secure *s CLEANUP(secure_drop) = NULL;
        struct secagg_seen seen = { .round = 4 };
        struct why why = { "" };
        bench_open(&b);
        rows[i].change(&b);
        struct secure_order order = order_of(&b);
        struct msg m = header_word(&b, &b.coordinator, rows[i].members);
        cr_expect_eq(secure_new(&order, &m, &seen, &s, &why), rows[i].e, "%s: %s", rows[i].name, why.text);
        cr_expect(strstr(why.text, rows[i].says) != NULL, "%s: %s", rows[i].name, why.text);
        cr_expect_eq(seen.round, rows[i].e == OK ? 5 : 4, "%s", rows[i].name);
        cr_expect_eq(s != NULL, rows[i].e == OK, "%s", rows[i].name);
        bench_close(&b);
    }
}

Test(secure, signed_by_the_coordinator_once_a_sum)
{
    struct bench b;
    struct secagg_seen seen = { .round = 0 };
    struct why why = { "" };
    bench_open(&b);
    struct secure_order order = order_of(&b);
    struct secure *s CLEANUP(secure_drop) = NULL;
    struct secure *again CLEANUP(secure_drop) = NULL;
    struct msg m = header_word(&b, &b.keys[0], ALL);
    cr_expect_eq(secure_new(&order, &m, &seen, &s, &why), ERR_CRYPTO);
    m = header_word(&b, &b.coordinator, ALL);
    cr_expect_eq(secure_new(&order, &m, &seen, &s, &why), OK, "%s", why.text);
    cr_expect_eq(secure_new(&order, &m, &seen, &again, &why), OK, "the same again");
    m.round = 4;
    cr_expect_eq(secure_new(&order, &m, &seen, &again, &why), ERR_STATE, "the task has three rounds");
    b.header.deadline_ms = 1;
    m = header_word(&b, &b.coordinator, ALL);
    cr_expect_eq(secure_new(&order, &m, &seen, &again, &why), ERR_REFUSED, "another header for the same sum");
    cr_expect(strstr(why.text, "two headers") != NULL, "%s", why.text);
    b.header.round = 4;
    m = header_word(&b, &b.coordinator, ALL);
    cr_expect_eq(secure_new(&order, &m, &seen, &again, &why), ERR_DUPLICATE, "gone by");
    bench_close(&b);
}

Test(secure, stages_in_order_and_the_promised_model)
{
    struct bench b;
    struct secagg_seen seen = { .round = 0 };
    struct buf out CLEANUP(buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct secagg_decisions told = { .n = 0 };
    struct why why = { "" };
    char promised[HASH_HEX_BYTES];
    struct secure *s CLEANUP(secure_drop) = NULL;
    bench_open(&b);
    struct secure_order order = order_of(&b);
    struct msg m = header_word(&b, &b.coordinator, ALL);
    cr_assert_eq(secure_new(&order, &m, &seen, &s, &why), OK, "%s", why.text);
    cr_expect_eq(secure_receive(s, str_bytes(STR("x")), &why), ERR_STATE);
    cr_expect_eq(secure_answer(s, str_bytes(STR("x")), &told, &out, &why), ERR_STATE);
    cr_expect_eq(secure_share(s, &order, str_bytes(STR("x")), &out, &why), ERR_PROTO);
    hex_encode(bytes_of(b.header.model_sha256, HASH_BYTES), promised);
    cr_expect(secure_model(s, promised, &why) == OK && s->asked);
    promised[0] = promised[0] == '0' ? '1' : '0';
    cr_expect_eq(secure_model(s, promised, &why), ERR_REFUSED);
    struct secure_numbers none;
    struct secagg_masker *masker = NULL;
    cr_expect_eq(secure_mask(s, &none, &masker), ERR_BUG, "nothing was trained");
    cr_expect_eq(secure_input(s, b.header.model_sha256, &out), ERR_STATE, "nothing was masked");
    bench_close(&b);
}

Test(secure, what_was_seen_is_kept)
{
    static const char *const bad[] = { "", "1", "1 aa 0", "x 00 1" };
    struct secagg_seen seen = { .round = 12, .header_sha256 = { 0xab, 1 }, .answered = true };
    struct secagg_seen back = { .round = 0 };
    char text[SECURE_SEEN_BYTES];
    cr_assert_eq(secure_seen_read(str_of(secure_seen_print(&seen, text)), &back), OK);
    cr_expect(back.round == 12 && back.answered && memcmp(back.header_sha256, seen.header_sha256, HASH_BYTES) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(secure_seen_read(str_of(bad[i]), &back) == ERR_STORE && back.round == 12, "%s", bad[i]);
}
