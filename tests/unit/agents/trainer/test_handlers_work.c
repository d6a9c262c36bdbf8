/* A trainer that is killed in the middle of something does it again, and pays once. */
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

struct waiting {
    enum work_kind kind;
};

static bool is_doing(struct sim *sim, void *to)
{
    const struct waiting *w = to;
    if (sim_agent(sim, "hospital") == NULL) return false;
    const struct trainer *t = core_state(sim_agent(sim, "hospital"));
    return t->job != NULL && t->job->work.kind == w->kind;
}

/* Says it, and kills the hospital as soon as a worker is busy with it. */
static void interrupt(struct site *s, const char *words, enum work_kind kind)
{
    sim_say(s->sim, "olga", "coordinator", words);
    cr_assert(sim_run(s->sim, 5000, is_doing, &(struct waiting){ kind }), "%s", words);
    site_kill(s);
    sim_forget(s->sim, "olga");
}

static void copy_delta(const struct heard *h, struct buf *out) { buf_add(out, h->delta.p, h->delta.n); }

Test(trainer_handlers_work, an_interrupted_round_gives_the_same_bytes)
{
    struct site calm;
    struct site rough;
    CLEANUP(buf_free) struct buf want = buf_make(1 << 20);
    site_open(&calm, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    site_do(&calm, "invite");
    site_do(&calm, "train 1");
    copy_delta(site_heard(&calm), &want);
    site_close(&calm);
    site_open(&rough, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    interrupt(&rough, "/tell invite", WORK_INVITE);
    cr_expect_eq(site_heard(&rough)->got[MSG_RUN_ACCEPT], 1);
    interrupt(&rough, "/tell train 1", WORK_TRAIN);
    const struct heard *h = site_heard(&rough);
    cr_expect_eq(h->got[MSG_UPDATE], 1);
    cr_expect(h->delta.n == want.n && memcmp(h->delta.p, want.p, want.n) == 0);
    interrupt(&rough, "/tell evaluate 1", WORK_EVALUATE);
    cr_expect_eq(h->got[MSG_EVALUATION], 1);
    cr_expect_eq(site_trainer(&rough)->queue.count, 0);
    site_close(&rough);
}

Test(trainer_handlers_work, an_interrupted_noised_round_is_paid_once)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    interrupt(&s, "/tell train 1", WORK_TRAIN);
    cr_assert_eq(h->got[MSG_UPDATE], 1, "%s", h->text);
    cr_expect_eq(site_trainer(&s)->account->site.count, 1);
    double once = h->epsilon;
    cr_expect(once > .9 && once <= 1);
    site_kill(&s);
    site_do(&s, "train 1");
    cr_expect_eq(h->got[MSG_UPDATE], 1);
    cr_expect_eq(site_trainer(&s)->account->site.count, 1);
    cr_expect_eq(trainer_spent(site_trainer(&s)), once);
    site_do(&s, "train 2");
    cr_expect_eq(h->got[MSG_UPDATE], 2);
    cr_expect_gt(h->epsilon, once);
    site_close(&s);
}

#define OPEN_POLICY(epsilon_max)                                                                                       \
    "tasks: any\nmodels: any\nmin_cohort: 10\nmax_rounds: 100\nstatistics: yes\n"                                      \
    "privacy: {mode: required, epsilon_max: " #epsilon_max                                                             \
    ", delta: 1.0e-5, epsilon_per_round_max: 8, patients: yes}\n"

/* After the kill the records are read before the round is paid for; it costs what it did. */
Test(trainer_handlers_work, patients_are_paid_for_once_a_round)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_UNIT_NOISE, .policy = OPEN_POLICY(8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    cr_assert_eq(h->got[MSG_RUN_ACCEPT], 1, "%s", h->text);
    interrupt(&s, "/tell train 1", WORK_TRAIN);
    cr_assert_eq(h->got[MSG_UPDATE], 1, "%s", h->text);
    cr_expect(site_trainer(&s)->account->patients.count == 1 && site_trainer(&s)->account->site.count == 0);
    double once = h->epsilon;
    cr_expect(once > 1 && h->noise > 0 && h->loss == 0);
    site_kill(&s);
    site_do(&s, "train 1");
    cr_expect_eq(h->got[MSG_UPDATE], 1);
    cr_expect_eq(trainer_spent(site_trainer(&s)), once);
    site_do(&s, "train 2");
    site_kill(&s);
    site_do(&s, "train 3");
    cr_expect(h->got[MSG_UPDATE] == 3 && h->epsilon > once && h->epsilon <= 8);
    cr_expect(strstr(site_ask(&s, "paul", "/budget"), "For each patient, counted apart: of epsilon 8") != NULL);
    site_close(&s);
}

/* A policy that was tightened meanwhile: the round is neither paid for nor done. */
Test(trainer_handlers_work, patients_and_a_smaller_budget)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_UNIT_NOISE, .policy = OPEN_POLICY(8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    site_do(&s, "train 1");
    site_write(&s, "policy.yaml", OPEN_POLICY(7));
    site_kill(&s);
    site_do(&s, "train 2");
    cr_expect(h->got[MSG_UPDATE] == 1 && h->got[MSG_ROUND_DECLINE] == 1);
    cr_expect(strstr(h->text, "epsilon_max` is 7") != NULL, "%s", h->text);
    cr_expect_eq(site_trainer(&s)->account->patients.count, 1);
    site_close(&s);
}

Test(trainer_handlers_work, the_end_of_a_run_stops_its_work)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(10, "optional", 8) });
    site_do(&s, "invite");
    sim_say(s.sim, "olga", "coordinator", "/tell train 1");
    cr_assert(sim_run(s.sim, 5000, is_doing, &(struct waiting){ WORK_TRAIN }));
    const struct trainer *t = site_trainer(&s);
    sim_say(s.sim, "olga", "coordinator", "/tell end");
    (void)sim_run(s.sim, 5000, NULL, NULL);
    cr_expect(t->job == NULL && t->queue.count == 0 && t->runs.count == 0);
    site_kill(&s);
    cr_expect(site_trainer(&s)->queue.count == 0 && site_trainer(&s)->runs.count == 0);
    site_close(&s);
}

Test(trainer_handlers_work, names)
{
    struct job job = { .work = { .kind = WORK_TRAIN } };
    struct trainer t = { .policy = { .set = true } };
    cr_expect_str_eq(trainer_doing(&t), "idle");
    t.policy.set = false;
    cr_expect_str_eq(trainer_doing(&t), "refusing");
    t.job = &job;
    cr_expect_str_eq(trainer_doing(&t), "training");
    atomic_store(&job.progress, .5);
    cr_expect_eq(trainer_progress(&t), .5);
    job.work.kind = WORK_EVALUATE;
    cr_expect_str_eq(trainer_doing(&t), "evaluating");
    cr_expect_eq(trainer_spent(&t), 0);
}

/* Noise made in shares is enough only in a sum: by itself such an update does not leave, nor is anything charged. */
Test(trainer_handlers_work, a_share_of_the_noise_does_not_leave_alone)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_SHARES, .policy = SITE_POLICY(10, "optional", 8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    cr_assert_eq(h->got[MSG_RUN_ACCEPT], 1, "%s", h->text);
    site_do(&s, "train 1");
    cr_expect(h->got[MSG_UPDATE] == 0 && h->got[MSG_ROUND_DECLINE] == 1);
    cr_expect_not_null(strstr(h->text, "no secure sum"), "%s", h->text);
    cr_expect_eq(site_trainer(&s)->account->patients.count, 0);
    site_close(&s);
}
