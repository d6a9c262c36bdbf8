#include "cli/help.h"

/* Names of one and two words make a tree: each prefix offers its next words. */
static bool first_of_group(const struct subcommand *table, const struct subcommand *s)
{
    struct str name = str_of(s->name);
    struct str group = str_next(&name, ' ');
    for (const struct subcommand *t = table; t != s; t++) {
        struct str other = str_of(t->name);
        if (str_eq(str_next(&other, ' '), group)) return false;
    }
    return true;
}

static struct str group_of(const struct subcommand *s)
{
    struct str name = str_of(s->name);
    return str_next(&name, ' ');
}

static bool is_group(const struct subcommand *s) { return group_of(s).n < str_of(s->name).n; }

static void groups(const struct subcommand *table, struct buf *out)
{
    for (const struct subcommand *s = table; s->name; s++)
        if (first_of_group(table, s)) buf_addf(out, "%s" STR_F, s == table ? "" : " ", STR_ARG(group_of(s)));
}

static void members(const struct subcommand *table, struct str group, struct buf *out)
{
    for (const struct subcommand *s = table; s->name; s++)
        if (is_group(s) && str_eq(group_of(s), group)) buf_addf(out, " %s", s->name + group.n + 1);
}

static void option_words(const struct argument *args, struct buf *out)
{
    for (const struct argument *a = args; a && a->name; a++) buf_addf(out, " --%s", a->name);
}

static void bash_cases(const struct subcommand *table, struct buf *out)
{
    for (const struct subcommand *s = table; s->name; s++) {
        if (is_group(s) && first_of_group(table, s)) {
            buf_addf(out, "    '" STR_F "') words='", STR_ARG(group_of(s)));
            members(table, group_of(s), out);
            buf_add_z(out, "' ;;\n");
        }
        buf_addf(out, "    '%s'|'%s '*) words='", s->name, s->name);
        option_words(s->args, out);
        option_words(cli_options, out);
        buf_add_z(out, "' ;;\n");
    }
}

static void bash(const struct subcommand *table, struct buf *out)
{
    buf_add_z(out, "# bash completion for himas: source <(himas completion bash)\n"
                   "_himas() {\n"
                   "    local current=${COMP_WORDS[COMP_CWORD]} before=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" words=\n"
                   "    case $before in\n"
                   "    '') words='");
    groups(table, out);
    buf_add_z(out, "' ;;\n");
    bash_cases(table, out);
    buf_add_z(out, "    esac\n"
                   "    [[ ${COMP_WORDS[COMP_CWORD-1]} == --@(data|config|records|svg|task) ]] && words=\n"
                   "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                   "}\n"
                   "complete -o default -F _himas himas\n");
}

/* In single quotes a quote is written '\''. */
static void quoted(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_add_z(out, "'\\''");
        else
            buf_add(out, text, 1);
    }
}

static void zsh(const struct subcommand *table, struct buf *out)
{
    buf_add_z(out, "#compdef himas\n"
                   "# zsh completion for himas: source <(himas completion zsh)\n"
                   "_himas() {\n"
                   "    local before=\"${words[2,CURRENT-1]}\"\n"
                   "    local -a found\n"
                   "    case $before in\n"
                   "    '') compadd -- ");
    groups(table, out);
    buf_add_z(out, " ;;\n");
    for (const struct subcommand *s = table; s->name; s++) {
        if (is_group(s) && first_of_group(table, s)) {
            buf_addf(out, "    '" STR_F "') compadd --", STR_ARG(group_of(s)));
            members(table, group_of(s), out);
            buf_add_z(out, " ;;\n");
        }
        buf_addf(out, "    '%s'|'%s '*)\n        found=(", s->name, s->name);
        for (const struct argument *a = s->args; a && a->name; a++) {
            buf_addf(out, "'--%s:", a->name);
            quoted(out, a->doc);
            buf_add_z(out, "' ");
        }
        option_words(cli_options, out);
        buf_add_z(out, ")\n        _describe option found; _files ;;\n");
    }
    buf_add_z(out, "    esac\n}\ncompdef _himas himas\n");
}

static void fish_option(const struct subcommand *s, const struct argument *a, struct buf *out)
{
    buf_add_z(out, "complete -c himas -n '");
    struct str rest = str_of(s->name);
    for (bool first = true; rest.n; first = false) {
        struct str word = str_next(&rest, ' ');
        buf_addf(out, "%s__fish_seen_subcommand_from " STR_F, first ? "" : "; and ", STR_ARG(word));
    }
    buf_addf(out, "' -l %s", a->name);
    if (a->choices != cli_switch_words) buf_add_z(out, " -r");
    if (a->kind == ARG_CHOICE && a->choices != cli_switch_words) {
        buf_add_z(out, " -a '");
        for (size_t i = 0; a->choices[i]; i++) buf_addf(out, "%s%s", i ? " " : "", a->choices[i]);
        buf_add_z(out, "'");
    }
    buf_add_z(out, " -d '");
    quoted(out, a->doc);
    buf_add_z(out, "'\n");
}

static void fish(const struct subcommand *table, struct buf *out)
{
    buf_add_z(out, "# fish completion for himas: himas completion fish | source\n");
    for (const struct subcommand *s = table; s->name; s++) {
        if (first_of_group(table, s)) {
            buf_addf(out, "complete -c himas -f -n __fish_use_subcommand -a " STR_F " -d '", STR_ARG(group_of(s)));
            quoted(out, s->doc);
            buf_add_z(out, "'\n");
        }
        if (is_group(s))
            buf_addf(out, "complete -c himas -f -n '__fish_seen_subcommand_from " STR_F "' -a %s\n",
                     STR_ARG(group_of(s)), s->name + group_of(s).n + 1);
        for (const struct argument *a = s->args; a && a->name; a++) fish_option(s, a, out);
        for (const struct argument *a = cli_options; a->name; a++) fish_option(s, a, out);
    }
}

void help_completion(const struct subcommand *table, struct str shell, struct buf *out)
{
    if (str_is(shell, "bash")) bash(table, out);
    if (str_is(shell, "zsh")) zsh(table, out);
    if (str_is(shell, "fish")) fish(table, out);
}
