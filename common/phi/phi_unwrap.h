/*
 * phi_unwrap -- what a text says when its wrapping is taken off.
 *
 * Base64 and hexadecimal words that hold text, also in the midst of what is
 * none, and dumps; percent signs, quoted-printable, JSON's and HTML's escapes;
 * signs and numbers written with gaps between them, or over two lines.  Words
 * that hold a picture, a voice or a finger's image are told by their first bytes.
 */
#pragma once
#include "common/base/buf.h"

enum { PHI_WORD_MIN_BASE64 = 12, PHI_WORD_MIN_HEX = 18, PHI_GAPS_MIN = 5 };

struct phi_plain {
    struct buf text;
    struct buf at;   /* uint32_t for each byte of text and its end, as in phi_fold.h */
    size_t image_at; /* where a word that is an image begins and ends; image_n 0: none */
    size_t image_n;
};
struct phi_plain phi_plain_make(void);
void phi_plain_free(struct phi_plain *p);

/* p is replaced; it is empty when there is nothing of this kind.  text is folded; origin: where each of its bytes lies
 * in the outermost text, and its end.  ERR_MEMORY. */
typedef enum err phi_unwrap_fn(struct str text, const uint32_t *origin, struct phi_plain *p);
phi_unwrap_fn phi_unwrap_base64;
phi_unwrap_fn phi_unwrap_hex;
phi_unwrap_fn phi_unwrap_dump;    /* 31 32 33, 31:32:33, 0x31, 0x32 */
phi_unwrap_fn phi_unwrap_escapes; /* the whole text, when one was replaced */
phi_unwrap_fn phi_unwrap_gaps;    /* the whole text, when there were gaps */
phi_unwrap_fn phi_unwrap_seams;   /* the same, when separators had blanks or lines about them, or were others */
