/*
 * setup -- makes a federation's folder, or completes one that is there.
 *
 * Keys, accounts, stores, policies and records that exist are kept; what is
 * derived from federation.yaml is written anew.
 */
#pragma once
#include "cli/config.h"
#include "common/runtime/enrol.h"

enum { SETUP_MAX_AGENTS = FEDERATION_MAX_HOSPITALS + 2 };

struct setup_agent {
    char name[FEDERATION_NAME_BYTES];
    const char *kind; /* "coordinator", "trainer", "guardian" */
    uint16_t probe_port;
    struct keys_halves keys;
};
struct setup {
    struct config_broker broker;
    struct setup_agent agents[SETUP_MAX_AGENTS]; /* the coordinator first */
    size_t nagents;
    char roster_key[ENROL_KEY_TEXT_BYTES]; /* of the federation's key, which signs the roster */
};

/* Told of each step when it begins; another answer than OK ends the making there.  May be NULL. */
typedef enum err setup_told_fn(void *to, const char *step, struct why *why);

/* Blocks: runs the broker's tools.  Nothing of the federation may be running. */
enum err setup_make(const struct home *h, const struct federation *f, setup_told_fn *told, void *to, struct setup *out,
                    struct why *why) MUST_USE;
/* What setup_make wrote, read back. */
enum err setup_read(const struct home *h, const struct federation *f, struct setup *out, struct why *why) MUST_USE;

/* Closes the account at the folder's broker, and its sessions; *out_closed is false when the JID is of another broker.
 */
enum err setup_close_account(const struct home *h, const char *jid, bool *out_closed, struct why *why) MUST_USE;
/* An account at the folder's broker; *out_made is false when the JID is of another broker. */
enum err setup_account(const struct home *h, const char *jid, bool *out_made, struct why *why) MUST_USE;
