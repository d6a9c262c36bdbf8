#include "common/base/rng.h"
#include "common/privacy/permit.h"
#include "tests/support/permits.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

static const struct permit_site sites[] = { { "a@h", 100, 2.5, 1, 1, 2.5, "records" },
                                            { "b@h", 50, 3.5, 1, 1, 3, "images" } };

static enum err zeros(void *self, void *out, size_t n)
{
    memset(out, *(const int *)self, n);
    return OK;
}

static void keys_of(int seed, struct note_key *key, struct sign_key *secret)
{
    cr_assert_eq(sign_generate(zeros, &seed, secret), OK);
    cr_assert_eq(note_key_make(STR("guardian@h"), NOTE_ED25519, secret->public_key, key), OK);
}

Test(permit, what_is_printed_is_read_and_nothing_else)
{
    static const struct {
        const char *name, *cut, *put;
    } rows[] = {
        { "another head", "v1", "v2" },
        { "another kind", "kind round", "kind query" },
        { "no kind", "kind round", "kind rounds" },
        { "another purpose", "purpose research", "purpose profit" },
        { "round 0", "round 3", "round 0" },
        { "a leading zero", "round 3", "round 03" },
        { "no hex", "document 0", "document g" },
        { "unknown mechanism", "gaussian", "gauss" },
        { "unknown unit", "unit site", "unit ward" },
        { "not a number", "clip 2", "clip nan" },
        { "another spelling", "clip 2", "clip 2.0" },
        { "sites in another order", "site a@h", "site c@h" },
        { "a site twice", "site b@h", "site a@h" },
        { "half a site", " rate=1", "" },
        { "half of what is granted", "issued 1000\n", "" },
        { "something behind", "lasts 4\n", "lasts 4\nmore\n" },
        { "no rounds to come", "rounds 4", "rounds 0" },
        { "an unknown optimizer", "train adam", "train adagrad" },
        { "no learning rate", " rate=0.125", "" },
        { "a learning rate below 0", " rate=0.125", " rate=-1" },
        { "more of the training", "batch=16", "batch=16 epochs=2" },
        { "no sum", "sum 2\n", "" },
        { "less noise than was asked for", "noise=3.5", "noise=2.5" },
        { "a data set with a slash", "data=images", "data=im/ges" },
        { "a data set without a name", "data=images", "data=" },
    };
    struct permit p = permit_sample(sites, 2), back;
    struct buf text CLEANUP(buf_free) = buf_make(ARENA_BYTES);
    struct arena arena CLEANUP(arena_free) = arena_make(32 * ARENA_BYTES);
    permit_print(&p, &text);
    cr_assert_eq(permit_parse(buf_str(&text), &arena, &back, NULL), OK);
    cr_expect(back.training.adam && back.training.proximal_mu == .25 && back.training.batch == 16);
    cr_expect(back.serial == 7 && back.nsites == 2 && back.sites[1].noise == 3.5 && strcmp(back.run, "toy-1") == 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf bent CLEANUP(buf_free) = buf_make(ARENA_BYTES);
        struct str all = buf_str(&text);
        size_t at = str_find(all, rows[i].cut);
        cr_assert(at < all.n, "%s", rows[i].name);
        buf_add(&bent, all.p, at);
        buf_add_z(&bent, rows[i].put);
        buf_add(&bent, all.p + at + strlen(rows[i].cut), all.n - at - strlen(rows[i].cut));
        cr_expect_neq(permit_parse(buf_str(&bent), &arena, &back, NULL), OK, "%s", rows[i].name);
    }
}

