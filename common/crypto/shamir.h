/*
 * shamir -- a 32-byte secret in n shares, any t of which give it back, and
 * fewer of which say nothing (Shamir 1979, doi:10.1145/359168.359176).
 *
 * Each byte is shared by itself, by a random polynomial over GF(2^8) modulo
 * x^8 + x^4 + x^3 + x + 1, at x = 1 .. n.  Products are computed without
 * tables or branches on secrets: constant time.
 *
 * MORE THAN 255 PARTIES: a field of 256 elements has 255 places for shares.
 * Larger groups do not share a secret with everyone; in a neighbour graph
 * (harary.h) each secret goes to its owner's few neighbours, and x is the
 * holder's place among them.
 *
 * COMMITMENTS: who publishes (signed) a hash of each share as it is given out
 * makes a wrong one attributable.  The hash hides the share: a share of a
 * uniformly random secret has 256 bits of entropy.
 */
#pragma once
#include "common/crypto/hash.h"
#include "common/crypto/random.h"

enum { SHAMIR_SECRET_BYTES = 32, SHAMIR_SHARES_MAX = 255 };

struct shamir_share {
    uint8_t index; /* x: 1 .. 255, never 0 */
    uint8_t value[SHAMIR_SECRET_BYTES];
};

/* Fills out[0 .. n) with the shares at x = 1 .. n.  ERR_INPUT unless 1 <= threshold <= n <= SHAMIR_SHARES_MAX;
 * random's errors; ERR_MEMORY.  random is asked once for the coefficients: threshold - 1 blocks of 32 bytes, the
 * power x^1 first.  The caller wipes out after use. */
enum err shamir_split(const uint8_t secret[SHAMIR_SECRET_BYTES], size_t threshold, size_t n, random_fn *random,
                      void *self, struct shamir_share *out) MUST_USE;

/* The secret from exactly the threshold's number of shares, in any order.  ERR_INPUT when there are none or too many,
 * an index is 0 or stands twice.  It cannot see a wrong share or too low a number: compare the result with something
 * known of the secret. */
enum err shamir_join(const struct shamir_share *shares, size_t n, uint8_t out[SHAMIR_SECRET_BYTES]) MUST_USE;

/* SHA-256 over a label, the context (its length first: who shares, with whom, what for) and the share. */
enum err shamir_commit(const struct shamir_share *share, struct bytes context, uint8_t out[HASH_BYTES]) MUST_USE;
