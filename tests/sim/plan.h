/*
 * plan -- one schedule of a simulation: what is simulated, and what goes wrong.
 *
 * A plan is a line of words, "row=3 seed=17 drop=0.1 strikes=kill@5310:1:800",
 * that says in what it differs from the row it came from; giving the line to
 * the program that printed it runs exactly that again.
 */
#pragma once
#include "common/base/buf.h"
#include "common/runtime/sim.h"

enum { PLAN_GUARDIAN = 16, PLAN_VETO, PLAN_RATION }; /* the real one: permits all, nothing, more noise */
enum { PLAN_MAX_STRIKES = 200 };

struct plan {
    uint64_t row, seed;
    uint64_t sites, quorum, rounds;
    uint64_t evaluate_every; /* 0: as tasks are */
    bool noise;              /* local differential privacy, Gaussian */
    bool one_spent;          /* the last hospital's budget allows `spent_after` rounds and no more */
    uint64_t spent_after;
    bool one_silent;      /* the last hospital stops telling moments in the midst of the run */
    bool secure;          /* secure sums */
    bool local_steps;     /* their noise is in each step of the hospitals' training, not in shares */
    bool narrow;          /* no update is as short as the task wants */
    bool one_wary;        /* the last hospital takes part in larger sums only */
    uint64_t adversaries; /* that they reckon with */
    uint64_t vandals;     /* of the last hospitals so many do what follows (vandal.h) */
    uint64_t vandalism;
    bool moments;             /* federated standardisation */
    bool damaged;             /* the first update that is kept is damaged on the disk: no round can be aggregated */
    uint64_t guardian;        /* 0: none, else its mood from 1 on (keeper.h), or one of those below */
    bool aborts;              /* among the operator's commands is to abort */
    double meddle_per_minute; /* how often the operator says pause, resume ... while there are faults */
    uint64_t join_deadline_ms, round_deadline_ms;
    struct sim_faults faults; /* its strikes are not used: those below are */
    struct sim_strike strikes[PLAN_MAX_STRIKES];
    size_t nstrikes;
};

/* How it can be made smaller, field by field; the order is that of trying. */
enum plan_kind { PLAN_U64, PLAN_REAL, PLAN_FLAG };
enum plan_less { PLAN_KEEP, PLAN_OFF, PLAN_HALVE, PLAN_FEWER };
struct plan_field {
    const char *name;
    enum plan_kind kind;
    size_t offset;
    enum plan_less less;
    uint64_t least; /* HALVE, FEWER: not below */
};
extern const struct plan_field plan_fields[]; /* ends with a NULL name */

void plan_print(const struct plan *row, const struct plan *p, struct buf *out);
/* Changes *p by the line's words.  ERR_INPUT with a sentence. */
enum err plan_parse(struct str line, struct plan *p, struct why *why) MUST_USE;
/* "kill of node 1 at 5.310 s, down for 0.800 s" */
void plan_say_strike(const struct sim_strike *k, struct buf *out);
