/*
 * encode -- bytes as text and back: base64 and hex (RFC 4648).
 *
 * Decoding is strict: one text for one value.  No white space, no missing
 * padding, no stray bits in the last group.
 */
#pragma once
#include "common/base/buf.h"

/* Appends to *out.  Only buf's errors. */
enum err base64_encode(struct bytes in, struct buf *out) MUST_USE;

/* Appends to *out, which is as before when ERR_INPUT says the text is no base64; also buf's errors. */
enum err base64_decode(struct str in, struct buf *out) MUST_USE;

void hex_encode(struct bytes in, char *out); /* 2 in.n lower-case digits and a NUL */

/* Exactly n bytes from exactly 2 n digits, either case; else ERR_INPUT, and out is as before. */
enum err hex_decode(struct str in, uint8_t *out, size_t n) MUST_USE;
