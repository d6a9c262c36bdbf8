/*
 * breakglass -- emergency access, by two people, for a while, and looked at
 * afterwards (45 CFR 164.312(a)(2)(ii)).
 *
 * WHAT IT OPENS.  For one named run the guardian's veto is suspended until the
 * window ends: a permit that the guardian would refuse is given.  It opens
 * nothing else: no record becomes visible to anybody, the trainer's own policy
 * and its refusals stay as they are, noise is drawn as before, every release is
 * charged to the ledger, and a spent budget stays spent.
 *
 * WHO.  One officer asks, with a reason; another confirms within
 * BREAKGLASS_CONFIRM_MS.  Any officer may end it before its time.  Whoever did
 * not ask reviews it afterwards; while BREAKGLASS_UNREVIEWED_MAX cases wait for
 * that no new one may be asked for.
 *
 * A value: times are arguments (wall clock, ms), and what must survive goes to
 * the sink as lines that a person can read, under rising keys:
 *   ask case=1 at=1767225600000 by=paul@a run=r1 minutes=30 reason=the ward needs the model tonight
 *   confirm case=1 at=1767225660000 by=petra@a
 *   end case=1 at=1767225900000 by=paul@a
 *   review case=1 at=1767312300000 by=petra@a verdict=justified, the model was not published
 * After a bent, foreign or missing line, and where the clock stands before a
 * case's own times, everything is closed.  A zeroed value is closed, too.
 */
#pragma once
#include "common/base/str.h"

#define BREAKGLASS_PREFIX "break-glass/"
enum {
    BREAKGLASS_RUN_BYTES = 64,
    BREAKGLASS_WHO_BYTES = 256,
    BREAKGLASS_TEXT_BYTES = 201,
    BREAKGLASS_REASON_MIN = 10, /* bytes of a reason and of a verdict */
    BREAKGLASS_KEY_BYTES = 32,
    BREAKGLASS_RECORD_BYTES = 700,
    BREAKGLASS_CONFIRM_MS = 15 * 60 * 1000,
    BREAKGLASS_MINUTES_MAX = 240,
    BREAKGLASS_UNREVIEWED_MAX = 3,
    BREAKGLASS_CASES_MAX = 1000
};

enum breakglass_state {
    BREAKGLASS_ASKED,  /* waits for the second officer */
    BREAKGLASS_LAPSED, /* nobody confirmed in time: nothing was opened */
    BREAKGLASS_OPEN,
    BREAKGLASS_CLOSED, /* ended, or its time is over; waits for its review */
    BREAKGLASS_REVIEWED,
    BREAKGLASS_STATES
};
struct breakglass_case {
    uint64_t number; /* from 1 */
    char run[BREAKGLASS_RUN_BYTES];
    char asked_by[BREAKGLASS_WHO_BYTES], confirmed_by[BREAKGLASS_WHO_BYTES]; /* "" before */
    char ended_by[BREAKGLASS_WHO_BYTES], reviewed_by[BREAKGLASS_WHO_BYTES];
    char reason[BREAKGLASS_TEXT_BYTES], verdict[BREAKGLASS_TEXT_BYTES];
    uint64_t minutes;
    int64_t asked_ms, opened_ms, ended_ms, reviewed_ms; /* 0 before */
};
struct breakglass {
    struct breakglass_case *cases; /* owned; in the order they were asked for */
    size_t count, cap;
    uint64_t next;      /* number of the next line */
    struct why trouble; /* what is wrong with the lines; "" when nothing */
};

/* Keeps the line under the key, durably before anything is said; a failure is passed on and nothing has changed. */
typedef enum err breakglass_put_fn(void *sink, const char *key, struct bytes record);
struct breakglass_act {
    const char *who; /* an officer's bare JID; that it is an officer is for the caller to know */
    int64_t now_ms;
    breakglass_put_fn *put;
    void *sink;
};

void breakglass_init(struct breakglass *b);
void breakglass_fini(struct breakglass *b); /* NULL is fine */
/* Takes one kept line; for each in the order of the keys (a store_scan_fn; self is the breakglass).  ERR_STORE, with
 * trouble set: everything is closed from now on; ERR_MEMORY. */
enum err breakglass_load(void *self, const char *key, struct bytes record) MUST_USE;

/* All of these: ERR_STATE, ERR_INPUT, ERR_REFUSED or ERR_LIMIT with a sentence, ERR_STORE while there is trouble,
 * ERR_MEMORY, put's errors; nothing has changed then. */
enum err breakglass_ask(struct breakglass *b, const struct breakglass_act *act, const char *run, uint64_t minutes,
                        struct str reason, uint64_t *out_number, struct why *why) MUST_USE;
enum err breakglass_confirm(struct breakglass *b, const struct breakglass_act *act, uint64_t number, struct why *why)
    MUST_USE;
enum err breakglass_end(struct breakglass *b, const struct breakglass_act *act, uint64_t number, struct why *why)
    MUST_USE;
enum err breakglass_review(struct breakglass *b, const struct breakglass_act *act, uint64_t number, struct str verdict,
                           struct why *why) MUST_USE;

/* Is the guardian's veto of this run suspended now?  The case, or NULL. */
const struct breakglass_case *breakglass_open(const struct breakglass *b, const char *run, int64_t now_ms);
enum breakglass_state breakglass_state(const struct breakglass_case *c, int64_t now_ms);
const char *breakglass_state_name(enum breakglass_state s);
int64_t breakglass_ends_ms(const struct breakglass_case *c); /* of an opened case, when nobody ends it before */
