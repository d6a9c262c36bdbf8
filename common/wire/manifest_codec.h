/*
 * manifest_codec -- a manifest to and from its JSON object; part of the codec.
 *
 * `behind`: what is inline stands behind the message's JSON, whose object says
 * only how long it is; else, as in version 1 of the schema, it is in the object.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/json_read.h"
#include "common/wire/manifest.h"

void manifest_add_json(const struct manifest *m, bool behind, struct buf *out); /* m must pass manifest_check */
/* behind: NULL when it is in the object.  ERR_PROTO with a sentence; strings are copied into the arena. */
enum err manifest_from_json(const struct json *json, const struct str *behind, struct arena *arena,
                            struct manifest *out, struct why *why) MUST_USE;
/* The checks both directions share: hex digests, sizes that add up, either inline or chunks, limits.  ERR_PROTO. */
enum err manifest_check(const struct manifest *m, struct why *why) MUST_USE;
