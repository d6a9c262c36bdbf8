/*
 * sim_private -- the inside of a simulation; for common/runtime/sim*.c only.
 */
#pragma once
#include "common/base/rng.h"
#include "common/runtime/sim.h"
#include "common/runtime/store_ops.h"

enum sim_event_kind {
    SIM_PACKET,
    SIM_PRESENCE,
    SIM_TIMER,
    SIM_JOB,
    SIM_STORED,
    SIM_FETCHED,
    SIM_KILL,
    SIM_START,
    SIM_CUT,
    SIM_LINK,
    SIM_CLOCK,
    SIM_EVENT_KINDS
};

struct sim_event {
    uint64_t at_ms;
    uint64_t order; /* ties go by age */
    enum sim_event_kind kind;
    size_t node;   /* whom it happens to */
    size_t from;   /* PACKET, PRESENCE */
    uint64_t life; /* TIMER, JOB, STORED, FETCHED, LINK: of this life of the node only */
    uint64_t link; /* PACKET, and on slow links STORED, FETCHED: of this life of the receiver's link only */
    uint64_t token;
    bool flag; /* PRESENCE: online; PACKET: chat; KILL, CUT, CLOCK: one of the random ones, which have a successor */
    int64_t by_ms;   /* KILL, CUT: time down; CLOCK: how far */
    struct buf body; /* PACKET: text; STORED, FETCHED: url, bytes; owned */
    enum err err;
};
enum sim_way { SIM_OUT, SIM_IN, SIM_WAYS };
struct sim_flow { /* a chunk under way on a slow link */
    enum sim_way way;
    uint64_t token;
    double bytes; /* with those sent again */
    double began_ms, ends_ms;
};
struct sim_node {
    struct sim *sim;
    size_t index;
    char name[ROSTER_NAME_BYTES];
    char jid[ROSTER_JID_BYTES];
    const struct agent_def *def; /* NULL: a person */
    unsigned roles;
    char *settings_text; /* owned */
    struct settings *settings;
    struct store *kept;   /* survives */
    struct store wrapped; /* kept, with crashes at commits */
    struct screen screen;
    struct identity identity;
    struct agent *core; /* NULL while down */
    bool up;
    bool dying; /* killed inside a transaction: nothing leaves any more */
    uint64_t dying_ms;
    int64_t clock_ms; /* how far its wall clock is off */
    uint64_t writes;  /* puts, deletions and commits of its store */
    uint64_t life, link;
    size_t *shown; /* nodes that see its presence */
    size_t nshown, cap_shown;
    struct buf heard;         /* a person's ears */
    double free_ms[SIM_WAYS]; /* when its link can take more */
    struct sim_flow *flows;
    size_t nflows;
    struct sim_traffic traffic;
};
struct sim_chunk {
    char sha256[65];
    size_t n;
    struct buf data; /* or in the file, at: */
    uint64_t at;
};
struct sim {
    struct phi *phi; /* one for all: the process has one thread */
    struct sim_faults faults;
    struct rng rng;   /* delays, workers, agents' dice */
    struct rng loss;  /* drops and repeats */
    struct rng fates; /* strikes: each has dice of its own, so that one kind can be left out and the others stay */
    uint64_t now_ms;
    uint64_t order;
    struct sim_event *heap;
    size_t nheap, cap_heap;
    struct sim_node **nodes; /* each on its own, so that pointers hold */
    size_t nnodes, cap_nodes;
    size_t *slots; /* open addressing by name: index + 1 */
    size_t nslots;
    struct sim_chunk *chunks;
    size_t nchunks, cap_chunks;
    const char *dir; /* NULL: in memory */
    int spill_fd;    /* -1: not open */
    uint64_t spilled;
    struct roster *roster;
    struct sim_strike *struck;
    size_t nstruck, cap_struck;
    log_put_fn *log;
    void *log_to;
    sim_watch_fn *watch;
    void *watch_to;
    struct sim_counts counts;
};

/* sim_events.c: the queue */
void sim_push(struct sim *s, struct sim_event *take); /* owns take->body; drops the event out of memory */
bool sim_pop(struct sim *s, struct sim_event *out);

/* sim_faults.c: what goes wrong, and when */
uint64_t sim_delay(struct sim *s);
bool sim_chance(struct sim *s, struct rng *dice, double probability); /* false once the faults are over */
bool sim_faulty(const struct sim *s);
void sim_schedule(struct sim_node *n, enum sim_event_kind kind, uint64_t delay_ms);
void sim_schedule_strikes(struct sim *s); /* at the start: those ordered, and the first random ones of each node */
void sim_next_fault(struct sim_node *n, enum sim_event_kind kind); /* the next random one; not when there are none */
void sim_note(struct sim_node *n, enum sim_strike_kind kind, uint64_t at, int64_t by_ms);
/* Does this write of the node's store fail, or kill it?  Counts it, sets dying, and notes what was random. */
enum sim_strike_kind sim_write_fate(struct sim_node *n, bool commit); /* SIM_STRIKE_KINDS: nothing happens */

/* sim_link.c: slow links.  When a packet, a chunk, arrives; what becomes of those under way. */
uint64_t sim_packet_at(struct sim_node *from, struct sim_node *to, size_t bytes);
uint64_t sim_flow_begin(struct sim_node *n, enum sim_way way, uint64_t token, size_t bytes);
void sim_flow_end(struct sim_node *n, uint64_t token); /* it is there */
void sim_flows_cut(struct sim_node *n, bool tell);     /* all are lost; tell: the node learns it */

/* sim_chunks.c: as transport.h's store and fetch */
enum err sim_store_chunk(void *self, uint64_t token, const char *sha256, struct bytes data);
enum err sim_fetch_chunk(void *self, uint64_t token, struct str url, uint64_t bytes);
void sim_chunks_free(struct sim *s);

/* sim_transport.c: what a node's core stands on */
struct transport sim_transport(struct sim_node *n);
struct host sim_host(struct sim_node *n);
void sim_wrap_store(struct sim_node *n);
void sim_transmit(struct sim_node *from, const struct packet *p);
void sim_unseen(struct sim_node *n); /* those who saw it learn that it is gone */

struct sim_node *sim_node(const struct sim *s, const char *name_or_jid); /* NULL when there is none */
