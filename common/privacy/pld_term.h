/*
 * pld_term -- the privacy loss of one release, on a grid.
 */
#pragma once
#include "common/privacy/accountant.h"

/* Loss (first + i) * interval has probability p[i]; whatever is missing to 1 is a loss without bound. */
struct pld_side {
    int64_t first;
    size_t n;
    double *p; /* owned */
    double infinite;
};
enum pld_direction { PLD_REMOVE, PLD_ADD, PLD_DIRECTIONS };
struct pld_term {
    uint64_t steps;
    bool symmetric; /* only PLD_REMOVE is filled; the other is the same */
    struct pld_side side[PLD_DIRECTIONS];
};

/* tail: at most so much probability may be made infinite.  ERR_LIMIT: needs more than PLD_MAX_BINS; ERR_MEMORY. */
enum err pld_term_init(struct pld_term *t, const struct privacy_event *e, double interval, double tail) MUST_USE;
void pld_term_fini(struct pld_term *t); /* a zeroed one is fine */

const struct pld_side *pld_term_side(const struct pld_term *t, enum pld_direction d);
