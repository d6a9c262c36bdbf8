#include "cli/args.h"
#include "cli/asked.h"
#include "common/base/text.h"
#include <stdio.h>
#include <string.h>

/* How many of the words the name covers; 0 when they do not begin with it. */
static size_t words_matched(const char *name, size_t argc, char *const *argv)
{
    struct str rest = str_of(name);
    size_t words = 0;
    while (rest.n) {
        struct str word = str_next(&rest, ' ');
        if (words == argc || !str_is(word, argv[words])) return 0;
        words++;
    }
    return words;
}

static const char *nearest(const struct subcommand *table, const char *word)
{
    struct text_near near = { .word = str_of(word) };
    for (const struct subcommand *s = table; s->name; s++) {
        text_near_try(&near, s->name);
    }
    return near.best;
}

/* "models list, models show" for the first word of longer names. */
static bool longer_names(const struct subcommand *table, const char *word, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (const struct subcommand *s = table; s->name; s++) {
        struct str rest = str_of(s->name);
        if (!str_is(str_next(&rest, ' '), word) || n >= size) continue;
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", s->name);
    }
    return n > 0;
}

bool args_is_group(const struct subcommand *table, const char *word)
{
    char names[200];
    for (const struct subcommand *s = table; s->name; s++)
        if (strcmp(s->name, word) == 0) return false;
    return longer_names(table, word, names, sizeof names);
}

static enum err no_such(const struct subcommand *table, const char *word, struct why *why)
{
    char names[200];
    if (longer_names(table, word, names, sizeof names))
        return why_say(why, ERR_USAGE, "himas %s needs one more word: %s", word, names);
    const struct asked *asked = asked_find(str_of(word));
    if (asked)
        return why_say(why, ERR_USAGE, "himas knows no '%s', but %s does: `himas ask %s %s`, and `himas help ask`",
                       word, asked->whose, asked->agent, word);
    const char *near = nearest(table, word);
    if (near) return why_say(why, ERR_USAGE, "himas knows no '%s'; did you mean '%s'?", word, near);
    return why_say(why, ERR_USAGE, "himas knows no '%s'; `himas help` lists what there is", word);
}

/* "models" alone means "models list". */
static const struct subcommand *lister(const struct subcommand *table, const char *word)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%.50s list", word);
    for (const struct subcommand *s = table; s->name; s++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}

enum err args_find(const struct subcommand *table, size_t argc, char *const *argv, const struct subcommand **out,
                   size_t *out_words, struct why *why)
{
    const struct subcommand *best = NULL;
    size_t best_words = 0;
    for (const struct subcommand *s = table; s->name; s++) {
        size_t words = words_matched(s->name, argc, argv);
        if (words <= best_words) continue;
        best = s;
        best_words = words;
    }
    bool alone = argc == 1 || (argc > 1 && argv[1][0] == '-');
    if (!best && alone) best = lister(table, argv[0]);
    if (!best) return no_such(table, argc ? argv[0] : "", why);
    if (best_words == 0) best_words = 1;
    *out = best;
    *out_words = best_words;
    return OK;
}

static const struct argument *find(const struct argument *args, struct str name)
{
    for (; args && args->name; args++)
        if (str_is(name, args->name)) return args;
    return NULL;
}

static enum err unknown_option(const struct subcommand *sub, struct str name, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    struct text_near near = { .word = name };
    for (const struct argument *a = sub->args; a && a->name; a++) text_near_try(&near, a->name);
    for (const struct argument *a = cli_options; a->name; a++) text_near_try(&near, a->name);
    text_show(name, shown, sizeof shown);
    if (near.best)
        return why_say(why, ERR_USAGE, "himas %s has no option --%s; did you mean --%s?", sub->name, shown, near.best);
    return why_say(why, ERR_USAGE, "himas %s has no option --%s; `himas help %s` lists them", sub->name, shown,
                   sub->name);
}

static bool is_switch(const struct argument *a) { return a && a->choices == cli_switch_words; }

static void take_common(struct cli *cli, const char *name, const char *value)
{
    if (strcmp(name, "data") == 0) cli->data = value;
    if (strcmp(name, "as") == 0) cli->as = value;
    if (strcmp(name, "json") == 0) cli->json = strcmp(value, "yes") == 0;
    if (strcmp(name, "help") == 0) cli->help = strcmp(value, "yes") == 0;
}

static enum err add_pair(struct cli_call *out, struct str name, const char *value, struct why *why)
{
    if (out->npairs == CLI_MAX_PAIRS)
        return why_say(why, ERR_USAGE, "too many arguments; %d are allowed", CLI_MAX_PAIRS);
    out->pairs[out->npairs++] = (struct arg_pair){ name, str_of(value) };
    return OK;
}

/* Reads the option at *at; moves *at over its value. */
static enum err take_option(const struct subcommand *sub, size_t argc, char **argv, size_t *at, struct cli *cli,
                            struct cli_call *out, struct why *why)
{
    const char *word = strcmp(argv[*at], "-h") == 0 ? "--help" : argv[*at];
    struct str rest = str_of(word + 2);
    struct str name = str_next(&rest, '=');
    const char *value = strchr(word, '=') ? strchr(word, '=') + 1 : NULL;
    const struct argument *own = sub->any ? NULL : find(sub->args, name);
    const struct argument *common = own ? NULL : find(cli_options, name);
    if (!own && !common && !sub->any) return unknown_option(sub, name, why);
    if (!value && is_switch(own ? own : common)) value = "yes";
    if (!value && *at + 1 == argc) return why_say(why, ERR_USAGE, "--" STR_F " needs a value", STR_ARG(name));
    if (!value) value = argv[++*at];
    if (common) {
        take_common(cli, common->name, value);
        return OK;
    }
    return add_pair(out, name, value, why);
}

enum err args_split(const struct subcommand *sub, size_t argc, char **argv, struct cli *cli, struct cli_call *out,
                    struct why *why)
{
    bool words_only = false;
    size_t npositional = 0;
    out->argc = argc;
    out->argv = argv;
    for (size_t i = 0; i < argc; i++) {
        bool option = !words_only && (strncmp(argv[i], "--", 2) == 0 || strcmp(argv[i], "-h") == 0);
        if (option && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (option) {
            TRY(take_option(sub, argc, argv, &i, cli, out, why));
        } else if (!sub->any && npositional++ == sub->npositional) {
            return why_say(why, ERR_USAGE, "himas %s does not know what to do with '%s'; `himas help %s` explains",
                           sub->name, argv[i], sub->name);
        } else {
            TRY(add_pair(out, (struct str){ 0 }, argv[i], why));
        }
    }
    return OK;
}

enum err args_leading(size_t argc, char **argv, struct cli *cli, size_t *out_used, struct why *why)
{
    static const struct subcommand none = { .name = "" };
    struct cli_call nothing = { 0 };
    size_t i = 0;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        struct str rest = str_of(argv[i] + 2);
        struct str name = str_next(&rest, '=');
        if (str_is(name, "help") || str_is(name, "version")) break;
        TRY(take_option(&none, argc, argv, &i, cli, &nothing, why));
    }
    *out_used = i;
    return OK;
}

enum err args_check(const struct subcommand *sub, struct command *command, struct cli_call *out, struct why *why)
{
    *command = (struct command){ .name = sub->name, .args = sub->args, .doc = sub->doc };
    out->call.command = command;
    if (sub->any) return OK;
    enum err e = call_fill(&out->call, command, out->pairs, out->npairs, why);
    return e == ERR_INPUT ? ERR_USAGE : e;
}
