/*
 * yardstick -- the same stanzas, bare: a coordinator that sends one to each of
 * N and waits for N answers, over libstrophe and nothing else.  No store, no
 * JSON, no keys.
 *
 * The texts are recorded from the real thing (samples): DIR/<kind>.out<i> and
 * DIR/<kind>.back<i> are the bodies of exchange i of a round of that kind.
 */
#pragma once
#include "common/runtime/transport.h"
#include "tests/bench/child.h"
#include "tests/bench/place.h"

enum { YARD_KINDS = 2, YARD_EXCHANGES = 2 }; /* the empty round has one exchange, the whole round two */
/* What the coordinator can be ordered to do.  FAN: the empty round's message to all by the broker's publish-subscribe
 * service; BRIEF: the answers are as short as can be, so that what is left is the way out. */
enum yard_way { YARD_EMPTY, YARD_WHOLE, YARD_FAN, YARD_BRIEF, YARD_FAN_BRIEF, YARD_WAYS };

struct yard_plan {
    const struct place *place;
    const char *prefix;
    size_t first, n; /* of the trainers; the coordinator talks to 0 .. n - 1 */
    bool stream_management;
};

/* Answers {seconds} when all are connected. */
void yard_trainers_child(int fd, void *plan);
/* The same, then for every order (what: the way, count: rounds) the milliseconds of each round. */
void yard_coordinator_child(int fd, void *plan);

/* Records what a runtime sends; a look function of struct crowd_plan. */
struct yard_recorder {
    const struct place *place;
    const char *kind;
    bool coordinator;
    bool done[YARD_EXCHANGES];
};
void yard_record(void *recorder, const struct packet *p);
bool yard_sizes(const struct place *place, unsigned kind, unsigned exchange, size_t *out, size_t *back);
