/*
 * left -- the rounds of a run whose updates have left the hospital: the newest
 * one, and which of those just before it.  One short row a run, however many
 * rounds it has.
 */
#pragma once
#include "common/base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { LEFT_WINDOW = 64, LEFT_TEXT_BYTES = 48 };

struct left {
    uint64_t newest; /* 0: none has left */
    uint64_t bits;   /* bit i: that of round newest - i */
};

bool left_has(const struct left *l, uint64_t round); /* those before the window count as left: the safe side */
void left_note(struct left *l, uint64_t round);
const char *left_print(const struct left *l, char out[LEFT_TEXT_BYTES]);
enum err left_read(struct str text, struct left *out) MUST_USE; /* ERR_STORE */
