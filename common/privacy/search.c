#include "common/privacy/search.h"
#include "common/privacy/pld.h"
#include <math.h>

enum { STEPS_MAX = 200 };
static const double close_log = SEARCH_CLOSE / 2;

typedef enum err cost_fn(const struct search_goal *goal, double noise, double *out);

struct point {
    double noise;
    double epsilon;
};

static struct privacy_event event_of(const struct search_goal *goal, double noise)
{
    return (struct privacy_event){ .mechanism = goal->distributed ? PRIVACY_DISTRIBUTED : PRIVACY_SUBSAMPLED_GAUSSIAN,
                                   .noise = noise,
                                   .rate = goal->rate,
                                   .steps = goal->steps };
}

static enum err renyi_cost(const struct search_goal *goal, double noise, double *out)
{
    struct accountant a = accountant_make();
    struct privacy_event e = event_of(goal, noise);
    TRY(accountant_add(&a, &e));
    *out = accountant_renyi(&a, goal->delta, NULL);
    return OK;
}

static enum err pld_cost(const struct search_goal *goal, double noise, double *out)
{
    struct privacy_event e = event_of(goal, noise);
    struct pld_list list = { .events = &e, .n = 1, .interval = goal->interval };
    return pld_epsilon(&list, goal->delta, out);
}

/* Of two neighbouring powers of two of `start`, the larger is enough and the smaller is not. */
static enum err bracket(const struct search_goal *goal, cost_fn *cost, double start, struct point *low,
                        struct point *high)
{
    *high = (struct point){ .noise = start };
    TRY(cost(goal, high->noise, &high->epsilon));
    *low = *high;
    while (high->epsilon > goal->epsilon) {
        *low = *high;
        high->noise *= 2;
        if (high->noise > SEARCH_NOISE_MAX) return ERR_LIMIT;
        TRY(cost(goal, high->noise, &high->epsilon));
    }
    while (low->epsilon <= goal->epsilon) {
        *high = *low;
        low->noise /= 2;
        if (low->noise < SEARCH_NOISE_MIN) return OK;
        TRY(cost(goal, low->noise, &low->epsilon));
    }
    return OK;
}

/* ln of the noise at which a straight line between the points, of ln epsilon over ln noise, meets the goal; the middle
 * when there is no such line.  A little to one side, so that soon both ends come near. */
static double guess(const struct search_goal *goal, const struct point *low, const struct point *high, int step)
{
    double from = log(low->noise), to = log(high->noise);
    double rise = log(low->epsilon / goal->epsilon), fall = log(high->epsilon / goal->epsilon);
    double share = step % 4 != 3 && isfinite(rise) && isfinite(fall) ? rise / (rise - fall) : 0.5;
    double aside = 0.8 * close_log * (step % 2 == 0 ? 1 : -1);
    return fmin(to - close_log / 4, fmax(from + close_log / 4, from + share * (to - from) + aside));
}

static enum err solve(const struct search_goal *goal, cost_fn *cost, double start, struct search_found *out)
{
    struct point low, high;
    TRY(bracket(goal, cost, start, &low, &high));
    for (int i = 0; i < STEPS_MAX && low.noise >= SEARCH_NOISE_MIN && log(high.noise / low.noise) > 2 * close_log;
         i++) {
        struct point middle = { .noise = exp(guess(goal, &low, &high, i)) };
        TRY(cost(goal, middle.noise, &middle.epsilon));
        *(middle.epsilon <= goal->epsilon ? &high : &low) = middle;
    }
    *out = (struct search_found){ high.noise, high.epsilon };
    return OK;
}

static bool is_goal(const struct search_goal *g)
{
    return isfinite(g->epsilon) && g->epsilon > 0 && g->delta > 0 && g->delta < 1 && g->rate > 0 && g->rate <= 1 &&
           g->steps >= 1 && g->steps <= ACCOUNTANT_STEPS_MAX;
}

enum err search_noise_renyi(const struct search_goal *goal, struct search_found *out)
{
    return is_goal(goal) ? solve(goal, renyi_cost, 1, out) : ERR_INPUT;
}

/* From the noise that the cheaper bound asks for, which is hardly ever too little. */
enum err search_noise_pld(const struct search_goal *goal, struct search_found *out)
{
    struct search_found renyi;
    TRY(search_noise_renyi(goal, &renyi));
    return solve(goal, pld_cost, renyi.noise, out);
}
