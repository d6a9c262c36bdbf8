/*
 * check -- `himas-<agent> --check`: what the agent would find wrong, told
 * without starting it.
 *
 * Neither store nor broker is touched, so it may run beside the agent.
 */
#pragma once
#include "common/runtime/agent.h"

/* Appends a line "name CODE sentence" for each of the agent's checks, in their order; CODE is OK or an error's name.
 * Returns the first that failed.  against: a file the checks may compare with (--against), or NULL.  Blocks. */
enum err check_agent(const struct agent_def *def, const struct settings *s, const char *against, struct buf *out)
    MUST_USE;
/* One such line; what is not printable on one line becomes a blank. */
void check_line(const char *name, enum err e, struct str sentence, struct buf *out);

/* Reads a line back; name and sentence borrow it.  ERR_INPUT. */
struct check_row {
    struct str name;
    enum err code;
    struct str sentence;
};
enum err check_parse(struct str line, struct check_row *out) MUST_USE;
