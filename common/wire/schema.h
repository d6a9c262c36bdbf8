/*
 * schema -- every message of the federation, once.
 *
 * The macros make only data: an enum, one struct a message, and a table of
 * field descriptors that ordinary C (codec.c) walks to encode, decode and
 * validate, and that docs/PROTOCOL.md is printed from.
 *
 *   M(NAME, struct, "type", since, who may send it, delivery, "sentence")
 *                                               since: the version of the schema it came with
 *   F(T, kind, field, min, max, "sentence")     min and max bound the number, the text's bytes, the vector's length and
 *                                               each attachment's bytes; numbers in a vector are finite
 *   F(T, kind, field, min, max, "sentence", since)  the version it came with, of a field younger than its message: in
 *                                               older ones it does not stand, and is zero or empty
 *
 * Kinds: u64 (whole, <= 2^53), f64 (finite), str (a name, a word of a list, a document with a digest), text (free text,
 * looked at before it leaves: runtime/screen.h), vec (of f64), blob (an attachment).  Every field of the version is
 * required. ACKED messages are kept and sent again until the receiver says it has handled them; PLAIN ones may be lost.
 *
 * A change of the schema is a new SCHEMA_VERSION; messages from SCHEMA_MIN_VERSION on, the one before it at least, must
 * still be read.  tests/golden keeps one of each type of every version.
 */
#pragma once
#include "common/wire/role.h"
#include "common/wire/schema_guard.h"
#include "common/wire/schema_secure.h"

enum { SCHEMA_VERSION = 2, SCHEMA_MIN_VERSION = 1, SCHEMA_MAX_FIELDS = 16, SCHEMA_MAX_VECTOR = 4096 };
enum { SCHEMA_BEHIND = 2 }; /* since that version small attachments stand behind the JSON (manifest.h) */
#define SCHEMA_MAX_BLOB 4e9
/* By this feature, and the version, an agent says what it speaks (XEP-0030). */
#define SCHEMA_FEATURE "urn:himas:schema:"
#define SCHEMA_HUGE 9007199254740992.0 /* 2^53 */

#define SCHEMA_MESSAGES(M)                                                                                             \
    M(ACK, ack, "ack", 1, ROLE_ANYONE, PLAIN, "the ids in the envelope's `ack` were handled")                          \
    M(ERROR, error, "error", 1, ROLE_ANYONE, PLAIN, "a message was refused; in_reply_to says which")                   \
    M(JOIN, join, "join", 1, ROLE_TRAINER, ACKED, "a hospital offers to take part; sent whenever it connects")         \
    M(HEARTBEAT, heartbeat, "heartbeat", 1, ROLE_TRAINER, PLAIN, "what a trainer is doing now")                        \
    M(DATA_NEW, data_new, "data.new", 1, ROLE_TRAINER, ACKED, "a hospital's records changed")                          \
    M(RUN_INVITE, run_invite, "run.invite", 1, ROLE_COORDINATOR, ACKED, "an invitation to a run of a task")            \
    M(RUN_ACCEPT, run_accept, "run.accept", 1, ROLE_TRAINER, ACKED, "the hospital takes part")                         \
    M(RUN_DECLINE, run_decline, "run.decline", 1, ROLE_TRAINER, ACKED, "the hospital does not take part, and why")     \
    M(STATS_ASK, stats_ask, "stats.ask", 1, ROLE_COORDINATOR, ACKED, "asks for the moments of the training features")  \
    M(STATS, stats, "stats", 1, ROLE_TRAINER, ACKED, "moments of the training features, never of a small cohort")      \
    M(ROUND_START, round_start, "round.start", 1, ROLE_COORDINATOR, ACKED, "train this model on your records")         \
    M(UPDATE, update, "update", 1, ROLE_TRAINER, ACKED, "a hospital's change of the model")                            \
    M(ROUND_DECLINE, round_decline, "round.decline", 1, ROLE_TRAINER, ACKED,                                           \
      "no update will come this round, and why")                                                                       \
    M(EVALUATE, evaluate, "evaluate", 1, ROLE_COORDINATOR, ACKED, "score this model on your held-out records")         \
    M(EVALUATION, evaluation, "evaluation", 1, ROLE_TRAINER, ACKED, "counts and histograms of the held-out scores")    \
    M(RUN_END, run_end, "run.end", 1, ROLE_COORDINATOR, ACKED, "the run is over; forget its working state")            \
    M(FEED_SUBSCRIBE, feed_subscribe, "feed.subscribe", 1, ROLE_PEOPLE | ROLE_GATEWAY, PLAIN, "asks for feed events")  \
    M(FEED_EVENT, feed_event, "feed.event", 1, ROLE_COORDINATOR, PLAIN, "something happened that people watch")        \
    SCHEMA_GUARD_MESSAGES(M)                                                                                           \
    SCHEMA_SECURE_MESSAGES(M)

