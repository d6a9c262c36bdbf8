/*
 * schema_guard -- the messages about the guardian, and their fields: audits, and
 * the transparency log (schema.h).
 */
#pragma once

#define SCHEMA_GUARD_MESSAGES(M)                                                                                       \
    M(AUDIT_ASK, audit_ask, "audit.ask", 2, ROLE_GUARDIAN, ACKED,                                                      \
      "attack a training on your records, and tell what it gives away")                                                \
    M(AUDIT, audit, "audit", 2, ROLE_TRAINER, ACKED,                                                                   \
      "what the attacks found: rates and bounds, never a record's score")                                              \
    M(LOG_ENTRY, log_entry, "log.entry", 2, ROLE_COORDINATOR | ROLE_TRAINER, ACKED,                                    \
      "something happened that belongs into the transparency log")                                                     \
    M(LOG_MODEL, log_model, "log.model", 2, ROLE_COORDINATOR, ACKED,                                                   \
      "enter the run's model, prove the entry, and have the checkpoint cosigned")                                      \
    M(LOG_PROOF, log_proof, "log.proof", 2, ROLE_GUARDIAN, ACKED, "the model's entry is in the log")                   \
    M(LOG_CHECKPOINT, log_checkpoint, "log.checkpoint", 2, ROLE_GUARDIAN, ACKED,                                       \
      "how long the log is now, and that nothing before was changed; to be cosigned")                                  \
    M(LOG_COSIGN, log_cosign, "log.cosign", 2, ROLE_TRAINER, ACKED,                                                    \
      "a checkpoint with the witness's signature, or why there is none")                                               \
    M(LOG_ASK, log_ask, "log.ask", 2, ROLE_TRAINER, ACKED,                                                             \
      "is the log of one length the beginning of that of another?  A permit is under one of them")                     \
    M(LOG_CONSISTENCY, log_consistency, "log.consistency", 2, ROLE_GUARDIAN, ACKED, "the proof that it is")            \
    M(PERMIT_ASK, permit_ask, "permit.ask", 2, ROLE_COORDINATOR, ACKED, "may this round be trained?")                  \
    M(PERMIT, permit, "permit", 2, ROLE_GUARDIAN, ACKED, "it may; every hospital gets this to look at")                \
    M(PERMIT_DENY, permit_deny, "permit.deny", 2, ROLE_GUARDIAN, ACKED, "it may not, and why")                         \
    M(PERMIT_REVOKE, permit_revoke, "permit.revoke", 2, ROLE_GUARDIAN, ACKED, "the run broke a permit: it ends")       \
    M(QUERY, query, "query", 2, ROLE_COORDINATOR, ACKED,                                                               \
      "how many patients are in each cell of a table, by one or two columns?")                                         \
    M(QUERY_ANSWER, query_answer, "query.answer", 2, ROLE_TRAINER, ACKED,                                              \
      "the table without its small cells, or why there is none")                                                       \
    M(ROUND_REPORT, round_report, "round.report", 2, ROLE_COORDINATOR, ACKED, "what was done under a permit")

#define SCHEMA_AUDIT_ASK(F, T)                                                                                         \
    F(T, u64, attacks, 0, 7, "sum of 1 threshold, 2 loss, 4 canary; 0 for all")                                        \
    F(T, u64, rounds, 0, 1000, "rounds of the training that is attacked; 0 as many as the task has")                   \
    F(T, u64, canaries, 0, 20000, "made-up records, each in training by a fair coin; 0 for no canary attack")
#define SCHEMA_AUDIT(F, T)                                                                                             \
    F(T, str, code, 1, 32, "OK, or the error's name")                                                                  \
    F(T, text, text, 0, 400, "why there is no audit; else the worst grade in words")                                   \
    F(T, vec, results, 0, 64, "the audit as audit_read of common/privacy/audit.h takes it; empty after an error")
#define SCHEMA_LOG_ENTRY(F, T)                                                                                         \
    F(T, str, kind, 1, 31, "run, decline, or refusal")                                                                 \
    F(T, str, code, 1, 32, "OK, or the error's name; failed or aborted of a run that ended without a model")           \
    F(T, text, text, 0, 400, "what there is to say of it")
#define SCHEMA_LOG_MODEL(F, T) F(T, str, sha256, 64, 64, "of the model, lower-case hex")
#define SCHEMA_LOG_PROOF(F, T)                                                                                         \
    F(T, str, proof, 1, 20000, "C2SP tlog-proof of the entry, under a checkpoint that is not yet cosigned")
