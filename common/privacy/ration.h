/*
 * ration -- makes a budget last for the rounds that are still to come.
 *
 * While the budget covers them all, a round is released with the noise that was
 * asked for.  Near its end the noise is raised, to the least with which the
 * rounds still fit; where even the most that may be asked of a model does not
 * do it is that, and the answer says how many rounds it lasts.
 *
 * Choosing the noise from what was spent is adaptive composition, which the
 * ledger's filter (filter.h) is made for.
 */
#pragma once
#include "common/privacy/budget.h"

#define RATION_CLOSE 1e-4 /* the noise found is at most this share above the least */
enum { RATION_ROUNDS_MAX = BUDGET_FORECAST_MAX };

struct ration {
    double noise;     /* to be used from now on; never below what was asked for */
    uint64_t covered; /* rounds that the budget covers at the noise asked for, at most those still to come */
    uint64_t lasts;   /* the same with this noise; >= 1 */
    bool raised;
};

/* `rounds` more releases like `asked`, this one among them.  ERR_BUDGET, with a sentence, when not one fits even at
 * noise_max, or the ledger is not whole; ERR_INPUT when `asked` is no release, rounds is 0 or above RATION_ROUNDS_MAX,
 * or noise_max is below the noise asked for. */
enum err ration_find(const struct budget *b, const struct privacy_event *asked, uint64_t rounds, double noise_max,
                     struct ration *out, struct why *why) MUST_USE;
