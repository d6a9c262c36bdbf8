/*
 * keep -- words of others in fixed places.
 */
#pragma once
#include "common/base/str.h"

/* Copies as much as fits, never half a character: what is cut can still be sent.  Returns out; size >= 1. */
char *keep_text(struct str text, char *out, size_t size);

/* After any failure but one of the environment the facts in memory may be ahead of the store: such an error becomes
 * ERR_STORE, so that the runtime throws the facts away and reads them again. */
enum err keep_whole(enum err e) MUST_USE;
