/*
 * schema_guard -- the fields of the messages about the guardian: audits, and
 * the transparency log (schema.h).
 */
#pragma once

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
    F(T, str, code, 1, 32, "OK, or the error's name")                                                                  \
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
