#include "agents/coordinator/run.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A run in training, phase 3, with four hospitals that joined in phase 1. */
static struct run make(uint64_t quorum)
{
    struct run r = { .head = { .state = RUN_TRAINING, .phase = 3, .round = 1, .rounds = 10, .quorum = quorum } };
    static const char *const names[] = { "c", "a", "d", "b" };
    for (size_t i = 0; i < 4; i++) {
        char jid[8];
        (void)snprintf(jid, sizeof jid, "%s@h", names[i]);
        struct site *s = run_add_site(&r, jid, names[i]);
        cr_assert(s != NULL);
        s->membership = SITE_JOINED;
        s->joined_phase = 1;
    }
    r.head.best_loss = NAN;
    run_recount(&r);
    return r;
}

Test(run, sites_are_in_the_order_of_their_jids)
{
    struct run r = make(2);
    for (size_t i = 0; i < 4; i++) cr_expect(r.sites[i].jid[0] == "abcd"[i]);
    cr_expect(run_site(&r, "b@h") == &r.sites[1] && run_site(&r, "e@h") == NULL);
    run_fini(&r);
}

/* Letters: i in, o out, a away, . silent */
static const struct row {
    const char *name;
    unsigned state;
    uint64_t quorum;
    const char *answers;
    bool still_waiting, too_few, logged;
} rows[] = {
    { "nobody yet", RUN_TRAINING, 2, "....", true, true },
    { "quorum, others silent but here", RUN_TRAINING, 2, "ii..", true, false },
    { "quorum, others away", RUN_TRAINING, 2, "iiaa", false, false },
    { "no quorum, others away: they may come back", RUN_TRAINING, 3, "iiaa", true, true },
    { "all in", RUN_TRAINING, 4, "iiii", false, false },
    { "all answered, too few", RUN_TRAINING, 2, "iooo", false, true },
    { "all declined", RUN_TRAINING, 1, "oooo", false, true },
    { "evaluation waits for nobody who is away", RUN_EVALUATING, 3, "iaaa", false, true },
    { "nobody scores: all away", RUN_EVALUATING, 2, "aaaa", false, true },
    { "all signed, and the log proved nothing yet", RUN_PUBLISHING, 2, "iiii", true, false },
    { "proven and signed, others here", RUN_PUBLISHING, 2, "ii..", true, false, true },
    { "proven and signed, others away", RUN_PUBLISHING, 2, "iiaa", false, false, true },
    { "so many refuse to sign that no quorum can be", RUN_PUBLISHING, 3, "ioo.", false, true },
};

Test(run, whom_it_waits_for)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct run r = make(row->quorum);
        r.head.state = row->state;
        r.head.logged = row->logged;
        run_recount(&r);
        for (size_t k = 0; k < 4; k++) {
            if (row->answers[k] == 'i') run_set_answer(&r, &r.sites[k], ANSWER_IN);
            if (row->answers[k] == 'o') run_set_answer(&r, &r.sites[k], ANSWER_OUT);
            if (row->answers[k] == 'a') run_set_away(&r, &r.sites[k], true);
        }
        struct run_counts counted = r.counts;
        run_recount(&r);
        cr_expect(memcmp(&counted, &r.counts, sizeof counted) == 0, "%s: counts kept and counted anew agree",
                  row->name);
        cr_expect(run_still_waiting(&r) == row->still_waiting, "%s", row->name);
        cr_expect(run_too_few(&r) == row->too_few, "%s", row->name);
        run_fini(&r);
    }
}

Test(run, a_late_joiner_is_asked_from_the_next_phase_on)
{
    struct run r = make(2);
    struct site *s = run_add_site(&r, "e@h", "e");
    run_recount(&r);
    run_set_membership(&r, s, SITE_JOINED);
    cr_expect(site_answer(&r, s) == ANSWER_NONE && r.counts.asked == 4);
    r.head.phase++;
    run_recount(&r);
    cr_expect(site_answer(&r, s) == ANSWER_ASKED && r.counts.asked == 5);
    run_set_membership(&r, s, SITE_DECLINED);
    cr_expect(site_answer(&r, s) == ANSWER_NONE && r.counts.asked == 4);
    run_fini(&r);
}