#define SCHEMA_LOG_CHECKPOINT(F, T)                                                                                    \
    F(T, u64, from, 0, SCHEMA_HUGE, "entries at the checkpoint that the witness keeps, as far as is known; 0: none")   \
    F(T, str, proof, 0, 4000, "consistency proof from there: hashes in base64, one a line")                            \
    F(T, str, note, 1, 4000, "the checkpoint, signed by the log")
#define SCHEMA_LOG_COSIGN(F, T)                                                                                        \
    F(T, u64, size, 0, SCHEMA_HUGE, "entries at the checkpoint that the witness keeps now")                            \
    F(T, str, note, 0, 8000, "the checkpoint, signed by the log and the witness; empty when it is not signed")         \
    F(T, str, code, 1, 32, "OK, or the error's name")                                                                  \
    F(T, text, text, 0, 400, "why it is not signed: another size is kept, split view, rollback")
#define SCHEMA_LOG_ASK(F, T)                                                                                           \
    F(T, u64, from, 1, SCHEMA_HUGE, "entries at the shorter one")                                                      \
    F(T, u64, size, 1, SCHEMA_HUGE, "entries at the longer one")
#define SCHEMA_LOG_CONSISTENCY(F, T)                                                                                   \
    F(T, u64, from, 1, SCHEMA_HUGE, "entries at the shorter one")                                                      \
    F(T, u64, size, 1, SCHEMA_HUGE, "entries at the longer one")                                                       \
    F(T, str, proof, 0, 4000, "hashes in base64, one a line; empty: there is none")
#define SCHEMA_PERMIT_ASK(F, T)                                                                                        \
    F(T, str, request, 1, 56000, "the permit's lines but the last six (common/privacy/permit.h)")
#define SCHEMA_PERMIT(F, T)                                                                                            \
    F(T, str, note, 1, 56500, "the permit, signed")                                                                    \
    F(T, str, proof, 0, 6000, "C2SP tlog-proof that it is in the log, under a checkpoint that is not yet cosigned")
#define SCHEMA_PERMIT_DENY(F, T)                                                                                       \
    F(T, str, code, 1, 32, "the error's name, for example ERR_BUDGET")                                                 \
    F(T, text, text, 0, 400, "the rule of the guardian's policy, or what is spent")
#define SCHEMA_PERMIT_REVOKE(F, T)                                                                                     \
    F(T, str, code, 1, 32, "the error's name")                                                                         \
    F(T, text, text, 0, 400, "what was done against which permit")
#define SCHEMA_QUERY(F, T)                                                                                             \
    F(T, blob, task, 8, 60000, "the task document")                                                                    \
    F(T, str, rows, 1, 63, "the column of the task's data whose classes are the table's rows")                         \
    F(T, str, columns, 0, 63, "the same of its columns; empty: the totals alone")                                      \
    F(T, str, permit, 0, 56500, "the guardian's signed permit, of kind query; empty: it has none")                     \
    F(T, str, proof, 0, 6000, "C2SP tlog-proof that it is in the guardian's log; empty with the permit")
#define SCHEMA_QUERY_ANSWER(F, T)                                                                                      \
    F(T, str, code, 1, 32, "OK, or the error's name")                                                                  \
    F(T, text, text, 0, 400, "why there is no table")                                                                  \
    F(T, vec, cells, 0, 1089, "row by row, totals last, -1 for what is hidden (common/privacy/counts.h)")
#define SCHEMA_ROUND_REPORT(F, T)                                                                                      \
    F(T, u64, sum, 0, SCHEMA_HUGE, "number of the secure sum; 0: there was none")                                      \
    F(T, str, model, 64, 64, "SHA-256 of the new model")                                                               \
    F(T, u64, numbers, 0, SCHEMA_HUGE, "numbers of the model")                                                         \
    F(T, str, sites, 0, 40000,                                                                                         \
      "one line for each update that was added up: JID, standard deviation of its noise, its L2 norm")                 \
    F(T, f64, mean, 0, 1e300, "L2 norm of the mean of these updates")                                                  \
    F(T, f64, start, 0, 1e300, "L2 norm of the model they were trained from")                                          \
    F(T, f64, noise, 0, 1e300, "noise in shares: its standard deviation on each number of the mean; else 0")           \
    F(T, u64, patients, 0, 1e12, "in the sum, where noise in shares hides each; else 0")
