#include "agents/privacy/breakglass.h"
#include "tests/support/failmalloc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { LINES = 40 };
#define T0 INT64_C(1767225600000)
#define MINUTE INT64_C(60000)

struct book {
    char keys[LINES][BREAKGLASS_KEY_BYTES];
    char lines[LINES][BREAKGLASS_RECORD_BYTES];
    size_t n;
    enum err fail;
};

static enum err keep(void *sink, const char *key, struct bytes record)
{
    struct book *s = sink;
    if (s->fail != OK) return s->fail;
    (void)snprintf(s->keys[s->n], BREAKGLASS_KEY_BYTES, "%s", key);
    (void)snprintf(s->lines[s->n++], BREAKGLASS_RECORD_BYTES, STR_F, STR_ARG(bytes_str(record)));
    return OK;
}

struct desk {
    struct breakglass b;
    struct book book;
    struct why why;
};

enum verb { ASK, CONFIRM, END, REVIEW };

static enum err doing(struct desk *d, enum verb verb, const char *who, int64_t after_ms, uint64_t number)
{
    const struct breakglass_act act = { who, T0 + after_ms, keep, &d->book };
    uint64_t made = 0;
    d->why.text[0] = '\0';
    if (verb == ASK) return breakglass_ask(&d->b, &act, "r-1", 30, STR("the ward needs it tonight"), &made, &d->why);
    if (verb == CONFIRM) return breakglass_confirm(&d->b, &act, number, &d->why);
    if (verb == END) return breakglass_end(&d->b, &act, number, &d->why);
    return breakglass_review(&d->b, &act, number, STR("justified, nothing was published"), &d->why);
}

static void open_desk(struct desk *d)
{
    memset(d, 0, sizeof *d);
    breakglass_init(&d->b);
}

struct step {
    enum verb verb;
    const char *who;
    int64_t after_ms;
    uint64_t number;
    enum err expected;
};

static const struct {
    const char *name;
    struct step steps[8];
    int64_t look_ms;
    bool open;
    enum breakglass_state state;
} rows[] = {
    { "asked only", { { ASK, "paul@a", 0, 0, OK }, { 0 } }, 1000, false, BREAKGLASS_ASKED },
    { "nobody confirms", { { ASK, "paul@a", 0, 0, OK }, { 0 } }, 16 * MINUTE, false, BREAKGLASS_LAPSED },
    { "two officers",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", MINUTE, 1, OK }, { 0 } },
      2 * MINUTE,
      true,
      BREAKGLASS_OPEN },
    { "one officer twice",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "paul@a", MINUTE, 1, ERR_REFUSED }, { 0 } },
      2 * MINUTE,
      false,
      BREAKGLASS_ASKED },
    { "confirmed too late",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", 16 * MINUTE, 1, ERR_STATE }, { 0 } },
      16 * MINUTE,
      false,
      BREAKGLASS_LAPSED },
    { "confirmed twice",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", 1, 1, OK }, { CONFIRM, "pia@a", 2, 1, ERR_STATE }, { 0 } },
      3,
      true,
      BREAKGLASS_OPEN },
    { "its time is over",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", MINUTE, 1, OK }, { 0 } },
      31 * MINUTE,
      false,
      BREAKGLASS_CLOSED },
    { "the last moment",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", MINUTE, 1, OK }, { 0 } },
      31 * MINUTE - 1,
      true,
      BREAKGLASS_OPEN },
    { "ended early",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", 1, 1, OK }, { END, "pia@a", 2, 1, OK }, { 0 } },
      3,
      false,
      BREAKGLASS_CLOSED },
    { "withdrawn",
      { { ASK, "paul@a", 0, 0, OK }, { END, "paul@a", 1, 1, OK }, { CONFIRM, "petra@a", 2, 1, ERR_STATE }, { 0 } },
      3,
      false,
      BREAKGLASS_LAPSED },
    { "ended twice",
      { { ASK, "paul@a", 0, 0, OK },
        { CONFIRM, "petra@a", 1, 1, OK },
        { END, "paul@a", 2, 1, OK },
        { END, "paul@a", 3, 1, ERR_STATE },
        { 0 } },
      4,
      false,
      BREAKGLASS_CLOSED },
    { "reviewed by the asker",
      { { ASK, "paul@a", 0, 0, OK },
        { CONFIRM, "petra@a", 1, 1, OK },
        { END, "paul@a", 2, 1, OK },
        { REVIEW, "paul@a", 3, 1, ERR_REFUSED },
        { 0 } },
      4,
      false,
      BREAKGLASS_CLOSED },
    { "reviewed",
      { { ASK, "paul@a", 0, 0, OK },
        { CONFIRM, "petra@a", 1, 1, OK },
        { END, "paul@a", 2, 1, OK },
        { REVIEW, "petra@a", 3, 1, OK },
        { REVIEW, "petra@a", 4, 1, ERR_STATE },
        { 0 } },
      5,
      false,
      BREAKGLASS_REVIEWED },
    { "reviewed while open",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", 1, 1, OK }, { REVIEW, "pia@a", 2, 1, ERR_STATE }, { 0 } },
      3,
      true,
      BREAKGLASS_OPEN },
    { "asked twice for a run",
      { { ASK, "paul@a", 0, 0, OK }, { ASK, "petra@a", 1, 0, ERR_STATE }, { 0 } },
      2,
      false,
      BREAKGLASS_ASKED },
    { "no such case",
      { { ASK, "paul@a", 0, 0, OK },
        { CONFIRM, "petra@a", 1, 2, ERR_STATE },
        { END, "petra@a", 1, 0, ERR_STATE },
        { 0 } },
      2,
      false,
      BREAKGLASS_ASKED },
    { "the clock is set back",
      { { ASK, "paul@a", 0, 0, OK }, { CONFIRM, "petra@a", MINUTE, 1, OK }, { 0 } },
      -1,
      false,
      BREAKGLASS_CLOSED },
};

