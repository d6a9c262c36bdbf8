/*
 * audit_bound -- what an attack proves about epsilon, and what epsilon allows
 * an attack.
 */
#pragma once
#include <stdint.h>

#define AUDIT_TAIL .025 /* each side of a 95 % interval */
#define AUDIT_SIGNIFICANCE .05
#define AUDIT_EPSILON_MAX 100.0 /* nothing above is told apart */

/* Clopper & Pearson 1934: the share that still gives hits or more (low), or hits or fewer (high), with chance tail. */
double audit_share_low(uint64_t hits, uint64_t n, double tail);
double audit_share_high(uint64_t hits, uint64_t n, double tail);

/* Hits among members and false alarms among others, by a threshold fixed on other data.  The larger of the bounds from
 * TPR <= e^eps FPR + delta and its mirror, each rate at its pessimistic end (jointly 95 %); 0 when nothing is proven.
 * Sound when each record's membership is drawn on its own. */
double audit_epsilon_population(uint64_t hits, uint64_t members, uint64_t alarms, uint64_t others, double delta);

/* One training run with `canaries` records, each in or out by a fair coin: of `guesses` made, `right` were.
 * Steinke, Nasr & Jagielski 2023, theorem 5.2: the largest epsilon that is rejected at AUDIT_SIGNIFICANCE, to 1e-5 and
 * rounded down.  The number of guesses must be chosen before looking. */
double audit_epsilon_one_run(uint64_t canaries, uint64_t guesses, uint64_t right, double delta);

/* What (epsilon, delta) allows any attack at most. */
double audit_max_advantage(double epsilon, double delta); /* TPR - FPR */
double audit_max_accuracy(double epsilon, double delta);
double audit_max_tpr(double epsilon, double delta, double fpr);
