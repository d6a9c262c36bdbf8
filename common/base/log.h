/*
 * log -- one line per event, key=value, no payloads.
 *
 *     log_info(l, "round.closed", L_STR("run", id), L_U64("round", 7));
 *     2026-11-21T06:24:01.123Z info coordinator round.closed run=r1 round=7
 *
 * A value is a name of ours, a number, an error or a sentence, never text that
 * came from a patient's record or a peer's message body.  Sentences are looked
 * at before they are written (screen).  Only the runtime and agents log.
 */
#pragma once
#include "common/base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_kind { LOG_END, LOG_TEXT, LOG_NAME, LOG_COUNT, LOG_REAL };

struct log_field {
    enum log_kind kind;
    const char *key;
    const char *text;
    uint64_t count;
    double real;
};
/* L_STR: a sentence, or a word from outside.  L_NAME: from a list of ours -- a member's address, a message's type, a
 * run. */
#define L_STR(k, z)                                                                                                    \
    {                                                                                                                  \
        .kind = LOG_TEXT, .key = (k), .text = (z)                                                                      \
    }
#define L_NAME(k, z)                                                                                                   \
    {                                                                                                                  \
        .kind = LOG_NAME, .key = (k), .text = (z)                                                                      \
    }
#define L_U64(k, v)                                                                                                    \
    {                                                                                                                  \
        .kind = LOG_COUNT, .key = (k), .count = (uint64_t)(v)                                                          \
    }
#define L_F64(k, v)                                                                                                    \
    {                                                                                                                  \
        .kind = LOG_REAL, .key = (k), .real = (v)                                                                      \
    }
#define L_ERR(e)                                                                                                       \
    {                                                                                                                  \
        .kind = LOG_NAME, .key = "error", .text = err_name(e)                                                          \
    }

/* Where lines go.  `put` gets one whole line without its newline; it may not keep it. */
typedef void log_put_fn(void *to, enum log_level level, const char *line);
/* The sentence, or what is written in its place. */
typedef struct str log_screen_fn(void *screener, struct str text);
struct log {
    enum log_level level; /* lines above it are not made */
    const char *who;      /* agent's name; borrowed */
    log_put_fn *put;      /* NULL: nowhere */
    void *to;
    log_screen_fn *screen; /* NULL: sentences are written as they are; for programs that hold no records */
    void *screener;
    int64_t (*wall_ms)(void *clock); /* NULL: no time stamp */
    void *clock;
};

void log_write(const struct log *l, enum log_level level, const char *event, const struct log_field *fields);
void log_put_stderr(void *to, enum log_level level, const char *line); /* a log_put_fn */

#define log_error(l, event, ...)                                                                                       \
    log_write((l), LOG_ERROR, (event), (struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_warn(l, event, ...)                                                                                        \
    log_write((l), LOG_WARN, (event), (struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_info(l, event, ...)                                                                                        \
    log_write((l), LOG_INFO, (event), (struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_debug(l, event, ...)                                                                                       \
    log_write((l), LOG_DEBUG, (event), (struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
