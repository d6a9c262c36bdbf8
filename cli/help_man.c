#include "cli/help.h"
#include <ctype.h>

/* man(7): a backslash and a leading dot or quote mean something; a minus is \-. */
static void troff(struct buf *out, struct str text)
{
    bool line_start = true;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (line_start && (c == '.' || c == '\'')) buf_add_z(out, "\\&");
        if (c == '\\')
            buf_add_z(out, "\\e");
        else if (c == '-')
            buf_add_z(out, "\\-");
        else
            buf_add(out, &c, 1);
        line_start = c == '\n';
    }
}

static void man_option(struct buf *out, const struct argument *a, bool positional)
{
    buf_add_z(out, ".TP\n.B ");
    if (!positional) buf_add_z(out, "\\-\\-");
    for (const char *p = a->name; *p; p++) buf_addf(out, "%c", positional ? toupper((unsigned char)*p) : *p);
    buf_add_z(out, "\n");
    troff(out, str_of(a->doc));
    help_range(a, "; ", out);
    if (a->fallback && *a->fallback && a->choices != cli_switch_words) {
        buf_add_z(out, "; otherwise ");
        troff(out, str_of(a->fallback));
    }
    buf_add_z(out, ".\n");
}

static void man_options(struct buf *out, const struct argument *args, size_t npositional)
{
    size_t i = 0;
    for (const struct argument *a = args; a && a->name; a++, i++) man_option(out, a, i < npositional);
}

static void man_examples(struct buf *out, const char *examples)
{
    struct str rest = str_of(examples);
    while (rest.n) {
        struct str line = str_next(&rest, '\n');
        struct str command = str_trim(str_next(&line, '#'));
        buf_add_z(out, ".TP\n.I ");
        troff(out, command);
        buf_add_z(out, "\n");
        troff(out, str_trim(line));
        buf_add_z(out, ".\n");
    }
}

static void man_subcommand(struct buf *out, const struct subcommand *s)
{
    struct buf synopsis = buf_make(2000);
    help_synopsis(s, &synopsis);
    buf_add_z(out, ".SS ");
    troff(out, buf_str(&synopsis));
    buf_add_z(out, "\n");
    troff(out, str_of(s->doc));
    buf_add_z(out, ".\n");
    if (s->more) {
        buf_add_z(out, ".PP\n");
        troff(out, str_of(s->more));
        buf_add_z(out, "\n");
    }
    man_options(out, s->args, s->npositional);
    if (s->examples) man_examples(out, s->examples);
    buf_free(&synopsis);
}

static void man_exit_codes(struct buf *out)
{
    buf_add_z(out, ".SH EXIT STATUS\n.TP\n.B 0\nall went well.\n");
    for (unsigned i = 1; i < ERR_COUNT; i++) {
        buf_addf(out, ".TP\n.B %d\n", err_exit_code((enum err)i));
        troff(out, str_of(err_text((enum err)i)));
        buf_add_z(out, ": ");
        troff(out, str_of(err_remedy((enum err)i)));
        buf_add_z(out, ".\n");
    }
}

void help_man(const struct subcommand *table, struct buf *out)
{
    buf_add_z(out, ".TH HIMAS 1 \"\" \"himas " HIMAS_VERSION "\" \"User commands\"\n"
                   ".SH NAME\nhimas \\- hospitals learn together, and every record stays at its hospital\n"
                   ".SH SYNOPSIS\n.B himas\n.I subcommand\n[\\fIarguments\\fR]\n"
                   ".SH OPTIONS\nThese are understood everywhere.\n");
    man_options(out, cli_options, 0);
    buf_add_z(out, ".SH SUBCOMMANDS\n");
    for (const struct subcommand *s = table; s->name; s++) man_subcommand(out, s);
    buf_add_z(out, ".SH ENVIRONMENT\n"
                   ".TP\n.B HIMAS_DATA\nthe federation's folder, when \\-\\-data does not say it.\n"
                   ".TP\n.B NO_COLOR\nwhen set, output has no colours.\n");
    man_exit_codes(out);
}
