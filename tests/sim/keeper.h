/*
 * keeper -- a guardian that keeps the transparency log and permits whatever is asked for; or,
 * by its setting `mood`, one that lies:
 *
 *   honest
 *   mute       never proves that a model is in the log
 *   forks      shows the last hospital another log than the others
 *   shrinks    shows all of them, when a model is to come out, a shorter log than before
 *   misproves  proves another entry than the model's
 *   alarms     revokes the run when it hears of its first round
 *   forked     permits are under a checkpoint of another log, longer than the one that it shows
 *   silent     never shows that a permit's checkpoint goes on from the one that a hospital knows
 *   unproven, other, foreign  permits without proof, with that of another entry, of another log
 */
#pragma once
#include "agents/privacy/tlog_witness.h"

extern const struct agent_def keeper_agent;
extern const char *const keeper_moods[]; /* ends with NULL */

/* Is the log in a keeper's store whole?  ERR_BUG with a sentence. */
enum err keeper_check(struct store *s, struct why *why) MUST_USE;
