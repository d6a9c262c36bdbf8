/*
 * himas-docs -- prints the pages of docs/ that are made from tables.
 *
 *   himas-docs protocol | commands | errors | round | error NAME
 *
 * A composition: the agents' commands and the coordinator's state machine are
 * theirs.  tools/generated.txt says which page goes where.
 */
#include "agents/coordinator/round.h"
#include "cli/help.h"
#include "common/runtime/agent.h"
#include "common/wire/codec.h"
#include <stdio.h>
#include <string.h>

extern const struct agent_def coordinator_agent;
extern const struct agent_def guardian_agent;
extern const struct agent_def trainer_agent;

enum { PAGE_MAX_BYTES = 1 << 20 };

/* ---- commands ---- */

static void value_words(const struct argument *a, struct buf *out)
{
    static const char *const kinds[] = { "text", "whole number", "number", "one of", "date YYYY-MM-DD" };
    buf_add_z(out, kinds[a->kind]);
    for (size_t i = 0; a->kind == ARG_CHOICE && a->choices[i]; i++) buf_addf(out, "%s %s", i ? "," : "", a->choices[i]);
    help_range(a, ", ", out);
    if (a->fallback && *a->fallback && a->choices != cli_switch_words) buf_addf(out, "; otherwise %s", a->fallback);
}

static void argument_lines(const struct argument *args, const char *dashes, struct buf *out)
{
    for (const struct argument *a = args; a && a->name; a++) {
        buf_addf(out, "- `%s%s`%s: %s", dashes, a->name, a->need == ARG_REQUIRED ? " (needed)" : "", a->doc);
        if (a->choices != cli_switch_words) {
            buf_add_z(out, " (");
            value_words(a, out);
            buf_add_z(out, ")");
        }
        buf_add_z(out, "\n");
    }
    if (args && args->name) buf_add_z(out, "\n");
}

static void phrases(const struct command *c, struct buf *out)
{
    struct str rest = str_of(c->phrases);
    if (!rest.n) return;
    buf_add_z(out, "In plain words:");
    for (bool first = true; rest.n; first = false) {
        struct str phrase = str_next(&rest, '|');
        buf_addf(out, "%s \"" STR_F "\"", first ? "" : ",", STR_ARG(phrase));
    }
    buf_add_z(out, ".\n\n");
}

static void agent_section(const struct agent_def *def, struct buf *out)
{
    char roles[200];
    buf_addf(out, "## %s\n\nIt %s.\n\n", def->name, def->doc);
    for (const struct command *c = def->commands; c && c->name; c++) {
        buf_addf(out, "### %s: %s\n\n%s\n\nFor: %s.\n\n", def->name, c->name, c->doc,
                 role_list(c->roles, roles, sizeof roles));
        argument_lines(c->args, "", out);
        phrases(c, out);
    }
}

static void subcommand_section(const struct subcommand *s, struct buf *out)
{
    buf_addf(out, "### himas %s\n\n%s\n\n    ", s->name, s->doc);
    help_synopsis(s, out);
    buf_add_z(out, "\n\n");
    if (s->more) buf_addf(out, "%s\n\n", s->more);
    argument_lines(s->args, "--", out);
    if (!s->examples) return;
    struct str rest = str_of(s->examples);
    while (rest.n) {
        struct str line = str_next(&rest, '\n');
        buf_addf(out, "    " STR_F "\n", STR_ARG(line));
    }
    buf_add_z(out, "\n");
}

static void print_commands(struct buf *out)
{
    static const struct agent_def *const agents[] = { &coordinator_agent, &trainer_agent, &guardian_agent };
    buf_add_z(out, "# Commands\n\n"
                   "Printed by `himas-docs commands` from the tables of the command line and of the agents.\n\n"
                   "An agent's command is there in several forms: in a chat, in plain words or as `/name value` or\n"
                   "`/name argument=value`; in any XMPP client as an ad-hoc command with a form (XEP-0050); and as\n"
                   "`himas ask AGENT name --argument value`. The roster says who has which role.\n\n");
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++) agent_section(agents[i], out);
    buf_add_z(out, "## The command line\n\nUnderstood everywhere:\n\n");
    argument_lines(cli_options, "--", out);
    for (const struct subcommand *s = cli_subcommands; s->name; s++) subcommand_section(s, out);
}

