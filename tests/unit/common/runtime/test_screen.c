#include "common/runtime/screen.h"
#include "tests/support/failmalloc.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { LOG_BYTES = 4000 };

static void keep(void *to, enum log_level level, const char *line)
{
    (void)level;
    (void)snprintf(to, LOG_BYTES, "%s", line);
}

struct desk {
    struct roster *roster;
    struct screen screen;
    struct log log;
    char logged[LOG_BYTES];
};

static void open_desk(struct desk *d)
{
    struct why why = { "" };
    *d = (struct desk){ .log = { .level = LOG_INFO, .put = keep, .screen = screen_log } };
    d->log.to = d->logged;
    d->log.screener = &d->screen;
    cr_assert_eq(roster_parse(STR("members: [{jid: nurse@clinic.org, role: operator}]"), "t", &d->roster, &why), OK,
                 "%s", why.text);
    cr_assert_eq(phi_new(&d->screen.phi), OK);
    d->screen.roster = d->roster;
    d->screen.host = "10.0.0.5";
    d->screen.log = &d->log;
}

static void close_desk(struct desk *d)
{
    phi_free(d->screen.phi);
    roster_free(d->roster);
}

Test(screen, texts)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "round 3 of 10", "round 3 of 10" },
        { "", "" },
        { "line 3: 123-45-6789 is not a number", "[withheld: looked like ssn]" },
        { "seen by Dr. Abernathy", "[withheld: looked like name]" },
        { "nurse@clinic.org said so", "nurse@clinic.org said so" },
        { "nurse@clinic.org/phone is there", "nurse@clinic.org/phone is there" },
        { "jane@clinic.org said so", "[withheld: looked like email]" },
        { "cannot connect to 10.0.0.5:5222", "cannot connect to 10.0.0.5:5222" },
        { "https://10.0.0.5:5281/upload is down", "https://10.0.0.5:5281/upload is down" },
        { "cannot connect to 10.0.0.6:5222", "[withheld: looked like ip]" },
        { "\xff", "[withheld: looked like unreadable text]" },
    };
    struct desk d;
    open_desk(&d);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str said = screen_text(&d.screen, "test", str_of(rows[i].text));
        cr_expect(str_is(said, rows[i].said), "%s: " STR_F, rows[i].text, STR_ARG(said));
    }
    close_desk(&d);
}

Test(screen, counts_and_tells_the_log_kind_and_place_only)
{
    struct desk d;
    struct buf page CLEANUP(buf_free) = buf_make(1 << 16);
    open_desk(&d);
    (void)screen_text(&d.screen, "run.decline", STR("line 3: 123-45-6789"));
    cr_expect_str_eq(d.logged, "warn - text.withheld where=run.decline type=ssn at=8 bytes=11");
    screen_metrics(&d.screen, &page);
    cr_expect(strstr((const char *)page.p, "himas_texts_withheld_total{type=\"ssn\"} 1\n"));
    cr_expect(strstr((const char *)page.p, "himas_texts_screened_total 1\n"));
    close_desk(&d);
}

Test(screen, log_sentences_are_looked_at_and_names_are_not)
{
    struct desk d;
    open_desk(&d);
    log_info(&d.log, "x", L_STR("why", "he lives at 12 Elm Street"), L_NAME("jid", "jane@clinic.org"));
    cr_expect_str_eq(d.logged, "info - x why=\"[withheld: looked like address]\" jid=jane@clinic.org");
    cr_expect_eq(d.screen.withheld[PHI_ADDRESS], 1);
    close_desk(&d);
}

Test(screen, only_free_text_of_a_message)
{
    struct desk d;
    struct msg m = msg_make(MSG_ERROR, NULL);
    open_desk(&d);
    m.error.code = STR("123-45-6789"); /* no free text: it is of a list, and the receiver's schema holds it to that */
    m.error.text = STR("123-45-6789 is not a number");
    screen_message(&d.screen, &m);
    cr_expect(str_is(m.error.code, "123-45-6789") && str_is(m.error.text, "[withheld: looked like ssn]"));
    struct msg h = msg_make(MSG_HEARTBEAT, NULL);
    uint64_t before = d.screen.scanned;
    h.heartbeat.doing = STR("training");
    screen_message(&d.screen, &h);
    cr_expect_eq(d.screen.scanned, before, "a message without free text costs nothing");
    close_desk(&d);
}