static void replay(const struct desk *d, struct breakglass *out)
{
    breakglass_init(out);
    for (size_t i = 0; i < d->book.n; i++)
        cr_assert_eq(breakglass_load(out, d->book.keys[i], str_bytes(str_of(d->book.lines[i]))), OK, "%s",
                     d->book.lines[i]);
}

/* Each row also once more from what was kept: the same comes out. */
Test(breakglass, rows)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct desk d;
        struct breakglass again;
        open_desk(&d);
        for (const struct step *s = rows[i].steps; s->who; s++) {
            size_t before = d.book.n;
            enum err e = doing(&d, s->verb, s->who, s->after_ms, s->number);
            cr_expect_eq(e, s->expected, "%s: %s %s", rows[i].name, err_name(e), d.why.text);
            cr_expect(e == OK || (d.book.n == before && d.why.text[0]), "%s", rows[i].name);
        }
        replay(&d, &again);
        const struct breakglass *both[] = { &d.b, &again };
        for (size_t k = 0; k < 2; k++) {
            cr_expect_eq(breakglass_open(both[k], "r-1", T0 + rows[i].look_ms) != NULL, rows[i].open, "%s",
                         rows[i].name);
            cr_expect_null(breakglass_open(both[k], "r-2", T0 + rows[i].look_ms), "%s: another run", rows[i].name);
            cr_expect_eq(breakglass_state(&both[k]->cases[0], T0 + rows[i].look_ms), rows[i].state, "%s", rows[i].name);
        }
        breakglass_fini(&again);
        breakglass_fini(&d.b);
    }
}

Test(breakglass, asking_needs_a_run_a_reason_and_a_time)
{
    static const struct {
        const char *who, *run, *reason;
        uint64_t minutes;
        enum err expected;
    } asks[] = { { "paul@a", "r-1", "the ward needs it", 1, OK },
                 { "paul@a", "", "the ward needs it", 1, ERR_INPUT },
                 { "paul@a", "r 1", "the ward needs it", 1, ERR_INPUT },
                 { "paul@a", "r-2", "now", 1, ERR_INPUT },
                 { "paul@a", "r-2", "the ward\nconfirm case=1", 1, ERR_INPUT },
                 { "paul@a", "r-2", "the ward needs it", 0, ERR_INPUT },
                 { "paul@a", "r-2", "the ward needs it", BREAKGLASS_MINUTES_MAX + 1, ERR_INPUT },
                 { "", "r-2", "the ward needs it", 1, ERR_INPUT },
                 { "paul a", "r-2", "the ward needs it", 1, ERR_INPUT } };
    static struct desk d;
    open_desk(&d);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        uint64_t number = 0;
        const struct breakglass_act act = { asks[i].who, T0, keep, &d.book };
        cr_expect_eq(breakglass_ask(&d.b, &act, asks[i].run, asks[i].minutes, str_of(asks[i].reason), &number, &d.why),
                     asks[i].expected, "row %zu: %s", i, d.why.text);
    }
    cr_expect_eq(d.b.count, 1);
    breakglass_fini(&d.b);
}

