#include "agents/trainer/witness.h"
#include "common/crypto/merkle_text.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LEAVES = 8, NOTE_BYTES = 4096 };

struct book { /* a log of so many entries; from the fork on they are others */
    struct sign_key secret;
    struct note_key key;
};
struct tree {
    struct merkle_hash leaves[LEAVES];
};

static void open_book(struct book *b, uint8_t seed)
{
    uint8_t secret[ED25519_KEY_BYTES];
    memset(secret, seed, sizeof secret);
    cr_assert_eq(sign_from_secret(secret, &b->secret), OK);
    cr_assert_eq(note_key_make(STR("guardian@himas.local"), NOTE_ED25519, b->secret.public_key, &b->key), OK);
}

static void plant(struct tree *t, size_t fork)
{
    for (size_t i = 0; i < LEAVES; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "permit serial=%zu%s", i, i >= fork ? "x" : "");
        cr_assert_eq(merkle_leaf(str_bytes(str_of(text)), &t->leaves[i]), OK);
    }
}

static enum err read_node(void *self, unsigned level, uint64_t index, struct merkle_hash *out)
{
    const struct tree *t = self;
    struct merkle_hash left, right;
    if (level == 0) return *out = t->leaves[index], OK;
    TRY(read_node(self, level - 1, 2 * index, &left));
    TRY(read_node(self, level - 1, 2 * index + 1, &right));
    return merkle_node(&left, &right, out);
}

static struct buf note_of(const struct book *b, struct tree *t, uint64_t size, uint64_t time)
{
    char when[40];
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct buf note = buf_make(NOTE_BYTES);
    struct merkle_range range;
    (void)snprintf(when, sizeof when, "time %" PRIu64 "\n", time);
    struct note_checkpoint c = { .origin = STR("guardian@himas.local"), .extensions = str_of(when), .size = size };
    cr_assert_eq(merkle_range_load(read_node, t, size, &range), OK);
    cr_assert_eq(merkle_range_root(&range, &c.root), OK);
    cr_assert_eq(note_checkpoint_print(&c, &text), OK);
    cr_assert_eq(note_sign(&b->key, &b->secret, buf_str(&text), &note), OK);
    return note;
}

static struct buf proof_of(struct tree *t, uint64_t from, uint64_t size)
{
    struct buf text = buf_make(NOTE_BYTES);
    struct merkle_proof proof = { .n = 0 };
    if (from > 0 && from <= size) cr_assert_eq(merkle_prove_consistency(read_node, t, from, size, &proof), OK);
    cr_assert_eq(merkle_proof_print(&proof, &text), OK);
    return text;
}

Test(witness, signs_only_what_follows)
{
    static const struct {
        const char *name;
        uint64_t kept, from, size, time; /* kept was signed at 100 */
        size_t fork;                     /* of what is shown */
        uint8_t signer;
        enum witness_verdict expected;
    } rows[] = {
        { "the first ever", 0, 0, 3, 50, LEAVES, 1, WITNESS_SIGNS },
        { "an empty log", 0, 0, 0, 50, LEAVES, 1, WITNESS_SIGNS },
        { "more of the same", 3, 3, 7, 200, LEAVES, 1, WITNESS_SIGNS },
        { "the same again", 3, 0, 3, 200, LEAVES, 1, WITNESS_SIGNS },
        { "more, and a clock that went back", 3, 3, 7, 50, LEAVES, 1, WITNESS_SIGNS },
        { "new entries of another fork are nobody's lie yet", 3, 3, 7, 200, 5, 1, WITNESS_SIGNS },
        { "a proof from elsewhere", 3, 2, 7, 200, LEAVES, 1, WITNESS_BEHIND },
        { "an older one that came late", 5, 3, 4, 90, LEAVES, 1, WITNESS_OLD },
        { "shorter and signed later", 5, 3, 4, 200, LEAVES, 1, WITNESS_ROLLBACK },
        { "emptied", 5, 0, 0, 200, LEAVES, 1, WITNESS_ROLLBACK },
        { "same length, another past", 3, 3, 3, 200, 1, 1, WITNESS_SPLIT },
        { "longer, another past", 3, 3, 7, 200, 2, 1, WITNESS_SPLIT },
        { "signed by somebody else", 3, 3, 7, 200, LEAVES, 2, WITNESS_FALSE },
    };
    struct tree mine, shown;
    plant(&mine, LEAVES);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct book own, signer;
        struct witness_found f;
        open_book(&own, 1);
        open_book(&signer, rows[i].signer);
        plant(&shown, rows[i].fork);
        struct buf kept CLEANUP(buf_free) = note_of(&own, &mine, rows[i].kept, 100);
        struct buf note CLEANUP(buf_free) = note_of(&signer, &shown, rows[i].size, rows[i].time);
        struct buf proof CLEANUP(buf_free) = proof_of(&shown, rows[i].from, rows[i].size);
        const struct msg_log_checkpoint m = { .from = rows[i].from, .proof = buf_str(&proof), .note = buf_str(&note) };
        const struct witness_case c = { rows[i].kept ? buf_str(&kept) : STR(""), &own.key, &m };
        cr_assert_eq(witness_judge(&c, &f), OK, "%s", rows[i].name);
        cr_expect_eq(f.verdict, rows[i].expected, "%s: %d %s", rows[i].name, f.verdict, f.why.text);
        cr_expect_eq(f.verdict == WITNESS_SIGNS, f.why.text[0] == '\0', "%s", rows[i].name);
        cr_expect_eq(f.kept_size, rows[i].kept, "%s", rows[i].name);
        if (f.verdict == WITNESS_SIGNS) cr_expect_eq(f.size, rows[i].size, "%s", rows[i].name);
        cr_expect_eq(witness_is_fraud(f.verdict),
                     rows[i].expected == WITNESS_SPLIT || rows[i].expected == WITNESS_ROLLBACK);
    }
}

Test(witness, words_that_are_no_checkpoint)
{
    struct book own;
    struct tree t;
    struct witness_found f;
    open_book(&own, 1);
    plant(&t, LEAVES);
    struct buf kept CLEANUP(buf_free) = note_of(&own, &t, 3, 100);
    static const char *const words[] = { "", "nothing", "guardian@himas.local\n3\n" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct msg_log_checkpoint m = { .note = str_of(words[i]) };
        const struct witness_case c = { buf_str(&kept), &own.key, &m };
        cr_assert_eq(witness_judge(&c, &f), OK);
        cr_expect_eq(f.verdict, WITNESS_FALSE, "%s", words[i]);
    }
    const struct msg_log_checkpoint m = { .note = buf_str(&kept) };
    const struct witness_case broken = { STR("what is kept is none"), &own.key, &m };
    cr_expect_eq(witness_judge(&broken, &f), ERR_STORE);
}