static void make_answer(struct result *r, const char *sentence, const char *value, const char *cell)
{
    static const char *const columns[] = { "site", "note", NULL };
    result_init(r);
    result_say(r, "First.");
    result_say(r, "%s", sentence);
    result_field(r, "note", "%s", value);
    result_columns(r, columns);
    result_row(r, (const char *const[]){ "hospital-a", cell, NULL });
    result_row(r, (const char *const[]){ "hospital-b", "fine", NULL });
}

Test(screen, answers_lose_the_piece_and_keep_the_rest)
{
    static const struct {
        const char *sentence, *value, *cell;
        const char *gone; /* NULL: nothing */
        size_t withheld;
    } rows[] = {
        { "Second.", "ok", "ok", NULL, 0 },
        { "Ask Dr. Abernathy.", "ok", "ok", "Abernathy", 1 },
        { "Second.", "123-45-6789", "ok", "6789", 1 },
        { "Second.", "ok", "123-45-6789", "6789", 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk d;
        struct result r CLEANUP(result_free);
        struct result clean CLEANUP(result_free);
        struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
        open_desk(&d);
        make_answer(&r, rows[i].sentence, rows[i].value, rows[i].cell);
        const struct result *said = screen_result(&d.screen, &r, &clean);
        cr_expect_eq(said == &r, rows[i].gone == NULL, "row %zu", i);
        result_print_text(said, &text);
        cr_expect(strstr((const char *)text.p, "First.") && strstr((const char *)text.p, "hospital-b"), "row %zu", i);
        if (rows[i].gone) cr_expect(!strstr((const char *)text.p, rows[i].gone), "row %zu: %s", i, text.p);
        size_t n = 0;
        for (enum phi_type t = 0; t < PHI_COUNT; t++) n += d.screen.withheld[t];
        cr_expect_eq(n, rows[i].withheld, "row %zu: %zu", i, n);
        close_desk(&d);
    }
}

/* Each line alone says nothing. */
Test(screen, what_only_the_pieces_together_say_is_withheld_whole)
{
    struct desk d;
    struct result r CLEANUP(result_free);
    struct result clean CLEANUP(result_free);
    struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
    open_desk(&d);
    result_init(&r);
    result_say(&r, "The number below is a social security number.");
    result_say(&r, "123456788");
    r.code = ERR_STATE;
    const struct result *said = screen_result(&d.screen, &r, &clean);
    result_print_text(said, &text);
    cr_expect(str_is(str_trim(buf_str(&text)), "[withheld: looked like ssn]"), "%s", text.p);
    cr_expect_eq(said->code, ERR_STATE);
    close_desk(&d);
}

Test(screen, without_a_detector_nothing_passes)
{
    struct screen none = { .phi = NULL };
    cr_expect(str_is(screen_text(&none, "x", STR("round 3")), phi_withheld(PHI_UNSCANNED)));
    cr_expect_eq(none.withheld[PHI_UNSCANNED], 1);
}

Test(screen, without_memory_answers_are_withheld_not_said)
{
    struct desk d;
    bool done = false;
    open_desk(&d);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct result r CLEANUP(result_free);
        struct result clean CLEANUP(result_free) = { 0 };
        struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
        failmalloc_at(0);
        make_answer(&r, "Ask Dr. Abernathy.", "ok", "ok");
        failmalloc_at(n);
        const struct result *said = screen_result(&d.screen, &r, &clean);
        done = failmalloc_count() < n;
        failmalloc_at(0);
        result_print_text(said, &text);
        cr_expect(text.p == NULL || !strstr((const char *)text.p, "Abernathy"), "allocation %zu: %s", n, text.p);
        failmalloc_at(n + 1);
    }
    close_desk(&d);
}

/* The places in a running agent where text leaves. */
Test(screen, a_running_agent_withholds)
{
    struct sim *s = toys_start("");
    sim_say(s, "olga", "server", "/hello name=\"Dr. Lee\"");
    (void)sim_run(s, 1000, NULL, NULL);
    struct str heard = sim_heard(s, "olga");
    cr_expect(str_find(heard, "[withheld: looked like name]") < heard.n, STR_F, STR_ARG(heard));
    cr_expect(toys_metric(s, "server", "himas_texts_withheld_total{type=\"name\"} 1\n"));
    toys_feed(s, "server", "client@sim.local", "{\"version\":1,\"type\":\"123-45-6789\",\"id\":\"\"}");
    cr_expect(toys_metric(s, "server", "himas_texts_withheld_total{type=\"ssn\"} 1\n"));
    cr_expect_eq(toys_state(s, "client")->errors, 1);
    sim_free(s);
}
