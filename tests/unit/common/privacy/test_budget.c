#include "common/base/buf.h"
#include "common/privacy/budget.h"
#include "common/privacy/local.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define EPSILON_MAX 8.0
#define DELTA 1e-5

/* A sink in memory: records one after the other; it can fail. */
enum { KEPT = 400 };
struct sink {
    char keys[KEPT][BUDGET_KEY_BYTES];
    char records[KEPT][BUDGET_RECORD_BYTES];
    size_t n;
    bool broken;
};

static enum err keep(void *self, const char *key, struct bytes record)
{
    struct sink *s = self;
    if (s->broken || s->n == KEPT) return ERR_STORE;
    TRY(str_copy(str_of(key), s->keys[s->n], sizeof s->keys[0]));
    TRY(str_copy(bytes_str(record), s->records[s->n], sizeof s->records[0]));
    s->n++;
    return OK;
}

static enum err reload(const struct sink *s, struct budget *b)
{
    budget_init(b, EPSILON_MAX, DELTA);
    for (size_t i = 0; i < s->n; i++) TRY(budget_load(b, s->keys[i], str_bytes(str_of(s->records[i]))));
    return OK;
}

static struct privacy_event event_of(double epsilon)
{
    const struct local_rule rule = { PRIVACY_GAUSSIAN, epsilon, DELTA, 1 };
    struct privacy_event e;
    cr_assert_eq(local_event(&rule, &e, NULL), OK);
    return e;
}

Test(budget, records_are_plain_lines)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini);
    const struct privacy_event e = { PRIVACY_GAUSSIAN, 3.75, 1, 1.5, 1, 1e-5 };
    enum budget_grant grant = BUDGET_COMMITTED;
    budget_init(&b, EPSILON_MAX, DELTA);
    cr_assert_eq(budget_reserve(&b, "r1", 7, &e, keep, &s, &grant, NULL), OK);
    cr_expect_eq(grant, BUDGET_NEW);
    cr_assert_eq(budget_commit(&b, "r1", 7, keep, &s, NULL), OK);
    cr_expect_str_eq(s.keys[0], "budget/0000000000");
    cr_expect_str_eq(s.records[0], "reserve run=r1 round=7 mechanism=gaussian noise=3.75 steps=1 clip=1.5 epsilon=1 "
                                   "delta=1.0000000000000001e-05");
    cr_expect_str_eq(s.keys[1], "budget/0000000001");
    cr_expect_str_eq(s.records[1], "commit run=r1 round=7");
}

Test(budget, subsampled_records_have_their_rate)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini), again CLEANUP(budget_fini);
    const struct privacy_event e = { PRIVACY_SUBSAMPLED_GAUSSIAN, 2, 100, 1, 1, 1e-5, .rate = 0.125 };
    struct privacy_event other = e;
    enum budget_grant grant = BUDGET_COMMITTED;
    budget_init(&b, EPSILON_MAX, DELTA);
    cr_assert_eq(budget_reserve(&b, "r1", 7, &e, keep, &s, &grant, NULL), OK);
    cr_expect_str_eq(s.records[0], "reserve run=r1 round=7 mechanism=subsampled-gaussian noise=2 steps=100 clip=1 "
                                   "epsilon=1 delta=1.0000000000000001e-05 rate=0.125");
    cr_assert_eq(reload(&s, &again), OK);
    cr_expect_eq(budget_spent(&again), budget_spent(&b));
    other.rate = 0.25;
    cr_expect_eq(budget_reserve(&b, "r1", 7, &other, keep, &s, &grant, NULL), ERR_REFUSED);
    other.rate = 0;
    cr_expect_eq(budget_reserve(&b, "r1", 8, &other, keep, &s, &grant, NULL), ERR_INPUT, "free of charge");
}

