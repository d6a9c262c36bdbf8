#include "agents/privacy/breakglass.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS_PER_MINUTE = 60000, CASES_FIRST = 8 };

void breakglass_init(struct breakglass *b) { *b = (struct breakglass){ .next = 1 }; }

void breakglass_fini(struct breakglass *b)
{
    if (b == NULL) return;
    free(b->cases);
    *b = (struct breakglass){ .next = 0 };
}

/* ---- what is so ---- */

int64_t breakglass_ends_ms(const struct breakglass_case *c)
{
    return c->opened_ms + (int64_t)c->minutes * MS_PER_MINUTE;
}

/* A clock that was set back opens nothing. */
enum breakglass_state breakglass_state(const struct breakglass_case *c, int64_t now_ms)
{
    if (c->reviewed_ms) return BREAKGLASS_REVIEWED;
    if (c->opened_ms == 0)
        return c->ended_ms || now_ms < c->asked_ms || now_ms - c->asked_ms > BREAKGLASS_CONFIRM_MS ? BREAKGLASS_LAPSED
                                                                                                   : BREAKGLASS_ASKED;
    bool open = c->ended_ms == 0 && now_ms >= c->opened_ms && now_ms < breakglass_ends_ms(c);
    return open ? BREAKGLASS_OPEN : BREAKGLASS_CLOSED;
}

const char *breakglass_state_name(enum breakglass_state s)
{
    static const char *const names[BREAKGLASS_STATES] = { "asked", "lapsed", "open", "to be reviewed", "reviewed" };
    return (unsigned)s < BREAKGLASS_STATES ? names[s] : "?";
}

const struct breakglass_case *breakglass_open(const struct breakglass *b, const char *run, int64_t now_ms)
{
    for (size_t i = 0; i < b->count && b->trouble.text[0] == '\0'; i++)
        if (strcmp(b->cases[i].run, run) == 0 && breakglass_state(&b->cases[i], now_ms) == BREAKGLASS_OPEN)
            return &b->cases[i];
    return NULL;
}

static struct breakglass_case *find(const struct breakglass *b, uint64_t number)
{
    return number >= 1 && number <= b->count ? &b->cases[number - 1] : NULL;
}

/* ---- lines ---- */

static bool visible(struct str s, bool blanks)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < (blanks ? ' ' : '!') || s.p[i] == 0x7f) return false;
    return s.n > 0 && str_is_utf8(s);
}

/* What happened to a case, as it is kept; `more` is the rest of the line. */
struct line {
    struct str verb;
    uint64_t number;
    int64_t at_ms;
    struct str by;
    struct str more;
};

static bool cut(struct str *rest, const char *name, char end, struct str *out)
{
    if (!str_starts(*rest, name)) return false;
    *rest = (struct str){ rest->p + strlen(name), rest->n - strlen(name) };
    *out = str_next(rest, end);
    return out->n > 0;
}

static bool parse(struct str text, struct line *out)
{
    struct str number, at;
    uint64_t ms = 0;
    out->verb = str_next(&text, ' ');
    if (!cut(&text, "case=", ' ', &number) || !cut(&text, "at=", ' ', &at) || !cut(&text, "by=", ' ', &out->by))
        return false;
    out->more = text;
    if (str_u64(number, &out->number) != OK || str_u64(at, &ms) != OK || ms == 0 || ms > INT64_MAX) return false;
    out->at_ms = (int64_t)ms;
    return true;
}

static enum err make_room(struct breakglass *b)
{
    if (b->count < b->cap) return OK;
    if (b->count >= BREAKGLASS_CASES_MAX) return ERR_LIMIT;
    size_t cap = b->cap ? 2 * b->cap : CASES_FIRST;
    struct breakglass_case *cases = realloc(b->cases, cap * sizeof *cases);
    if (cases == NULL) return ERR_MEMORY;
    b->cases = cases;
    b->cap = cap;
    return OK;
}

static enum err apply_ask(struct breakglass *b, struct line *l)
{
    struct breakglass_case c = { .number = l->number, .asked_ms = l->at_ms };
    struct str run, minutes;
    if (l->number != b->count + 1 || !cut(&l->more, "run=", ' ', &run) || !cut(&l->more, "minutes=", ' ', &minutes))
        return ERR_STORE;
    if (!str_starts(l->more, "reason=") || str_u64(minutes, &c.minutes) != OK) return ERR_STORE;
    struct str reason = { l->more.p + strlen("reason="), l->more.n - strlen("reason=") };
    if (str_copy(run, c.run, sizeof c.run) != OK || str_copy(l->by, c.asked_by, sizeof c.asked_by) != OK ||
        str_copy(reason, c.reason, sizeof c.reason) != OK || c.minutes < 1 || c.minutes > BREAKGLASS_MINUTES_MAX)
        return ERR_STORE;
    TRY(make_room(b));
    b->cases[b->count++] = c;
    return OK;
}

