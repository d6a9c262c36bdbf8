/*
 * secagg_code -- how the family's structs become bytes: whole numbers
 * big-endian, reals as the bits of an IEEE 754 double, byte strings of known
 * length as they are.  One spelling for one value, so that bytes can be hashed
 * and signed.
 *
 * Reading is sticky like buf.h's writing: after the first thing that is not
 * there every read gives zero, and secagg_code_end tells.
 */
#pragma once
#include "common/base/buf.h"

struct secagg_code { /* what is left to read */
    struct bytes rest;
    bool bad;
};

/* width in bytes, 1 to 8; the value must fit. */
void secagg_code_put(struct buf *out, uint64_t value, size_t width);
void secagg_code_put_real(struct buf *out, double value);
void secagg_code_put_label(struct buf *out, const char *label); /* with its NUL: no label is the start of another */

uint64_t secagg_code_get(struct secagg_code *c, size_t width);
double secagg_code_get_real(struct secagg_code *c); /* finite, and not minus zero; else bad */
void secagg_code_get_bytes(struct secagg_code *c, uint8_t *out, size_t n);
void secagg_code_get_label(struct secagg_code *c, const char *label);
size_t secagg_code_get_count(struct secagg_code *c, size_t most); /* of two bytes; 0 and bad when above most */

/* ERR_PROTO when something was not there, or something is left. */
enum err secagg_code_end(const struct secagg_code *c) MUST_USE;
