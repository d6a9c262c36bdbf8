#include "agents/privacy/ledger.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { PAGES = 64 };
struct book {
    char keys[PAGES][ACCOUNT_KEY_BYTES];
    char records[PAGES][BUDGET_RECORD_BYTES + 1];
    size_t n;
};

static enum err put(void *sink, const char *key, struct bytes record)
{
    struct book *b = sink;
    cr_assert(b->n < PAGES);
    (void)snprintf(b->keys[b->n], ACCOUNT_KEY_BYTES, "%s", key);
    return str_copy(bytes_str(record), b->records[b->n++], BUDGET_RECORD_BYTES + 1);
}

static struct permit permit_of(uint64_t round, const struct permit_site *sites, size_t n)
{
    return (struct permit){ .run = "toy-1",
                            .round = round,
                            .noised = true,
                            .mechanism = PRIVACY_GAUSSIAN,
                            .clip = 1,
                            .epsilon = 1,
                            .delta = 1e-6,
                            .sites = sites,
                            .nsites = n };
}

/* All or none is charged; what is charged stays, also for whoever reads the book anew. */
Test(ledger, a_round_is_charged_to_all_before_and_never_given_back)
{
    static const struct permit_site both[] = { { "a@h", 100, 20, 1, 1, 20, "records" },
                                               { "b@h", 100, .5, 1, 1, .5, "records" } };
    static struct book book;
    struct ledger l, again;
    struct why why = { "" };
    ledger_init(&l, 1, 1e-5, put, &book);
    struct permit p = permit_of(1, both, 2);
    cr_expect_eq(ledger_reserve(&l, &p, &why), ERR_BUDGET);
    cr_expect(strstr(why.text, "b@h") && book.n == 0, "%s", why.text);
    for (uint64_t round = 1; round <= 3; round++) {
        p = permit_of(round, both, 1);
        cr_expect_eq(ledger_reserve(&l, &p, &why), OK, "%s", why.text);
    }
    cr_expect_eq(ledger_commit(&l, &p, "a@h", &why), OK);
    cr_expect_eq(ledger_commit(&l, &p, "b@h", &why), ERR_ABSENT);
    cr_expect(book.n == 4 && ledger_forecast(&l, &p, &both[0]) > 0);
    ledger_init(&again, 1, 1e-5, put, &book);
    for (size_t i = 0; i < book.n; i++)
        cr_expect_eq(ledger_load(&again, book.keys[i], bytes_of(book.records[i], strlen(book.records[i]))), OK);
    double spent = budget_spent(&accounts_find(&l.accounts, "a@h", "records")->site);
    cr_expect(spent > 0 && budget_spent(&accounts_find(&again.accounts, "a@h", "records")->site) == spent);
    cr_expect_eq(ledger_load(&again, "ledger/a@h/records/budget/0000000009", bytes_of("rot", 3)), OK);
    cr_expect_eq(ledger_reserve(&again, &p, &why), ERR_BUDGET, "a broken ledger is spent");
    ledger_fini(&l);
    ledger_fini(&again);
}

