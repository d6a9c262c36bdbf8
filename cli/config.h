/*
 * config -- the documents `himas up` writes for the agents.
 *
 * Pure: text out of values.  Each is read back by the runtime's own reader.
 */
#pragma once
#include "cli/federation.h"

struct config_broker { /* where the agents find it */
    char domain[128];
    uint64_t c2s_port;
    uint64_t https_port;
};
/* Reads the file broker-config/broker.sh keeps: lines name=value.  ERR_SETTING names what is missing. */
enum err config_parse_ports(struct str text, struct config_broker *out, struct why *why) MUST_USE;

struct config_member {
    const char *name; /* local part of the JID */
    unsigned roles;
    const char *key;  /* 64 hex digits, or "" for a person */
    const char *sign; /* likewise */
};
void config_roster(const char *domain, const struct config_member *members, size_t n, struct buf *out);
/* broker.sh's list: "JID agent" or "JID person". */
void config_accounts(const char *domain, const struct config_member *members, size_t n, struct buf *out);

struct config_agent {
    const char *name;
    const char *kind; /* "coordinator" or "trainer" */
    uint16_t probe_port;
    const char *roster_key; /* "": none is pinned */
};
void config_of_agent(const struct home *home, const struct federation *f, const struct config_broker *broker,
                     const struct config_agent *agent, struct buf *out);
