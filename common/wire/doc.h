/*
 * doc -- a small document a person or a peer wrote: YAML, or JSON (which YAML
 * 1.2 contains), read by libyaml into a tree that is only looked at.
 *
 * Settings, rosters, policies, schemas and task descriptions are all docs, so
 * there is one reader, one set of limits and one style of complaint: every
 * node knows its line, and the typed getters name file, line, key and range.
 * Aliases, anchors and tags are refused, duplicate keys too.
 */
#pragma once
#include "common/base/arena.h"

/* Room for a roster of 100,000 members; the arena may bound a document further. */
enum { DOC_MAX_BYTES = 1 << 25, DOC_MAX_DEPTH = 16, DOC_MAX_NODES = 1 << 20, DOC_MAX_KEYS = 1024 };
enum doc_kind { DOC_SCALAR, DOC_LIST, DOC_MAP };

struct doc {
    enum doc_kind kind;
    const char *source;       /* the name given to doc_parse, for messages */
    unsigned line;            /* 1-based */
    struct str text;          /* DOC_SCALAR: the scalar's text */
    struct str key;           /* this node's key in its parent map, else empty */
    const struct doc *parent; /* NULL at the root */
    size_t count;             /* children of a list or map */
    const struct doc *const *items;
};

/* Parses text into nodes in the arena (views into the arena, not into text).  source names the text in complaints and
 * is borrowed as long as the tree.  ERR_INPUT, ERR_LIMIT, ERR_MEMORY. */
enum err doc_parse(struct str text, const char *source, struct arena *arena, const struct doc **out, struct why *why)
    MUST_USE;

/* Reads and parses a file.  Blocks on the disk. */
enum err doc_read(const char *path, struct arena *arena, const struct doc **out, struct why *why) MUST_USE;

const struct doc *doc_get(const struct doc *map, const char *key); /* NULL when absent, or when map is NULL or no map */

/* ERR_SETTING and "source:line: rounds.quorum: ...", the place being node at. */
enum err doc_refuse(const struct doc *at, struct why *why, const char *format, ...) PRINTF(3, 4);

/* Typed getters: a missing key leaves *out (the default the caller put there) and returns OK; a wrong one is
 * ERR_SETTING with a sentence.  doc_need_* refuse a missing key. */
enum err doc_get_u64(const struct doc *map, const char *key, uint64_t min, uint64_t max, uint64_t *out, struct why *why)
    MUST_USE;
enum err doc_get_f64(const struct doc *map, const char *key, double min, double max, double *out, struct why *why)
    MUST_USE;
/* A duration: a whole number and ms, s, m, h or d ("30s", "5m"); only 0 may go without its unit. */
enum err doc_get_ms(const struct doc *map, const char *key, uint64_t min, uint64_t max, uint64_t *out, struct why *why)
    MUST_USE;
enum err doc_get_flag(const struct doc *map, const char *key, bool *out, struct why *why)
    MUST_USE; /* true/false/yes/no/on/off */
enum err doc_get_text(const struct doc *map, const char *key, char *out, size_t size, struct why *why) MUST_USE;
enum err doc_need_text(const struct doc *map, const char *key, char *out, size_t size, struct why *why) MUST_USE;
/* The scalar must be one of the NULL-terminated names; *out is its index. */
enum err doc_get_choice(const struct doc *map, const char *key, const char *const names[], unsigned *out,
                        struct why *why) MUST_USE;

/* The child must be of that kind. */
enum err doc_get_child(const struct doc *map, const char *key, enum doc_kind kind, const struct doc **out,
                       struct why *why) MUST_USE;
enum err doc_need_child(const struct doc *map, const char *key, enum doc_kind kind, const struct doc **out,
                        struct why *why) MUST_USE;

/* ERR_SETTING when the node is no map, or has a key that is not in the NULL-terminated list, with "did you mean". */
enum err doc_only(const struct doc *map, const char *const keys[], struct why *why) MUST_USE;
