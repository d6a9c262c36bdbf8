/*
 * visit -- a short visit to the federation's broker, as one of its people.
 */
#pragma once
#include "cli/cli.h"
#include "cli/home.h"
#include "common/runtime/xmpp/client.h"

enum { VISIT_ASK_MS = 20000, VISIT_JID_BYTES = 256 };

struct visit {
    struct home home;
    char domain[128];
    struct client *client;
};

/* Logs in as cli->as.  ERR_ABSENT: no federation in the folder; ERR_NETWORK: it is not running; both say what to do. */
enum err visit_open(const struct cli *cli, struct visit *out, struct why *why) MUST_USE;
void visit_close(struct visit *v); /* for CLEANUP() */

/* "hospital-a" to "hospital-a@himas.local"; a JID stays one. */
const char *visit_jid(const struct visit *v, const char *name, char out[VISIT_JID_BYTES]);

/* Asks; *out is then owned, and its code says whether the agent refused.  ERR_ABSENT: no such agent or command. */
enum err visit_call(const struct visit *v, const char *agent, struct str command, const struct arg_pair *pairs,
                    size_t n, struct result *out, struct why *why) MUST_USE;
/* The same, a refusal becoming an error of ours with its code and sentence. */
enum err visit_ask(const struct visit *v, const char *agent, struct str command, const struct arg_pair *pairs, size_t n,
                   struct result *out, struct why *why) MUST_USE;
/* Asks and prints. */
enum err visit_print(const struct cli *cli, const struct visit *v, const char *agent, struct str command,
                     const struct arg_pair *pairs, size_t n, struct why *why) MUST_USE;
/* A refusal as an error, or OK. */
enum err visit_refusal(const struct result *r, struct why *why) MUST_USE;
enum err visit_put(const struct cli *cli, const struct result *r, struct why *why) MUST_USE;
