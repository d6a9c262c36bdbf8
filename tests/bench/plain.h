/*
 * plain -- curl(1) carrying the same bytes through the same upload service: a
 * file up, down to each of N, and one up and down again for each of them.
 */
#pragma once
#include "tests/bench/place.h"

#define PLAIN_PREFIX "plain" /* one account: place_accounts(p, PLAIN_PREFIX, 1) */

struct plain;
struct plain *plain_open(const struct place *p, size_t bytes, size_t trainers);
struct plain_cost {
    double wall_s, cpu_s;
};
struct plain_cost plain_round(struct plain *p); /* slots are asked for before it, and are not counted */