Test(permit, a_question_names_its_columns)
{
    static const struct {
        const char *rows, *columns;
        enum err err;
    } cases[] = {
        { "sex", "chest pain", OK },
        { "sex", "", OK },
        { "", "sex", ERR_INPUT },
        { "a\tb", "", ERR_INPUT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct permit p = permit_sample(sites, 2), back;
        struct buf text CLEANUP(buf_free) = buf_make(ARENA_BYTES);
        struct arena arena CLEANUP(arena_free) = arena_make(8 * ARENA_BYTES);
        p.kind = PERMIT_QUERY;
        (void)snprintf(p.rows, sizeof p.rows, "%s", cases[i].rows);
        (void)snprintf(p.columns, sizeof p.columns, "%s", cases[i].columns);
        permit_print(&p, &text);
        cr_assert_eq(permit_parse(buf_str(&text), &arena, &back, NULL), cases[i].err, "row %zu", i);
        if (cases[i].err) continue;
        cr_expect_eq(back.kind, PERMIT_QUERY);
        cr_expect(strcmp(back.rows, p.rows) == 0 && strcmp(back.columns, p.columns) == 0, "row %zu", i);
    }
}

Test(permit, only_the_guardians_signature_opens_one)
{
    struct permit p = permit_sample(sites, 2), back;
    struct note_key key, other;
    struct sign_key secret, foreign;
    struct buf note CLEANUP(buf_free) = buf_make(ARENA_BYTES);
    struct arena arena CLEANUP(arena_free) = arena_make(8 * ARENA_BYTES);
    keys_of(1, &key, &secret);
    keys_of(2, &other, &foreign);
    cr_assert_eq(permit_sign(&p, &key, &secret, &note), OK);
    cr_expect_eq(permit_open(buf_str(&note), &key, &arena, &back, NULL), OK);
    cr_expect_eq(permit_open(buf_str(&note), &other, &arena, &back, NULL), ERR_CRYPTO);
    for (size_t i = 0; i < note.n; i += 7) {
        ((char *)note.p)[i] ^= 1;
        cr_expect_neq(permit_open(buf_str(&note), &key, &arena, &back, NULL), OK, "byte %zu", i);
        ((char *)note.p)[i] ^= 1;
    }
    p.serial = 0;
    buf_clear(&note);
    cr_assert_eq(permit_sign(&p, &key, &secret, &note), OK);
    cr_expect_eq(permit_open(buf_str(&note), &key, &arena, &back, NULL), ERR_CRYPTO, "a request is no permit");
}

Test(permit, a_hospital_looks_for_itself)
{
    static const char other[] = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        const char *name;
        struct permit_wish wish;
        const char *why;
    } rows[] = {
        { "fine", { "a@h", "records", "toy-1", 3, 2, PERMIT_SAMPLE_HASH, 2000, 2.5 }, "" },
        { "another run", { "a@h", "records", "toy-2", 3, 2, PERMIT_SAMPLE_HASH, 1500, 0 }, "is for round 3 of toy-1" },
        { "another round",
          { "a@h", "records", "toy-1", 4, 2, PERMIT_SAMPLE_HASH, 1500, 0 },
          "is for round 3 of toy-1" },
        { "another sum",
          { "a@h", "records", "toy-1", 3, 3, PERMIT_SAMPLE_HASH, 1500, 0 },
          "is for secure sum 2, and this is 3" },
        { "another model", { "a@h", "records", "toy-1", 3, 2, other, 1500, 0 }, "another model" },
        { "late", { "a@h", "records", "toy-1", 3, 2, PERMIT_SAMPLE_HASH, 2001, 0 }, "expired" },
        { "not in the cohort",
          { "c@h", "records", "toy-1", 3, 2, PERMIT_SAMPLE_HASH, 1500, 0 },
          "does not name this hospital" },
        { "another data set",
          { "b@h", "records", "toy-1", 3, 2, PERMIT_SAMPLE_HASH, 1500, 0 },
          "data set images of this hospital" },
        { "too little noise", { "a@h", "records", "toy-1", 3, 2, PERMIT_SAMPLE_HASH, 1500, 2.6 }, "least is 2.6" },
        { "a permit of another kind",
          { "a@h", "records", "toy-1", 3, 2, PERMIT_SAMPLE_HASH, 1500, 0, PERMIT_PUBLISH },
          "is of kind round" },
    };
    const struct permit p = permit_sample(sites, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct why why = { "" };
        enum err e = permit_check(&p, &rows[i].wish, &why);
        enum err expected = rows[i].wish.sum != p.sum ? ERR_STATE : rows[i].why[0] ? ERR_REFUSED : OK;
        cr_expect_eq(e, expected, "%s", rows[i].name);
        cr_expect(strstr(why.text, rows[i].why), "%s: %s", rows[i].name, why.text);
    }
    static const struct {
        struct permit_training training;
        enum err err;
    } trainings[] = { { { true, .125, .5, .25, 16 }, OK },          { { false, .125, .5, .25, 16 }, ERR_REFUSED },
                      { { true, 1.25, .5, .25, 16 }, ERR_REFUSED }, { { true, .125, 0, .25, 16 }, ERR_REFUSED },
                      { { true, .125, .5, 0, 16 }, ERR_REFUSED },   { { true, .125, .5, .25, 32 }, ERR_REFUSED } };
    for (size_t i = 0; i < sizeof trainings / sizeof *trainings; i++) {
        struct permit_wish trained = rows[0].wish;
        trained.training = &trainings[i].training;
        cr_expect_eq(permit_check(&p, &trained, NULL), trainings[i].err, "training %zu", i);
    }
    struct permit_wish counted = rows[0].wish;
    struct permit_site untold[2] = { sites[0], sites[1] };
    struct permit q = permit_sample(sites, 2);
    counted.counted = true;
    cr_expect_eq(permit_check(&p, &counted, NULL), OK);
    untold[0].records = 0;
    q.sites = untold;
    cr_expect_eq(permit_check(&q, &counted, NULL), ERR_REFUSED, "a number of records that is told must be there");
    cr_expect_float_eq(permit_deviation(&p, &sites[0]), 2.5 * 2 * 2, 1e-12);
    cr_expect(permit_asked(&p) == 3 && permit_raised(&p) == 3.5);
}

Test(permit, a_question_must_be_the_permitted_one)
{
    static const char other[] = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        const char *name, *document, *rows, *columns;
        enum err err;
    } cases[] = {
        { "fine", PERMIT_SAMPLE_HASH, "sex", "label", OK },
        { "another document", other, "sex", "label", ERR_REFUSED },
        { "another column", PERMIT_SAMPLE_HASH, "sex", "", ERR_REFUSED },
        { "another row", PERMIT_SAMPLE_HASH, "ward", "label", ERR_REFUSED },
    };
    struct permit p = permit_sample(sites, 2);
    p.kind = PERMIT_QUERY;
    (void)snprintf(p.rows, sizeof p.rows, "sex");
    (void)snprintf(p.columns, sizeof p.columns, "label");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct permit_wish wish = { .jid = "a@h",
                                          .data = "records",
                                          .sum = 2,
                                          .run = "toy-1",
                                          .round = 3,
                                          .now_ms = 1500,
                                          .kind = PERMIT_QUERY,
                                          .document = cases[i].document,
                                          .rows = cases[i].rows,
                                          .columns = cases[i].columns };
        cr_expect_eq(permit_check(&p, &wish, NULL), cases[i].err, "%s", cases[i].name);
    }
}
