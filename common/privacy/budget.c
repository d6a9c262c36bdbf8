#include "common/privacy/budget.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHARGES_FIRST = 16 };
static const char reserve_word[] = "reserve";
static const char commit_word[] = "commit";

struct budget_charge {
    char run[BUDGET_RUN_BYTES];
    uint64_t round;
    struct privacy_event event;
    bool committed;
};

void budget_init(struct budget *b, double epsilon_max, double delta)
{
    *b = (struct budget){ .filter = filter_make(epsilon_max, delta) };
}

void budget_init_units(struct budget *b, double epsilon_max, double delta)
{
    *b = (struct budget){ .prefix = BUDGET_UNITS_PREFIX, .filter = filter_make(epsilon_max, delta) };
}

void budget_fini(struct budget *b)
{
    if (b == NULL) return;
    free(b->charges);
    *b = (struct budget){ .prefix = NULL };
}

enum err budget_go_on(struct budget *b, const struct budget *earlier)
{
    struct budget_charge *charges = NULL;
    if (b->count > 0) return ERR_STATE;
    if (earlier->count > 0) {
        charges = malloc(earlier->count * sizeof *charges);
        if (charges == NULL) return ERR_MEMORY;
        memcpy(charges, earlier->charges, earlier->count * sizeof *charges);
    }
    free(b->charges);
    b->charges = charges;
    b->count = b->cap = earlier->count;
    b->filter = earlier->filter;
    b->spent = earlier->spent;
    b->next = earlier->next;
    b->trouble = earlier->trouble;
    return OK;
}

char *budget_of(const struct budget *b, char out[BUDGET_OF_BYTES])
{
    const char *unit = b->prefix ? "each patient" : "the whole hospital";
    if (b->data)
        (void)snprintf(out, BUDGET_OF_BYTES, "data set %.63s, %s", b->data, unit);
    else
        (void)snprintf(out, BUDGET_OF_BYTES, "%s", unit);
    return out;
}

/* ---- the state ---- */

static struct budget_charge *find(const struct budget *b, const char *run, uint64_t round)
{
    for (size_t i = b->count; i > 0; i--) {
        struct budget_charge *c = &b->charges[i - 1];
        if (c->round == round && strcmp(c->run, run) == 0) return c;
    }
    return NULL;
}

static bool is_same(const struct privacy_event *a, const struct privacy_event *b)
{
    return a->mechanism == b->mechanism && a->steps == b->steps && a->noise == b->noise && a->clip == b->clip &&
           a->epsilon == b->epsilon && a->delta == b->delta && a->rate == b->rate;
}

static enum err make_room(struct budget *b)
{
    if (b->count < b->cap) return OK;
    if (b->count >= BUDGET_MAX_CHARGES) return ERR_LIMIT;
    size_t cap = b->cap ? 2 * b->cap : CHARGES_FIRST;
    struct budget_charge *charges = realloc(b->charges, cap * sizeof *charges);
    if (charges == NULL) return ERR_MEMORY;
    b->charges = charges;
    b->cap = cap;
    return OK;
}

/* After make_room. */
static enum err charge(struct budget *b, const struct budget_charge *c)
{
    TRY(accountant_add(&b->spent, &c->event));
    b->filter = filter_fix(b->filter, &c->event);
    b->charges[b->count++] = *c;
    return OK;
}

/* ---- records ---- */

static bool is_run(const char *run)
{
    size_t n = strlen(run);
    for (size_t i = 0; i < n; i++)
        if (run[i] <= ' ' || run[i] > '~') return false;
    return n > 0 && n < BUDGET_RUN_BYTES;
}

static void print_key(const struct budget *b, uint64_t number, char out[BUDGET_KEY_BYTES])
{
    (void)snprintf(out, BUDGET_KEY_BYTES, "%s%010" PRIu64, b->prefix ? b->prefix : BUDGET_PREFIX, number);
}

static void print_record(const struct budget_charge *c, char out[BUDGET_RECORD_BYTES])
{
    const struct privacy_event *e = &c->event;
    int n = snprintf(out, BUDGET_RECORD_BYTES, "%s run=%s round=%" PRIu64, c->committed ? commit_word : reserve_word,
                     c->run, c->round);
    if (n < 0 || c->committed) return;
    (void)snprintf(out + n, BUDGET_RECORD_BYTES - (size_t)n,
                   " mechanism=%s noise=%.17g steps=%" PRIu64 " clip=%.17g epsilon=%.17g delta=%.17g",
                   accountant_mechanism_name(e->mechanism), e->noise, e->steps, e->clip, e->epsilon, e->delta);
    size_t used = strlen(out);
    if (e->rate > 0) (void)snprintf(out + used, BUDGET_RECORD_BYTES - used, " rate=%.17g", e->rate);
}

/* The value of the next "name=value " of the line; empty when it is not there. */
static struct str value(struct str *line, const char *name)
{
    struct str word = str_next(line, ' ');
    struct str found = str_next(&word, '=');
    return str_is(found, name) ? word : str_of(NULL);
}

static enum err parse_event(struct str *line, struct privacy_event *e)
{
    TRY(accountant_mechanism(value(line, "mechanism"), &e->mechanism));
    TRY(str_f64(value(line, "noise"), &e->noise));
    TRY(str_u64(value(line, "steps"), &e->steps));
    TRY(str_f64(value(line, "clip"), &e->clip));
    TRY(str_f64(value(line, "epsilon"), &e->epsilon));
    TRY(str_f64(value(line, "delta"), &e->delta));
    return line->n ? str_f64(value(line, "rate"), &e->rate) : OK; /* only what is subsampled has one */
}