#define SCHEMA_ACK(F, T)
#define SCHEMA_ERROR(F, T)                                                                                             \
    F(T, str, code, 1, 32, "the error's name, as in docs/ERRORS.md")                                                   \
    F(T, text, text, 0, 400, "what was wrong and what to do")
#define SCHEMA_JOIN(F, T)                                                                                              \
    F(T, str, site, 1, 63, "the hospital's display name")                                                              \
    F(T, str, software, 1, 63, "program and version")                                                                  \
    F(T, u64, records, 0, 1e12, "records it holds; 0 when its policy does not tell them")
#define SCHEMA_HEARTBEAT(F, T)                                                                                         \
    F(T, str, doing, 1, 31, "idle, training, evaluating, refusing")                                                    \
    F(T, f64, progress, 0, 1, "share of the present work done")                                                        \
    F(T, u64, records, 0, 1e12, "records it holds; 0 when its policy does not tell them")                              \
    F(T, f64, epsilon_spent, 0, 1e9, "privacy spent over the ledger's life")                                           \
    F(T, f64, epsilon_max, 0, 1e9, "the site's budget; 0 when no policy is set")
#define SCHEMA_DATA_NEW(F, T) F(T, u64, records, 0, 1e12, "records it holds now; 0 when its policy does not tell them")
#define SCHEMA_RUN_INVITE(F, T)                                                                                        \
    F(T, str, task, 1, 60000, "the task document, exactly as its digest was taken")                                    \
    F(T, str, digest, 64, 64, "SHA-256 of the task document, lower-case hex")
#define SCHEMA_RUN_ACCEPT(F, T)                                                                                        \
    F(T, u64, records, 0, 1e12, "training records that fit the data contract; 0 in secure sums, which tell the total") \
    F(T, f64, noise, 0, 1e12, "what a round costs here: scale of the noise over its sensitivity; 0 for none", 2)       \
    F(T, f64, rate, 0, 1, "the same: chance of a unit to be in a step", 2)                                             \
    F(T, u64, steps, 0, 1099511627776.0, "the same: steps of a round", 2)                                              \
    F(T, str, data, 1, 63, "name of its data set", 2)
#define SCHEMA_RUN_DECLINE(F, T)                                                                                       \
    F(T, str, code, 1, 32, "the error's name")                                                                         \
    F(T, text, text, 0, 400, "the rule of the site's policy, or what does not fit")
#define SCHEMA_STATS_ASK(F, T)
#define SCHEMA_STATS(F, T)                                                                                             \
    F(T, u64, count, 1, 1e12, "records behind the moments, those with imputed values included")                        \
    F(T, vec, mean, 1, SCHEMA_MAX_VECTOR, "mean of each model input")                                                  \
    F(T, vec, m2, 1, SCHEMA_MAX_VECTOR, "sum of squared deviations of each model input")
