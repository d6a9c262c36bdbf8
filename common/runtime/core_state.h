/*
 * core_state -- what a running agent consists of; for common/runtime's core*.c
 * and agent.c only.
 */
#pragma once
#include "common/base/secret.h"
#include "common/runtime/core_peer_state.h"

enum {
    CORE_ACK_DELAY_MS = 1000,    /* an ack waits so long for a message to ride on; much less than a resend */
    CORE_SWEEP_MS = 1000,        /* how often undelivered messages are looked at */
    CORE_RESEND_FIRST_MS = 3000, /* and never sooner, however quick the peer */
    CORE_RESEND_MAX_MS = 30000,  /* ten tries in a usual deadline of five minutes, also where each sixth is lost */
    CORE_COMING_MS = 60000,      /* what others take keeps a message from going again for no longer */
    CORE_SHOW_AGAIN_MS = 1000,   /* twice as long each time, so that two far from each other do not answer answers */
    CORE_SHOW_AGAIN_DOUBLINGS = 6,
    CORE_LEAST_LEFT_MS = 60000, /* after a restart: while we were away nobody could take it */
    CORE_MAX_CALLS = 1000,
    CORE_MAX_CALLS_A_PEER = 100,
    CORE_CALL_MS = 10 * 60000,   /* a call without an answer is given up then, to make room */
    CORE_MAX_OWED_A_PEER = 1000, /* messages to a peer that it did not acknowledge: it is not heard until it does */
    CORE_MAX_FETCHES = 1000,
    CORE_MAX_FETCHES_A_PEER = 4,
    CORE_MAX_HALF_A_PEER = 8,    /* attachments of a peer that are kept though not whole yet */
    CORE_HALF_MS = 6 * 3600000,  /* such a one is given up when so long nothing came; the sender stores it anew then */
    CORE_HALF_LOOK_MS = 3600000, /* how often that is looked at */
    CORE_MAX_AGAIN_A_PEER = 2,   /* whole ones that are kept because they may come again */
    CORE_REUSE_MS = 6 * 3600000, /* stored chunks are referred to anew for so long; the broker keeps them for longer */
    CORE_NO_PROGRESS_MS = 10 * 60000, /* a transfer is given up only when so long nothing of it came through */
    CORE_CHUNKS_AT_ONCE = 4, /* being stored, where one takes no longer than this; else one, lest a cut loses many */
    CORE_QUICK_MS = 100,     /* for 1 MiB: above 80 Mbit/s */
    CORE_WINDOW_BYTES = 1 << 20, /* of a long value, in memory at a time */
    CORE_RATE_PER_S = 2000,      /* messages of one peer; more are dropped, and come again */
    CORE_RATE_BURST = 4000,
    CORE_CHATS_PER_S = 20, /* lines and commands of one person, lines of all strangers; more are dropped */
    CORE_CHATS_BURST = 100,
    CORE_SHOWS_PER_S = 2, /* presences of one peer that are answered, and for which all is sent again */
    CORE_SHOWS_BURST = 50,
    CORE_MAX_EFFECTS = 100000,
    CORE_ARENA_BYTES = 4 << 20,
    CORE_INLINE_BYTES = 32 * 1024 /* plain bytes of an attachment that travel inside the stanza */
};

/* What a transaction wants done once it is committed. */
enum effect_kind { EFFECT_SEND, EFFECT_PLAIN, EFFECT_CHAT, EFFECT_TIMER, EFFECT_JOB, EFFECT_ANSWER };
struct effect {
    enum effect_kind kind;
    size_t peer;       /* index, for SEND, PLAIN, CHAT */
    uint64_t number;   /* SEND: of the message; TIMER: token; JOB: token */
    uint64_t delay_ms; /* TIMER */
    struct buf body;   /* PLAIN, CHAT */
    enum msg_type type;
    char run[MSG_RUN_BYTES];
    struct outgoing out; /* SEND */
};
struct timer {
    uint64_t token;
    agent_timer_fn *fn;
    uint64_t arg;
    uint64_t due_ms;                   /* monotonic; not of tickers */
    const struct agent_ticker *ticker; /* a ticker's timer re-arms itself */
};
struct pending_job {
    uint64_t token;
    bool forgotten; /* the agent was rebuilt meanwhile: release only */
    struct agent_job job;
};
struct pending_call {
    uint64_t id;
    uint64_t since_ms;
    uint64_t transport_id;       /* of core_on_invoke; 0 for chat */
    char from[ROSTER_JID_BYTES]; /* chat */
};
struct fetch;         /* core_fetch.c */
struct upload_chunk { /* being stored */
    uint64_t token;   /* 0: none is */
    char blob[65];    /* of this content; "": nobody wants it any more */
    uint64_t index;
    char sha256[65]; /* of the sealed chunk */
    uint64_t began_ms;
};

struct core_counts {
    uint64_t received[MSG_COUNT], sent[MSG_COUNT], refused[ERR_COUNT];
    uint64_t calls_refused[ERR_COUNT];
    uint64_t resent, duplicates, expired, flooded, chats, calls, commits, reloads, strangers, attachments_out_bytes,
        attachments_in_bytes, attachments_refused, attachments_deferred, attachments_expired;
};

struct agent {
    const struct agent_def *def;
    char jid[ROSTER_JID_BYTES];
    const struct settings *settings;
    const struct roster *roster;
    struct store *store;
    struct host host;
    struct log log;
    struct screen *screen, closed;      /* closed: in place of none */
    struct identity identity, previous; /* previous: when has_previous */
    void (*renew)(void *self);
    void *renew_self;
    struct seal_session session; /* for what small attachments we send */
    struct {
        struct seal seal;
        struct buf text; /* base64 of the sealed bytes; empty: none */
    } small;             /* the last one sealed in this transaction: others may get the same */
    struct transport transport;
    bool attached, up, ready, busy, has_previous; /* busy: inside a transaction */
    struct why trouble;                           /* why it is not ready, but for the link; "" when it is */
    void *state;
    uint64_t epoch;  /* of our own message ids */
    struct rtt line; /* of everybody's acknowledgements: a guess for peers that were not measured yet */
    uint64_t next_token;
    const struct msg *answering; /* the message whose handler runs */
    struct call_ctx *calling;    /* core_call.c */
    struct peer *peers;
    size_t npeers, cap_peers, npeer_slots;
    size_t *peer_slots; /* open-addressing index: position + 1 */
    struct effect *effects;
    size_t neffects, cap_effects;
    struct settled *settled;
    size_t nsettled, cap_settled;
    struct timer *timers;
    size_t ntimers, cap_timers;
    struct pending_job *jobs;
    size_t njobs, cap_jobs;
    struct bucket strangers; /* their chats, together */
    struct pending_call *calls;
    size_t ncalls, cap_calls;
    struct fetch *fetches;
    size_t nfetches;
    uint64_t sweep_token, ack_token, reload_token, half_token; /* 0: not armed */
    uint64_t half_bytes;                                       /* of unfinished attachments of one peer, at most */
    struct {
        struct upload_chunk under_way[CORE_CHUNKS_AT_ONCE];
        bool quick;             /* the last one that was stored */
        uint64_t chunk, chunks; /* begun last, of how many */
        uint64_t retry_token;
        unsigned failures;
        uint64_t progress_ms; /* when a chunk got through last, or nothing was to be done */
        char last[65];        /* of which content: others have their turn first */
    } upload;
    struct arena arena;   /* of the message being handled */
    struct arena sending; /* of the message being posted */
    struct core_counts counts;
};
