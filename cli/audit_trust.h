/*
 * audit_trust -- whose signatures a log is checked against.
 *
 * --key names the log's own key alone; else the roster does, the one named or
 * the folder's, which --roster_key checks.
 */
#pragma once
#include "cli/cli.h"
#include "common/runtime/roster_log.h"

struct audit_trust {
    struct logbook_trust trust;
    struct roster_log roster; /* owned; trust looks into it */
};

/* ERR_USAGE, ERR_ABSENT, ERR_CRYPTO, ERR_SETTING with a sentence; file_read's errors. */
enum err audit_trust_find(const struct cli *cli, const struct call *call, struct audit_trust *out, struct why *why)
    MUST_USE;
void audit_trust_free(struct audit_trust *t); /* for CLEANUP() */
