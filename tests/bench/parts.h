/*
 * parts -- what a file costs the agents beside sending it: each part by itself,
 * in this process, with the store and the crypto that agents use.
 */
#pragma once
#include "tests/bench/place.h"

enum { PARTS = 7 };
struct part {
    const char *what;
    size_t times; /* in a round: a model to the trainers, and an update back from each */
    double wall_ms, cpu_ms;
};

/* Of a file so long; the files of the stores are in the place's folder. */
void parts_measure(const struct place *p, size_t bytes, size_t trainers, struct part out[PARTS]);
