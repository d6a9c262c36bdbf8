/*
 * stream -- as many uniform bytes as wanted from one 32-byte key: AES-256 in
 * counter mode from zero (NIST SP 800-38A), so that noise for a large model
 * costs one call to the system's generator.  The key is used for one stream.
 */
#pragma once
#include "common/base/str.h"

enum { STREAM_KEY_BYTES = 32 };

struct stream;
enum err stream_new(const uint8_t key[STREAM_KEY_BYTES], struct stream **out) MUST_USE; /* copies the key; ERR_MEMORY */
void stream_free(struct stream *s);                                                     /* wipes the key */
void stream_drop(struct stream **s);                                                    /* for CLEANUP() */
enum err stream_read(struct stream *s, void *out, size_t n) MUST_USE; /* the next n bytes; ERR_LIMIT past 1 GiB */
