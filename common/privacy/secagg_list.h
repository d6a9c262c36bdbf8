/*
 * secagg_list -- many of one message, one behind the other, as the coordinator
 * passes them on to everybody; and what a run is called in a header.
 */
#pragma once
#include "common/privacy/secagg_message.h"

#define SECAGG_LIST_MAX ((size_t)1 << 20) /* of a list in bytes */

/* ENCODE appends (buf's errors).  PARSE makes *out, SECAGG_MEMBERS_MAX at most, for the caller to free: ERR_PROTO when
 * the bytes are no such list, or empty; ERR_MEMORY. */
enum err secagg_adverts_encode(const struct secagg_advert *list, size_t n, struct buf *out) MUST_USE;
enum err secagg_adverts_parse(struct bytes in, struct secagg_advert **out, size_t *out_n) MUST_USE;
enum err secagg_votes_encode(const struct secagg_vote *list, size_t n, struct buf *out) MUST_USE;
enum err secagg_votes_parse(struct bytes in, struct secagg_vote **out, size_t *out_n) MUST_USE;

/* Of the run's name and its task document's SHA-256 in hex. */
enum err secagg_run_hash(struct str run, struct str digest, uint8_t out[HASH_BYTES]) MUST_USE;
