/*
 * command -- what a person may ask of an agent, defined once.
 *
 * One row is there as a chat message in plain words, as "/name arg=value", as
 * an XEP-0050 ad-hoc command with an XEP-0004 form, as `himas ask`, and
 * through the gateway.  Help, completion and forms are printed from the table.
 */
#pragma once
#include "common/base/arena.h"
#include "common/wire/role.h"

struct agent;
struct result;
struct call;

enum { COMMAND_MAX_ARGS = 12, COMMAND_MAX_TEXT = 2000 };
enum arg_kind { ARG_TEXT, ARG_COUNT, ARG_REAL, ARG_CHOICE, ARG_DATE }; /* ARG_DATE: YYYY-MM-DD */
enum arg_need { ARG_OPTIONAL, ARG_REQUIRED };

struct argument {
    const char *name; /* lower case, no spaces */
    enum arg_kind kind;
    enum arg_need need;
    double min; /* numbers: range; text: length in bytes */
    double max;
    const char *unit;           /* NULL or for example "rounds" */
    const char *const *choices; /* ARG_CHOICE: NULL-terminated */
    const char *fallback;       /* value when absent; NULL for none */
    const char *doc;
};

/* Answers a call: fills *out, or returns an error and may say why through result_say().  Runs in the agent's
 * transaction; never blocks.  ERR_PEER- and ERR_LIMIT-class errors must come before any change of state. */
typedef enum err command_run_fn(struct agent *agent, void *self, const struct call *call, struct result *out);

struct command {
    const char *name;            /* lower case; a blank between words: "runs show" */
    unsigned roles;              /* who may */
    const struct argument *args; /* ends with a NULL name; NULL for none; the first ones may be given by position */
    const char *doc;
    const char *phrases; /* plain words that mean it, separated by '|': "how is it going|start {task}"; NULL */
    command_run_fn *run;
};

/* One call, checked: every required argument is there and inside its range. */
struct call {
    const struct command *command;
    const char *from;                    /* authenticated bare JID; borrowed */
    unsigned from_role;                  /* from the roster */
    struct str values[COMMAND_MAX_ARGS]; /* as given, or the fallback; p is NULL when absent */
    uint64_t id;                         /* of the caller's question, for agent_answer() */
};
bool call_has(const struct call *c, const char *arg);
struct str call_text(const struct call *c, const char *arg); /* empty when absent */
uint64_t call_u64(const struct call *c, const char *arg);    /* 0 when absent */
double call_f64(const struct call *c, const char *arg);      /* 0 when absent */

struct arg_pair {
    struct str name; /* empty: the first argument still absent; "2": the second argument */
    struct str value;
};
/* Checks pairs against the command's arguments; sets c's command and values and nothing else.  An empty value counts as
 * absent.  Choices and fallbacks point into the table, other values into the pairs.  ERR_INPUT with a sentence that
 * names argument, range and unit. */
enum err call_fill(struct call *c, const struct command *command, const struct arg_pair *pairs, size_t n,
                   struct why *why) MUST_USE;

/* Reads a chat line: "/status", "start breast-cancer", "how is it going", "start task=breast-cancer rounds=3", "please
 * show me the status".  After "/" the words are taken as they are; otherwise polite and filler words and punctuation at
 * the end are passed over, and {arg} in a phrase stands for one word, or at its end, when the argument is text, for the
 * rest of the line.  The built-in words help and commands are the caller's.  *out borrows line; its command and values
 * are set, nothing else.  ERR_INPUT with "did you mean ..." when nothing fits. */
enum err chat_parse(struct str line, const struct command *commands, struct call *out, struct why *why) MUST_USE;

/* Whether a name was meant: case, and which of blank, hyphen and underscore is used, make no difference. */
bool command_name_is(struct str said, const char *name);
const struct command *command_find(const struct command *commands, struct str name); /* NULL when absent */
/* Appends the list of commands that the role may run, or one command's full help when name is not empty. */
struct buf;
void command_help(const struct command *commands, unsigned role, struct str name, struct buf *out);
