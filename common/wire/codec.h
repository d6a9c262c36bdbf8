/*
 * codec -- messages to and from JSON, by the schema's tables.
 *
 * Hostile input is normal input: a bad message is an error with a sentence,
 * nothing else.
 */
#pragma once
#include "common/base/buf.h"
#include "common/wire/msg.h"

/* Appends the message's JSON.  Checks every field as decode does: ERR_BUG-free callers get ERR_PROTO with the field's
 * name when a value is out of its range. */
enum err msg_encode(const struct msg *m, struct buf *out, struct why *why) MUST_USE;

/* Everything variable-sized lives in the arena; the text may go away.  ERR_PROTO: not JSON, unknown type, a
 * version outside of SCHEMA_MIN_VERSION to SCHEMA_VERSION, unknown, missing or repeated field, NaN, out of range.  *out
 * is untouched then, except that in `hint` (may be NULL) the id and type are reported when they could be read, so that
 * an `error` can say what it is about. */
struct msg_hint {
    char id[MSG_ID_BYTES];
    char type[32];
};
enum err msg_decode(struct str text, struct arena *arena, struct msg *out, struct msg_hint *hint, struct why *why)
    MUST_USE;

/* Prints docs/PROTOCOL.md. */
void msg_print_protocol(struct buf *out);
