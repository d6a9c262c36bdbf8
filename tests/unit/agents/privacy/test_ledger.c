#include "agents/privacy/ledger.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { PAGES = 64 };
struct book {
    char keys[PAGES][LEDGER_KEY_BYTES];
    char records[PAGES][BUDGET_RECORD_BYTES + 1];
    size_t n;
};

static enum err put(void *sink, const char *key, struct bytes record)
{
    struct book *b = sink;
    cr_assert(b->n < PAGES);
    (void)snprintf(b->keys[b->n], LEDGER_KEY_BYTES, "%s", key);
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
    double spent = budget_spent(&ledger_account(&l, "a@h", "records")->site);
    cr_expect(spent > 0 && budget_spent(&ledger_account(&again, "a@h", "records")->site) == spent);
    cr_expect_eq(ledger_load(&again, "ledger/a@h/records/budget/0000000009", bytes_of("rot", 3)), OK);
    cr_expect_eq(ledger_reserve(&again, &p, &why), ERR_BUDGET, "a broken ledger is spent");
    ledger_fini(&l);
    ledger_fini(&again);
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
        cr_expect_eq(ledger_account(&l, "a@h", rows[i].data)->site.count, rows[i].charged, "%s", rows[i].name);
    }
    ledger_fini(&l);
}
