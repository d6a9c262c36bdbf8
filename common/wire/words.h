/*
 * words -- a line somebody typed, cut into words; part of the chat reader.
 *
 * Words are cut at ASCII white space, except inside quotes, which may begin a
 * word or follow its "=".  All are views into the line; any bytes are fine.
 */
#pragma once
#include "common/base/str.h"

enum { WORDS_MAX = 400 };

struct word {
    struct str raw;  /* as typed */
    struct str text; /* without the quotes, when all of it was quoted */
    bool quoted;
};

/* The line's words, at most WORDS_MAX; WORDS_MAX + 1 when there are more (out then holds the first ones). */
size_t words_split(struct str line, struct word out[WORDS_MAX]);

struct str words_bare(struct str text); /* without punctuation at its end, or an opening bracket at its start */
/* Ignoring case, apostrophes and punctuation at the ends; "how's" is also the same as "how". */
bool words_same(const struct word *w, struct str other);
bool words_is_filler(const struct word *w); /* please, the, show, me ...: means nothing here */
bool words_is_polite(const struct word *w); /* please, thanks: may end any line without being part of it */
