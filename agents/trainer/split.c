#include "agents/trainer/split.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct ticket {
    uint64_t draw; /* the person's lot under this seed */
    uint32_t row;
};

/* The finaliser of splitmix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): one to one, so two people never
 * draw the same lot. */
static uint64_t draw(uint64_t person, uint64_t seed)
{
    uint64_t z = person ^ (seed * 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int by_draw(const void *a, const void *b)
{
    const struct ticket *x = a;
    const struct ticket *y = b;
    if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool begins(const struct ticket *t, size_t i) { return i == 0 || t[i].draw != t[i - 1].draw; }

static size_t count_people(const struct ticket *t, size_t n)
{
    size_t people = 0;
    for (size_t i = 0; i < n; i++) people += begins(t, i);
    return people;
}

static size_t held_out(size_t people, double fraction)
{
    size_t n = (size_t)llround(fraction * (double)people);
    if (people < 2) return 0;
    if (n == 0 && fraction > 0) return 1;
    return n == people ? n - 1 : n;
}

static void deal(const struct ticket *t, size_t n, size_t ntest_people, struct split *s)
{
    size_t person = 0;
    for (size_t i = 0; i < n; i++) {
        person += begins(t, i);
        if (person <= ntest_people)
            s->test[s->ntest++] = t[i].row;
        else
            s->train[s->ntrain++] = t[i].row;
    }
}

static enum err split_with(struct ticket *t, const uint64_t *people, size_t n, double fraction, uint64_t seed,
                           struct split *out)
{
    struct split s = { .train = calloc(n + 1, sizeof *s.train), .test = calloc(n + 1, sizeof *s.test) };
    if (s.train == NULL || s.test == NULL) {
        split_fini(&s);
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) t[i] = (struct ticket){ draw(people[i], seed), (uint32_t)i };
    qsort(t, n, sizeof *t, by_draw);
    deal(t, n, held_out(count_people(t, n), fraction), &s);
    *out = s;
    return OK;
}

enum err split_make(const uint64_t *people, size_t nrows, double test_fraction, uint64_t seed, struct split *out)
{
    if (!(test_fraction >= 0 && test_fraction < 1)) return ERR_INPUT;
    if (nrows > UINT32_MAX) return ERR_LIMIT;
    struct ticket *tickets = calloc(nrows + 1, sizeof *tickets);
    if (tickets == NULL) return ERR_MEMORY;
    enum err e = split_with(tickets, people, nrows, test_fraction, seed, out);
    free(tickets);
    return e;
}

void split_fini(struct split *s)
{
    if (s == NULL) return;
    free(s->train);
    free(s->test);
    *s = (struct split){ 0 };
}
