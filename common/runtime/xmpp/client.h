/*
 * client -- a person's or a tool's short visit to the broker: ask an agent,
 * talk to it, listen.  Synchronous: every call runs a loop of its own.
 *
 * Same rules as an agent's transport: TLS always, certificate verified.
 */
#pragma once
#include "common/runtime/xmpp/xmpp.h"

struct client;

/* Logs in, at most config->connect_ms; loop, upload and stream_management are not used, an empty resource is made up so
 * that several visits at once do not disturb each other.  ERR_TLS, ERR_AUTH, ERR_NETWORK, ERR_TIMEOUT with the reason
 * in words. */
enum err client_open(const struct xmpp_config *config, struct client **out, struct why *why) MUST_USE;
void client_close(struct client *c); /* says good-bye; blocks up to two seconds; NULL is fine */

/* One command, single stage (XEP-0050).  agent: bare JID (then its XMPP_AGENT_RESOURCE is meant) or full.  *out is a
 * result made by result_init; its code says whether the agent refused.  ERR_ABSENT: no such agent online, or no such
 * command; ERR_ROLE: not for us; ERR_TIMEOUT. */
enum err client_ask(struct client *c, const char *agent, struct str command, const struct arg_pair *pairs, size_t n,
                    uint64_t timeout_ms, struct result *out, struct why *why) MUST_USE;

/* Says something in plain words and appends what the agent says back first. */
enum err client_say(struct client *c, const char *agent, struct str text, uint64_t timeout_ms, struct buf *out,
                    struct why *why) MUST_USE;

/* A schema message to an agent (its JSON); and those that come from it, or from anybody when `from` is NULL. */
enum err client_send_message(struct client *c, const char *to, struct str json) MUST_USE;
typedef void client_message_fn(void *to, const char *from, struct str json);
enum err client_listen(struct client *c, const char *from, client_message_fn *fn, void *to) MUST_USE;
/* Runs for so long, or until client_stop() from a listener.  ERR_NETWORK when the link is down at the end. */
enum err client_run(struct client *c, uint64_t timeout_ms) MUST_USE;
void client_stop(struct client *c);

/* Shows us to somebody (directed presence), so that it knows we are there. */
enum err client_show(struct client *c, const char *to) MUST_USE;
bool client_sees(const struct client *c, const char *jid); /* whether it has shown itself to us */
