#include "common/base/text.h"
#include "common/wire/command.h"
#include "common/wire/words.h"
#include <ctype.h>
#include <string.h>

enum { NAME_WORDS_MAX = 4, NAME_BYTES = 64, PAIRS_MAX = 2 * COMMAND_MAX_ARGS, PHRASE_BYTES = 65 };

/* The line, in words, and how freely to read it. */
struct reading {
    const struct word *words;
    size_t n;
    bool literal; /* after "/": nothing is passed over */
};
/* The arguments of one command as they are found. */
struct finding {
    const struct command *command;
    bool literal;
    struct arg_pair pairs[PAIRS_MAX];
    size_t n;
    unsigned given; /* bit set of arguments found */
};

static size_t arg_index(const struct command *c, struct str name)
{
    size_t i = 0;
    while (c->args && c->args[i].name && !command_name_is(name, c->args[i].name)) i++;
    return i;
}

static bool is_arg(const struct command *c, struct str name)
{
    return c->args && c->args[arg_index(c, name)].name != NULL;
}

/* Splits "--name=value", "--name" and "name=value"; false for another word. */
static bool split_pair(const struct word *w, struct arg_pair *out)
{
    struct str rest = w->raw;
    bool dashed = !w->quoted && str_starts(w->raw, "--") && w->raw.n > 2;
    if (dashed) rest = (struct str){ rest.p + 2, rest.n - 2 };
    size_t whole = rest.n;
    struct str name = str_next(&rest, '=');
    bool equals = name.n < whole;
    if (w->quoted || name.n == 0 || !isalpha((unsigned char)name.p[0]) || !(dashed || equals)) return false;
    *out = (struct arg_pair){ .name = name, .value = equals ? rest : (struct str){ 0 } };
    return true;
}

/* A pair that the command surely means: "--..." or a known name before "=". */
static bool is_pair(const struct command *c, const struct word *w)
{
    struct arg_pair pair = { 0 };
    return split_pair(w, &pair) && (w->raw.p[0] == '-' || is_arg(c, pair.name));
}

static struct str clean(struct str value, bool literal)
{
    bool quoted = value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') && value.p[value.n - 1] == value.p[0];
    if (quoted) return (struct str){ value.p + 1, value.n - 2 };
    return literal ? value : words_bare(value);
}

static enum err add_pair(struct finding *f, struct str name, struct str value, struct why *why)
{
    if (f->n == PAIRS_MAX)
        return why_say(why, ERR_INPUT, "too many arguments for `%s`; see `help %s`", f->command->name,
                       f->command->name);
    if (name.n > 0 && is_arg(f->command, name)) f->given |= 1u << arg_index(f->command, name);
    f->pairs[f->n++] = (struct arg_pair){ name, clean(value, f->literal) };
    return OK;
}

/* Words that say nothing at the edges of a value: fillers, and the argument's own name ("the task breast cancer"). */
static bool is_edge(const struct word *w, const struct argument *a)
{
    return words_is_filler(w) || (!w->quoted && words_same(w, str_of(a->name)));
}

/* The text from the first word to the last, as typed. */
static struct str span(const struct word *words, size_t n, const struct argument *a, bool literal)
{
    size_t first = 0;
    size_t last = n - 1;
    while (!literal && first < last && is_edge(&words[first], a)) first++;
    while (!literal && last > first && is_edge(&words[last], a)) last--;
    const char *begin = words[first].raw.p;
    if (first == last) return words[first].raw;
    return (struct str){ begin, (size_t)(words[last].raw.p + words[last].raw.n - begin) };
}

static const struct argument *next_free(const struct finding *f)
{
    size_t i = 0;
    const struct argument *args = f->command->args;
    while (args && args[i].name && f->given >> i & 1) i++;
    return args && args[i].name ? &args[i] : NULL;
}

/* The last argument, when it is text, takes all the words that are left. */
static bool takes_rest(const struct finding *f, const struct word *words, size_t n)
{
    const struct argument *a = next_free(f);
    if (a == NULL || a->kind != ARG_TEXT || a[1].name != NULL) return false;
    for (size_t i = 0; i < n; i++)
        if (is_pair(f->command, &words[i])) return false;
    return true;
}

static enum err add_positional(struct finding *f, struct str value, struct why *why)
{
    const struct argument *a = next_free(f);
    if (a) f->given |= 1u << (a - f->command->args);
    return add_pair(f, (struct str){ 0 }, value, why);
}

/* "--name value" and "--name=value" and "name=value". */
static enum err add_written_pair(struct finding *f, struct arg_pair pair, const struct word *words, size_t n,
                                 size_t *took, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    bool apart = pair.value.p == NULL;
    if (apart && (n < 2 || is_pair(f->command, &words[1])))
        return why_say(why, ERR_INPUT, "`--%s` has no value", text_show(pair.name, shown, sizeof shown));
    *took = apart ? 2 : 1;
    return add_pair(f, pair.name, apart ? words[1].raw : pair.value, why);
}

