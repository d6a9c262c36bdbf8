/*
 * house -- a coordinator in a calm simulation, with hospitals that are puppets: each does what its mood says.
 */
#pragma once
#include "agents/coordinator/coordinator.h"
#include "common/runtime/sim.h"

/* Two inputs, logistic; three rounds, quorum 2, a minute a phase. */
extern const char house_task[];

struct house {
    struct sim *sim;
    char dir[64]; /* holds tasks/ */
};

/* extra: lines added to house_task, or NULL.  moods: NULL-terminated, one a hospital ("hospital-0" ...):
 *   honest          does all that is asked; its updates are all 0.5
 *   declines        declines the run            refuses     declines each round
 *   silent          accepts, and no more        absent      is not there at all
 *   nan long alien garbage                      spoils its updates
 *   again twice     sends each update again, with the same or with other bytes
 *   early           sends an update of the next round first
 *   slow            answers round.start after 70 seconds
 *   moving          tells for 150 seconds how its model comes, and answers then
 *   stuck           tells for 150 seconds that no more of it comes, and answers then
 *   boasting        tells for ever that it comes, and never answers
 *   liar            its moments and scores cannot be
 *   small           scores on no record
 *   wild            says the largest losses the schema allows
 *   forger          signs the guardian's log with another key than its own
 *   doubts          does not sign it                        all others sign what they are shown */
void house_open(struct house *h, const char *extra, const char *const moods[]);
struct house_plan {
    const char *task; /* NULL: house_task */
    const char *extra;
    const char *const *moods;
    const struct agent_def *guard;       /* joins as "guard"; NULL: there is none */
    const struct agent_def *coordinator; /* one with something more; NULL: the real one */
};
void house_open_with(struct house *h, const struct house_plan *plan);
void house_close(struct house *h);

const struct coordinator *house_state(const struct house *h);
void house_run(struct house *h, uint64_t ms);
bool house_until_over(struct house *h); /* the first run, within a virtual hour */
/* What the operator olga hears within a second of saying this; valid until the next. */
const char *house_say(struct house *h, const char *text);
bool house_says(struct house *h, const char *text, const char *expected); /* its answer contains that */
bool house_metric(const struct house *h, const char *line);
struct run_head house_head(const struct house *h, const char *run); /* from the store */
bool house_has(const struct house *h, const char *key_prefix);      /* in the coordinator's store */
