#include "common/base/text.h"
#include "common/wire/command.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { USAGE_BYTES = 160, LIST_MAX_WIDTH = 40, ROLES_BYTES = 256 };

static bool may(const struct command *c, unsigned role) { return (c->roles & role) != 0; }

/* An argument's place in a usage line: TASK. */
static void add_upper(struct buf *out, const char *name)
{
    for (; *name; name++) {
        char c = (char)toupper((unsigned char)*name);
        buf_add(out, &c, 1);
    }
}

static void add_usage(const struct command *c, struct buf *out)
{
    buf_add_z(out, c->name);
    for (const struct argument *a = c->args; a && a->name; a++) {
        bool required = a->need == ARG_REQUIRED && a->fallback == NULL;
        buf_add_z(out, required ? " " : " [");
        add_upper(out, a->name);
        buf_add_z(out, required ? "" : "]");
    }
}

static size_t usage_width(const struct command *c)
{
    struct buf usage CLEANUP(buf_free) = buf_make(SIZE_MAX - 1);
    add_usage(c, &usage);
    return usage.n;
}

static size_t list_width(const struct command *commands, unsigned role)
{
    size_t widest = 0;
    for (const struct command *c = commands; c && c->name; c++) {
        size_t width = usage_width(c);
        if (may(c, role) && width > widest && width <= LIST_MAX_WIDTH) widest = width;
    }
    return widest;
}

static struct str first_word(const struct command *c)
{
    struct str rest = str_of(c->name);
    return str_next(&rest, ' ');
}

static bool same_group(const struct command *a, const struct command *b)
{
    return str_eq(first_word(a), first_word(b));
}

/* Whether a blank line sets c off from the one above: one of the two belongs to a group the other does not. */
static bool sets_off(const struct command *above, const struct command *c, const struct command *below)
{
    if (above == NULL || same_group(above, c)) return false;
    return (below && same_group(c, below)) || strchr(above->name, ' ') != NULL;
}

static const struct command *next_for(const struct command *c, unsigned role)
{
    while (c && c->name && !may(c, role)) c++;
    return c && c->name ? c : NULL;
}

static void print_list(const struct command *commands, unsigned role, struct buf *out)
{
    size_t width = list_width(commands, role);
    const struct command *above = NULL;
    const struct command *c = next_for(commands, role);
    const struct command *first = c;
    if (c == NULL) {
        buf_add_z(out, "There is no command your role may use.\n");
        return;
    }
    while (c) {
        const struct command *below = next_for(c + 1, role);
        size_t used = usage_width(c);
        if (sets_off(above, c, below)) buf_add_z(out, "\n");
        add_usage(c, out);
        buf_addf(out, "%*s  %s\n", used < width ? (int)(width - used) : 0, "", c->doc);
        above = c;
        c = below;
    }
    buf_addf(out, "\nSay `help NAME` for more about one of them, for example `help %s`.\n", first->name);
}

static void add_range(const struct argument *a, struct buf *out)
{
    const char *unit = a->unit ? a->unit : "";
    const char *blank = a->unit ? " " : "";
    bool bounded = a->min != 0 || a->max != 0;
    if (a->kind == ARG_CHOICE) {
        for (const char *const *choice = a->choices; *choice; choice++)
            buf_addf(out, "%s%s", choice == a->choices ? "" : ", ", *choice);
        return;
    }
    static const char *const kinds[] = {
        [ARG_TEXT] = "text", [ARG_COUNT] = "a whole number", [ARG_REAL] = "a number", [ARG_DATE] = "a date, YYYY-MM-DD"
    };
    buf_add_z(out, kinds[a->kind]);
    if (bounded && a->kind == ARG_TEXT) buf_addf(out, ", %.0f to %.0f bytes", a->min, a->max);
    if (bounded && a->kind == ARG_COUNT) buf_addf(out, ", %.0f to %.0f%s%s", a->min, a->max, blank, unit);
    if (bounded && a->kind == ARG_REAL) buf_addf(out, ", %g to %g%s%s", a->min, a->max, blank, unit);
    if (!bounded && a->unit) buf_addf(out, " of %s", unit);
}