/* One ledger's records are foreign to the other. */
Test(budget, two_ledgers)
{
    static struct sink s;
    struct budget patients CLEANUP(budget_fini);
    struct budget whole CLEANUP(budget_fini);
    struct privacy_event e = event_of(1);
    enum budget_grant grant;
    budget_init_units(&patients, EPSILON_MAX, DELTA);
    budget_init(&whole, EPSILON_MAX, DELTA);
    cr_assert_eq(budget_reserve(&patients, "r", 1, &e, keep, &s, &grant, NULL), OK);
    cr_expect_str_eq(s.keys[0], BUDGET_UNITS_PREFIX "0000000000");
    cr_expect_eq(budget_load(&whole, s.keys[0], str_bytes(str_of(s.records[0]))), ERR_STORE);
    struct budget again CLEANUP(budget_fini);
    budget_init_units(&again, EPSILON_MAX, DELTA);
    cr_expect_eq(budget_load(&again, s.keys[0], str_bytes(str_of(s.records[0]))), OK);
    cr_expect_eq(budget_spent(&again), budget_spent(&patients));
}

Test(budget, a_round_is_charged_once)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini);
    const struct privacy_event e = event_of(1), other = event_of(.5);
    enum budget_grant grant = BUDGET_NEW;
    struct why why = { "" };
    budget_init(&b, EPSILON_MAX, DELTA);
    cr_expect_eq(budget_commit(&b, "r", 1, keep, &s, NULL), ERR_ABSENT);
    cr_assert_eq(budget_reserve(&b, "r", 1, &e, keep, &s, &grant, NULL), OK);
    double spent = budget_spent(&b);
    cr_expect(spent > .9999 && spent <= 1, "%.17g", spent);
    cr_assert_eq(budget_reserve(&b, "r", 1, &e, keep, &s, &grant, NULL), OK);
    cr_expect(grant == BUDGET_RESERVED && budget_spent(&b) == spent);
    cr_assert_eq(budget_commit(&b, "r", 1, keep, &s, NULL), OK);
    cr_assert_eq(budget_commit(&b, "r", 1, keep, &s, NULL), OK);
    cr_assert_eq(budget_reserve(&b, "r", 1, &e, keep, &s, &grant, NULL), OK);
    cr_expect(grant == BUDGET_COMMITTED && budget_spent(&b) == spent);
    cr_expect_eq(budget_reserve(&b, "r", 1, &other, keep, &s, &grant, &why), ERR_REFUSED);
    cr_expect_not_null(strstr(why.text, "other parameters"));
    cr_expect_eq(s.n, 2);
    cr_assert_eq(budget_reserve(&b, "r", 2, &e, keep, &s, &grant, NULL), OK);
    cr_assert_eq(budget_reserve(&b, "other", 1, &e, keep, &s, &grant, NULL), OK);
    cr_expect(grant == BUDGET_NEW && budget_spent(&b) > spent);
}

Test(budget, charges_of_a_run)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini);
    const struct privacy_event e = event_of(.1);
    enum budget_grant grant = BUDGET_NEW;
    budget_init(&b, EPSILON_MAX, DELTA);
    for (uint64_t round = 1; round <= 3; round++)
        cr_assert_eq(budget_reserve(&b, "r1", round, &e, keep, &s, &grant, NULL), OK);
    cr_assert_eq(budget_reserve(&b, "r2", 1, &e, keep, &s, &grant, NULL), OK);
    cr_expect(budget_charges_beside(&b, "r1", 2) == 2 && budget_charges_beside(&b, "r1", 9) == 3);
    cr_expect(budget_charges_beside(&b, "r2", 1) == 0 && budget_charges_beside(&b, "r3", 1) == 0);
}