/* What the rounds to come need is asked for, by whoever can give it, and no more than the most. */
Test(ledger, noise_is_raised_where_the_budget_does_not_last)
{
    static const struct {
        const char *name;
        enum privacy_mechanism mechanism;
        double noise_max;
        uint64_t rounds;
        bool raises_a, raises_b; /* a asks for 20, b for 4 */
        bool lasts;
    } rows[] = {
        { "it lasts", PRIVACY_GAUSSIAN, 100, 1, false, false, true },
        { "one of both does not", PRIVACY_GAUSSIAN, 100, 4, false, true, true },
        { "neither does", PRIVACY_GAUSSIAN, 100, 400, true, true, true },
        { "nobody may raise it", PRIVACY_GAUSSIAN, 0, 4, false, false, false },
        { "not as much as it takes", PRIVACY_GAUSSIAN, 5, 8, false, true, false },
        { "a sum has the noise of all", PRIVACY_DISTRIBUTED, 100, 4, false, true, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct permit_site both[] = { { "a@h", 100, 20, 1, 1, 20, "records" }, { "b@h", 100, 4, 1, 1, 4, "records" } };
        static struct book book;
        struct ledger l CLEANUP(ledger_fini);
        struct permit p = permit_of(1, both, 2);
        p.rounds = rows[i].rounds;
        p.mechanism = rows[i].mechanism;
        book.n = 0;
        ledger_init(&l, 1.8, 1e-5, put, &book);
        cr_assert_eq(ledger_ration(&l, rows[i].noise_max, &p, both, NULL), OK, "%s", rows[i].name);
        bool sum = rows[i].mechanism == PRIVACY_DISTRIBUTED;
        cr_expect(sum || (both[0].noise > 20) == rows[i].raises_a, "%s: %g", rows[i].name, both[0].noise);
        cr_expect((both[1].noise > 4) == rows[i].raises_b, "%s: %g", rows[i].name, both[1].noise);
        cr_expect(!sum || both[0].noise == both[1].noise, "%s", rows[i].name);
        cr_expect_eq(p.lasts == p.rounds, rows[i].lasts, "%s: %zu", rows[i].name, (size_t)p.lasts);
        cr_expect_eq(p.covered == p.rounds, rows[i].lasts && !rows[i].raises_b, "%s: %zu", rows[i].name,
                     (size_t)p.covered);
        cr_expect_eq(ledger_reserve(&l, &p, NULL), OK, "%s", rows[i].name);
    }
}

/* A secure sum that is begun anew in the same round is another charge. */
Test(ledger, each_sum_is_charged)
{
    static const struct permit_site a[] = { { "a@h", 100, 20, 1, 1, 20, "records" } };
    static const struct {
        uint64_t round, sum;
        size_t charges;
    } rows[] = { { 1, 1, 1 }, { 1, 2, 2 }, { 1, 2, 2 }, { 2, 3, 3 } };
    static struct book book;
    struct ledger l CLEANUP(ledger_fini);
    book.n = 0;
    ledger_init(&l, 8, 1e-5, put, &book);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct permit p = permit_of(rows[i].round, a, 1);
        p.mechanism = PRIVACY_DISTRIBUTED;
        p.sum = rows[i].sum;
        cr_assert_eq(ledger_reserve(&l, &p, NULL), OK);
        cr_expect_eq(accounts_find(&l.accounts, "a@h", "records")->site.count, rows[i].charges, "sum %zu",
                     (size_t)p.sum);
        cr_expect_eq(ledger_commit(&l, &p, "a@h", NULL), OK);
    }
}

Test(ledger, tasks_over_one_data_set_share_an_account)
{
    static const struct {
        const char *name, *run, *data;
        size_t charged; /* in its account, afterwards */
        enum err e;
    } rows[] = {
        { "a first task", "a-1", "records", 1, OK },
        { "another over the same data", "b-1", "records", 2, OK },
        { "one over other data", "c-1", "images", 1, OK },
        { "the first data are spent", "d-1", "records", 2, ERR_BUDGET },
        { "the others are not", "d-1", "images", 2, OK },
    };
    static struct book book;
    struct ledger l;
    ledger_init(&l, 1, 1e-5, put, &book);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct permit_site s = { "a@h", 100, 6, 1, 1, 6, "" };
        (void)snprintf(s.data, sizeof s.data, "%s", rows[i].data);
        struct permit p = permit_of(1, &s, 1);
        (void)snprintf(p.run, sizeof p.run, "%s", rows[i].run);
        cr_expect_eq(ledger_reserve(&l, &p, NULL), rows[i].e, "%s", rows[i].name);
        cr_expect_eq(accounts_find(&l.accounts, "a@h", rows[i].data)->site.count, rows[i].charged, "%s", rows[i].name);
    }
    ledger_fini(&l);
}