/* Dual control holds for what is read back, too. */
static enum err apply_confirm(struct breakglass *b, struct line *l)
{
    struct breakglass_case *c = find(b, l->number);
    if (c == NULL || c->opened_ms || str_is(l->by, c->asked_by) || l->more.n > 0) return ERR_STORE;
    if (breakglass_state(c, l->at_ms) != BREAKGLASS_ASKED) return ERR_STORE;
    if (str_copy(l->by, c->confirmed_by, sizeof c->confirmed_by) != OK) return ERR_STORE;
    c->opened_ms = l->at_ms;
    return OK;
}

static enum err apply_end(struct breakglass *b, struct line *l)
{
    struct breakglass_case *c = find(b, l->number);
    if (c == NULL || c->ended_ms || l->more.n > 0) return ERR_STORE;
    if (str_copy(l->by, c->ended_by, sizeof c->ended_by) != OK) return ERR_STORE;
    c->ended_ms = l->at_ms;
    return OK;
}

static enum err apply_review(struct breakglass *b, struct line *l)
{
    struct breakglass_case *c = find(b, l->number);
    if (c == NULL || c->reviewed_ms || str_is(l->by, c->asked_by) || !str_starts(l->more, "verdict=")) return ERR_STORE;
    struct str verdict = { l->more.p + strlen("verdict="), l->more.n - strlen("verdict=") };
    if (str_copy(l->by, c->reviewed_by, sizeof c->reviewed_by) != OK ||
        str_copy(verdict, c->verdict, sizeof c->verdict) != OK)
        return ERR_STORE;
    c->reviewed_ms = l->at_ms;
    return OK;
}

static const struct {
    const char *verb;
    enum err (*apply)(struct breakglass *b, struct line *l);
} verbs[] = { { "ask", apply_ask }, { "confirm", apply_confirm }, { "end", apply_end }, { "review", apply_review } };

static enum err apply(struct breakglass *b, struct str text)
{
    struct line l;
    if (!visible(text, true) || !parse(text, &l)) return ERR_STORE;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (str_is(l.verb, verbs[i].verb)) return verbs[i].apply(b, &l);
    return ERR_STORE;
}

static void key_of(char out[BREAKGLASS_KEY_BYTES], uint64_t number)
{
    (void)snprintf(out, BREAKGLASS_KEY_BYTES, BREAKGLASS_PREFIX "%010" PRIu64, number);
}

enum err breakglass_load(void *self, const char *key, struct bytes record)
{
    struct breakglass *b = self;
    char expected[BREAKGLASS_KEY_BYTES];
    if (b->trouble.text[0]) return ERR_STORE;
    key_of(expected, b->next);
    enum err e = strcmp(key, expected) == 0 ? apply(b, bytes_str(record)) : ERR_STORE;
    if (e == OK) b->next++;
    if (e == ERR_STORE)
        return why_say(&b->trouble, e, "line %" PRIu64 " of the break-glass book is not as it was written", b->next);
    return e;
}

/* Kept first, then so.  A line that can be written can be read. */
static enum err keep(struct breakglass *b, const struct breakglass_act *act, const char *verb, uint64_t number,
                     const char *more)
{
    char key[BREAKGLASS_KEY_BYTES];
    char text[BREAKGLASS_RECORD_BYTES];
    key_of(key, b->next);
    int n = snprintf(text, sizeof text, "%s case=%" PRIu64 " at=%" PRId64 " by=%s%s%s", verb, number, act->now_ms,
                     act->who, more[0] ? " " : "", more);
    if (n <= 0 || n >= BREAKGLASS_RECORD_BYTES) return ERR_LIMIT;
    TRY(act->put(act->sink, key, str_bytes(str_of(text))));
    TRY(apply(b, str_of(text)));
    b->next++;
    return OK;
}

/* ---- acts ---- */

static enum err check_act(const struct breakglass *b, const struct breakglass_act *act, struct why *why)
{
    if (b->next == 0 || b->trouble.text[0])
        return why_say(why, ERR_STORE, "the break-glass book cannot be read, so all is closed: %s", b->trouble.text);
    if (!visible(str_of(act->who), false) || strlen(act->who) >= BREAKGLASS_WHO_BYTES || act->now_ms <= 0)
        return why_say(why, ERR_INPUT, "who asks, and when, must be known");
    return OK;
}

static enum err check_text(struct str text, const char *what, struct why *why)
{
    if (text.n >= BREAKGLASS_REASON_MIN && text.n < BREAKGLASS_TEXT_BYTES && visible(text, true)) return OK;
    return why_say(why, ERR_INPUT, "%s: say it in %d to %d letters, in one line", what, BREAKGLASS_REASON_MIN,
                   BREAKGLASS_TEXT_BYTES - 1);
}

