/*
 * run -- the facts of one federation run, and what can be read from them.
 *
 * Facts are recorded first; then the state machine (round.h) looks at them
 * through the questions below.  Nothing here sends, stores or asks the time,
 * so all of it is tested as arithmetic.
 */
#pragma once
#include "agents/coordinator/run_state.h"
#include "common/base/buf.h"
#include "common/learn/model.h"
#include "common/privacy/permit.h"
#include "common/runtime/roster.h"
#include "common/wire/msg.h"
#include "common/wire/task.h"

enum { RUN_CODE_BYTES = 33, RUN_WHY_BYTES = 400, RUN_DIGEST_BYTES = 65, RUN_MAX_NAMED = 8 };

/* One hospital in one run.  A phase is the time between two changes of state; they are numbered. */
struct site {
    char jid[ROSTER_JID_BYTES];
    char name[ROSTER_NAME_BYTES];
    unsigned membership;                      /* enum membership */
    uint64_t joined_phase;                    /* it is asked in later phases only */
    uint64_t records;                         /* training records it accepted with */
    double cost_noise, cost_rate, cost_steps; /* of a round there, as struct privacy_event's; 0: it did not say */
    char data[PERMIT_NAME_BYTES];             /* its data set, as it calls it */
    uint64_t answer_phase;                    /* the phase `answer` belongs to */
    unsigned answer;                          /* enum answer */
    char code[RUN_CODE_BYTES];
    char why[RUN_WHY_BYTES]; /* of the last decline or refusal */
    /* the newest update that was taken */
    uint64_t update_round;
    uint64_t counted_round; /* whose merge it goes into; later than update_round when it was late */
    char update_sha256[RUN_DIGEST_BYTES];
    uint64_t samples, seconds, bytes;
    double loss, noise, norm, epsilon;
    /* the newest scores */
    uint64_t score_round;
    uint64_t scored; /* records */
    double loss_sum, brier_sum, correct;
    /* not stored */
    uint64_t asked_phase;   /* of a secure sum: the phase in which it is asked */
    uint64_t refused_round; /* in which it would not take part in a secure sum */
    uint64_t spoiled_round; /* to which the next one belongs */
    uint64_t spoiled;       /* secure sums that failed for want of it */
    uint64_t left_round;    /* in which it is left out of them for that */
    bool away;              /* silent for longer than the grace */
    uint64_t moved;         /* its count of moves when it was looked at last */
    uint64_t allowed_phase; /* the phase `prolonged` belongs to */
    uint64_t prolonged;     /* times that a move gave the phase more time */
    int64_t silent_since_ms;
};

/* What is stored of a run as a whole. */
struct run_head {
    unsigned state; /* enum run_state */
    uint64_t number;
    uint64_t phase;
    uint64_t round; /* being worked on; 0 before the first */
    uint64_t rounds, quorum;
    char task[TASK_NAME_BYTES];
    char digest[RUN_DIGEST_BYTES];
    char started_by[ROSTER_JID_BYTES];                  /* a JID, or the rule that started it */
    char parent[ROSTER_NAME_BYTES];                     /* version of the registry it began with, or "" */
    int64_t started_ms, entered_ms, round_ms, ended_ms; /* wall */
    int64_t deadline_ms;                                /* wall; 0: none */
    uint64_t journal;                                   /* rows written */
    double sigma;                                       /* noise on the newest of these over its sensitivity; 0: none */
    uint64_t sums, attempts; /* secure sums begun: the number of the present one; of these, for the present round */
    uint64_t sum_samples;    /* of the newest that ended; 0 where they are not told */
    double sum_loss;
    double sum_sigma;                   /* noise of the newest sum of updates, in sensitivities; 0: none */
    uint64_t sum_trained;               /* its number */
    uint64_t sum_kept;                  /* the round whose sum is without masks, and stored like an update */
    uint64_t sum_patients;              /* in it, where each is hidden by noise in shares */
    double sum_noise;                   /* of all shares, on each number of the mean */
    double mean_norm, start_norm;       /* L2, of the newest mean of updates, and of the model it was added to */
    bool scoring;                       /* the present sum is of scores, not of updates */
    uint64_t sum_scored;                /* records scored in the round's sum of scores; 0: there was none */
    double sum_score_loss, sum_correct; /* over all of them */
    bool pause_wanted, logged;          /* logged: the proof that the model is in the log is here (publish.h) */
    double best_loss;                   /* NAN: none yet */
    uint64_t best_round, stale_rounds;  /* stale: without improvement */
    uint64_t late, refused;             /* late messages, refused answers, since a round was closed */
    double loss, auc, accuracy;         /* of the newest evaluated model; NAN: none */
    char why[RUN_WHY_BYTES];            /* it ended */
};

