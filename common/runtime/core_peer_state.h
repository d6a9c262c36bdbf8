/*
 * core_peer_state -- what a running agent knows of one it talks with; for
 * common/runtime's core*.c and agent.c only.
 */
#pragma once
#include "common/crypto/seal_session.h"
#include "common/runtime/core.h"
#include "common/runtime/rtt.h"

enum { CORE_DEDUP_WINDOW = 1024 }; /* how far behind the newest a message may come and still be told from a repeat */

/* A message not yet acknowledged; its bytes are in the store under "~out/". */
struct outgoing {
    uint64_t number;
    uint64_t due_ms;   /* monotonic */
    unsigned silence;  /* tries since there was reason to hope, of it or of others: each makes the next wait longer */
    bool sent;         /* at least once */
    uint64_t timed_ms; /* monotonic: went out then, once, and its answer tells the peer's time; else 0 */
    uint64_t ttl_ms;   /* 0: for ever */
    int64_t expires_wall_ms; /* as stored; 0: never */
    uint64_t expires_ms;     /* monotonic, so that setting the clock loses nothing; 0: never */
    enum msg_type type;      /* NONE: look into the stored message */
    char run[MSG_RUN_BYTES];
    char blob[65]; /* digest of its attachment when that travels out of band, or "" */
    bool waits;    /* the attachment is not stored yet */
};
/* A message that was acknowledged and whose row is still in the store. */
struct settled {
    size_t peer; /* index */
    uint64_t number;
};
/* A token bucket: so many events at once, then so many a second. */
struct bucket {
    double left;
    uint64_t seen_ms;
};
/* How small attachments are sealed to a peer, and its to us. */
struct peer_seals {
    struct seal_link to, from;
};
struct peer {
    char jid[ROSTER_JID_BYTES];
    const struct member *member; /* NULL for people not in the roster */
    bool online;
    struct bucket messages, chats, shows;
    uint64_t moved;       /* chunks of attachments that passed to or from it */
    uint64_t schema;      /* version of its last message; 0: not heard yet */
    uint64_t shown_ms;    /* when we last showed it our presence; 0 never */
    bool unshown;         /* that did not go out: too much is waiting for the socket */
    unsigned shown_again; /* times that was though it had not gone, as far as we know */
    uint64_t next_number;
    struct rtt rtt;      /* of its acknowledgements */
    uint64_t seen_epoch; /* of its messages to us */
    uint64_t seen_high;
    uint64_t seen_bits[CORE_DEDUP_WINDOW / 64]; /* bit number % window: seen */
    struct outgoing *out;                       /* by number */
    size_t nout, cap_out;
    char (*acks)[MSG_ID_BYTES]; /* handled, not yet said */
    size_t nacks, cap_acks;
    uint64_t acks_due_ms;     /* monotonic: the oldest of them goes alone then */
    struct peer_seals *seals; /* NULL: none yet; on its own, so that the table's growth leaves no secrets behind */
};