/* Strict: what is read must print as the very same bytes. */
static enum err parse_record(struct str line, struct budget_charge *out)
{
    char again[BUDGET_RECORD_BYTES];
    struct budget_charge c = { .round = 0 };
    struct str whole = line;
    c.committed = str_is(str_next(&line, ' '), commit_word);
    TRY(str_copy(value(&line, "run"), c.run, sizeof c.run));
    TRY(str_u64(value(&line, "round"), &c.round));
    if (!c.committed) TRY(parse_event(&line, &c.event));
    print_record(&c, again);
    if (!str_is(whole, again) || !is_run(c.run)) return ERR_INPUT;
    *out = c;
    return OK;
}

static enum err spoil(struct budget *b, const char *key, const char *what)
{
    return why_say(&b->trouble, ERR_STORE, "the privacy ledger is not whole: %.60s %s", key, what);
}

static enum err load_commit(struct budget *b, const char *key, const struct budget_charge *c)
{
    struct budget_charge *of = find(b, c->run, c->round);
    if (of == NULL || of->committed) return spoil(b, key, "commits what is not reserved");
    of->committed = true;
    return OK;
}

static enum err load_charge(struct budget *b, const char *key, const struct budget_charge *c)
{
    if (find(b, c->run, c->round) != NULL) return spoil(b, key, "charges a round again");
    TRY(make_room(b));
    return charge(b, c) == OK ? OK : spoil(b, key, "is no release");
}

enum err budget_load(void *self, const char *key, struct bytes record)
{
    struct budget *b = self;
    char expected[BUDGET_KEY_BYTES];
    struct budget_charge c;
    if (b->trouble.text[0]) return ERR_STORE; /* the first complaint is the one to read */
    print_key(b, b->next, expected);
    if (strcmp(key, expected) != 0) return spoil(b, key, "does not follow the one before");
    if (parse_record(bytes_str(record), &c) != OK) return spoil(b, key, "cannot be read");
    TRY(c.committed ? load_commit(b, key, &c) : load_charge(b, key, &c));
    b->next++;
    return OK;
}

/* ---- spending ---- */

static enum err keep(struct budget *b, const struct budget_charge *c, budget_put_fn *put, void *sink)
{
    char key[BUDGET_KEY_BYTES];
    char record[BUDGET_RECORD_BYTES];
    print_key(b, b->next, key);
    print_record(c, record);
    TRY(put(sink, key, str_bytes(str_of(record))));
    b->next++;
    return OK;
}

static enum err may_charge(const struct budget *b, const struct privacy_event *e, struct why *why)
{
    char of[BUDGET_OF_BYTES];
    if (b->trouble.text[0]) return why_say(why, ERR_BUDGET, "%s: %s", budget_of(b, of), b->trouble.text);
    if (!accountant_is_release(e)) return why_say(why, ERR_INPUT, "this is no release");
    if (filter_allows(&b->filter, &b->spent, e, 1)) return OK;
    return why_say(why, ERR_BUDGET, "%s: epsilon %.4f of %g is spent (delta %g); this round would pass the limit",
                   budget_of(b, of), budget_spent(b), b->filter.epsilon_max, b->filter.delta);
}

enum err budget_reserve(struct budget *b, const char *run, uint64_t round, const struct privacy_event *e,
                        budget_put_fn *put, void *sink, enum budget_grant *out, struct why *why)
{
    struct budget_charge c = { .round = round, .event = *e };
    if (!is_run(run)) return why_say(why, ERR_INPUT, "a run's id is 1 to %d visible letters", BUDGET_RUN_BYTES - 1);
    const struct budget_charge *old = find(b, run, round);
    if (old != NULL && !is_same(&old->event, e))
        return why_say(why, ERR_REFUSED, "round %" PRIu64 " of run %s was charged with other parameters", round, run);
    if (old != NULL) return *out = old->committed ? BUDGET_COMMITTED : BUDGET_RESERVED, OK;
    TRY(may_charge(b, e, why));
    TRY(make_room(b));
    TRY(str_copy(str_of(run), c.run, sizeof c.run));
    TRY(keep(b, &c, put, sink));
    TRY(charge(b, &c));
    *out = BUDGET_NEW;
    return OK;
}

enum err budget_commit(struct budget *b, const char *run, uint64_t round, budget_put_fn *put, void *sink,
                       struct why *why)
{
    struct budget_charge *c = find(b, run, round);
    if (c == NULL) return why_say(why, ERR_ABSENT, "round %" PRIu64 " of run %.63s was never charged", round, run);
    if (c->committed) return OK;
    struct budget_charge done = *c;
    done.committed = true;
    TRY(keep(b, &done, put, sink));
    c->committed = true;
    return OK;
}

uint64_t budget_charges_beside(const struct budget *b, const char *run, uint64_t round)
{
    uint64_t count = 0;
    for (size_t i = 0; i < b->count; i++) count += b->charges[i].round != round && strcmp(b->charges[i].run, run) == 0;
    return count;
}

double budget_spent(const struct budget *b)
{
    return fmin(accountant_round_up(filter_epsilon(&b->filter, &b->spent)), BUDGET_SPENT_MAX);
}

bool budget_affords(const struct budget *b, const struct privacy_event *e, uint64_t rounds)
{
    return b->trouble.text[0] == '\0' && filter_allows(&b->filter, &b->spent, e, rounds);
}

uint64_t budget_covers(const struct budget *b, const struct privacy_event *e, uint64_t most)
{
    uint64_t low = 0;
    uint64_t high = most;
    if (budget_affords(b, e, most)) return most;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (budget_affords(b, e, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint64_t budget_forecast(const struct budget *b, const struct privacy_event *e)
{
    return budget_covers(b, e, BUDGET_FORECAST_MAX);
}