/* ---- errors ---- */

static const struct {
    const char *name, *reaction;
} classes[] = {
    [ERR_CLASS_NONE] = { "", "" },
    [ERR_CLASS_CONFIG] = { "config", "The process refuses to start, and is not started again by itself." },
    [ERR_CLASS_PEER] = { "peer", "The message or request is dropped, the sender is told, and it is counted. The "
                                 "process goes on." },
    [ERR_CLASS_ENV] = { "environment", "The process backs off and tries again, for ever; its `/readyz` says why." },
    [ERR_CLASS_LIMIT] = { "limit", "This one request is refused, with the reason. The process goes on." },
    [ERR_CLASS_BUG] = { "bug", "The process ends at once. Its state is as of the last event, and the next start goes "
                               "on from there." },
};

/* A script sees only the exit code. */
static void others_with(enum err e, struct buf *out)
{
    const char *before = " It is also that of ";
    for (int i = 1; i < ERR_COUNT; i++) {
        enum err other = (enum err)i;
        if (other == e || err_exit_code(other) != err_exit_code(e)) continue;
        buf_addf(out, "%s[%s](%s.md)", before, err_name(other), err_name(other));
        before = ", ";
    }
    if (strcmp(before, ", ") == 0) buf_add_z(out, ".");
}

static void print_error(enum err e, struct buf *out)
{
    buf_addf(out, "# %s\n\nPrinted by `himas-docs error %s` from `common/base/err.def`.\n\n", err_name(e), err_name(e));
    buf_addf(out, "**What happened:** %s.\n\n**What to do:** %s.\n\n", err_text(e), err_remedy(e));
    buf_addf(out, "**What the process does** (class *%s*): %s\n\n", classes[err_class(e)].name,
             classes[err_class(e)].reaction);
    buf_addf(out, "**Exit code:** %d, where the error ends a process or a command.", err_exit_code(e));
    others_with(e, out);
    buf_add_z(out,
              "\n\nThe sentence that comes with it names the file, line, peer or limit. `himas doctor` looks for the\n"
              "cause around an agent and says what to do; [all errors](../ERRORS.md).\n");
}

static void print_one_error(const char *name, struct buf *out)
{
    for (int i = 1; i < ERR_COUNT; i++)
        if (strcmp(name, err_name((enum err)i)) == 0) print_error((enum err)i, out);
}

static void print_errors(struct buf *out)
{
    buf_add_z(out,
              "# Errors and exit codes\n\n"
              "Printed by `himas-docs errors` from `common/base/err.def`. The class says what a process does:\n"
              "*config* refuses to start; *peer* drops the message and answers `error`; *environment* backs off and\n"
              "tries again; *limit* refuses this request and says why; *bug* aborts.\n\n"
              "| name | class | exit code | what happened | what to do |\n|---|---|---|---|---|\n");
    for (int i = 1; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        buf_addf(out, "| [`%s`](errors/%s.md) | %s | %d | %s | %s |\n", err_name(e), err_name(e),
                 classes[err_class(e)].name, err_exit_code(e), err_text(e), err_remedy(e));
    }
}

static void print_round(struct buf *out) { fsm_print_dot(round_fsm(), out); }

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(struct buf *out);
    } pages[] = { { "protocol", msg_print_protocol },
                  { "commands", print_commands },
                  { "errors", print_errors },
                  { "round", print_round } };
    struct buf page = buf_make(PAGE_MAX_BYTES);
    for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof *pages; i++)
        if (strcmp(argv[1], pages[i].name) == 0) pages[i].print(&page);
    if (argc == 3 && strcmp(argv[1], "error") == 0) print_one_error(argv[2], &page);
    if (page.n == 0) (void)fprintf(stderr, "usage: himas-docs protocol|commands|errors|round|error NAME\n");
    bool good = page.n != 0 && cli_put(&page, NULL) == OK;
    buf_free(&page);
    return good ? 0 : err_exit_code(ERR_USAGE);
}
