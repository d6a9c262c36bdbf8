/*
 * merkle_text -- proofs (merkle.h) as text: hashes in base64, one a line.
 */
#pragma once
#include "common/base/buf.h"
#include "common/crypto/merkle.h"

enum err merkle_proof_print(const struct merkle_proof *proof, struct buf *out) MUST_USE; /* appends; buf's errors */

/* Up to an empty line, which is taken too, or the end.  ERR_INPUT, ERR_MEMORY. */
enum err merkle_proof_parse(struct str *rest, struct merkle_proof *out) MUST_USE;
