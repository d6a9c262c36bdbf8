#include "tests/sim/plan.h"
#include "common/base/text.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name_, kind_, member, less_, least_)                                                                     \
    {                                                                                                                  \
        name_, PLAN_##kind_, offsetof(struct plan, member), less_, least_                                              \
    }
#define FAULT(kind, member, less, least) FIELD(#member, kind, faults.member, less, least)
#define OWN(kind, member, less, least) FIELD(#member, kind, member, less, least)

const struct plan_field plan_fields[] = {
    OWN(U64, row, PLAN_KEEP, 0),
    OWN(U64, seed, PLAN_KEEP, 0),
    FAULT(REAL, drop, PLAN_OFF, 0),
    FAULT(REAL, duplicate, PLAN_OFF, 0),
    FAULT(REAL, kill_per_second, PLAN_OFF, 0),
    FAULT(REAL, cut_per_second, PLAN_OFF, 0),
    FAULT(REAL, crash_at_commit, PLAN_OFF, 0),
    FAULT(REAL, store_fail, PLAN_OFF, 0),
    FAULT(REAL, clock_jump_per_second, PLAN_OFF, 0),
    FAULT(U64, clock_jump_max_ms, PLAN_KEEP, 0),
    FAULT(U64, down_min_ms, PLAN_KEEP, 0),
    FAULT(U64, down_max_ms, PLAN_KEEP, 0),
    OWN(REAL, meddle_per_minute, PLAN_OFF, 0),
    OWN(FLAG, aborts, PLAN_OFF, 0),
    OWN(FLAG, damaged, PLAN_OFF, 0),
    OWN(FLAG, noise, PLAN_OFF, 0),
    OWN(FLAG, one_spent, PLAN_OFF, 0),
    OWN(U64, spent_after, PLAN_KEEP, 0),
    OWN(FLAG, one_silent, PLAN_OFF, 0),
    OWN(FLAG, secure, PLAN_OFF, 0),
    OWN(FLAG, local_steps, PLAN_OFF, 0),
    OWN(FLAG, narrow, PLAN_OFF, 0),
    OWN(FLAG, one_wary, PLAN_OFF, 0),
    OWN(U64, adversaries, PLAN_KEEP, 0),
    OWN(U64, vandals, PLAN_KEEP, 0),
    OWN(U64, vandalism, PLAN_KEEP, 0),
    OWN(FLAG, moments, PLAN_OFF, 0),
    OWN(U64, rounds, PLAN_FEWER, 1),
    OWN(U64, evaluate_every, PLAN_KEEP, 0),
    OWN(U64, guardian, PLAN_KEEP, 0),
    OWN(U64, sites, PLAN_FEWER, 1),
    OWN(U64, quorum, PLAN_KEEP, 0), /* goes with the sites */
    FAULT(U64, faults_until_ms, PLAN_HALVE, 1000),
    FAULT(U64, delay_max_ms, PLAN_HALVE, 1),
    FAULT(U64, delay_min_ms, PLAN_KEEP, 0),
    FAULT(U64, job_max_ms, PLAN_HALVE, 1),
    OWN(U64, join_deadline_ms, PLAN_KEEP, 0),
    OWN(U64, round_deadline_ms, PLAN_KEEP, 0),
    { 0 },
};

static const struct {
    const char *name;
    const char *words;
    bool timed; /* `at` is a time, not the number of a write */
} strikes[SIM_STRIKE_KINDS] = {
    [SIM_STRIKE_KILL] = { "kill", "kill", true },
    [SIM_STRIKE_CUT] = { "cut", "cut of the link", true },
    [SIM_STRIKE_CLOCK] = { "clock", "jump of the clock", true },
    [SIM_STRIKE_STORE] = { "store", "failure of the store", false },
    [SIM_STRIKE_CRASH_BEFORE] = { "before", "kill before a commit", false },
    [SIM_STRIKE_CRASH_AFTER] = { "after", "kill after a commit", false },
};

/* ---- printing ---- */

static void print_value(const struct plan_field *f, const void *at, struct buf *out)
{
    if (f->kind == PLAN_U64) buf_addf(out, "%s=%" PRIu64, f->name, *(const uint64_t *)at);
    if (f->kind == PLAN_REAL) buf_addf(out, "%s=%.17g", f->name, *(const double *)at);
    if (f->kind == PLAN_FLAG) buf_addf(out, "%s=%d", f->name, *(const bool *)at);
}

