#include "common/privacy/harary.h"
#include <math.h>

#define SECURITY_BITS 41.0 /* 40, and one for each of two events */
#define FAILURE_BITS 20.0
#define ROUNDING 1e-14 /* what a share of all may have lost as a double */

uint32_t harary_count(uint32_t members, double share) { return (uint32_t)floor((share + ROUNDING) * members); }

/* ln of n over k. */
static double log_choose(double n, double k) { return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1); }

/* P[x marked ones] when `draws` of `all` are drawn, of whom `marked` are marked. */
static double chance(uint32_t all, uint32_t marked, uint32_t draws, uint32_t x)
{
    if (x > marked || x > draws || draws - x > all - marked) return 0;
    return exp(log_choose(marked, x) + log_choose(all - marked, draws - x) - log_choose(all, draws));
}

/* The least t with P[more than t marked] <= p. */
static uint32_t most_marked(uint32_t all, uint32_t marked, uint32_t draws, double p)
{
    double above = 0;
    uint32_t t = draws;
    for (; t > 0; t--) {
        above += chance(all, marked, draws, t);
        if (above > p) break;
    }
    return t;
}

/* The least t with P[at most t marked] >= p. */
static uint32_t least_marked(uint32_t all, uint32_t marked, uint32_t draws, double p)
{
    double below = 0;
    uint32_t t = 0;
    for (; t < draws; t++) {
        below += chance(all, marked, draws, t);
        if (below >= p) break;
    }
    return t;
}

/* ln of a bound of the chance that the ring falls apart: two gaps of degree/2 successive bad ones, over all pairs of
 * places for them. */
static double log_cut(const struct harary_want *w, uint32_t degree)
{
    double n = w->members;
    double bad = (double)w->adversaries + w->dropouts;
    if (degree > bad) return -HUGE_VAL;
    if (bad >= n) return 0;
    double pairs = log(n) + log(n - degree - 1) - log(2);
    return pairs + lgamma(bad + 1) + lgamma(n - degree + 1) - lgamma(n + 1) - lgamma(bad - degree + 1);
}

static bool whole_ring(const struct harary_want *w, uint32_t degree)
{
    return log_cut(w, degree) < -SECURITY_BITS * M_LN2;
}

/* The least threshold that adversaries among the neighbours cannot use. */
static uint32_t safe_threshold(const struct harary_want *w, uint32_t degree)
{
    uint32_t bad = most_marked(w->members, w->adversaries, degree, exp2(-SECURITY_BITS) / w->members);
    uint32_t t = w->server == HARARY_ACTIVE ? (degree + bad) / 2 + 1 : bad + 1;
    return t < 2 ? 2 : t;
}

static bool possible(const struct harary_want *w)
{
    return w->members > 0 && w->members <= HARARY_MEMBERS_MAX && w->adversaries <= w->members &&
           w->dropouts <= w->members;
}

enum err harary_find(const struct harary_want *want, struct harary *out, struct why *why)
{
    if (!possible(want)) return why_say(why, ERR_INPUT, "there is no such federation of %u", want->members);
    uint32_t left = want->members - want->dropouts;
    for (uint32_t degree = 2; degree + 1 < want->members; degree += 2) {
        if (!whole_ring(want, degree)) continue;
        uint32_t t = safe_threshold(want, degree);
        uint32_t most = least_marked(want->members, left, degree, exp2(-FAILURE_BITS) / want->members);
        if (t > most) continue;
        *out = (struct harary){ degree, t };
        return OK;
    }
    return why_say(why, ERR_ABSENT, "no neighbour graph of %u members bears %u adversaries and %u dropouts",
                   want->members, want->adversaries, want->dropouts);
}

bool harary_secure(const struct harary_want *want, const struct harary *graph)
{
    if (!possible(want) || graph->degree < 2 || graph->degree % 2 != 0 || graph->degree >= want->members) return false;
    return whole_ring(want, graph->degree) && graph->threshold >= safe_threshold(want, graph->degree);
}

size_t harary_neighbours(uint32_t members, uint32_t degree, uint32_t place, uint32_t *out)
{
    size_t n = 0;
    for (uint32_t other = 0; other < members && n < degree; other++)
        if (harary_adjacent(members, degree, place, other)) out[n++] = other;
    return n;
}

bool harary_adjacent(uint32_t members, uint32_t degree, uint32_t a, uint32_t b)
{
    uint32_t way = a > b ? a - b : b - a;
    uint32_t back = members - way;
    return way != 0 && (way < back ? way : back) <= degree / 2;
}
