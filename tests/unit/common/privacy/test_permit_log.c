#include "common/privacy/permit_log.h"
#include "tests/support/failmalloc.h"
#include "tests/support/permits.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 16 };

static const struct permit_site sites[] = { { "a@h", 100, 2.5, 1, 1, 2.5, "records" } };
static const struct permit_site other[] = { { "b@h", 100, 2.5, 1, 1, 2.5, "records" } };

Test(permit_log, an_entry_names_what_is_allowed_and_the_hash_of_all_that_was_signed)
{
    static const struct {
        enum permit_kind kind;
        const char *end;
    } rows[] = { { PERMIT_ROUND, " kind=round run=toy-1 round=3 task=toy purpose=research document=" PERMIT_SAMPLE_HASH
                                 " hospitals=1 emergency=0 model=" PERMIT_SAMPLE_HASH },
                 { PERMIT_PUBLISH, " hospitals=1 emergency=0 model=" PERMIT_SAMPLE_HASH },
                 { PERMIT_QUERY, " hospitals=1 emergency=0 rows=sex columns=chest pain" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf text = buf_make(TEXT_BYTES);
        CLEANUP(buf_free) struct buf entry = buf_make(TEXT_BYTES);
        char digits[HASH_HEX_BYTES];
        struct permit p = permit_sample(sites, 1);
        p.kind = rows[i].kind;
        if (p.kind == PERMIT_QUERY) (void)snprintf(p.rows, sizeof p.rows, "sex");
        if (p.kind == PERMIT_QUERY) (void)snprintf(p.columns, sizeof p.columns, "chest pain");
        permit_print(&p, &text);
        cr_assert_eq(permit_entry(&p, &entry), OK);
        cr_assert_eq(hash_hex_of(buf_bytes(&text), digits), OK);
        cr_expect(logbook_is_entry(buf_str(&entry)) && str_is(logbook_signed_hash(buf_str(&entry)), digits), "row %zu",
                  i);
        cr_expect(str_starts(buf_str(&entry), "permit serial=7 signed="), "row %zu", i);
        struct str all = buf_str(&entry);
        cr_expect_eq(str_find(all, rows[i].end) + strlen(rows[i].end), all.n, "row %zu: " STR_F, i,
                     STR_ARG(buf_str(&entry)));
        cr_expect_eq(permit_says(buf_str(&entry), buf_str(&text)), OK, "row %zu", i);
    }
}

static void later(struct permit *p) { p->expires_ms++; }
static void quieter(struct permit *p) { p->epsilon = 2; }
static void elsewhere(struct permit *p) { p->sites = other; }
static void next_sum(struct permit *p) { p->sum++; }
static void unnumbered(struct permit *p) { p->serial = 0; }
static void emergency(struct permit *p) { p->emergency = 1; }

/* Also what the entry does not spell out is bound by its hash. */
Test(permit_log, another_permit_is_not_what_the_entry_says)
{
    static const struct {
        const char *name;
        void (*change)(struct permit *p);
    } rows[] = { { "expires later", later },  { "more epsilon", quieter },      { "another hospital", elsewhere },
                 { "another sum", next_sum }, { "without number", unnumbered }, { "an emergency", emergency } };
    CLEANUP(buf_free) struct buf entry = buf_make(TEXT_BYTES);
    const struct permit signed_one = permit_sample(sites, 1);
    cr_assert_eq(permit_entry(&signed_one, &entry), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf text = buf_make(TEXT_BYTES);
        struct permit p = permit_sample(sites, 1);
        rows[i].change(&p);
        permit_print(&p, &text);
        cr_expect_eq(permit_says(buf_str(&entry), buf_str(&text)), ERR_CRYPTO, "%s", rows[i].name);
    }
    cr_expect_eq(permit_says(buf_str(&entry), STR("no permit\n")), ERR_CRYPTO);
}

/* A keeper that enters a permit's hash with a story of its own. */
Test(permit_log, an_entry_that_tells_another_story)
{
    static const struct {
        const char *name, *cut, *put;
    } rows[] = { { "another run", "run=toy-1", "run=toy-2" },
                 { "another round", " round=3", " round=2" },
                 { "fewer hospitals", "hospitals=1", "hospitals=0" },
                 { "another model", "model=0", "model=1" } };
    CLEANUP(buf_free) struct buf entry = buf_make(TEXT_BYTES);
    CLEANUP(buf_free) struct buf text = buf_make(TEXT_BYTES);
    const struct permit p = permit_sample(sites, 1);
    permit_print(&p, &text);
    cr_assert_eq(permit_entry(&p, &entry), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_free) struct buf bent = buf_make(TEXT_BYTES);
        struct str all = buf_str(&entry);
        size_t at = str_find(all, rows[i].cut);
        cr_assert_lt(at, all.n, "%s", rows[i].name);
        buf_add(&bent, all.p, at);
        buf_add_z(&bent, rows[i].put);
        buf_add(&bent, all.p + at + strlen(rows[i].cut), all.n - at - strlen(rows[i].cut));
        cr_expect_eq(permit_says(buf_str(&bent), buf_str(&text)), ERR_CRYPTO, "%s", rows[i].name);
    }
}

Test(permit_log, memory_runs_out)
{
    CLEANUP(buf_free) struct buf entry = buf_make(TEXT_BYTES);
    CLEANUP(buf_free) struct buf text = buf_make(TEXT_BYTES);
    const struct permit p = permit_sample(sites, 1);
    bool done = false;
    permit_print(&p, &text);
    cr_assert_eq(permit_entry(&p, &entry), OK);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err e = permit_says(buf_str(&entry), buf_str(&text));
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
        done = e == OK;
    }
    cr_expect(done);
}
