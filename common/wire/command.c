#include "common/wire/command.h"
#include "common/base/text.h"
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int fold(char c) { return c == '-' || c == '_' ? ' ' : tolower((unsigned char)c); }

bool command_name_is(struct str said, const char *name)
{
    if (said.n != strlen(name)) return false;
    for (size_t i = 0; i < said.n; i++)
        if (fold(said.p[i]) != fold(name[i])) return false;
    return true;
}

const struct command *command_find(const struct command *commands, struct str name)
{
    for (const struct command *c = commands; c && c->name; c++)
        if (command_name_is(name, c->name)) return c;
    return NULL;
}

static size_t count_args(const struct command *c)
{
    size_t n = 0;
    while (c->args && c->args[n].name) n++;
    assert(n <= COMMAND_MAX_ARGS);
    return n;
}

static size_t arg_named(const struct command *c, struct str name)
{
    size_t n = count_args(c);
    size_t i = 0;
    while (i < n && !command_name_is(name, c->args[i].name)) i++;
    return i;
}

static struct str value_of(const struct call *c, const char *arg)
{
    size_t i = arg_named(c->command, str_of(arg));
    assert(i < count_args(c->command));
    return c->values[i];
}

bool call_has(const struct call *c, const char *arg) { return value_of(c, arg).p != NULL; }
struct str call_text(const struct call *c, const char *arg) { return value_of(c, arg); }

uint64_t call_u64(const struct call *c, const char *arg)
{
    uint64_t n = 0;
    return str_u64(value_of(c, arg), &n) == OK ? n : 0;
}

double call_f64(const struct call *c, const char *arg)
{
    double x = 0;
    return str_f64(value_of(c, arg), &x) == OK ? x : 0;
}

/* " rounds" or "". */
static const char *unit_of(const struct argument *a, char out[TEXT_SHOWN_BYTES])
{
    (void)snprintf(out, TEXT_SHOWN_BYTES, "%s%s", a->unit ? " " : "", a->unit ? a->unit : "");
    return out;
}

static bool bounded(const struct argument *a) { return a->min != 0 || a->max != 0; }

static enum err check_count(const struct argument *a, struct str *value, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    char unit[TEXT_SHOWN_BYTES];
    uint64_t n = 0;
    bool whole = str_u64(*value, &n) == OK;
    if (whole && (!bounded(a) || ((double)n >= a->min && (double)n <= a->max))) return OK;
    text_show(*value, shown, sizeof shown);
    if (!bounded(a)) return why_say(why, ERR_INPUT, "%s: \"%s\" is not a whole number", a->name, shown);
    return why_say(why, ERR_INPUT, "%s: \"%s\" is not a whole number between %.0f and %.0f%s", a->name, shown, a->min,
                   a->max, unit_of(a, unit));
}

static enum err check_real(const struct argument *a, struct str *value, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    char unit[TEXT_SHOWN_BYTES];
    double x = 0;
    bool number = str_f64(*value, &x) == OK;
    if (number && (!bounded(a) || (x >= a->min && x <= a->max))) return OK;
    text_show(*value, shown, sizeof shown);
    if (!bounded(a)) return why_say(why, ERR_INPUT, "%s: \"%s\" is not a number", a->name, shown);
    return why_say(why, ERR_INPUT, "%s: \"%s\" is not a number between %g and %g%s", a->name, shown, a->min, a->max,
                   unit_of(a, unit));
}

static enum err check_text(const struct argument *a, struct str *value, struct why *why)
{
    double max = bounded(a) ? a->max : COMMAND_MAX_TEXT;
    if ((double)value->n >= a->min && (double)value->n <= max) return OK;
    return why_say(why, ERR_INPUT, "%s: %zu bytes of text are not between %.0f and %.0f", a->name, value->n, a->min,
                   max);
}

static enum err check_choice(const struct argument *a, struct str *value, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    struct buf list CLEANUP(buf_free) = buf_make(sizeof why->text);
    for (const char *const *choice = a->choices; *choice; choice++) {
        if (command_name_is(*value, *choice)) return *value = str_of(*choice), OK;
        buf_addf(&list, "%s%s", list.n ? ", " : "", *choice);
    }
    return why_say(why, ERR_INPUT, "%s: \"%s\" is not one of: " STR_F, a->name, text_show(*value, shown, sizeof shown),
                   STR_ARG(buf_str(&list)));
}

