/*
 * crowd -- many running agents in one process, each with its own core, store
 * and connection to the broker, on one loop.
 */
#pragma once
#include "common/runtime/core.h"
#include "common/runtime/host_uv.h"
#include "common/runtime/xmpp/xmpp.h"
#include "tests/bench/child.h"
#include "tests/bench/place.h"
#include <uv.h>

enum { CROWD_MAX = 900 }; /* connections a process: libstrophe wants descriptors below 1024 */

struct crowd_plan {
    const struct place *place;
    const struct agent_def *def;
    const char *prefix;   /* of the accounts; trainers are <prefix><i> */
    const char *settings; /* YAML */
    size_t first, n;      /* which trainers; for the coordinator 0, 1 */
    size_t members;       /* trainers in the roster */
    bool coordinator;     /* it is "<prefix>c0" */
    bool journal;         /* stores are files, else memory */
    bool stream_management;
    /* Sees what the first agent sends; NULL for nobody. */
    void (*look)(void *to, const struct packet *p);
    void *to;
};

struct crowd_end { /* one agent */
    struct crowd *crowd;
    struct agent *core;
    struct store *store;
    struct host_uv *host;
    struct screen screen;
    struct xmpp *xmpp;
    struct transport below;
};
struct crowd {
    struct crowd_plan plan;
    uv_loop_t loop;
    uv_timer_t opener;
    struct settings *settings;
    struct roster *roster;
    struct phi *phi; /* of all */
    struct crowd_end *ends;
    size_t opened, closed;
    bool all_up, late;
};

void crowd_begin(struct crowd *c, const struct crowd_plan *plan); /* connects as the loop runs, a few at a time */
bool crowd_up(struct crowd *c);                                   /* everybody is connected */
bool crowd_quiet(const struct crowd *c);                          /* nobody owes a message or an acknowledgement */
struct agent *crowd_core(struct crowd *c, size_t i);
void crowd_end(struct crowd *c); /* says good-bye and waits for at most some seconds */

/* Trainers as a child: arg is a struct crowd_plan.  Answers when all are connected, {seconds it took}, and to each
 * order, {}, as soon as they are quiet. */
void crowd_child(int fd, void *plan);
