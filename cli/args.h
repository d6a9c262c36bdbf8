/*
 * args -- words of a command line, by the table of arguments.
 */
#pragma once
#include "cli/cli.h"

/* The subcommand whose name is the longest run of the first words; *out_words is how many.  ERR_USAGE with "did you
 * mean" when there is none. */
enum err args_find(const struct subcommand *table, size_t argc, char *const *argv, const struct subcommand **out,
                   size_t *out_words, struct why *why) MUST_USE;

/* No subcommand by itself, but the first word of some. */
bool args_is_group(const struct subcommand *table, const char *word);

/* Takes the options of every subcommand that stand before its name; *out_used words.  ERR_USAGE. */
enum err args_leading(size_t argc, char **argv, struct cli *cli, size_t *out_used, struct why *why) MUST_USE;

/* Sorts argv into the options of every subcommand (into *cli) and pairs; a word without a name is a pair without one.
 * --name value, --name=value, a bare switch, and -- before words that begin with a dash.  ERR_USAGE. */
enum err args_split(const struct subcommand *sub, size_t argc, char **argv, struct cli *cli, struct cli_call *out,
                    struct why *why) MUST_USE;

/* Checks the pairs against the subcommand's table and fills out->call.  ERR_USAGE with the argument's name and range.
 * command is the storage out->call points to. */
enum err args_check(const struct subcommand *sub, struct command *command, struct cli_call *out, struct why *why)
    MUST_USE;
