/*
 * sim -- a whole federation in one process, in virtual time, from one seed.
 *
 * N agents, the same code as in production, on a transport that delays, drops,
 * duplicates, reorders and partitions by a seeded scheduler, and that kills
 * and restarts agents (a restart begins from the agent's store, which survives).
 */
#pragma once
#include "common/runtime/core.h"

struct sim;

/* One misfortune of one agent.  The random ones are noted as they happen, and a noted one can be ordered again: that is
 * how a failing schedule is made short. */
enum sim_strike_kind {
    SIM_STRIKE_KILL,
    SIM_STRIKE_CUT,
    SIM_STRIKE_CLOCK,        /* its wall clock jumps */
    SIM_STRIKE_STORE,        /* its store cannot write: disk full, say */
    SIM_STRIKE_CRASH_BEFORE, /* killed at a commit: nothing is kept */
    SIM_STRIKE_CRASH_AFTER,  /* killed at a commit: all is kept, and nothing leaves */
    SIM_STRIKE_KINDS
};
struct sim_strike {
    enum sim_strike_kind kind;
    size_t node;   /* in the order of sim_add, persons included */
    uint64_t at;   /* KILL, CUT, CLOCK: virtual ms; the others: the how-many-th write of that agent's store, from 1 */
    int64_t by_ms; /* KILL, CUT, CRASH: how long it is down; CLOCK: by how much */
};
struct sim_faults {
    uint64_t delay_min_ms;
    uint64_t delay_max_ms;
    uint64_t bits_per_second; /* of each agent's link, each way; 0: without limit.  See sim_link.c */
    double drop;              /* probability a packet or chunk is lost */
    double duplicate;         /* probability it comes twice */
    double kill_per_second;   /* per agent, of virtual time */
    uint64_t down_min_ms;     /* how long a killed agent stays down */
    uint64_t down_max_ms;
    double cut_per_second;            /* per agent: its link goes down for a while; what was in flight is lost */
    double crash_at_commit;           /* probability per commit: killed just before it or just after */
    double store_fail;                /* probability per write to a store that it fails */
    double clock_jump_per_second;     /* per agent: its wall clock jumps, forward or back */
    uint64_t clock_jump_max_ms;       /* by so much at most */
    uint64_t job_max_ms;              /* how long a worker may take; 0: 400 */
    uint64_t faults_until_ms;         /* after this virtual time all is calm; 0: faults for ever */
    const struct sim_strike *strikes; /* besides, these; borrowed for the simulation's life */
    size_t nstrikes;
};

struct sim *sim_new(uint64_t seed, const struct sim_faults *faults); /* NULL out of memory */
void sim_free(struct sim *s);

/* The stores of agents added from now on, and chunks, are files in dir (borrowed); NULL, as at first: in memory. */
void sim_keep_in(struct sim *s, const char *dir);

/* The agents' errors go to put, a line each; before sim_start. */
void sim_log(struct sim *s, log_put_fn *put, void *to);

/* Adds an agent; name is its JID's local part and roster name.  settings: YAML text or "".  Agents start at sim_start.
 */
enum err sim_add(struct sim *s, const struct agent_def *def, const char *name, const char *settings, struct why *why)
    MUST_USE;
enum err sim_add_person(struct sim *s, const char *name, unsigned roles) MUST_USE;
enum err sim_start(struct sim *s, struct why *why) MUST_USE;

/* A person says something; the answers are kept until asked for. */
void sim_say(struct sim *s, const char *person, const char *agent, const char *text);
struct str sim_heard(const struct sim *s, const char *person); /* all that was said to the person, one line each */
void sim_forget(struct sim *s, const char *person);

void sim_kill(struct sim *s, const char *name, uint64_t down_ms); /* as SIGKILL */
void sim_cut(struct sim *s, const char *name, uint64_t down_ms);  /* its link only */

/* Runs until done(to) holds (looked at after every event) or the virtual time is over.  Returns whether it holds. */
typedef bool sim_until_fn(struct sim *s, void *to);
bool sim_run(struct sim *s, uint64_t for_ms, sim_until_fn *done, void *to);

uint64_t sim_now_ms(const struct sim *s);
struct agent *sim_agent(struct sim *s, const char *name); /* NULL while it is down */
struct store *sim_store(struct sim *s, const char *name);
const struct identity *sim_identity(const struct sim *s, const char *name); /* for a watcher who opens what is sealed */
/* Everything that ever left an agent is shown to this watcher first: the invariants' eye. */
typedef void sim_watch_fn(void *to, const char *from, const struct packet *p);
void sim_watch(struct sim *s, sim_watch_fn *fn, void *to);

/* With limited links: bytes that passed a node's, lost and repeated ones included. */
struct sim_traffic {
    uint64_t sent, received;
};
struct sim_traffic sim_traffic(const struct sim *s, const char *name);

/* The random strikes so far, in the order they fell. */
const struct sim_strike *sim_strikes(const struct sim *s, size_t *out_n);

struct sim_counts {
    uint64_t events, packets, bytes, dropped, duplicated, kills, cuts, jumps, failed_writes;
};
struct sim_counts sim_counts(const struct sim *s);
