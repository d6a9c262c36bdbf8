#include "common/privacy/accounts.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
enum { PAGES = 64 };
struct book {
    char keys[PAGES][ACCOUNT_KEY_BYTES];
    char records[PAGES][BUDGET_RECORD_BYTES];
    size_t n;
};

static enum err put(void *sink, const char *key, struct bytes record)
{
    struct book *b = sink;
    if (b->n == PAGES) return ERR_STORE;
    TRY(str_copy(str_of(key), b->keys[b->n], ACCOUNT_KEY_BYTES));
    return str_copy(bytes_str(record), b->records[b->n++], BUDGET_RECORD_BYTES);
}

static enum err reload(const struct book *b, struct accounts *a, bool held)
{
    accounts_init(a, held, 1, 1e-5);
    for (size_t i = 0; i < b->n; i++) TRY(accounts_load(a, b->keys[i], str_bytes(str_of(b->records[i]))));
    return OK;
}

static const struct privacy_event event = { PRIVACY_GAUSSIAN, 6, 1, 1, 1, 1e-6 };

static enum err charge(struct book *book, struct account *a, bool patients, uint64_t round, struct why *why)
{
    struct account_page page = { a, put, book };
    enum budget_grant grant;
    return budget_reserve(account_budget(a, patients), "r", round, &event, account_put, &page, &grant, why);
}

Test(accounts, each_data_set_and_unit_has_its_own)
{
    static const struct {
        const char *name, *holder, *data, *key, *says;
        bool held, patients;
    } rows[] = {
        { "a hospital's own", "", "wdbc", "ledger/wdbc/budget/0000000000", "data set wdbc, the whole hospital", false,
          false },
        { "of patients", "", "wdbc", "ledger/wdbc/budget-patients/0000000000", "data set wdbc, each patient", false,
          true },
        { "a data set with a name as a prefix", "", "budget", "ledger/budget/budget/0000000000",
          "data set budget, the whole hospital", false, false },
        { "the guardian's", "a@h", "budget", "ledger/a@h/budget/budget-patients/0000000000",
          "data set budget, each patient", true, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct book book;
        struct accounts a, again;
        struct account *one = NULL, *two = NULL;
        struct why why = { "" };
        book.n = 0;
        accounts_init(&a, rows[i].held, 1, 1e-5);
        cr_assert_eq(accounts_open(&a, rows[i].holder, rows[i].data, &one), OK);
        cr_assert_eq(accounts_open(&a, rows[i].holder, "other", &two), OK);
        cr_assert_eq(charge(&book, one, rows[i].patients, 1, &why), OK, "%s: %s", rows[i].name, why.text);
        cr_expect_str_eq(book.keys[0], rows[i].key, "%s", rows[i].name);
        cr_expect_eq(charge(&book, one, rows[i].patients, 2, NULL), OK, "%s", rows[i].name);
        cr_expect_eq(charge(&book, one, rows[i].patients, 3, &why), ERR_BUDGET, "%s", rows[i].name);
        cr_expect(strstr(why.text, rows[i].says), "%s: %s", rows[i].name, why.text);
        cr_expect_eq(charge(&book, one, !rows[i].patients, 3, NULL), OK, "%s: the other unit", rows[i].name);
        cr_expect_eq(charge(&book, two, rows[i].patients, 3, NULL), OK, "%s: the other data set", rows[i].name);
        cr_assert_eq(reload(&book, &again, rows[i].held), OK);
        struct account *back = accounts_find(&again, rows[i].holder, rows[i].data);
        cr_assert(back != NULL && again.count == 2, "%s", rows[i].name);
        cr_expect_eq(account_budget(back, rows[i].patients)->count, 2, "%s", rows[i].name);
        cr_expect_eq(account_budget(back, !rows[i].patients)->count, 1, "%s", rows[i].name);
        cr_expect_eq(charge(&book, back, rows[i].patients, 9, NULL), ERR_BUDGET, "%s", rows[i].name);
        accounts_fini(&a);
        accounts_fini(&again);
    }
}

/* A ledger as it was written before there was one for each data set. */
static const char *const golden[][2] = {
    { "budget/0000000000", "reserve run=r1 round=7 mechanism=gaussian noise=6 steps=1 clip=1.5 epsilon=1 "
                           "delta=1.0000000000000001e-05" },
    { "budget/0000000001", "commit run=r1 round=7" },
    { "budget/0000000002", "reserve run=r1 round=8 mechanism=gaussian noise=6 steps=1 clip=1.5 epsilon=1 "
                           "delta=1.0000000000000001e-05" },
    { "budget-patients/0000000000", "reserve run=r2 round=1 mechanism=subsampled-gaussian noise=20 steps=4 clip=1 "
                                    "epsilon=8 delta=1.0000000000000001e-05 rate=0.25" },
};

static void golden_book(struct book *b, size_t n)
{
    b->n = 0;
    for (size_t i = 0; i < n; i++) cr_assert_eq(put(b, golden[i][0], str_bytes(str_of(golden[i][1]))), OK);
}

Test(accounts, what_was_charged_before_counts_in_each)
{
    static struct book book;
    static const char *const names[] = { "records", "images" };
    golden_book(&book, COUNT(golden));
    for (int pass = 0; pass < 2; pass++) {
        struct accounts a;
        cr_assert_eq(reload(&book, &a, false), OK);
        for (size_t i = 0; i < COUNT(names); i++) {
            struct account *one = NULL;
            cr_assert_eq(accounts_open(&a, "", names[i], &one), OK);
            cr_expect(one->site.count == 2 && one->patients.count == 1, "%s: %s", names[i], one->site.trouble.text);
            cr_expect_gt(budget_spent(&one->site), 0, "%s", names[i]);
            cr_expect_eq(charge(&book, one, false, 3, NULL), ERR_BUDGET, "%s: two rounds are spent", names[i]);
            struct account_page page = { one, put, &book };
            cr_expect_eq(budget_commit(&one->site, "r1", 8, account_put, &page, NULL), OK, "%s", names[i]);
        }
        accounts_fini(&a);
    }
    cr_expect_eq(book.n, COUNT(golden) + 2, "a second time nothing is written");
    cr_expect_str_eq(book.keys[COUNT(golden)], "ledger/records/budget/0000000003");
}

/* One lost line spends every data set's budget: nobody knows which it was of. */
Test(accounts, a_broken_one_from_before_spends_all)
{
    static struct book book;
    struct accounts a CLEANUP(accounts_fini);
    struct account *one = NULL;
    struct why why = { "" };
    golden_book(&book, 1);
    (void)snprintf(book.keys[0], ACCOUNT_KEY_BYTES, "budget/0000000005");
    cr_assert_eq(reload(&book, &a, false), OK);
    cr_assert_eq(accounts_open(&a, "", "records", &one), OK);
    cr_expect_eq(charge(&book, one, false, 1, &why), ERR_BUDGET);
    cr_expect(strstr(why.text, "data set records, the whole hospital: the privacy ledger is not whole"), "%s",
              why.text);
    cr_expect_eq(charge(&book, one, true, 1, NULL), OK, "that of patients is whole");
}

Test(accounts, no_memory_is_an_error)
{
    static struct book book;
    golden_book(&book, COUNT(golden));
    cr_assert_eq(put(&book, "ledger/records/budget/0000000003", str_bytes(STR("commit run=r1 round=8"))), OK);
    bool done = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct accounts a;
        enum err e = reload(&book, &a, false);
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu", n);
        done = e == OK;
        accounts_fini(&a);
    }
    cr_expect(done);
}
