#include "cli/panel.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct look ascii = { .columns = 100 };

struct event {
    const char *run, *kind, *phase, *site;
    uint64_t round, got, want;
    double loss, auc;
    const char *text;
};

static struct msg message(const struct event *e)
{
    struct msg m = msg_make(MSG_FEED_EVENT, NULL);
    (void)snprintf(m.run, sizeof m.run, "%s", e->run);
    m.round = e->round;
    m.feed_event = (struct msg_feed_event){ .kind = str_of(e->kind),
                                            .task = STR("bc"),
                                            .phase = str_of(e->phase),
                                            .rounds = 2,
                                            .site = str_of(e->site),
                                            .got = e->got,
                                            .want = e->want,
                                            .loss = e->loss,
                                            .auc = e->auc,
                                            .accuracy = e->auc,
                                            .bytes = 17000,
                                            .text = str_of(e->text) };
    return m;
}

static const struct event events[] = {
    { "r1", "phase", "training", "", 1, 0, 2, 0, 0, "round 1: sent the model to 2 hospitals" },
    { "r1", "update", "training", "a", 1, 1, 2, 0.5, 0, "round 1: a returned 17 kB, 1 of 2 in" },
    { "r2", "update", "training", "z", 1, 1, 2, 0.5, 0, "another run" },
    { "r1", "declined", "training", "b", 1, 1, 2, 0, 0, "round 1: b declined: no budget" },
    { "r1", "round", "evaluating", "", 1, 1, 2, 0.4, 0.9, "round 1 closed" },
    { "r1", "phase", "training", "", 2, 0, 2, 0.4, 0.9, "round 2: sent the model" },
    { "r1", "round", "evaluating", "", 2, 2, 2, 0.3, 0.95, "round 2 closed" },
    { "r1", "ended", "done", "", 2, 0, 0, 0.3, 0.95, "done: 2 rounds" },
};

static void take(struct panel *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct msg m = message(&events[i]);
        cr_expect_eq(panel_take(p, &m), strcmp(events[i].run, "r1") == 0, "%s", events[i].text);
    }
}

Test(panel, gathers)
{
    struct panel *p = malloc(sizeof *p);
    *p = panel_make("");
    take(p, 0, 4);
    cr_expect_str_eq(p->run, "r1", "it follows the first run it hears of");
    cr_assert_eq(p->nsites, 2);
    cr_expect(p->sites[0].in && p->sites[0].loss == 0.5 && strcmp(p->sites[0].word, "returned 17 kB, 1 of 2 in") == 0);
    cr_expect(!p->sites[1].in && isnan(p->sites[1].loss) && strcmp(p->sites[1].word, "declined: no budget") == 0);
    take(p, 4, 6);
    cr_expect(p->round == 2 && !p->sites[0].in, "a new phase asks everybody anew");
    cr_expect(p->nhistory == 1 && p->loss[0] == 0.4 && p->auc[0] == 0.9);
    take(p, 6, 8);
    cr_expect(p->nhistory == 2 && p->auc[1] == 0.95 && p->outcome == PANEL_DONE);
    free(p);
}

Test(panel, ends)
{
    static const struct {
        const char *phase;
        enum panel_outcome expected;
    } rows[] = { { "done", PANEL_DONE }, { "failed", PANEL_FAILED }, { "aborted", PANEL_FAILED } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct panel *p = malloc(sizeof *p);
        *p = panel_make("r1");
        struct msg m = message(&(struct event){ "r1", "ended", rows[i].phase, "", 1, 0, 0, 0, 0, "over" });
        cr_expect(panel_take(p, &m) && p->outcome == rows[i].expected, "%s", rows[i].phase);
        free(p);
    }
}

Test(panel, draws)
{
    static const char expected[] = "bc  round 1/2  training    [####....................] 1 of 2 in\n"
                                   "  hospital                  loss  epsilon     size\n"
                                   "  a                  *    0.5000    0.000  17.0 kB  returned 17 kB, 1 of 2 in\n"
                                   "  b                  .         -        -        -  declined: no budget\n";
    size_t lines = 0;
    struct panel *p = malloc(sizeof *p);
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    *p = panel_make("r1");
    take(p, 0, 4);
    panel_draw(p, &ascii, &out, &lines);
    cr_expect_str_eq((const char *)out.p, expected);
    cr_expect_eq(lines, 4);
    take(p, 4, 7);
    panel_draw(p, &ascii, &out, &lines);
    cr_expect_eq(lines, 6, "and two curves");
    free(p);
}

Test(panel, hostile_text_does_not_reach_the_terminal)
{
    struct msg m = message(&(struct event){ "r1", "joined", "inviting", "a", 0, 1, 2, 0, 0, "\x1b[2Jboo\nx" });
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    panel_line(&m, &ascii, &out);
    cr_expect_str_eq((const char *)out.p, "\\x1b[2Jboo\\nx\n");
}