/* Spend all of it: never above the cap, the forecast is right, nothing is written once it is spent. */
Test(budget, stops_at_the_cap)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini);
    const struct privacy_event e = event_of(1);
    enum budget_grant grant;
    struct why why = { "" };
    budget_init(&b, EPSILON_MAX, DELTA);
    uint64_t left = budget_forecast(&b, &e), rounds = 0;
    cr_assert(left > 8 && left < KEPT, "%llu", (unsigned long long)left);
    while (budget_reserve(&b, "r", rounds, &e, keep, &s, &grant, &why) == OK) {
        rounds++;
        cr_expect(budget_spent(&b) <= EPSILON_MAX);
        cr_expect_eq(budget_forecast(&b, &e), left - rounds);
    }
    cr_expect_eq(rounds, left);
    cr_expect_eq(s.n, left);
    cr_expect_not_null(strstr(why.text, "of 8 is spent"), "%s", why.text);
    cr_expect_eq(budget_reserve(&b, "r", rounds, &e, keep, &s, &grant, NULL), ERR_BUDGET);
    cr_expect_eq(budget_reserve(&b, "r", 0, &e, keep, &s, &grant, NULL), OK, "what was charged may be sent again");
}

/* A crash after every record: what was reserved is spent, committed or not. */
Test(budget, state_is_rebuilt_after_any_record)
{
    static struct sink s, part;
    struct budget b CLEANUP(budget_fini);
    const struct privacy_event e = event_of(.3);
    double spent[20];
    enum budget_grant grant;
    budget_init(&b, EPSILON_MAX, DELTA);
    for (uint64_t i = 0; i < 10; i++) {
        cr_assert_eq(budget_reserve(&b, "r", i, &e, keep, &s, &grant, NULL), OK);
        spent[2 * i] = spent[2 * i + 1] = budget_spent(&b);
        cr_assert_eq(budget_commit(&b, "r", i, keep, &s, NULL), OK);
    }
    part = s;
    for (part.n = 1; part.n <= s.n; part.n++) {
        struct budget again CLEANUP(budget_fini);
        cr_assert_eq(reload(&part, &again), OK);
        cr_expect_eq(budget_spent(&again), spent[part.n - 1], "after %zu records", part.n);
        size_t before = part.n;
        cr_assert_eq(budget_reserve(&again, "r", (before - 1) / 2, &e, keep, &part, &grant, NULL), OK);
        cr_expect_eq(grant, before % 2 ? BUDGET_RESERVED : BUDGET_COMMITTED);
        cr_expect_eq(part.n, before);
    }
}

Test(budget, a_failing_sink_charges_nothing)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini);
    const struct privacy_event e = event_of(1);
    enum budget_grant grant = BUDGET_COMMITTED;
    budget_init(&b, EPSILON_MAX, DELTA);
    s.broken = true;
    cr_expect_eq(budget_reserve(&b, "r", 1, &e, keep, &s, &grant, NULL), ERR_STORE);
    cr_expect(grant == BUDGET_COMMITTED && budget_spent(&b) == 0);
    bool done = false;
    s.broken = false;
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        enum err result = budget_reserve(&b, "r", 1, &e, keep, &s, &grant, NULL);
        cr_expect(result == OK || (result == ERR_MEMORY && budget_spent(&b) == 0 && s.n == 0));
        done = result == OK;
    }
    s.broken = true;
    cr_expect_eq(budget_commit(&b, "r", 1, keep, &s, NULL), ERR_STORE);
    s.broken = false;
    cr_expect_eq(budget_commit(&b, "r", 1, keep, &s, NULL), OK);
    cr_expect_eq(s.n, 2);
}

