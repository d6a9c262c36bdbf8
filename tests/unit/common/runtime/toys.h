/*
 * toys -- two toy agents in a calm simulation, for testing the core: a server
 * that answers each join with an attachment, and a client that takes it.
 */
#pragma once
#include "common/runtime/sim.h"

struct toy {
    unsigned joins, evaluations, errors, rebuilt, timers, jobs;
    size_t blob_bytes;
    uint8_t blob_last;
    char blob_sha256[65];
    uint64_t size; /* of the attachments it sends */
    struct buf sent;
    struct agent *agent;
};

extern enum err toys_fail_with; /* what the next join is answered with; every test runs in a process of its own */

extern const struct agent_def toy_server, toy_client;
struct sim *toys_start(const char *server_settings); /* server, client, olga the operator, paul the officer; calm */
struct sim *toys_start_with(const struct sim_faults *faults, const char *server_settings);
const struct toy *toys_state(struct sim *s, const char *name);
/* Hands a packet to an agent as if the network had brought it, and lets two seconds pass. */
void toys_feed(struct sim *s, const char *to, const char *from, const char *json);
bool toys_metric(struct sim *s, const char *name, const char *line); /* does /metrics hold it? */

#define TOYS_JOIN(id)                                                                                                  \
    "{\"version\":1,\"type\":\"join\",\"id\":\"" id "\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":0,\"stage\":\"\"," \
    "\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"site\":\"a\",\"software\":\"t\",\"records\":1}"
