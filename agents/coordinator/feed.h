/*
 * feed -- what happens, told to whoever watches.
 *
 * Programs subscribe with feed.subscribe and get feed.event messages; people
 * say `watch` in chat and get the same sentence as chat text.
 */
#pragma once
#include "common/base/err.h"
#include "common/runtime/roster.h"

enum { FEED_MAX_WATCHERS = 64, FEED_TEXT_BYTES = 400 };
enum feed_how { FEED_EVENTS = 1, FEED_CHAT = 2 };

struct watcher {
    char jid[ROSTER_JID_BYTES];
    unsigned how; /* enum feed_how, both may be set */
};
struct feed {
    struct watcher watchers[FEED_MAX_WATCHERS];
    size_t count;
};

struct coordinator;
struct run;
struct site;

enum err feed_load(struct coordinator *c) MUST_USE; /* from the store */
/* ERR_LIMIT when there are too many.  Repeating is fine. */
enum err feed_watch(struct coordinator *c, const char *jid, enum feed_how how) MUST_USE;
enum err feed_unwatch(struct coordinator *c, const char *jid, enum feed_how how) MUST_USE;

/* kind as in feed.event; run and site may be NULL. */
enum err feed_tell(struct coordinator *c, const char *kind, const struct run *r, const struct site *s,
                   const char *format, ...) PRINTF(5, 6) MUST_USE;
/* The sentence for the state a run has just come into. */
enum err feed_tell_phase(struct run *r) MUST_USE;
