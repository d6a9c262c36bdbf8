/*
 * text -- words shown to people, when they may hold anything.
 *
 * Text from a peer or a file may be no UTF-8, may move the cursor or turn the
 * writing direction.  Shown text therefore has such characters written out:
 * \n, \x1b, \u202e, and \xff for a byte that is no UTF-8.
 */
#pragma once
#include "common/base/buf.h"

/* Cuts the next character off *rest; sets *out_code to its code point, or to UINT32_MAX when the byte is no UTF-8. */
struct str text_next(struct str *rest, uint32_t *out_code);

void text_add_shown(struct buf *out, struct str s); /* appends s with unshowable characters written out */
void text_add_utf8(struct buf *out, struct str s);  /* appends s with bytes that are no UTF-8, and NUL, as U+FFFD */
size_t
text_width(struct str s); /* columns of the shown form: wcwidth(3) where the locale knows the character, else 1 */

/* The shown form in a fixed array, cut with "..." where it does not fit; returns out.  size >= 16. */
char *text_show(struct str s, char *out, size_t size);
enum { TEXT_SHOWN_BYTES = 64 }; /* a good size for a word in a complaint */

/* "Did you mean": the candidate nearest to word, when one is near enough to be a slip of the fingers. */
struct text_near {
    struct str word;
    const char *best; /* NULL: none is near */
    size_t distance;
};
void text_near_try(struct text_near *n, const char *candidate);