static enum err check_book(const struct breakglass *b, const char *run, int64_t now_ms, struct why *why)
{
    size_t waiting = 0;
    for (size_t i = 0; i < b->count; i++) {
        enum breakglass_state s = breakglass_state(&b->cases[i], now_ms);
        bool same = strcmp(b->cases[i].run, run) == 0;
        if (same && (s == BREAKGLASS_ASKED || s == BREAKGLASS_OPEN))
            return why_say(why, ERR_STATE, "case %zu is already %s for this run", i + 1, breakglass_state_name(s));
        waiting += s == BREAKGLASS_CLOSED;
    }
    if (waiting >= BREAKGLASS_UNREVIEWED_MAX)
        return why_say(why, ERR_REFUSED, "%zu cases wait for their review; review them first", waiting);
    return b->count < BREAKGLASS_CASES_MAX ? OK : why_say(why, ERR_LIMIT, "the book is full: %zu cases", b->count);
}

enum err breakglass_ask(struct breakglass *b, const struct breakglass_act *act, const char *run, uint64_t minutes,
                        struct str reason, uint64_t *out_number, struct why *why)
{
    char more[BREAKGLASS_RECORD_BYTES];
    TRY(check_act(b, act, why));
    if (!visible(str_of(run), false) || strlen(run) >= BREAKGLASS_RUN_BYTES)
        return why_say(why, ERR_INPUT, "run: name the one run it is for");
    if (minutes < 1 || minutes > BREAKGLASS_MINUTES_MAX)
        return why_say(why, ERR_INPUT, "minutes: from 1 to %d", BREAKGLASS_MINUTES_MAX);
    TRY(check_text(reason, "reason", why));
    TRY(check_book(b, run, act->now_ms, why));
    (void)snprintf(more, sizeof more, "run=%s minutes=%" PRIu64 " reason=" STR_F, run, minutes, STR_ARG(reason));
    TRY(make_room(b));
    TRY(keep(b, act, "ask", b->count + 1, more));
    *out_number = b->count;
    return OK;
}

static enum err need(const struct breakglass *b, const struct breakglass_act *act, uint64_t number,
                     struct breakglass_case **out, struct why *why)
{
    TRY(check_act(b, act, why));
    *out = find(b, number);
    return *out ? OK : why_say(why, ERR_STATE, "there is no case %" PRIu64, number);
}

enum err breakglass_confirm(struct breakglass *b, const struct breakglass_act *act, uint64_t number, struct why *why)
{
    struct breakglass_case *c = NULL;
    TRY(need(b, act, number, &c, why));
    enum breakglass_state s = breakglass_state(c, act->now_ms);
    if (s == BREAKGLASS_LAPSED)
        return why_say(why, ERR_STATE, "case %" PRIu64 " was not confirmed in time; it must be asked for again",
                       number);
    if (s != BREAKGLASS_ASKED)
        return why_say(why, ERR_STATE, "case %" PRIu64 " is %s", number, breakglass_state_name(s));
    if (strcmp(c->asked_by, act->who) == 0)
        return why_say(why, ERR_REFUSED, "another officer must confirm: two people, not one twice");
    return keep(b, act, "confirm", number, "");
}

enum err breakglass_end(struct breakglass *b, const struct breakglass_act *act, uint64_t number, struct why *why)
{
    struct breakglass_case *c = NULL;
    TRY(need(b, act, number, &c, why));
    enum breakglass_state s = breakglass_state(c, act->now_ms);
    if (s != BREAKGLASS_OPEN && s != BREAKGLASS_ASKED)
        return why_say(why, ERR_STATE, "case %" PRIu64 " is %s", number, breakglass_state_name(s));
    return keep(b, act, "end", number, "");
}

enum err breakglass_review(struct breakglass *b, const struct breakglass_act *act, uint64_t number, struct str verdict,
                           struct why *why)
{
    char more[BREAKGLASS_RECORD_BYTES];
    struct breakglass_case *c = NULL;
    TRY(need(b, act, number, &c, why));
    enum breakglass_state s = breakglass_state(c, act->now_ms);
    if (s != BREAKGLASS_CLOSED)
        return why_say(why, ERR_STATE, "case %" PRIu64 " is %s; what was open is reviewed once it is closed", number,
                       breakglass_state_name(s));
    if (strcmp(c->asked_by, act->who) == 0)
        return why_say(why, ERR_REFUSED, "whoever asked does not review: another officer does");
    TRY(check_text(verdict, "verdict", why));
    (void)snprintf(more, sizeof more, "verdict=" STR_F, STR_ARG(verdict));
    return keep(b, act, "review", number, more);
}
