/*
 * phi_fold -- a text as a reader sees it, in ASCII where that is possible.
 *
 * Compatibility forms and accents go (NFKD of UAX 15 without its marks), so do
 * characters that are not shown; every script's digits, dashes and spaces
 * become those of ASCII, look-alike letters (UTS 39) the Latin ones, dots and
 * bullets between signs a dash.  A text whose order is overridden (UAX 9) reads
 * otherwise than it stands, and is not read.
 * Each byte remembers where it came from.
 */
#pragma once
#include "common/base/buf.h"

struct phi_view {
    struct buf text;  /* folded */
    struct buf lower; /* the same in lower case (ASCII) */
    struct buf at;    /* uint32_t for each byte of text and its end: offset in the text it was made from */
};
struct phi_view phi_view_make(void);
void phi_view_free(struct phi_view *v);
const uint32_t *phi_view_at(const struct phi_view *v); /* of each byte, and the end */

/* v is replaced.  origin: where each byte of `text` lies in the outermost text, and its end; NULL: it is the outermost.
 * ERR_INPUT: not UTF-8, or not in the order it is shown in; ERR_MEMORY. */
enum err phi_fold(struct str text, const uint32_t *origin, struct phi_view *v) MUST_USE;
