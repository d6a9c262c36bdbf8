/*
 * journal -- what a run keeps in the store, so that a coordinator killed
 * anywhere comes back in the state it had.
 *
 *   counter                              runs ever made
 *   head/<run>                           struct run_head
 *   text/<run>                           the task document
 *   site/<run>/<jid>                     struct site
 *   journal/<run>/<number>               one line per step, append-only
 *   round/<run>/<round>                  struct round_row, when the round closes
 *   update/<run>/<merge>/<jid>/<round>   struct update_row: an update waiting for the merge of that round
 *   delta/<run>/<merge>/<jid>/<round>    its bytes
 *   moments/<run>/<jid>                  doubles: count, means, M2 of each input
 *   scores/<run>/<round>/<jid>           doubles: a tally
 *   model/<run>/<round>                  checkpoint: safetensors; round 0 is the beginning
 *   layout/<run>                         what a secure sum's vector means and who learns what, in words
 *   permit/<run>, permit-proof/<run>     the guardian's signed permit of the present round, and that it is in the log
 *   memory/<run>                         doubles: the server optimiser's memory, a window after another (merge.h)
 *   half/<run>/model, half/<run>/memory  of the next checkpoint, while it is being merged
 *   proof/<run>, cosign/<run>/<jid>      that the model is in the log, and who signed it (publish.h)
 *   evidence/<run>/<round>/<jid>         digests of two different updates for one round
 *
 * Every event writes a number of rows that does not grow with the federation.
 */
#pragma once
#include "agents/coordinator/round.h"
#include "common/runtime/store.h"

struct coordinator;

struct journal_row {
    uint64_t number;
    int64_t wall_ms;
    uint64_t round; /* after the step */
    char from[MSG_STAGE_BYTES];
    char event[MSG_STAGE_BYTES];
    char site[ROSTER_JID_BYTES];
    char to[MSG_STAGE_BYTES];
};
struct round_row {
    uint64_t round;
    int64_t started_ms;
    double seconds;
    uint64_t joined, in; /* hospitals */
    uint64_t samples, bytes, late, refused;
    double train_loss;                 /* mean over hospitals by samples; NAN */
    double loss, auc, accuracy, brier; /* federated, on held-out records; NAN */
    double epsilon;                    /* most any hospital has spent; over its ledger's life */
};
struct update_row {
    uint64_t round; /* it was trained in */
    uint64_t samples;
    double weight;
    char sha256[RUN_DIGEST_BYTES];
};

/* Writing; in the agent's transaction. */
enum err journal_put_run(struct run *r) MUST_USE; /* a new one: text, head, sites, counter */
enum err journal_put_head(struct run *r) MUST_USE;
enum err journal_put_site(struct run *r, const struct site *s) MUST_USE;
enum err journal_add(struct run *r, unsigned from, unsigned event, const struct site *site) MUST_USE;
enum err journal_put_round(struct run *r, const struct round_row *row) MUST_USE;
enum err journal_put_update(struct run *r, uint64_t merge, const struct site *s, const struct update_row *row,
                            const struct blob *delta) MUST_USE;
enum err journal_forget_work(struct run *r) MUST_USE; /* when it ends: all but head, text, sites, journal, rounds */
enum err journal_drop_merged(struct run *r) MUST_USE; /* the updates of the present round */
/* A blob of the run: kind is "model", "moments" ...; tail is "" or what follows the run in the key. */
char *journal_key(char out[STORE_MAX_KEY], const char *kind, const struct run *r, const char *tail);
enum err journal_put(struct run *r, const char *kind, const char *tail, struct bytes value) MUST_USE;
enum err journal_get(struct run *r, const char *kind, const char *tail, struct buf *out) MUST_USE;
enum err journal_drop(struct run *r, const char *kind, const char *tail) MUST_USE;
char *journal_round_tail(uint64_t round, char out[32]); /* ten digits, so that the store's order is the rounds' */

/* Reading. */
enum err journal_read_head(struct bytes text, struct run_head *out) MUST_USE;
enum err journal_read_round(struct bytes text, struct round_row *out) MUST_USE;
enum err journal_read_update(struct bytes text, struct update_row *out) MUST_USE;
enum err journal_read_row(struct bytes text, struct journal_row *out) MUST_USE;
enum err journal_load(struct coordinator *c, struct why *why)
    MUST_USE; /* the runs that are not over, and the counter */
enum err journal_load_sites(struct run *r) MUST_USE;

/* Where the table leads when it is walked with the rows' events: ERR_BUG with a sentence when a row is missing, does
 * not begin where the one before ended, or is no row of the table.  *out_state and *out_round must equal the head's. */
enum err journal_replay(const struct journal_row *rows, size_t n, unsigned *out_state, uint64_t *out_round,
                        struct why *why) MUST_USE;
/* The same for everything in a store: for every head, its journal must lead to it.  For simulations. */
enum err journal_check(struct store *s, struct why *why) MUST_USE;
