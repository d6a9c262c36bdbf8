/*
 * describe -- what an agent's tables say to people: --help, --version,
 * --describe.
 */
#pragma once
#include "common/runtime/agent.h"

enum page { PAGE_NONE, PAGE_HELP, PAGE_VERSION, PAGE_DESCRIBE, PAGE_CHECK };
struct command_line {
    enum page page;
    const char *config;  /* --config FILE, or NULL */
    const char *against; /* --against FILE, for --check, or NULL */
    char **rest;         /* the other arguments, NULL-terminated; points into argv, which is reordered */
};

/* False, with a sentence on standard error, when --config or --against has no file. */
bool describe_command_line(int argc, char **argv, struct command_line *out);

/* All pages but PAGE_CHECK. */
void describe_page(enum page page, const struct agent_def *def, const struct setting *const *tables, struct buf *out);