/* One argument from the words at hand, and how many words it took. */
static enum err find_one(struct finding *f, const struct word *words, size_t n, size_t *took, struct why *why)
{
    struct arg_pair pair = { 0 };
    bool paired = split_pair(&words[0], &pair);
    struct str name = { 0 };
    if (!words[0].quoted) name = words_bare(words[0].text);
    bool named = is_arg(f->command, name) && !(f->given >> arg_index(f->command, name) & 1);
    if (paired && is_pair(f->command, &words[0])) return add_written_pair(f, pair, words, n, took, why);
    if (named && n > 1 && !is_pair(f->command, &words[1])) {
        *took = 2;
        return add_pair(f, name, words[1].raw, why);
    }
    if (takes_rest(f, words, n)) {
        *took = n;
        return add_positional(f, span(words, n, next_free(f), f->literal), why);
    }
    *took = 1;
    return paired ? add_pair(f, pair.name, pair.value, why) : add_positional(f, words[0].raw, why);
}

static enum err find_all(struct finding *f, const struct word *words, size_t n, struct call *out, struct why *why)
{
    for (size_t took = 0; n > 0; words += took, n -= took) TRY(find_one(f, words, n, &took, why));
    return call_fill(out, f->command, f->pairs, f->n, why);
}

/* The first k words with single blanks between; empty when they do not fit. */
static struct str joined(const struct reading *r, size_t k, char out[NAME_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < k; i++) {
        struct str w = r->literal ? r->words[i].text : words_bare(r->words[i].text);
        if (n + w.n + 1 >= NAME_BYTES) return (struct str){ 0 };
        if (i > 0) out[n++] = ' ';
        if (w.n > 0) memcpy(out + n, w.p, w.n);
        n += w.n;
    }
    return (struct str){ out, n };
}

/* The command whose name the line begins with, the longest name first.  ERR_ABSENT when there is none. */
static enum err try_names(const struct command *commands, const struct reading *r, struct call *out, struct why *why)
{
    char name[NAME_BYTES];
    for (size_t k = r->n < NAME_WORDS_MAX ? r->n : NAME_WORDS_MAX; k > 0; k--) {
        const struct command *c = command_find(commands, joined(r, k, name));
        if (c == NULL) continue;
        struct finding f = { .command = c, .literal = r->literal };
        return find_all(&f, r->words + k, r->n - k, out, why);
    }
    return ERR_ABSENT;
}

/* Whether words that {a} would swallow were meant for the command's other arguments. */
static bool meant_for_others(const struct finding *f, const struct word *words, size_t n)
{
    double number = 0;
    bool others = f->command->args[1].name != NULL;
    for (size_t i = 1; others && i < n; i++) {
        if (str_f64(words_bare(words[i].raw), &number) == OK) return true;
        if (memchr(words[i].raw.p, '=', words[i].raw.n) != NULL) return true;
    }
    return false;
}

/* Takes the argument that {name} in a phrase stands for; false when the words do not go on. */
static bool take_place(struct finding *f, struct str name, bool last, const struct word *words, size_t n, size_t *at)
{
    if (!is_arg(f->command, name)) return false;
    const struct argument *a = &f->command->args[arg_index(f->command, name)];
    while (*at + 1 < n && is_edge(&words[*at], a)) ++*at;
    if (*at >= n) return false;
    size_t took = last && a->kind == ARG_TEXT ? n - *at : 1;
    if (meant_for_others(f, words + *at, took)) return false;
    struct str value = took > 1 ? span(words + *at, took, a, false) : words[*at].raw;
    *at += took;
    return add_pair(f, name, value, NULL) == OK;
}

/* A filler of the phrase need not be said; *out_said counts the other words. */
static bool pass_word(struct str token, const struct word *words, size_t n, size_t *at, size_t *out_said)
{
    const struct word said = { .raw = token, .text = token };
    while (*at < n && !words_same(&words[*at], token) && words_is_filler(&words[*at])) ++*at;
    bool filler = words_is_filler(&said);
    if (*at == n || !words_same(&words[*at], token)) return filler;
    ++*at;
    *out_said += !filler;
    return true;
}

/* Whether the first n words say the phrase; fills f with what stood for its {arguments}.  A word of it that means
 * something must have been said: "show me {run}", all fillers, would be said by any line. */
static bool says(struct str phrase, const struct word *words, size_t n, struct finding *f)
{
    size_t at = 0;
    size_t said = 0;
    phrase = str_trim(phrase);
    while (phrase.n > 0) {
        struct str token = str_next(&phrase, ' ');
        phrase = str_trim(phrase);
        bool placed = token.n > 2 && token.p[0] == '{' && token.p[token.n - 1] == '}';
        struct str name = { token.p + 1, token.n - 2 };
        if (placed ? !take_place(f, name, phrase.n == 0, words, n, &at) : !pass_word(token, words, n, &at, &said))
            return false;
    }
    while (at < n && words_is_filler(&words[at])) at++;
    return at == n && said > 0;
}

