/*
 * secure_stages -- what the coordinator does between the stages of a secure
 * sum: the actions of round.c's table.
 *
 * Each asks those who answered the stage before, and nobody else.  A sum that
 * lost too many is begun again among those who are still there and did not
 * refuse, SECURE_ATTEMPTS times a round at most.  Who spoiled SECURE_PATIENCE of
 * a round's sums is left out of its next ones, while enough others are there.
 */
#pragma once
#include "agents/coordinator/run.h"

enum { SECURE_ATTEMPTS = 20, SECURE_PATIENCE = 3 };

/* The next sum of the present round gets its number, and the guardian is asked for its permit; when there is to be
 * none, run->broken says why.  Then its header goes to all hospitals that can take part; when no sum can be held,
 * run->broken says why, and the patrol ends the run. */
enum err secure_ask_permit(struct run *r) MUST_USE;
enum err secure_begin(struct run *r) MUST_USE;
enum err secure_ask_shares(struct run *r) MUST_USE;
enum err secure_ask_training(struct run *r) MUST_USE;
enum err secure_ask_votes(struct run *r) MUST_USE;
enum err secure_ask_answers(struct run *r) MUST_USE;

bool secure_may_retry(const struct run *r);
