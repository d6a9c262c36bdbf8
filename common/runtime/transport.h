/*
 * transport -- what carries an agent's words, behind one interface.
 *
 * Two of them: xmpp (libstrophe on libuv) and sim (in-process, virtual time,
 * seeded faults).  The agent core (core.h) keeps everything that must not be
 * lost; a transport may lose, repeat and reorder.
 */
#pragma once
#include "common/runtime/agent.h"

enum packet_kind { PACKET_MESSAGE, PACKET_CHAT };
struct packet {
    enum packet_kind kind;
    const char *peer;         /* bare JID: receiver going out, authenticated sender coming in */
    struct str body;          /* MESSAGE: the schema's JSON; CHAT: text */
    const char *performative; /* MESSAGE, going out: SPADE metadata; the ontology is always "himas" */
    const char *thread;       /* MESSAGE, going out: the run, or "" */
};

/* A transport: the agent core calls these.  None blocks. */
struct transport {
    void *self;
    /* ERR_NETWORK when the link is down (the core keeps the message and tries again when it is up). */
    enum err (*send)(void *self, const struct packet *p);
    enum err (*show)(void *self, const char *to, bool online);            /* directed presence */
    void (*answer)(void *self, uint64_t call_id, const struct result *r); /* of core_on_invoke */
    /* Out-of-band chunks, content-addressed by SHA-256 of the sealed bytes.  Completion comes as core_on_stored /
     * core_on_fetched with the same token.  `data` is copied or sent before return. */
    enum err (*store)(void *self, uint64_t token, const char *sha256, struct bytes data);
    enum err (*fetch)(void *self, uint64_t token, struct str url, uint64_t bytes);
};

/* What an agent stands on: the operating system's clock, dice and worker threads, or the simulation's. */
struct host {
    void *self;
    uint64_t (*mono_ms)(void *self);
    int64_t (*wall_ms)(void *self);
    enum err (*random)(void *self, void *out, size_t n);
    enum err (*timer)(void *self, uint64_t delay_ms, uint64_t token); /* then core_on_timer(core, token), once */
    enum err (*offload)(void *self, const struct agent_job *job,
                        uint64_t token); /* run, then core_on_job(core, token) */
};
