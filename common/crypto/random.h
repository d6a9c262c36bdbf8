/*
 * random -- where keys and noise get their randomness: a callback, so that a
 * simulation can hand in a seeded one and be replayed.
 */
#pragma once
#include "common/base/err.h"

/* Fills out with n bytes, or fails and leaves no promise about them. */
typedef enum err random_fn(void *self, void *out, size_t n);

enum err random_os(void *self, void *out, size_t n) MUST_USE; /* a random_fn: the system's CSPRNG; self is unused */
