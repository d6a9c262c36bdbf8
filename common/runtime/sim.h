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
struct sim_faults {
    uint64_t delay_min_ms;
    uint64_t delay_max_ms;
    double drop;            /* probability a packet or chunk is lost */
    double duplicate;       /* probability it comes twice */
    double kill_per_second; /* per agent, of virtual time */
    uint64_t down_min_ms;   /* how long a killed agent stays down */
    uint64_t down_max_ms;
    double cut_per_second; /* per agent: its link goes down for a while; what was in flight is lost */
    double
        crash_at_commit; /* probability, per transaction: killed just before (nothing kept) or just after the commit */
    uint64_t faults_until_ms; /* after this virtual time the network is calm; 0: faults for ever */
};

struct sim *sim_new(uint64_t seed, const struct sim_faults *faults); /* NULL out of memory */
void sim_free(struct sim *s);

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
/* Everything that ever left an agent is shown to this watcher first: the invariants' eye. */
typedef void sim_watch_fn(void *to, const char *from, const struct packet *p);
void sim_watch(struct sim *s, sim_watch_fn *fn, void *to);

struct sim_counts {
    uint64_t events, packets, bytes, dropped, duplicated, kills, cuts;
};
struct sim_counts sim_counts(const struct sim *s);
