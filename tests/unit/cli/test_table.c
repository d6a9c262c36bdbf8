#include "cli/help.h"
#include <criterion/criterion.h>
#include <string.h>

static size_t count(const struct argument *args)
{
    size_t n = 0;
    while (args && args[n].name) n++;
    return n;
}

/* Subcommands that are programs of their own, and so have no function here. */
static bool is_program(const char *name)
{
    static const char *const programs[] = { "simulate",      "compare",      "privacy epsilon", "privacy sigma",
                                            "privacy audit", "audit verify", "audit prove",     "audit export" };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(name, programs[i]) == 0) return true;
    return false;
}

Test(table, rows_are_well_formed)
{
    for (const struct subcommand *s = cli_subcommands; s->name; s++) {
        cr_expect(s->doc && *s->doc, "%s says what it does", s->name);
        cr_expect(s->run || is_program(s->name), "%s", s->name);
        cr_expect(count(s->args) <= COMMAND_MAX_ARGS && s->npositional <= count(s->args), "%s", s->name);
        cr_expect(strcmp(s->name, "completion") == 0 || !s->examples || strstr(s->examples, "himas ") != NULL);
        for (const struct subcommand *t = cli_subcommands; t != s; t++) cr_expect_str_neq(t->name, s->name);
    }
}

Test(table, arguments_are_well_formed)
{
    for (const struct subcommand *s = cli_subcommands; s->name; s++) {
        bool optional_seen = false;
        for (const struct argument *a = s->args; a && a->name; a++) {
            cr_expect(a->doc && *a->doc, "%s %s", s->name, a->name);
            cr_expect((a->kind == ARG_CHOICE) == (a->choices != NULL), "%s %s", s->name, a->name);
            cr_expect(a->kind == ARG_CHOICE || a->max > a->min, "%s %s has a range", s->name, a->name);
            cr_expect(!(optional_seen && a->need == ARG_REQUIRED), "%s %s: what is needed comes first", s->name,
                      a->name);
            optional_seen = optional_seen || a->need == ARG_OPTIONAL;
            for (const struct argument *o = cli_options; o->name; o++) cr_expect_str_neq(a->name, o->name);
        }
    }
}
