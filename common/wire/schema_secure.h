/*
 * schema_secure -- the part of schema.h that is about secure sums: one message
 * each way for each stage (common/privacy/secagg.h).  What it carries has its
 * own spelling, which is what is signed.
 */
#pragma once

#define SCHEMA_SECURE_MESSAGES(M)                                                                                      \
    M(SECURE_HEADER, secure_header, "secure.header", 2, ROLE_COORDINATOR, ACKED,                                       \
      "what the next secure sum is, signed; asks for keys")                                                            \
    M(SECURE_KEYS, secure_keys, "secure.keys", 2, ROLE_TRAINER, ACKED, "a hospital's keys for one sum, signed")        \
    M(SECURE_SESSION, secure_session, "secure.session", 2, ROLE_COORDINATOR, ACKED,                                    \
      "everybody's keys; asks for shares of the hospital's secrets")                                                   \
    M(SECURE_SHARES, secure_shares, "secure.shares", 2, ROLE_TRAINER, ACKED, "shares, each sealed for one hospital")   \
    M(SECURE_DELIVERY, secure_delivery, "secure.delivery", 2, ROLE_COORDINATOR, ACKED,                                 \
      "what the others sealed for this hospital; round.start or evaluate comes with it")                               \
    M(SECURE_INPUT, secure_input, "secure.input", 2, ROLE_TRAINER, ACKED,                                              \
      "a hospital's change of the model, or its scores, masked: alone it says nothing")                                \
    M(SECURE_REQUEST, secure_request, "secure.request", 2, ROLE_COORDINATOR, ACKED,                                    \
      "whose vectors came, and whose did not; asks for a signature on it")                                             \
    M(SECURE_VOTE, secure_vote, "secure.vote", 2, ROLE_TRAINER, ACKED, "the hospital was told this, signed")           \
    M(SECURE_VOTES, secure_votes, "secure.votes", 2, ROLE_COORDINATOR, ACKED,                                          \
      "the signatures; asks for what takes the masks off the sum")                                                     \
    M(SECURE_ANSWER, secure_answer, "secure.answer", 2, ROLE_TRAINER, ACKED, "one share of each other hospital")

#define SECURE_SUM(F, T) F(T, u64, sum, 1, SCHEMA_HUGE, "number of the secure sum in its run; each attempt is another")
#define SECURE_BLOB(F, T, name, most, doc) SECURE_SUM(F, T) F(T, blob, name, 8, most, doc)
#define SCHEMA_SECURE_HEADER(F, T)                                                                                     \
    SECURE_SUM(F, T)                                                                                                   \
    F(T, str, header, 2, 2000, "hex: the header as common/privacy/secagg_header.h spells it")                          \
    F(T, str, signature, 128, 128, "hex: the coordinator's, of the header")                                            \
    F(T, str, members, 1, 50000, "the JIDs of the hospitals asked, ascending, a line each; they are numbered from 1")  \
    F(T, u64, scores, 0, 1, "1: the model is scored, and what was counted is summed; 0: updates are")
#define SCHEMA_SECURE_KEYS(F, T) SECURE_BLOB(F, T, keys, 1000, "stage 1 of common/privacy/secagg_message.h")
#define SCHEMA_SECURE_SESSION(F, T) SECURE_BLOB(F, T, keys, 1e6, "the hospitals' stage 1, one behind the other")
#define SCHEMA_SECURE_SHARES(F, T) SECURE_BLOB(F, T, shares, 1e6, "stage 2 of common/privacy/secagg_message.h")
#define SCHEMA_SECURE_DELIVERY(F, T) SECURE_BLOB(F, T, shares, 1e6, "stage 2, what others sealed for the receiver")
#define SCHEMA_SECURE_INPUT(F, T)                                                                                      \
    SECURE_SUM(F, T)                                                                                                   \
    F(T, str, input, 2, 2000, "hex: stage 3, which says the vector's hash, signed")                                    \
    F(T, f64, epsilon_spent, 0, 1e9, "privacy spent over the ledger's life, after this update")                        \
    F(T, f64, noise, 0, 1e12, "standard deviation of the training's own noise on each step's sum; 0 for none")         \
    F(T, u64, seconds, 0, 1e9, "time the training took, rounded up")                                                   \
    F(T, blob, vector, 1, SCHEMA_MAX_BLOB, "the masked vector, packed (common/privacy/secagg_vec.h)")
#define SCHEMA_SECURE_REQUEST(F, T) SECURE_BLOB(F, T, request, 1e6, "stage 4 of common/privacy/secagg_message.h")
#define SCHEMA_SECURE_VOTE(F, T) SECURE_BLOB(F, T, vote, 1000, "stage 4, what the hospital signs")
#define SCHEMA_SECURE_VOTES(F, T) SECURE_BLOB(F, T, votes, 1e6, "the hospitals' votes, one behind the other")
#define SCHEMA_SECURE_ANSWER(F, T) SECURE_BLOB(F, T, answer, 1e6, "stage 5 of common/privacy/secagg_message.h")