static bool digits_at(struct str s, size_t from, size_t n, uint64_t *out)
{
    return str_u64((struct str){ s.p + from, n }, out) == OK;
}

static bool is_date(struct str s)
{
    static const unsigned lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    uint64_t year = 0;
    uint64_t month = 0;
    uint64_t day = 0;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-') return false;
    if (!digits_at(s, 0, 4, &year) || !digits_at(s, 5, 2, &month) || !digits_at(s, 8, 2, &day)) return false;
    if (month < 1 || month > 12 || day < 1) return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] + (month == 2 && leap);
}

static enum err check_date(const struct argument *a, struct str *value, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    if (is_date(*value)) return OK;
    return why_say(why, ERR_INPUT, "%s: \"%s\" is not a date, YYYY-MM-DD", a->name,
                   text_show(*value, shown, sizeof shown));
}

typedef enum err check_fn(const struct argument *a, struct str *value, struct why *why);
static check_fn *const checks[] = {
    [ARG_TEXT] = check_text,     [ARG_COUNT] = check_count, [ARG_REAL] = check_real,
    [ARG_CHOICE] = check_choice, [ARG_DATE] = check_date,
};

static enum err refuse_name(const struct command *command, struct str name, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    struct text_near near = { .word = name };
    for (size_t i = 0; i < count_args(command); i++) text_near_try(&near, command->args[i].name);
    text_show(name, shown, sizeof shown);
    if (near.best)
        return why_say(why, ERR_INPUT, "`%s` has no argument `%s`; did you mean `%s`?", command->name, shown,
                       near.best);
    return why_say(why, ERR_INPUT, "`%s` has no argument `%s`; see `help %s`", command->name, shown, command->name);
}

/* "2": the second argument.  For callers that cannot leave a name out, such as forms. */
static size_t arg_at(const struct command *c, struct str position)
{
    uint64_t n = 0;
    bool known = str_u64(position, &n) == OK && n >= 1 && n <= count_args(c);
    return known ? (size_t)n - 1 : count_args(c);
}

static enum err place_named(const struct command *command, const struct arg_pair *pair, struct str *values,
                            struct why *why)
{
    size_t i = arg_named(command, pair->name);
    if (i == count_args(command)) i = arg_at(command, pair->name);
    if (i == count_args(command)) return refuse_name(command, pair->name, why);
    if (values[i].p != NULL) return why_say(why, ERR_INPUT, "`%s` is given twice", command->args[i].name);
    if (pair->value.n > 0) values[i] = pair->value;
    return OK;
}

static enum err place_next(const struct command *command, const struct arg_pair *pair, struct str *values,
                           struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    size_t n = count_args(command);
    size_t i = 0;
    while (i < n && values[i].p != NULL) i++;
    if (i == n)
        return why_say(why, ERR_INPUT, "`%s` is too much for `%s`; see `help %s`",
                       text_show(pair->value, shown, sizeof shown), command->name, command->name);
    values[i] = pair->value.p ? pair->value : STR("");
    return OK;
}

static enum err finish(const struct argument *a, struct str *value, struct why *why)
{
    if (value->p == NULL && a->fallback) *value = str_of(a->fallback);
    if (value->p != NULL) return checks[a->kind](a, value, why);
    if (a->need == ARG_REQUIRED) return why_say(why, ERR_INPUT, "`%s` is missing: %s", a->name, a->doc);
    return OK;
}

enum err call_fill(struct call *c, const struct command *command, const struct arg_pair *pairs, size_t n,
                   struct why *why)
{
    struct str values[COMMAND_MAX_ARGS] = { 0 };
    for (size_t i = 0; i < n; i++)
        if (pairs[i].name.n > 0) TRY(place_named(command, &pairs[i], values, why));
    for (size_t i = 0; i < n; i++)
        if (pairs[i].name.n == 0) TRY(place_next(command, &pairs[i], values, why));
    for (size_t i = 0; i < count_args(command); i++) TRY(finish(&command->args[i], &values[i], why));
    c->command = command;
    memcpy(c->values, values, sizeof values);
    return OK;
}
