/*
 * help -- the table in the forms people and shells read it.
 */
#pragma once
#include "cli/cli.h"

void help_overview(const struct subcommand *table, const struct look *l, struct buf *out);
void help_subcommand(const struct subcommand *sub, const struct look *l, struct buf *out);
void help_synopsis(const struct subcommand *sub, struct buf *out); /* "himas start TASK [--rounds N] [--watch]" */
/* "before" and "1 to 1000000 rounds" for a number with a range; nothing for anything else. */
void help_range(const struct argument *a, const char *before, struct buf *out);
/* All subcommands of a first word: "models" explains three.  How many there are. */
size_t help_group(const struct subcommand *table, const struct look *l, struct str word, struct buf *out);
void help_man(const struct subcommand *table, struct buf *out); /* troff, section 1 */
/* shell: "bash", "zsh" or "fish". */
void help_completion(const struct subcommand *table, struct str shell, struct buf *out);
