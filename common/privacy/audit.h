/*
 * audit -- what attacks on a hospital's own training found, and what it means.
 *
 * Only what is here leaves the hospital: rates, bounds and counts, never a
 * record's score.
 */
#pragma once
#include "common/base/buf.h"
#include "common/privacy/attack.h"
#include <stdbool.h>
#include <stdint.h>

/* A(NAME, "word", "what it does") */
#define AUDIT_ATTACKS(A)                                                                                               \
    A(THRESHOLD, "threshold", "takes a record for a member when the model's loss on it is small (Yeom et al. 2018)")   \
    A(LOSS, "loss", "compares the loss with that of a model trained on other records (Watson et al. 2022)")            \
    A(CANARY, "canary", "guesses which made-up records a fair coin put into training (Steinke et al. 2023)")
enum audit_attack {
#define ROW(NAME, word, doc) AUDIT_##NAME,
    AUDIT_ATTACKS(ROW)
#undef ROW
        AUDIT_KINDS
};
enum audit_grade { AUDIT_A, AUDIT_B, AUDIT_C, AUDIT_D, AUDIT_F, AUDIT_INSUFFICIENT, AUDIT_GRADES };

enum {
    AUDIT_LEAST_OTHERS = 1000, /* records that were not trained on, for a grade */
    AUDIT_ROW_NUMBERS = 11,
    AUDIT_HEAD_NUMBERS = 6,
    AUDIT_NUMBERS = AUDIT_HEAD_NUMBERS + AUDIT_KINDS * AUDIT_ROW_NUMBERS
};
#define AUDIT_FPR .001
#define AUDIT_WIDEST_AUC .05 /* interval, for a grade */

struct audit_row {
    enum audit_attack attack;
    uint64_t members, others;
    double accuracy; /* of a threshold chosen on other records; both sides weigh the same */
    struct attack_interval auc;
    struct attack_interval tpr; /* at AUDIT_FPR */
    double epsilon_low;         /* 95 % lower bound; of the canaries it is proven, of the others an estimate */
};
struct audit {
    double epsilon, delta; /* what is claimed for the training that was attacked; epsilon 0: nothing */
    uint64_t records;      /* trained on, without canaries */
    uint64_t canaries, guesses, right;
    size_t n;
    struct audit_row rows[AUDIT_KINDS]; /* rising by attack */
};

/* Attack and rates from scores.  even ones choose the threshold, odd ones are judged.  ERR_INPUT with fewer than two of
 * a kind, ERR_MEMORY. */
enum err audit_measure(enum audit_attack attack, const struct attack_scores *s, double delta, struct audit_row *out)
    MUST_USE;

/* One training run with canaries: scores of all, and which were in.  Guesses "in" for the `guesses / 2` highest and
 * "out" for as many of the lowest.  Fills in counts and appends the row.  ERR_INPUT, ERR_MEMORY. */
enum err audit_canaries(struct audit *a, const double *scores, const bool *in, size_t n, size_t guesses) MUST_USE;

/* The worst of the intervals' ends decides; more than what is claimed is an F. */
enum audit_grade audit_grade(const struct audit *a, const struct audit_row *r);
enum audit_grade audit_worst(const struct audit *a); /* of all rows that have enough data; INSUFFICIENT when none has */
bool audit_vulnerable(const struct audit_row *r);    /* proven (at 95 %) to be beyond what an A allows */

/* The canaries prove more than was claimed: the accounting or the noise is wrong, and training must stop. */
bool audit_alarm(const struct audit *a);

/* As numbers, for a message: a count of AUDIT_HEAD_NUMBERS + n * AUDIT_ROW_NUMBERS.  Reading checks every one:
 * ERR_INPUT. */
size_t audit_write(const struct audit *a, double out[AUDIT_NUMBERS]);
enum err audit_read(const double *in, size_t n, struct audit *out) MUST_USE;
