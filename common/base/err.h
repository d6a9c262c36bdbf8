/*
 * err -- errors are values.
 *
 * Every function that can fail returns `enum err` and leaves its `out_`
 * parameters untouched when it does.  What a person must read about a failure
 * (which file, which line, which range) goes into a `struct why` the caller
 * may pass; NULL says the caller does not care.  Library code returns; only
 * the runtime logs.
 */
#pragma once
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err {
    OK = 0,
#define ERR(name, class_, exit_, text, remedy) ERR_##name,
#include "common/base/err.def"
#undef ERR
    ERR_COUNT
};

enum err_class { ERR_CLASS_NONE, ERR_CLASS_CONFIG, ERR_CLASS_PEER, ERR_CLASS_ENV, ERR_CLASS_LIMIT, ERR_CLASS_BUG };

/* The only control-flow macro: returns the callee's error to our caller. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum err try_err_ = (call);                                                                                    \
        if (try_err_ != OK) return try_err_;                                                                           \
    } while (0)

/* One sentence for a person: what was wrong, where, what to do.  Truncated, never overrun. */
struct why {
    char text[400];
};

void why_write(struct why *why, const char *format, ...) PRINTF(2, 3);

static inline enum err why_code(enum err code) { return code; }

/* Writes the sentence (when why is not NULL) and returns code, so that a refusal is one line.  A macro, so that a
 * reader of one source, static analysis too, sees that a refusal is never OK. */
#define why_say(why, code, ...) (why_write((why), __VA_ARGS__), why_code(code))

const char *err_name(enum err code);   /* "ERR_SETTING", "OK" */
const char *err_text(enum err code);   /* what happened */
const char *err_remedy(enum err code); /* what to do */
enum err_class err_class(enum err code);
int err_exit_code(enum err code); /* 0 for OK, else the sysexits code */
