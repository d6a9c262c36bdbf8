/*
 * cli -- what every subcommand of himas is and gets.
 *
 * One table (table.c) gives name, arguments, sentence and examples; parsing,
 * help, the man page and shell completion are printed from it.  A subcommand
 * returns an error and says why; main prints it once and turns it into the
 * exit code of err.def.
 */
#pragma once
#include "cli/draw.h"
#include "common/wire/command.h"

enum { CLI_MAX_PAIRS = 64 };

/* The options every subcommand takes. */
struct cli {
    const char *data; /* the federation's folder: --data, HIMAS_DATA, or ./himas-data */
    const char *as;   /* the account to speak as: --as */
    bool json;        /* --json */
    bool help;        /* --help */
    struct look look; /* how standard output may be drawn on */
    bool live;        /* standard output is a terminal */
};

/* One call of a subcommand: checked arguments, and what was given as it was given. */
struct cli_call {
    struct call call;
    struct arg_pair pairs[CLI_MAX_PAIRS]; /* borrow argv */
    size_t npairs;
    size_t argc;
    char **argv; /* all words after the subcommand's name; ends with NULL */
};

typedef enum err cli_run_fn(const struct cli *cli, const struct cli_call *call, struct why *why);

struct subcommand {
    const char *name;            /* a blank between words: "models show" */
    const struct argument *args; /* ends with a NULL name; NULL for none */
    size_t npositional;          /* so many of the first arguments are given without their name */
    bool any;                    /* takes any words and options (ask) */
    const char *doc;             /* one line */
    const char *more;            /* paragraphs for help and man page; NULL */
    const char *examples;        /* lines "command  # meaning" */
    cli_run_fn *run;             /* NULL: the program himas-<name> beside this one is run with the same words */
};

/* The subcommands, and the options of `struct cli`; both end with a NULL name. */
extern const struct subcommand cli_subcommands[];
extern const struct argument cli_options[];

/* The choices of a switch: an argument with these may be given without a value, which then is "yes". */
extern const char *const cli_switch_words[];
#define CLI_SWITCH(name_, doc_)                                                                                        \
    {                                                                                                                  \
        .name = (name_), .kind = ARG_CHOICE, .choices = cli_switch_words, .fallback = "no", .doc = (doc_)              \
    }
bool cli_flag(const struct call *call, const char *name); /* of a switch */
/* The value as a C string in the fixed array; "" when absent, cut when too long (arguments carry their own limits). */
const char *cli_text(const struct call *call, const char *name, char *out, size_t size);

/* main() of himas and of the programs beside it.  only: the single subcommand a program is, with its run; or NULL. */
int cli_main(int argc, char **argv, const char *only, cli_run_fn *run);

/* Of a program that is all subcommands of one first word, the second being its own first: himas-audit. */
int cli_group_main(int argc, char **argv, const char *group, cli_run_fn *fn);

/* Writes to standard output, as it is, or in lines no longer than the reader's.  ERR_IO. */
enum err cli_put(const struct buf *text, struct why *why) MUST_USE;
enum err cli_put_folded(const struct cli *cli, const struct buf *text, struct why *why) MUST_USE;
