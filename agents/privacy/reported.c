/* What was done under a permit, held against it: who was added up, with which noise, and how large it was. */
#include "agents/privacy/guardian.h"
#include "common/privacy/norm_bound.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { NOTE_BYTES = 1 << 17 };
#define ALMOST (1 - 1e-9) /* numbers went over the wire */

/* ---- one hospital ---- */

struct line {
    char jid[PERMIT_JID_BYTES];
    double noise, norm;
};

static bool read_line(struct str text, struct line *out)
{
    return str_copy(str_next(&text, ' '), out->jid, sizeof out->jid) == OK &&
           str_f64(str_next(&text, ' '), &out->noise) == OK && str_f64(text, &out->norm) == OK;
}

static struct norm_seen seen_of(const struct msg_round_report *r, double deviation)
{
    return (
        struct norm_seen){ .numbers = r->numbers, .start = r->start, .deviation = deviation, .patients = r->patients };
}

/* Without noise nothing but the policy bounds it. */
static double policy_bound(const struct guardian *g, const struct permit *p)
{
    return !p->noised && g->veto.norm_max > 0 ? g->veto.norm_max : INFINITY;
}

static enum err judge_norm(const struct guardian *g, const struct permit *p, const struct msg_round_report *r,
                           const struct line *line, struct why *why)
{
    const struct norm_seen seen = seen_of(r, line->noise);
    double most = fmin(policy_bound(g, p), norm_bound_update(p, permit_site(p, str_of(line->jid)), &seen));
    if (line->norm <= most) return OK;
    return why_say(why, ERR_REFUSED,
                   "round %" PRIu64
                   " of %s: the update of %.100s has norm %.4g, and trained as permitted it has at most %.4g",
                   p->round, p->run, line->jid, line->norm, most);
}

/* It must have been permitted, carry its noise, and be as small as it was clipped. */
static enum err look(struct guardian *g, const struct permit *p, const struct msg_round_report *r, struct str text,
                     struct why *why)
{
    struct line line = { .noise = NAN, .norm = NAN };
    if (!read_line(text, &line))
        return why_say(why, ERR_REFUSED, "the report of round %" PRIu64 " of %s cannot be read", p->round, p->run);
    const struct permit_site *s = permit_site(p, str_of(line.jid));
    if (s == NULL)
        return why_say(why, ERR_REFUSED,
                       "round %" PRIu64 " of %s added up an update of %.100s, which was not permitted", p->round,
                       p->run, line.jid);
    enum err e = ledger_commit(&g->ledger, p, line.jid, NULL);
    if (e != OK) return e == ERR_ABSENT ? ERR_STORE : e;
    if (!(line.noise >= permit_deviation(p, s) * ALMOST))
        return why_say(why, ERR_REFUSED,
                       "round %" PRIu64 " of %s: the update of %.100s had noise %.4g, and %.4g was permitted", p->round,
                       p->run, line.jid, line.noise, permit_deviation(p, s));
    return judge_norm(g, p, r, &line, why);
}

/* ---- all of them ---- */

/* Of a secure sum nobody sees one update: the mean of them is looked at. */
static enum err look_at_mean(const struct guardian *g, const struct permit *p, const struct msg_round_report *r,
                             struct why *why)
{
    const struct norm_seen seen = seen_of(r, r->noise);
    double most = fmin(policy_bound(g, p), norm_bound_mean(p, &seen));
    if (p->sum == 0 || r->mean <= most) return OK;
    return why_say(
        why, ERR_REFUSED,
        "round %" PRIu64
        " of %s: the mean of its secure sum has norm %.4g, and of hospitals that trained as permitted it has "
        "at most %.4g",
        p->round, p->run, r->mean, most);
}

static enum err check_report(struct guardian *g, const struct permit *p, const struct msg_round_report *r)
{
    struct str sites = r->sites;
    while (sites.n > 0) {
        struct why why = { "" };
        enum err e = look(g, p, r, str_next(&sites, '\n'), &why);
        if (e == ERR_REFUSED) e = guardian_alarm(g, p->run, why.text);
        TRY(e);
    }
    struct why why = { "" };
    enum err e = look_at_mean(g, p, r, &why);
    return e == ERR_REFUSED ? guardian_alarm(g, p->run, why.text) : e;
}

enum err guardian_on_round_report(struct agent *a, void *self, const struct msg *m)
{
    CLEANUP(arena_free) struct arena arena = arena_make(GUARDIAN_ARENA_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_BYTES);
    struct guardian *g = self;
    struct permit p;
    char text[GUARDIAN_TEXT_BYTES];
    const struct permit_name name = { PERMIT_ROUND, m->run, m->round, m->round_report.sum };
    enum err e = guardian_permit_get(g, name, &arena, &p, &note);
    log_info(agent_log(a), "round.reported", L_NAME("run", m->run), L_U64("round", m->round), L_ERR(e));
    if (e == OK) e = check_report(g, &p, &m->round_report);
    if (e == OK)
        e = tlog_add(&g->log, NULL, "round run=%s round=%" PRIu64 " serial=%" PRIu64 " model=" STR_F, p.run, p.round,
                     p.serial, STR_ARG(m->round_report.model));
    if (e == OK) return guardian_reported(g, m->run, m->round_report.model) == OK ? OK : ERR_STORE;
    if (e != ERR_ABSENT) return ERR_STORE;
    (void)snprintf(text, sizeof text, "round %" PRIu64 " of %s was trained without a permit", m->round, m->run);
    return guardian_alarm(g, m->run, text);
}