Test(breakglass, what_was_opened_must_be_reviewed_before_more_is)
{
    static struct desk d;
    open_desk(&d);
    for (uint64_t k = 1; k <= BREAKGLASS_UNREVIEWED_MAX; k++) {
        cr_assert(doing(&d, ASK, "paul@a", (int64_t)k * 10, 0) == OK &&
                  doing(&d, CONFIRM, "petra@a", (int64_t)k * 10 + 1, k) == OK &&
                  doing(&d, END, "paul@a", (int64_t)k * 10 + 2, k) == OK);
    }
    cr_expect_eq(doing(&d, ASK, "pia@a", 100, 0), ERR_REFUSED);
    cr_expect(strstr(d.why.text, "review"));
    cr_expect_eq(doing(&d, REVIEW, "petra@a", 101, 2), OK);
    cr_expect_eq(doing(&d, ASK, "pia@a", 102, 0), OK);
    breakglass_fini(&d.b);
}

Test(breakglass, a_line_that_cannot_be_kept_changes_nothing)
{
    static struct desk d;
    open_desk(&d);
    cr_assert_eq(doing(&d, ASK, "paul@a", 0, 0), OK);
    d.book.fail = ERR_STORE;
    cr_expect_eq(doing(&d, CONFIRM, "petra@a", 1, 1), ERR_STORE);
    cr_expect_null(breakglass_open(&d.b, "r-1", T0 + 2));
    d.book.fail = OK;
    cr_expect_eq(doing(&d, CONFIRM, "petra@a", 1, 1), OK);
    cr_expect_not_null(breakglass_open(&d.b, "r-1", T0 + 2));
    breakglass_fini(&d.b);
}

/* Any byte of the book changed, any line lost: either it says the same, or all is closed. */
Test(breakglass, a_bent_book_opens_nothing)
{
    static const char *const bad[][2] = {
        { "break-glass/0000000002", "ask case=1 at=1767225600000 by=paul@a run=r-1 minutes=30 reason=x" },
        { "break-glass/0000000001", "confirm case=1 at=1767225600000 by=petra@a" },
        { "break-glass/0000000001", "open case=1 at=1767225600000 by=petra@a" },
        { "break-glass/0000000001", "ask case=2 at=1767225600000 by=paul@a run=r-1 minutes=30 reason=x" },
        { "break-glass/0000000001", "ask case=1 at=0 by=paul@a run=r-1 minutes=30 reason=x" },
        { "break-glass/0000000001", "ask case=1 at=1767225600000 by=paul@a run=r-1 minutes=9999 reason=x" },
        { "break-glass/0000000001", "" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct desk d;
        open_desk(&d);
        cr_expect_eq(breakglass_load(&d.b, bad[i][0], str_bytes(str_of(bad[i][1]))), ERR_STORE, "row %zu", i);
        cr_expect_eq(doing(&d, ASK, "paul@a", 0, 0), ERR_STORE, "row %zu", i);
        breakglass_fini(&d.b);
    }
    static struct desk d;
    struct breakglass again;
    open_desk(&d);
    cr_assert(doing(&d, ASK, "paul@a", 0, 0) == OK && doing(&d, CONFIRM, "petra@a", 1, 1) == OK);
    (void)snprintf(d.book.lines[1], BREAKGLASS_RECORD_BYTES, "confirm case=1 at=%lld by=paul@a", (long long)T0 + 1);
    breakglass_init(&again);
    cr_assert_eq(breakglass_load(&again, d.book.keys[0], str_bytes(str_of(d.book.lines[0]))), OK);
    cr_expect_eq(breakglass_load(&again, d.book.keys[1], str_bytes(str_of(d.book.lines[1]))), ERR_STORE,
                 "one officer twice");
    cr_expect_null(breakglass_open(&again, "r-1", T0 + 2));
    breakglass_fini(&again);
    breakglass_fini(&d.b);
}

Test(breakglass, zeroed_is_closed_and_memory_may_fail)
{
    static struct desk d;
    bool done = false;
    memset(&d, 0, sizeof d);
    cr_expect_eq(doing(&d, ASK, "paul@a", 0, 0), ERR_STORE);
    cr_expect_null(breakglass_open(&d.b, "r-1", T0));
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        open_desk(&d);
        enum err e = doing(&d, ASK, "paul@a", 0, 0);
        cr_expect((e == OK && d.book.n == 1) || (e == ERR_MEMORY && d.book.n == 0));
        done = e == OK;
        breakglass_fini(&d.b);
    }
    breakglass_fini(NULL);
    for (unsigned s = 0; s < BREAKGLASS_STATES; s++) cr_expect(strlen(breakglass_state_name(s)) > 3);
}
