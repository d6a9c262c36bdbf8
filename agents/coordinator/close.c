#include "agents/coordinator/close.h"
#include "agents/coordinator/ask.h"
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/keep.h"
#include "agents/coordinator/permitting.h"
#include "agents/coordinator/publish.h"
#include "agents/coordinator/registry.h"
#include "agents/coordinator/scores.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void count_sites(const struct run *r, struct round_row *row)
{
    double loss = 0;
    for (size_t i = 0; i < r->nsites; i++) {
        const struct site *s = &r->sites[i];
        row->joined += s->membership == SITE_JOINED;
        row->epsilon = fmax(row->epsilon, s->epsilon);
        if (s->counted_round != r->head.round) continue;
        row->in++;
        row->samples += s->samples;
        row->bytes += s->bytes;
        loss += s->loss * (double)s->samples;
    }
    if (r->task.aggregation.secure) { /* told for all together, in the sum */
        row->samples = r->head.sum_samples;
        loss = r->head.sum_loss * (double)row->samples;
    }
    if (row->samples > 0) row->train_loss = loss / (double)row->samples;
}

static void add_metrics(const struct metrics *m, struct round_row *row)
{
    if (m->count == 0) return;
    row->loss = m->loss;
    row->auc = m->auc;
    row->accuracy = m->accuracy;
    row->brier = m->brier;
}

static enum err drop_checkpoint(struct run *r, uint64_t round)
{
    char tail[32];
    return journal_drop(r, "model", journal_round_tail(round, tail));
}

/* The newest checkpoint and the best one stay. */
static enum err note_best(struct run *r)
{
    uint64_t best_before = r->head.best_round;
    if (run_improved(r)) {
        r->head.best_loss = run_score_loss(r);
        r->head.best_round = r->head.round;
        r->head.stale_rounds = 0;
        if (best_before != r->head.round) TRY(drop_checkpoint(r, best_before));
    } else if (!isnan(run_score_loss(r))) {
        r->head.stale_rounds++;
    }
    if (r->head.round - 1 == r->head.best_round && !isnan(r->head.best_loss)) return OK;
    return drop_checkpoint(r, r->head.round - 1);
}

static enum err tell_round(struct run *r, const struct round_row *row)
{
    char scores[128] = "no hospital could score it";
    char auc[32] = "";
    if (isfinite(row->auc)) (void)snprintf(auc, sizeof auc, "AUC %.4f, ", row->auc);
    if (!run_scores_round(r)) (void)snprintf(scores, sizeof scores, "not scored");
    if (isfinite(row->loss))
        (void)snprintf(scores, sizeof scores, "loss %.4f, %saccuracy %.4f", row->loss, auc, row->accuracy);
    return feed_tell(r->home, "round", r, NULL,
                     "round %" PRIu64 " of %" PRIu64 " closed with %" PRIu64 " hospitals in %.1f s: %s", row->round,
                     r->head.rounds, row->in, row->seconds, scores);
}

enum err close_round(struct run *r)
{
    struct metrics m;
    struct round_row row = { .round = r->head.round,
                             .started_ms = r->head.round_ms,
                             .late = r->head.late,
                             .refused = r->head.refused,
                             .train_loss = NAN,
                             .loss = NAN,
                             .auc = NAN,
                             .accuracy = NAN,
                             .brier = NAN };
    TRY(scores_merge(r, &m));
    count_sites(r, &row);
    add_metrics(&m, &row);
    row.seconds = (double)(agent_wall_ms(r->home->agent) - r->head.round_ms) / 1000;
    if (run_scores_round(r)) {
        r->head.loss = row.loss;
        r->head.auc = row.auc;
        r->head.accuracy = row.accuracy;
    }
    TRY(note_best(r));
    TRY(journal_put_round(r, &row));
    TRY(permitting_report(r));
    TRY(scores_drop(r));
    r->head.late = r->head.refused = 0;
    r->home->counts.rounds_closed++;
    r->home->counts.round_seconds += row.seconds;
    return tell_round(r, &row);
}

static enum err end_run(struct run *r, unsigned final_state)
{
    r->head.ended_ms = agent_wall_ms(r->home->agent);
    r->head.pause_wanted = false;
    TRY(ask_to_forget(r, final_state));
    if (final_state != RUN_DONE) TRY(publish_none(r, final_state));
    return journal_forget_work(r);
}

uint64_t close_chosen_round(const struct run *r, uint64_t closed)
{
    return r->task.rounds.patience > 0 && r->head.best_round > 0 ? r->head.best_round : closed;
}

/* What was learned is not thrown away with a run that failed: its version says so. */
static enum err salvage(struct run *r, unsigned final_state)
{
    uint64_t version;
    uint64_t closed = r->head.round;
    if (publish_is_logged(r)) return OK;
    if (closed > 0 && r->head.state != RUN_PAUSED) closed--;
    return closed > 0 ? registry_publish(r, close_chosen_round(r, closed), final_state, &version) : OK;
}

enum err close_done(struct run *r)
{
    uint64_t round = close_chosen_round(r, r->head.round);
    uint64_t version;
    TRY(registry_publish(r, round, RUN_DONE, &version));
    (void)snprintf(r->head.why, sizeof r->head.why,
                   "%" PRIu64 " rounds; the model of round %" PRIu64 " is %s version %" PRIu64, r->head.round, round,
                   r->task.name, version);
    return end_run(r, RUN_DONE);
}

enum err close_failed(struct run *r, enum close_reason reason)
{
    CLEANUP(buf_free) struct buf text = buf_make(ROSTER_JID_BYTES * 64);
    if (reason == CLOSE_TOO_FEW)
        run_say_shortage(r, &text);
    else if (reason == CLOSE_UNLOGGED)
        buf_add_z(&text, r->broken.text);
    else if (reason == CLOSE_DENIED)
        buf_addf(&text, "round %" PRIu64 ": %s", r->head.round,
                 r->broken.text[0] ? r->broken.text : "the guardian did not answer in time; is it running?");
    else if (r->broken.text[0])
        buf_addf(&text, "round %" PRIu64 " could not be aggregated: %s", r->head.round, r->broken.text);
    else
        buf_addf(&text, "round %" PRIu64 " was not aggregated in time", r->head.round);
    (void)keep_text(buf_str(&text), r->head.why, sizeof r->head.why);
    TRY(salvage(r, RUN_FAILED));
    return end_run(r, RUN_FAILED);
}

enum err close_aborted(struct run *r)
{
    TRY(salvage(r, RUN_ABORTED));
    return end_run(r, RUN_ABORTED);
}
