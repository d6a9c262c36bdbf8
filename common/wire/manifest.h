/*
 * manifest -- what a message says about its attachment.
 *
 * The bytes are sealed end to end (common/crypto/seal.h): the content key,
 * wrapped for the one recipient, travels here; the sealed bytes travel inline
 * (base64, small ones) or as content-addressed chunks fetched by URL.  On the
 * wire:
 *   {"media":"application/safetensors","bytes":9012,"sha256":"<of the plain bytes>","key":"<base64 wrap>",
 *    "inline":12040}            and behind the message's JSON a newline and so many characters: base64 sealed bytes
 *   {... ,"inline":"<base64 sealed bytes>"}                 in version 1 of the schema
 *   {... ,"chunks":[{"sha256":"<of the sealed chunk>","bytes":1048592,"url":"https://..."}, ...]}
 *
 * Many chunks do not fit into a message.  Then what it refers to is their list, sealed and fetched as any content, of
 * the media type MANIFEST_MEDIA_LIST; lines of text (common/runtime/core_seals.c):
 *   <sha256 of the plain bytes> <bytes> <content key, hex> <media>
 *   <sha256 of the sealed chunk> <its bytes> <url>         for each chunk, in order
 */
#pragma once
#include "common/base/str.h"

enum {
    MANIFEST_MEDIA_BYTES = 64,
    MANIFEST_HEX_BYTES = 65,
    MANIFEST_MAX_KEY = 512,
    MANIFEST_MAX_INLINE = 48 * 1024, /* base64 characters: 32 KiB of content and its seal */
    MANIFEST_MAX_CHUNKS = 4096,
    MANIFEST_MAX_URL = 1024,
    MANIFEST_DIRECT_CHUNKS = 16, /* more of them travel as a list, so that the message stays short */
    MANIFEST_CHUNK_BYTES = 1 << 20
};
#define MANIFEST_MEDIA "application/safetensors"
#define MANIFEST_MEDIA_LIST "application/vnd.himas.chunks"

struct manifest_chunk {
    char sha256[MANIFEST_HEX_BYTES];
    uint64_t bytes; /* sealed */
    struct str url; /* "" until it is stored */
};
struct manifest {
    char media[MANIFEST_MEDIA_BYTES];
    uint64_t bytes; /* plain */
    char sha256[MANIFEST_HEX_BYTES];
    struct str key;     /* base64 of the wrapped content key */
    struct str inline_; /* base64 of the sealed bytes, or empty */
    struct manifest_chunk *chunks;
    size_t nchunks;
};