#define LINE "reserve run=r round=1 mechanism=laplace noise=4 steps=1 clip=1 epsilon=0.25 delta=0"
Test(budget, bent_ledgers_are_spent)
{
    static const struct {
        const char *name, *key, *record;
    } rows[] = {
        { "gap", "budget/0000000002", "commit run=r round=0" },
        { "again", "budget/0000000000", LINE },
        { "foreign key", "budget/1", LINE },
        { "charged twice", "budget/0000000001",
          "reserve run=r round=0 mechanism=laplace noise=4 steps=1 clip=1 "
          "epsilon=0.25 delta=0" },
        { "commit of nothing", "budget/0000000001", "commit run=r round=9" },
        { "empty", "budget/0000000001", "" },
        { "other word", "budget/0000000001", "refund run=r round=0" },
        { "trailing", "budget/0000000001", LINE " " },
        { "newline", "budget/0000000001", LINE "\n" },
        { "cut", "budget/0000000001", "reserve run=r round=1 mechanism=laplace noise=4 steps=1 clip=1 epsilon=0.25" },
        { "no mechanism", "budget/0000000001",
          "reserve run=r round=1 mechanism=none noise=4 steps=1 clip=1 epsilon=1 "
          "delta=0" },
        { "other spelling", "budget/0000000001",
          "reserve run=r round=01 mechanism=laplace noise=4.0 steps=1 clip=1 "
          "epsilon=0.25 delta=0" },
        { "no noise", "budget/0000000001",
          "reserve run=r round=1 mechanism=laplace noise=0 steps=1 clip=1 epsilon=1 "
          "delta=0" },
        { "negative", "budget/0000000001",
          "reserve run=r round=1 mechanism=laplace noise=-4 steps=1 clip=1 epsilon=1 "
          "delta=0" },
        { "no run", "budget/0000000001",
          "reserve run= round=1 mechanism=laplace noise=4 steps=1 clip=1 epsilon=1 "
          "delta=0" },
    };
    const struct privacy_event e = { PRIVACY_LAPLACE, 4, 1, 1, .25, 0 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct sink s;
        struct budget b CLEANUP(budget_fini);
        enum budget_grant grant;
        struct why why = { "" };
        s.n = 0;
        budget_init(&b, EPSILON_MAX, DELTA);
        cr_assert_eq(budget_reserve(&b, "r", 0, &e, keep, &s, &grant, NULL), OK);
        cr_expect_eq(budget_load(&b, rows[i].key, str_bytes(str_of(rows[i].record))), ERR_STORE, "%s", rows[i].name);
        cr_expect_eq(budget_load(&b, "budget/0000000001", str_bytes(STR(LINE))), ERR_STORE, "%s", rows[i].name);
        cr_expect_eq(budget_reserve(&b, "r", 5, &e, keep, &s, &grant, &why), ERR_BUDGET, "%s", rows[i].name);
        cr_expect(strstr(why.text, "not whole") && strstr(why.text, rows[i].key), "%s: %s", rows[i].name, why.text);
        cr_expect_eq(budget_forecast(&b, &e), 0, "%s", rows[i].name);
    }
}

Test(budget, wrong_requests_are_refused)
{
    static struct sink s;
    struct budget b CLEANUP(budget_fini), unset = { 0 };
    enum budget_grant grant;
    const struct privacy_event e = event_of(1), none = { PRIVACY_GAUSSIAN, 0, 1, 1, 1, 1e-5 };
    static const char *const runs[] = { "", "two words", "line\nbreak", "caf\xc3\xa9",
                                        "0123456789012345678901234567890123456789012345678901234567890123" };
    budget_init(&b, EPSILON_MAX, DELTA);
    for (size_t i = 0; i < COUNT(runs); i++)
        cr_expect_eq(budget_reserve(&b, runs[i], 1, &e, keep, &s, &grant, NULL), ERR_INPUT, "%s", runs[i]);
    cr_expect_eq(budget_reserve(&b, "r", 1, &none, keep, &s, &grant, NULL), ERR_INPUT);
    cr_expect_eq(budget_reserve(&unset, "r", 1, &e, keep, &s, &grant, NULL), ERR_BUDGET);
    cr_expect_eq(s.n, 0);
    cr_expect_eq(budget_spent(&unset), 0);
    cr_expect_eq(budget_forecast(&unset, &e), 0);
    budget_fini(NULL);
    budget_fini(&unset);
}