/* The first phrase that the line says, with the pairs that may follow it. */
static enum err try_phrases(const struct command *c, const struct reading *r, struct call *out, struct why *why)
{
    size_t plain = 0; /* words before the first name=value */
    struct str phrases = str_of(c->phrases);
    enum err e = ERR_ABSENT;
    while (plain < r->n && !is_pair(c, &r->words[plain])) plain++;
    while (plain > 0 && phrases.n > 0 && e != OK) {
        struct finding f = { .command = c };
        struct why cause = { "" };
        if (!says(str_next(&phrases, '|'), r->words, plain, &f)) continue;
        enum err now = find_all(&f, r->words + plain, r->n - plain, out, &cause);
        if (now != OK && e != ERR_ABSENT) continue;
        e = now;
        if (why) *why = cause;
    }
    return e;
}

struct guess {
    const struct command *command;
    size_t distance;
    size_t length; /* of what was meant: one slip in a long phrase weighs less than one in a short name */
};

static void consider(struct guess *g, const struct command *c, struct str said, const char *candidate)
{
    struct text_near near = { .word = said };
    size_t length = strlen(candidate);
    text_near_try(&near, candidate);
    if (near.best == NULL || (g->command && g->distance * length <= near.distance * g->length)) return;
    *g = (struct guess){ c, near.distance, length };
}

static void guess_from(struct guess *g, const struct command *commands, const struct reading *r)
{
    char name[NAME_BYTES];
    for (const struct command *c = commands; c && c->name; c++) {
        struct str phrases = str_of(c->phrases);
        for (size_t k = 1; k <= r->n && k <= NAME_WORDS_MAX; k++) consider(g, c, joined(r, k, name), c->name);
        while (phrases.n > 0) {
            char phrase[PHRASE_BYTES];
            if (str_copy(str_trim(str_next(&phrases, '|')), phrase, sizeof phrase) != OK) continue;
            consider(g, c, joined(r, r->n, name), phrase);
        }
    }
}

static enum err not_understood(const struct command *commands, const struct reading *said, const struct reading *core,
                               struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    struct guess g = { 0 };
    guess_from(&g, commands, said);
    guess_from(&g, commands, core);
    text_show(span(said->words, said->n, NULL, true), shown, sizeof shown);
    if (g.command)
        return why_say(why, ERR_INPUT, "I do not understand \"%s\"; did you mean `%s`?", shown, g.command->name);
    return why_say(why, ERR_INPUT, "I do not understand \"%s\"; say `help` for what I can do", shown);
}

/* The names, the phrases, and the names again without the words that mean nothing; the first complaint is kept. */
static enum err read_freely(const struct command *commands, const struct reading *r, const struct reading *core,
                            struct call *out, struct why *why)
{
    struct why first = { "" };
    struct why cause = { "" };
    enum err e = try_names(commands, r, out, &first);
    if (e == OK || r->literal) return why_say(why, e, "%s", first.text);
    for (const struct command *c = commands; c && c->name; c++) {
        enum err now = try_phrases(c, r, out, &cause);
        if (now == OK) return OK;
        if (e == ERR_ABSENT && now != ERR_ABSENT) first = cause, e = now;
    }
    enum err last = try_names(commands, core, out, &cause);
    if (last == OK) return OK;
    if (e == ERR_ABSENT) first = cause, e = last;
    return why_say(why, e, "%s", first.text);
}

enum err chat_parse(struct str line, const struct command *commands, struct call *out, struct why *why)
{
    struct word words[WORDS_MAX];
    struct word kept[WORDS_MAX];
    struct str text = str_trim(line);
    bool literal = text.n > 0 && text.p[0] == '/';
    if (literal) text = str_trim((struct str){ text.p + 1, text.n - 1 });
    if (text.n == 0) return why_say(why, ERR_INPUT, "say `help` for what I can do");
    size_t n = text.n <= COMMAND_MAX_TEXT ? words_split(text, words) : WORDS_MAX + 1;
    if (n > WORDS_MAX)
        return why_say(why, ERR_INPUT, "a line has at most %d bytes and %d words", COMMAND_MAX_TEXT, WORDS_MAX);
    struct reading r = { words, n, literal };
    while (!literal && r.n > 1 && words_is_polite(&words[r.n - 1])) r.n--;
    struct reading core = { kept, 0, literal };
    for (size_t i = 0; i < r.n; i++)
        if (!words_is_filler(&words[i])) kept[core.n++] = words[i];
    enum err e = read_freely(commands, &r, &core, out, why);
    return e == ERR_ABSENT ? not_understood(commands, &r, &core, why) : e;
}