static void print_arguments(const struct command *c, struct buf *out)
{
    size_t width = 0;
    for (const struct argument *a = c->args; a && a->name; a++)
        if (strlen(a->name) > width) width = strlen(a->name);
    if (width > 0) buf_add_z(out, "\n");
    for (const struct argument *a = c->args; a && a->name; a++) {
        buf_addf(out, "  %-*s  %s (", (int)width, a->name, a->doc);
        add_range(a, out);
        if (a->fallback) buf_addf(out, "; %s when not said", *a->fallback ? a->fallback : "empty");
        if (!a->fallback && a->need == ARG_OPTIONAL) buf_add_z(out, "; may be left out");
        buf_add_z(out, ")\n");
    }
}

/* A value somebody could give: the fallback, the first choice, the least number, a date, or the name in capitals. */
static void add_example(const struct argument *a, struct buf *out)
{
    bool usual = a->fallback && *a->fallback && a->need == ARG_OPTIONAL;
    if (usual) buf_add_z(out, a->fallback);
    if (usual) return;
    if (a->kind == ARG_CHOICE) buf_add_z(out, a->choices[0]);
    if (a->kind == ARG_DATE) buf_add_z(out, "YYYY-MM-DD");
    if (a->kind == ARG_TEXT) add_upper(out, a->name);
    if (a->kind == ARG_COUNT) buf_addf(out, "%.0f", a->min);
    if (a->kind == ARG_REAL) buf_addf(out, "%g", a->min);
}

static void print_examples(const struct command *c, struct buf *out)
{
    bool first = true;
    buf_addf(out, "\nIn a chat:           %s", c->name);
    for (const struct argument *a = c->args; a && a->name; a++, first = false) {
        if (!first || a->need == ARG_OPTIONAL) buf_addf(out, " %s=", a->name);
        if (first && a->need == ARG_REQUIRED) buf_add_z(out, " ");
        add_example(a, out);
    }
    buf_addf(out, "\nOn the command line: himas ask AGENT %s", c->name);
    for (const struct argument *a = c->args; a && a->name; a++) {
        buf_addf(out, " --%s ", a->name);
        add_example(a, out);
    }
    buf_add_z(out, "\n");
}

static const char *who(unsigned roles, char list[ROLES_BYTES])
{
    if ((roles & ROLE_ANYONE) == ROLE_ANYONE) return "anyone in the roster";
    if (roles == ROLE_PEOPLE) return "people, whatever their role";
    return role_list(roles, list, ROLES_BYTES);
}

static void print_one(const struct command *c, struct buf *out)
{
    char roles[ROLES_BYTES];
    struct str phrases = str_of(c->phrases);
    buf_addf(out, "%s -- %s\n", c->name, c->doc);
    print_arguments(c, out);
    print_examples(c, out);
    while (phrases.n > 0) {
        struct str phrase = str_trim(str_next(&phrases, '|'));
        buf_addf(out, "You can also say:    \"" STR_F "\"\n", STR_ARG(phrase));
    }
    buf_addf(out, "Who may:             %s\n", who(c->roles, roles));
}

static void print_unknown(const struct command *commands, unsigned role, struct str name, struct buf *out)
{
    struct text_near near = { .word = name };
    for (const struct command *c = next_for(commands, role); c; c = next_for(c + 1, role))
        text_near_try(&near, c->name);
    buf_add_z(out, "There is no command `");
    text_add_shown(out, name);
    if (near.best) buf_addf(out, "`; did you mean `%s`?\n", near.best);
    if (!near.best) buf_add_z(out, "`; say `help` for all there are.\n");
}

void command_help(const struct command *commands, unsigned role, struct str name, struct buf *out)
{
    char roles[ROLES_BYTES];
    struct str said = str_trim(name);
    if (said.n > 0 && said.p[0] == '/') said = (struct str){ said.p + 1, said.n - 1 };
    const struct command *c = command_find(commands, said);
    if (said.n == 0)
        print_list(commands, role, out);
    else if (c == NULL)
        print_unknown(commands, role, said, out);
    else if (may(c, role))
        print_one(c, out);
    else
        buf_addf(out, "`%s` is for: %s.\n", c->name, who(c->roles, roles));
}
