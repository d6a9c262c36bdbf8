/*
 * privacy_audit -- himas privacy audit: by the hospital's trainer, or here on
 * files.
 */
#pragma once
#include "cli/cli.h"
#include "common/wire/result.h"

/* r is made anew.  ERR_USAGE when neither an agent nor files are named; the agent's refusal; the files' errors. */
enum err privacy_audit(const struct cli *cli, const struct call *call, struct result *r, struct why *why) MUST_USE;