static bool same(const struct plan_field *f, const void *a, const void *b)
{
    if (f->kind == PLAN_U64) return *(const uint64_t *)a == *(const uint64_t *)b;
    if (f->kind == PLAN_FLAG) return *(const bool *)a == *(const bool *)b;
    return memcmp(a, b, sizeof(double)) == 0;
}

void plan_print(const struct plan *row, const struct plan *p, struct buf *out)
{
    buf_addf(out, "row=%" PRIu64 " seed=%" PRIu64, p->row, p->seed);
    for (const struct plan_field *f = plan_fields + 2; f->name; f++) {
        const void *at = (const char *)p + f->offset;
        if (same(f, at, (const char *)row + f->offset)) continue;
        buf_add_z(out, " ");
        print_value(f, at, out);
    }
    for (size_t i = 0; i < p->nstrikes; i++)
        buf_addf(out, "%s%s@%" PRIu64 ":%zu:%" PRId64, i ? "," : " strikes=", strikes[p->strikes[i].kind].name,
                 p->strikes[i].at, p->strikes[i].node, p->strikes[i].by_ms);
}

void plan_say_strike(const struct sim_strike *k, struct buf *out)
{
    buf_addf(out, "%s of node %zu at ", strikes[k->kind].words, k->node);
    if (strikes[k->kind].timed)
        buf_addf(out, "%.3f s", (double)k->at / 1000);
    else
        buf_addf(out, "its write %" PRIu64, k->at);
    if (k->kind != SIM_STRIKE_STORE)
        buf_addf(out, ", %s %.3f s", k->kind == SIM_STRIKE_CLOCK ? "by" : "down for", (double)k->by_ms / 1000);
}

/* ---- reading ---- */

static enum err read_value(const struct plan_field *f, struct str word, void *at)
{
    char text[64];
    uint64_t n;
    TRY(str_copy(word, text, sizeof text));
    if (f->kind == PLAN_REAL) {
        char *end = NULL;
        *(double *)at = strtod(text, &end);
        return *end || end == text ? ERR_INPUT : OK;
    }
    TRY(str_u64(word, &n));
    if (f->kind == PLAN_U64)
        *(uint64_t *)at = n;
    else
        *(bool *)at = n != 0;
    return OK;
}

static enum err read_strike(struct str word, struct sim_strike *out)
{
    struct sim_strike k = { 0 };
    struct str name = str_next(&word, '@');
    char by[32];
    uint64_t node;
    while (k.kind < SIM_STRIKE_KINDS && !str_is(name, strikes[k.kind].name)) k.kind++;
    if (k.kind == SIM_STRIKE_KINDS) return ERR_INPUT;
    TRY(str_u64(str_next(&word, ':'), &k.at));
    TRY(str_u64(str_next(&word, ':'), &node));
    TRY(str_copy(word, by, sizeof by));
    k.node = (size_t)node;
    k.by_ms = strtoll(by, NULL, 10);
    *out = k;
    return OK;
}

static enum err read_strikes(struct str list, struct plan *p)
{
    for (p->nstrikes = 0; list.n > 0; p->nstrikes++) {
        if (p->nstrikes == PLAN_MAX_STRIKES) return ERR_LIMIT;
        TRY(read_strike(str_next(&list, ','), &p->strikes[p->nstrikes]));
    }
    return OK;
}

static enum err read_word(struct str word, struct plan *p)
{
    struct str name = str_next(&word, '=');
    if (str_is(name, "strikes")) return read_strikes(word, p);
    for (const struct plan_field *f = plan_fields; f->name; f++)
        if (str_is(name, f->name)) return read_value(f, word, (char *)p + f->offset);
    return ERR_INPUT;
}

enum err plan_parse(struct str line, struct plan *p, struct why *why)
{
    while (line.n > 0) {
        struct str word = str_next(&line, ' ');
        if (word.n > 0 && read_word(word, p) != OK)
            return why_say(why, ERR_INPUT, "\"" STR_F "\" says nothing of a plan", STR_ARG(word));
    }
    return OK;
}