/* Hospitals by their answer in the present phase. */
struct run_counts {
    size_t asked; /* in all */
    size_t in;
    size_t out;
    size_t away; /* asked, silent, and not there */
};

struct coordinator;
struct secure_round;
struct run {
    struct coordinator *home; /* what actions act through; NULL in tests of pure parts */
    char id[MSG_RUN_BYTES];
    struct run_head head;
    struct buf text; /* the task document, owned */
    struct arena arena;
    struct task task;
    struct model_spec spec;
    struct site *sites; /* owned, sorted by JID */
    size_t nsites, cap_sites;
    struct run_counts counts;
    uint64_t due_ms;   /* monotonic: when this phase ends */
    uint64_t moved_ms; /* monotonic: when something moved last in this phase; 0: not yet, or not since the start */
    struct secure_round *secure; /* owned; NULL: none, or it was lost with the process */
    struct why
        broken; /* why the merge failed, the guardian refused, or no secure sum can be held, between event and action */
};

/* Life.  Takes the task's text; ERR_SETTING with a sentence when it is no task or no model. */
enum err run_init(struct run *r, struct str task_text, struct why *why) MUST_USE; /* r is zeroed */
void run_fini(struct run *r);
/* The model a task asks for.  ERR_SETTING with a sentence. */
enum err run_model(const struct task *t, struct model_spec *out, struct why *why) MUST_USE;
struct site *run_site(struct run *r, const char *jid); /* NULL when it is not in the run */
/* A new site, invited; its place by JID.  Moves the others.  NULL out of memory. */
struct site *run_add_site(struct run *r, const char *jid, const char *name);
/* Facts. */
enum answer site_answer(const struct run *r, const struct site *s);
void run_set_membership(struct run *r, struct site *s, enum membership membership);
void run_set_answer(struct run *r, struct site *s, enum answer answer);
void run_set_away(struct run *r, struct site *s, bool away);
void run_recount(struct run *r); /* after a change of phase or membership */
/* Questions. */
bool run_over(const struct run *r);
bool run_asks(const struct run *r);          /* in a phase that waits for hospitals */
bool run_moves_models(const struct run *r);  /* in this phase: then its deadline is one of progress (progress.h) */
bool run_scores_round(const struct run *r);  /* is its model to be scored at the hospitals? (rounds.evaluate_every) */
bool run_in_sum(const struct run *r);        /* from a secure sum's keys to its unmasking */
bool run_passes_scores(const struct run *r); /* evaluating, but what was to be known is: a secure sum told it */
bool run_unmasks(const struct run *r);       /* a worker takes the masks off the round's sum */
bool run_lost_sum(const struct run *r);
bool run_still_waiting(const struct run *r);
bool run_too_few(const struct run *r);
double run_score_loss(const struct run *r); /* federated loss of this round's model; NAN when nobody scored */
double run_score_accuracy(const struct run *r);
bool run_improved(const struct run *r);
bool run_finished(const struct run *r);                           /* rounds done, or patience spent */
uint64_t run_phase_limit_ms(const struct run *r, unsigned state); /* 0: that state does not wait */
/* Sentences.  Names of those waited for ("hospital-b, hospital-c and 3 more"), and why there are too few. */
void run_say_waiting(const struct run *r, struct buf *out);
void run_say_shortage(const struct run *r, struct buf *out);
