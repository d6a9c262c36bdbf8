/*
 * hospitals -- who is there: one entry for every trainer of the roster.
 *
 * Kept in memory only: presence, joins and heartbeats come again after a
 * restart.
 */
#pragma once
#include "common/runtime/roster.h"
#include "common/wire/msg.h"

enum { HOSPITAL_DOING_BYTES = 32, HOSPITAL_SOFTWARE_BYTES = 64 };

struct hospital {
    const struct member *who; /* the roster's */
    bool online;              /* by presence */
    int64_t since_ms;         /* wall: of the last change of `online` */
    uint64_t seen_ms;         /* monotonic: last sign of life */
    char doing[HOSPITAL_DOING_BYTES];
    char software[HOSPITAL_SOFTWARE_BYTES]; /* "" until it joins */
    double progress;
    uint64_t moves; /* times that it reported more, or other, of an attachment on its way */
    uint64_t records;
    double epsilon_spent, epsilon_max;
};
struct hospitals {
    struct hospital *all; /* owned, sorted by JID */
    size_t count;
};

/* Everybody counts as seen now: a coordinator that has just started knows of nobody's absence. */
enum err hospitals_init(struct hospitals *h, const struct roster *roster, uint64_t now_ms, int64_t wall_ms) MUST_USE;
void hospitals_fini(struct hospitals *h);
struct hospital *hospitals_find(const struct hospitals *h, const char *jid); /* NULL when no trainer */

void hospital_seen(struct hospital *h, uint64_t now_ms);
void hospital_set_online(struct hospital *h, bool online, uint64_t now_ms, int64_t wall_ms);
void hospital_joined(struct hospital *h, const struct msg_join *m);
void hospital_beat(struct hospital *h, const struct msg_heartbeat *m);

bool hospital_reachable(const struct hospital *h); /* the roster has its key: a model can be sealed to it */
/* Not there, and silent for longer than the grace: a link that flaps is no absence.  Who cannot be
 * reached is away, too. */
bool hospital_away(const struct hospital *h, uint64_t now_ms, uint64_t grace_ms);
size_t hospitals_online(const struct hospitals *h);
size_t hospitals_not_away(const struct hospitals *h, uint64_t now_ms, uint64_t grace_ms);
