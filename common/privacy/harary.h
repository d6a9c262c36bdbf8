/*
 * harary -- who is whose neighbour when not everybody can be everybody's.
 *
 * In secure aggregation with few parties each is a neighbour of all; above
 * HARARY_COMPLETE_BELOW a Harary graph (Harary 1962) is enough: all stand on a
 * ring, each is a neighbour of the degree/2 next ones on both sides (Bell et
 * al. 2020, "Secure single-server aggregation with (poly)logarithmic overhead",
 * eprint 2020/704).  Places on the ring are drawn at random, so that nobody
 * chooses his neighbours.
 *
 * PARAMETERS hold but for a chance of 2^-40 that somebody's secrets come into
 * the wrong hands (half of it each: adversaries and dropouts cut the ring in
 * two; somebody has too many adversaries as neighbours), and of 2^-20 that too
 * few of somebody's neighbours are left.  Adversaries and dropouts are counted
 * at worst, and their numbers among neighbours are hypergeometric.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { HARARY_COMPLETE_BELOW = 64, HARARY_MEMBERS_MAX = 1000000 };

enum harary_server {
    HARARY_CURIOUS, /* keeps to the protocol and remembers all */
    HARARY_ACTIVE,  /* may also tell different parties different things: 2 threshold > degree + adversaries */
};
struct harary_want {
    uint32_t members;
    uint32_t adversaries; /* who tell the server all they know */
    uint32_t dropouts;    /* how many may vanish */
    enum harary_server server;
};
struct harary {
    uint32_t degree;    /* neighbours of each; even */
    uint32_t threshold; /* of them, for shares of a secret */
};

/* The whole number of members in a share of them, counted at worst. */
uint32_t harary_count(uint32_t members, double share);

/* The least degree that will do, with its least threshold.  ERR_ABSENT when none below the complete graph does;
 * ERR_INPUT when members is 0 or above HARARY_MEMBERS_MAX, or fewer than adversaries or dropouts. */
enum err harary_find(const struct harary_want *want, struct harary *out, struct why *why) MUST_USE;

/* Do this degree and threshold keep secrets, as above?  (Whether enough remain to finish is not asked here.) */
bool harary_secure(const struct harary_want *want, const struct harary *graph);

/* The neighbours of one place on a ring of `members`, ascending; returns their number, degree.  degree is even and
 * below members. */
size_t harary_neighbours(uint32_t members, uint32_t degree, uint32_t place, uint32_t *out);
bool harary_adjacent(uint32_t members, uint32_t degree, uint32_t a, uint32_t b);