static void score(struct run *r, size_t site, uint64_t scored, double loss_sum, double correct)
{
    r->sites[site].score_round = r->head.round;
    r->sites[site].scored = scored;
    r->sites[site].loss_sum = loss_sum;
    r->sites[site].correct = correct;
}

Test(run, scores_and_improvement)
{
    struct run r = make(2);
    cr_expect(isnan(run_score_loss(&r)) && !run_improved(&r) && !run_finished(&r));
    score(&r, 0, 10, 5, 8);
    score(&r, 1, 30, 3, 28);
    score(&r, 2, 0, 0, 0);
    cr_expect(run_score_loss(&r) == 0.2 && run_score_accuracy(&r) == 0.9 && run_improved(&r));
    r.task.rounds.min_improvement = 0.1;
    r.head.best_loss = 0.25;
    cr_expect(!run_improved(&r), "not by enough");
    r.task.rounds.patience = 2;
    cr_expect(!run_finished(&r), "one round without improvement is forgiven");
    r.head.stale_rounds = 1;
    cr_expect(run_finished(&r), "two are not");
    r.task.rounds.patience = 0;
    r.head.round = 10;
    cr_expect(run_finished(&r), "the last round");
    run_fini(&r);
}

Test(run, every_so_manyth_round_is_scored_and_the_last)
{
    static const struct {
        uint64_t every, round;
        bool scored;
    } turns[] = { { 1, 1, true },  { 1, 9, true }, { 4, 1, false }, { 4, 3, false },    { 4, 4, true },
                  { 4, 5, false }, { 4, 8, true }, { 4, 10, true }, { 1000, 9, false }, { 1000, 10, true } };
    struct run r = make(2);
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        r.task.rounds.evaluate_every = turns[i].every;
        r.head.round = turns[i].round;
        cr_expect_eq(run_scores_round(&r), turns[i].scored, "round %d of 10, every %d", (int)turns[i].round,
                     (int)turns[i].every);
    }
    run_fini(&r);
}

Test(run, sentences_name_who_is_missing)
{
    struct run r = make(3);
    struct buf text CLEANUP(buf_free) = buf_make(4096);
    run_set_answer(&r, &r.sites[0], ANSWER_IN);
    run_set_answer(&r, &r.sites[1], ANSWER_OUT);
    (void)snprintf(r.sites[1].code, sizeof r.sites[1].code, "ERR_BUDGET");
    (void)snprintf(r.sites[1].why, sizeof r.sites[1].why, "the privacy budget is spent");
    run_set_away(&r, &r.sites[2], true);
    r.sites[2].silent_since_ms = 1700000000000;
    run_say_waiting(&r, &text);
    cr_expect_str_eq((const char *)text.p, "c (away), d");
    buf_clear(&text);
    run_say_shortage(&r, &text);
    cr_expect_str_eq(
        (const char *)text.p,
        "round 1, training: 1 of the 3 hospitals needed answered; b declined: ERR_BUDGET the privacy budget "
        "is spent; c has been silent since 2023-11-14T22:13:20.000Z; d did not answer in time, and nothing moved to or "
        "from it");
    run_fini(&r);
}

Test(run, states_have_names)
{
    for (unsigned s = 0; s < RUN_STATES; s++) cr_expect(run_state_of(str_of(run_state_name(s))) == s);
    cr_expect(run_state_of(STR("nowhere")) == RUN_STATES && strcmp(run_state_name(99), "unknown") == 0);
}

Test(run, init_refuses_what_is_no_task)
{
    struct run r = { 0 };
    struct why why = { 0 };
    cr_expect(run_init(&r, STR("name: x\n"), &why) != OK && why.text[0] != 0);
    run_fini(&r);
    run_fini(&r);
}
