/* Permits as they are kept, and as an auditor finds them in the exported log. */
#include "common/privacy/permit_log.h"
#include "tests/unit/agents/privacy/chief.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 1 << 20 };
static const char policy[] = "min_cohort: 1\nmin_records: 11\nwithout_noise: no\nmin_noise: 1\nepsilon_max: 8\n"
                             "delta: 1.0e-5\npermit_minutes: 60\n";

Test(permits, each_kind_run_round_and_sum_has_a_row_of_its_own)
{
    static const struct {
        struct permit_name name;
        const char *key;
    } rows[] = {
        { { PERMIT_ROUND, "toy-1", 3, 0 }, "permit/toy-1/0000000003/0000000000" },
        { { PERMIT_ROUND, "toy-1", 3, 12 }, "permit/toy-1/0000000003/0000000012" },
        { { PERMIT_PUBLISH, "toy-1", 3, 0 }, "permit-publish/toy-1/0000000003/0000000000" },
        { { PERMIT_QUERY, "count-1", 1, 0 }, "permit-query/count-1/0000000001/0000000000" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char key[STORE_MAX_KEY], proof[STORE_MAX_KEY], expected[STORE_MAX_KEY];
        cr_expect_str_eq(guardian_permit_key(key, rows[i].name), rows[i].key);
        (void)snprintf(expected, sizeof expected, "proof-of/%s", rows[i].key);
        cr_expect_str_eq(guardian_proof_key(proof, rows[i].name), expected);
    }
}

/* Two rounds' permits and one to publish, exported. */
static struct sim *of_three(char path[64], struct buf *file)
{
    struct sim *s = chief_house(policy, path);
    cr_expect(chief_hears(s, "coordinator", "/send ask 1 8", "sent"));
    cr_expect(chief_hears(s, "coordinator", "/send report 1 16", "sent"));
    cr_expect(chief_hears(s, "coordinator", "/send ask 2 8", "sent"));
    cr_expect(chief_hears(s, "coordinator", "/send publish 1 0", "sent"));
    cr_expect(chief_hears(s, "guardian", "log verify", "3, as they were signed"), "%s", sim_heard(s, "paul").p);
    cr_assert_eq(tlog_export(chief_log(s), file), OK);
    return s;
}

static struct str part(const struct buf *file, const char *begin, const char *end)
{
    struct str all = buf_str(file);
    size_t from = str_find(all, begin) + strlen(begin);
    struct str rest = { all.p + from, all.n - from };
    return (struct str){ rest.p, str_find(rest, end) };
}

/* Whatever byte of a signed permit is changed, the entry it belongs to is named. */
Test(permits, a_changed_byte_of_an_exported_permit_is_found)
{
    char path[64];
    CLEANUP(buf_free) struct buf file = buf_make(FILE_BYTES);
    struct sim *s = of_three(path, &file);
    const struct logbook_trust trust = { .log = chief_log(s)->key, .says = permit_says };
    struct logbook_found found;
    struct why why = { "" };
    cr_assert_eq(logbook_check(buf_str(&file), &trust, &found, &why), OK, "%s", why.text);
    cr_expect_eq(found.texts, 3u);
    struct str text = part(&file, "himas permit v1\n", "checkpoint ");
    cr_assert(text.n > 500, "%zu", text.n);
    for (size_t i = 0; i < text.n; i++) {
        char *at = (char *)text.p + i;
        char old = *at;
        *at ^= 1;
        enum err e = logbook_check(buf_str(&file), &trust, &found, &why);
        *at = old;
        cr_expect((e == ERR_CRYPTO || e == ERR_INPUT) && strstr(why.text, "entry "), "byte %zu: %s", i, why.text);
        cr_expect(found.texts == 0 && found.bad_first == found.bad_last, "byte %zu: %s", i, why.text);
    }
    sim_free(s);
    (void)remove(path);
}

/* Another key's signature under the right words, as the guardian's store would give it out. */
Test(permits, what_another_signed_is_no_permit)
{
    static const struct {
        const char *name;
        const char *key;
        const char *cut, *put;
    } rows[] = { { "a changed permit", "permit/toy-1/0000000001/0000000000", "epsilon 1\n", "epsilon 2\n" },
                 { "a changed signature", "permit/toy-1/0000000001/0000000000", "guardian@sim.local ",
                   "other@sim.local " } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        CLEANUP(buf_free) struct buf file = buf_make(FILE_BYTES);
        CLEANUP(buf_free) struct buf note = buf_make(FILE_BYTES);
        CLEANUP(buf_free) struct buf bent = buf_make(FILE_BYTES);
        struct sim *s = of_three(path, &file);
        struct store *store = sim_store(s, "guardian");
        cr_assert_eq(store_get(store, rows[i].key, &note), OK);
        struct str all = buf_str(&note);
        size_t at = str_find(all, rows[i].cut);
        cr_assert_lt(at, all.n, "%s", rows[i].name);
        buf_add(&bent, all.p, at);
        buf_add_z(&bent, rows[i].put);
        buf_add(&bent, all.p + at + strlen(rows[i].cut), all.n - at - strlen(rows[i].cut));
        cr_assert(store_begin(store) == OK && store_put(store, rows[i].key, buf_bytes(&bent)) == OK &&
                  store_commit(store) == OK);
        cr_expect(chief_hears(s, "guardian", "verify", "2 permits are signed by me, 1 are not"), "%s: %s", rows[i].name,
                  sim_heard(s, "paul").p);
        cr_expect(chief_hears(s, "guardian", "log verify", "The log does not hold: line"), "%s: %s", rows[i].name,
                  sim_heard(s, "paul").p);
        sim_free(s);
        (void)remove(path);
    }
}
