/*
 * dice -- a seeded random_fn for tests: self is a struct rng.
 */
#pragma once
#include "common/base/rng.h"
#include <stddef.h>

enum err dice_random(void *rng, void *out, size_t n);
enum err dice_broken(void *self, void *out, size_t n); /* always ERR_IO */
