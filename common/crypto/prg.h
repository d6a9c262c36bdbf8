/*
 * prg -- a pseudo-random stream added to, or taken from, a vector of whole
 * numbers modulo 2^32 or 2^64: the masks of secure aggregation.
 *
 * The stream (stream.h) is read as little-endian words, one an element, a
 * piece of PRG_PIECE_BYTES at a time, so that memory stays at one vector.
 * Calls continue where the last one ended: a vector may be masked in parts,
 * as long as both sides keep to one word size.
 */
#pragma once
#include "common/crypto/stream.h"

enum { PRG_PIECE_BYTES = 1 << 13 };
enum prg_sign { PRG_ADD, PRG_TAKE, PRG_SIGNS };

/* ERR_MEMORY and stream's errors; the vector is then spoilt. */
enum err prg_mask_32(struct stream *s, enum prg_sign sign, uint32_t *v, size_t n) MUST_USE;
enum err prg_mask_64(struct stream *s, enum prg_sign sign, uint64_t *v, size_t n) MUST_USE;
