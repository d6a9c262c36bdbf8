#include "cli/help.h"
#include "cli/fold.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_CELLS = 16, OPTION_CELLS = 24, EXAMPLE_CELLS = 46 };
#define WHOLE_MAX 1e12 /* larger ones are read more easily with an exponent */

static bool is_switch(const struct argument *a) { return a->choices == cli_switch_words; }

static void add_upper(struct buf *out, const char *name)
{
    for (; *name; name++) buf_addf(out, "%c", *name == '-' ? '-' : toupper((unsigned char)*name));
}

/* What stands for the argument's value: its choices, or its kind. */
static void add_value(struct buf *out, const struct argument *a)
{
    if (a->kind == ARG_CHOICE) {
        for (size_t i = 0; a->choices[i]; i++) buf_addf(out, "%s%s", i ? "|" : "", a->choices[i]);
    } else if (a->kind == ARG_DATE) {
        buf_add_z(out, "YYYY-MM-DD");
    } else if (a->kind == ARG_TEXT) {
        add_upper(out, a->unit ? a->unit : a->name);
    } else {
        buf_add_z(out, "N");
    }
}

static void add_option(struct buf *out, const struct argument *a)
{
    buf_addf(out, "--%s", a->name);
    if (is_switch(a)) return;
    buf_add_z(out, " ");
    add_value(out, a);
}

void help_synopsis(const struct subcommand *sub, struct buf *out)
{
    buf_addf(out, "himas %s", sub->name);
    if (sub->any) buf_add_z(out, " AGENT COMMAND [VALUE]... [--ARGUMENT VALUE]...");
    size_t i = 0;
    for (const struct argument *a = sub->args; a && a->name; a++, i++) {
        bool optional = a->need == ARG_OPTIONAL;
        buf_add_z(out, optional ? " [" : " ");
        if (i < sub->npositional)
            add_upper(out, a->name);
        else
            add_option(out, a);
        if (optional) buf_add_z(out, "]");
    }
}

static void add_number(struct buf *out, double value)
{
    bool whole = fabs(value) < WHOLE_MAX && value - floor(value) <= 0;
    buf_addf(out, whole ? "%.0f" : "%g", value);
}

void help_range(const struct argument *a, const char *before, struct buf *out)
{
    bool number = a->kind == ARG_COUNT || a->kind == ARG_REAL;
    if (!number || (a->min >= a->max)) return;
    buf_add_z(out, before);
    add_number(out, a->min);
    buf_add_z(out, " to ");
    add_number(out, a->max);
    buf_addf(out, "%s%s", a->unit ? " " : "", a->unit ? a->unit : "");
}

static void add_notes(struct buf *out, const struct argument *a)
{
    size_t before = out->n;
    help_range(a, " (", out);
    if (out->n > before) buf_add_z(out, ")");
    if (a->fallback && *a->fallback && !is_switch(a)) buf_addf(out, " [%s]", a->fallback);
}

static void option_line(const struct look *l, struct buf *out, const struct argument *a, bool positional)
{
    struct buf left = buf_make(400);
    if (positional)
        add_upper(&left, a->name);
    else
        add_option(&left, a);
    buf_add_z(out, "  ");
    if (draw_width(buf_str(&left)) > OPTION_CELLS) {
        buf_add_str(out, buf_str(&left));
        buf_add_z(out, "\n  ");
        buf_clear(&left);
    }
    draw_cell(out, l, buf_str(&left), OPTION_CELLS, ALIGN_LEFT);
    buf_addf(out, "  %s", a->doc);
    add_notes(out, a);
    buf_add_z(out, "\n");
    buf_free(&left);
}

static void option_lines(const struct look *l, struct buf *out, const struct argument *args, size_t npositional)
{
    size_t i = 0;
    for (const struct argument *a = args; a && a->name; a++, i++) option_line(l, out, a, i < npositional);
}

/* "command  # meaning" lines, the meanings under each other. */
static void example_lines(const struct look *l, struct buf *out, const char *examples)
{
    struct str rest = str_of(examples);
    while (rest.n) {
        struct str line = str_next(&rest, '\n');
        struct str command = str_trim(str_next(&line, '#'));
        buf_add_z(out, "  ");
        if (draw_width(command) < EXAMPLE_CELLS)
            draw_cell(out, l, command, EXAMPLE_CELLS, ALIGN_LEFT);
        else
            buf_add_str(out, command);
        buf_add_z(out, "  ");
        draw_ink(out, l, INK_DIM, STR_F, STR_ARG(str_trim(line)));
        buf_add_z(out, "\n");
    }
}

void help_subcommand(const struct subcommand *sub, const struct look *l, struct buf *out)
{
    draw_ink(out, l, INK_BOLD, "himas %s", sub->name);
    buf_addf(out, ": %s\n\n  ", sub->doc);
    help_synopsis(sub, out);
    buf_add_z(out, "\n");
    if (sub->more) {
        buf_add_z(out, "\n");
        fold_paragraph(str_of(sub->more), l->fold, out);
        buf_add_z(out, "\n");
    }
    if (sub->args) buf_add_z(out, "\n");
    option_lines(l, out, sub->args, sub->npositional);
    buf_add_z(out, "\nEverywhere\n");
    option_lines(l, out, cli_options, 0);
    if (!sub->examples) return;
    buf_add_z(out, "\nExamples\n");
    example_lines(l, out, sub->examples);
}

static bool begins_with_word(const char *name, struct str word)
{
    struct str rest = str_of(name);
    return str_eq(str_next(&rest, ' '), word);
}

size_t help_group(const struct subcommand *table, const struct look *l, struct str word, struct buf *out)
{
    size_t n = 0;
    for (const struct subcommand *s = table; s->name; s++) {
        if (!begins_with_word(s->name, word)) continue;
        if (n++) buf_add_z(out, "\n");
        help_subcommand(s, l, out);
    }
    return n;
}

void help_overview(const struct subcommand *table, const struct look *l, struct buf *out)
{
    draw_ink(out, l, INK_BOLD, "himas");
    buf_add_z(out, ": hospitals learn together, and every record stays at its hospital\n\n");
    for (const struct subcommand *s = table; s->name; s++) {
        buf_add_z(out, "  ");
        draw_cell(out, l, str_of(s->name), NAME_CELLS, ALIGN_LEFT);
        buf_addf(out, "%s\n", s->doc);
    }
    buf_add_z(out, "\nEverywhere\n");
    option_lines(l, out, cli_options, 0);
    buf_add_z(out, "\nThe first steps\n");
    example_lines(l, out,
                  "himas up  # a private broker, a coordinator and three hospitals\n"
                  "himas start breast-cancer --watch  # a model learned by all of them, seen live\n"
                  "himas down  # everything ends; the folder stays\n");
    buf_add_z(out, "\n`himas help NAME` explains one of them, with examples.\n");
}
