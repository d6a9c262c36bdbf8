/* An update: one a hospital and round, checked, kept with its bytes, and counted once. */
#include "agents/coordinator/aggregate.h"
#include "agents/coordinator/incoming.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/stored.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SIZE_TEXT_BYTES = 32 };

static const char *size_text(uint64_t bytes, char out[SIZE_TEXT_BYTES])
{
    if (bytes < 1000)
        (void)snprintf(out, SIZE_TEXT_BYTES, "%" PRIu64 " bytes", bytes);
    else if (bytes < 1000000)
        (void)snprintf(out, SIZE_TEXT_BYTES, "%.0f kB", (double)bytes / 1e3);
    else
        (void)snprintf(out, SIZE_TEXT_BYTES, "%.1f MB", (double)bytes / 1e6);
    return out;
}

/* The same round again: the same bytes are a repetition, other bytes are kept as evidence, and the first ones count. */
static enum err again(struct incoming *in, const char *sha256)
{
    CLEANUP(buf_free) struct buf evidence = buf_make(STORED_MAX_BYTES);
    char round[32];
    char tail[STORE_MAX_KEY];
    if (strcmp(sha256, in->site->update_sha256) == 0) {
        in->home->counts.repeated++;
        return OK;
    }
    (void)snprintf(tail, sizeof tail, "%s/%s", journal_round_tail(in->m->round, round), in->site->jid);
    buf_addf(&evidence, "{\"counted\":\"%s\",\"refused\":\"%s\",\"wall_ms\":%" PRId64 "}", in->site->update_sha256,
             sha256, agent_wall_ms(in->home->agent));
    TRY(buf_err(&evidence));
    TRY(journal_put(in->run, "evidence", tail, buf_bytes(&evidence)));
    return incoming_refuse(in, REFUSAL_EQUIVOCATION, ERR_DUPLICATE,
                           "another update for this round came before; the first one counts");
}

static enum err check(const struct incoming *in, enum refusal *reason, struct why *why)
{
    struct check_limits limits = { .spec = &in->run->spec,
                                   .max_norm = in->run->task.rounds.max_update_norm,
                                   .norm = &in->site->norm };
    return check_update(in->home->agent, &limits, &in->m->update.delta, reason, why);
}

static void note(struct incoming *in, uint64_t merge, const char *sha256)
{
    const struct msg_update *u = &in->m->update;
    struct site *s = in->site;
    s->update_round = in->m->round;
    s->counted_round = merge;
    (void)snprintf(s->update_sha256, sizeof s->update_sha256, "%s", sha256);
    s->samples = u->samples;
    s->seconds = u->seconds;
    s->bytes = agent_blob_bytes(in->home->agent, &u->delta);
    s->loss = u->loss;
    s->noise = u->noise;
    s->epsilon = u->epsilon_spent;
}

static enum err keep(struct incoming *in, uint64_t merge, const char *sha256)
{
    const struct msg_update *u = &in->m->update;
    struct update_row row = { .round = in->m->round, .samples = u->samples };
    row.weight = aggregate_weight(u->samples, in->run->task.rounds.max_samples, merge - in->m->round);
    (void)snprintf(row.sha256, sizeof row.sha256, "%s", sha256);
    note(in, merge, sha256);
    return journal_put_update(in->run, merge, in->site, &row, &u->delta);
}

/* A round that has closed: its update is acknowledged, and dropped or kept for the next merge, as the task says. */
static enum err late(struct incoming *in, const char *sha256)
{
    struct why why = { 0 };
    enum refusal reason = REFUSAL_NONE;
    struct run *r = in->run;
    uint64_t merge = r->head.state == RUN_TRAINING ? r->head.round : r->head.round + 1;
    TRY(incoming_late(in));
    if (r->task.rounds.late != LATE_WEIGHTED || in->m->round == 0 || in->m->round < in->site->update_round) return OK;
    enum err e = check(in, &reason, &why);
    if (e == ERR_INPUT || e == ERR_LIMIT) return incoming_refuse(in, reason, e, why.text);
    TRY(e);
    TRY(keep(in, merge, sha256));
    TRY(feed_tell(in->home, "update", r, in->site,
                  "%s's update of round %" PRIu64 " came late; round %" PRIu64 " counts it with less weight",
                  in->site->name, in->m->round, merge));
    return journal_put_site(r, in->site);
}

static enum err take(struct incoming *in, const char *sha256)
{
    struct why why = { 0 };
    enum refusal reason = REFUSAL_NONE;
    char size[SIZE_TEXT_BYTES];
    enum err e = check(in, &reason, &why);
    if (e == ERR_INPUT || e == ERR_LIMIT) return incoming_refuse_answer(in, reason, e, why.text);
    TRY(e);
    TRY(keep(in, in->m->round, sha256));
    run_set_answer(in->run, in->site, ANSWER_IN);
    TRY(feed_tell(in->home, "update", in->run, in->site, "round %" PRIu64 ": %s returned %s, %zu of %zu in",
                  in->m->round, in->site->name, size_text(in->site->bytes, size), in->run->counts.in,
                  in->run->counts.asked));
    return round_step(in->run, EVENT_CHANGED, in->site);
}

enum err incoming_update(struct incoming *in)
{
    const struct msg *m = in->m;
    struct site *s = in->site;
    char sha256[RUN_DIGEST_BYTES];
    TRY(agent_blob_digest(in->home->agent, &m->update.delta, sha256));
    if (s->membership == SITE_DECLINED) return incoming_late(in);
    if (s->membership != SITE_JOINED)
        return incoming_refuse(in, REFUSAL_STRANGER, ERR_STATE, "this hospital has not accepted the invitation");
    if (m->round > in->run->head.round)
        return incoming_refuse(in, REFUSAL_FUTURE, ERR_STATE, "that round has not begun");
    if (m->round == s->update_round && m->round > 0) return again(in, sha256);
    enum answer answer = site_answer(in->run, s);
    bool wanted = incoming_is_present(in, RUN_TRAINING) && (answer == ANSWER_ASKED || answer == ANSWER_OUT);
    return wanted ? take(in, sha256) : late(in, sha256);
}

uint64_t coordinator_update_room(void *self, const struct msg *m)
{
    const struct run *r = coordinator_run(self, m->run);
    return r && !run_over(r) ? model_file_bytes(&r->spec) : 0;
}
