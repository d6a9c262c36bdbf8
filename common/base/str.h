/*
 * str -- views of text and bytes that somebody else owns.
 *
 * A view never owns and is not NUL-terminated; it lives as long as what it
 * looks at.  NUL-terminated strings appear only at library borders.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;      /* bytes */
};
struct bytes {
    const uint8_t *p;
    size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_F "%.*s" /* printf("..." STR_F, STR_ARG(s)) */
#define STR_ARG(s) (int)(s).n, (s).p

/* NULL gives the empty view.  Here, so that the length of a literal is known when it is compiled. */
static inline struct str str_of(const char *z) { return (struct str){ z, z ? strlen(z) : 0 }; }
struct bytes bytes_of(const void *p, size_t n);
struct bytes str_bytes(struct str s);
struct str bytes_str(struct bytes b);

bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *z);
bool str_is_nocase(struct str a, const char *z); /* ASCII only */
bool str_starts(struct str s, const char *prefix);
bool str_is_utf8(struct str s);                  /* well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates */
size_t str_find(struct str s, const char *part); /* where it begins first; s.n when it is not there */
struct str str_trim(struct str s);               /* ASCII white space off both ends */

/* Cuts the part before the first `cut` off *rest and returns it; the whole of *rest when there is no cut. */
struct str str_next(struct str *rest, char cut);

/* Strict: the whole view must be the number; no white space, no sign for u64, finite and decimal only for f64.
 * ERR_INPUT. */
enum err str_u64(struct str s, uint64_t *out) MUST_USE;
enum err str_f64(struct str s, double *out) MUST_USE;

/* Copies into a fixed array with a final NUL.  ERR_LIMIT when it does not fit (out is then untouched). */
enum err str_copy(struct str s, char *out, size_t size) MUST_USE;

/* Damerau-Levenshtein distance (optimal string alignment), case-folded ASCII, for "did you mean"; views over 64 bytes
 * count as infinitely far (returns SIZE_MAX). */
size_t str_distance(struct str a, struct str b);
