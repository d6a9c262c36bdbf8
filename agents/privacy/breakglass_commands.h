/*
 * breakglass_commands -- break-glass as people say it, for whatever agent keeps
 * the book (breakglass.h): its own command rows call these with its book.
 *
 *   { "break-glass ask",     ROLE_OFFICER, breakglass_ask_args,    ... }
 *   { "break-glass confirm", ROLE_OFFICER, breakglass_case_args,   ... }
 *   { "break-glass end",     ROLE_OFFICER, breakglass_case_args,   ... }
 *   { "break-glass review",  ROLE_OFFICER, breakglass_review_args, ... }
 *
 * Who says it must be an officer: that is the row's role.  Each act is kept in
 * the store of the agent, and logged as an error so that it is seen.
 */
#pragma once
#include "agents/privacy/breakglass.h"
#include "common/runtime/agent.h"

/* From the store; in the agent's init.  A book that cannot be read is no failure: everything is then closed. */
enum err breakglass_restore(struct breakglass *b, struct agent *a) MUST_USE;

typedef enum err breakglass_say_fn(struct breakglass *b, struct agent *a, const struct call *c, struct result *out);
breakglass_say_fn breakglass_say_ask, breakglass_say_confirm, breakglass_say_end;
breakglass_say_fn breakglass_say_review; /* without a case: the list of all, those that wait for a review first */

extern const struct argument breakglass_ask_args[], breakglass_case_args[], breakglass_review_args[];