#define SCHEMA_ROUND_START(F, T)                                                                                       \
    F(T, blob, model, 8, SCHEMA_MAX_BLOB, "safetensors: the global model and its input scaling")                       \
    F(T, str, permit, 0, 56500, "the guardian's signed permit (common/privacy/permit.h); empty: it has none", 2)       \
    F(T, str, proof, 0, 6000, "C2SP tlog-proof that the permit is in the guardian's log; empty with the permit", 2)
#define SCHEMA_UPDATE(F, T)                                                                                            \
    F(T, u64, samples, 1, 1e12, "records trained on")                                                                  \
    F(T, f64, loss, -1e12, 1e12, "mean training loss of the last local epoch; 0 when noise covers the update")         \
    F(T, f64, noise, 0, 1e12, "standard deviation of the noise added to each number; 0 for none")                      \
    F(T, f64, epsilon_spent, 0, 1e9, "privacy spent over the ledger's life, after this update")                        \
    F(T, u64, seconds, 0, 1e9, "time the training took, rounded up")                                                   \
    F(T, blob, delta, 8, SCHEMA_MAX_BLOB, "safetensors: trained minus received weights, clipped and noised as set")
#define SCHEMA_ROUND_DECLINE(F, T)                                                                                     \
    F(T, str, code, 1, 32, "the error's name, for example ERR_BUDGET")                                                 \
    F(T, text, text, 0, 400, "why")
#define SCHEMA_EVALUATE(F, T) F(T, blob, model, 8, SCHEMA_MAX_BLOB, "safetensors: the model to score")
#define SCHEMA_EVALUATION(F, T)                                                                                        \
    F(T, u64, samples, 0, 1e12, "held-out records scored; 0 when the cohort is too small to say")                      \
    F(T, f64, loss_sum, 0, 1e15, "sum of the losses")                                                                  \
    F(T, f64, brier_sum, 0, 1e15, "sum of the squared errors of the scores")                                           \
    F(T, vec, confusion, 0, SCHEMA_MAX_VECTOR, "counts, true class by predicted class, row by row")                    \
    F(T, vec, positives, 0, SCHEMA_MAX_VECTOR,                                                                         \
      "histogram of the scores of true positives, by tally_bin of common/learn/metrics.h")                             \
    F(T, vec, negatives, 0, SCHEMA_MAX_VECTOR, "the same for true negatives")
#define SCHEMA_RUN_END(F, T)                                                                                           \
    F(T, str, outcome, 1, 31, "done, failed, aborted")                                                                 \
    F(T, text, text, 0, 400, "why")
#define SCHEMA_FEED_SUBSCRIBE(F, T) F(T, u64, on, 0, 1, "1 to begin, 0 to end")
#define SCHEMA_FEED_EVENT(F, T)                                                                                        \
    F(T, str, kind, 1, 31, "phase, joined, permit, update, declined, evaluated, round, ended")                         \
    F(T, str, task, 0, 63, "the task's name")                                                                          \
    F(T, str, phase, 0, 31, "the run's state")                                                                         \
    F(T, u64, rounds, 0, 1e6, "rounds the run wants")                                                                  \
    F(T, str, site, 0, 63, "the hospital it is about")                                                                 \
    F(T, u64, got, 0, 1e6, "hospitals that answered in this phase")                                                    \
    F(T, u64, want, 0, 1e6, "hospitals asked in this phase")                                                           \
    F(T, f64, loss, -1e12, 1e12, "loss it is about; 0 when none")                                                      \
    F(T, f64, auc, 0, 1, "federated AUC; 0 when none")                                                                 \
    F(T, f64, accuracy, 0, 1, "federated accuracy; 0 when none")                                                       \
    F(T, f64, epsilon, 0, 1e9, "privacy that hospital spent so far")                                                   \
    F(T, u64, bytes, 0, SCHEMA_HUGE, "size of what came")                                                              \
    F(T, text, text, 1, 400, "the same in plain words")
