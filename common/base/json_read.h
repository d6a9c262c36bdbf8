/*
 * json_read -- reads JSON (RFC 8259) into nodes in an arena.
 *
 * yajl takes the text apart and judges it; what it finds becomes nodes.  For
 * messages and models: a library's own tree costs an allocation for each name
 * and value, which was a third of a message's way through an agent.  Texts
 * without escapes are views into what was read; the rest is in the arena.
 */
#pragma once
#include "common/base/arena.h"
#include "common/base/str.h"

enum { JSON_MAX_DEPTH = 16 };
enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };
struct json {
    enum json_kind kind;
    uint32_t count;  /* of elements or members */
    struct str name; /* of a member, in its object */
    union {
        double number;            /* infinite when it is too large */
        struct str text;          /* UTF-8, never with a NUL; half a surrogate pair, which no text holds, is a `?` */
        const struct json *first; /* LIST, OBJECT */
    };
    const struct json *next; /* element or member; NULL: the last */
};

/* The whole text is one value.  ERR_INPUT: it is not, or is deeper than JSON_MAX_DEPTH, has a number longer than 63
 * characters, or \u0000.  ERR_MEMORY. */
enum err json_read(struct str text, struct arena *arena, const struct json **out) MUST_USE;

bool json_is(const struct json *j, enum json_kind kind); /* false for NULL */
/* The first member of that name; NULL when there is none or j is no object. */
const struct json *json_get(const struct json *j, const char *name);
