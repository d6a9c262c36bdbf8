/*
 * incoming -- what a hospital's message means for the run it is about.
 *
 * Every answer belongs to (run, round, stage, authenticated sender).  One that
 * comes too late is acknowledged and counted; one that cannot be is refused
 * with a sentence and counted by its reason; the rest become facts, and the
 * run is stepped.
 */
#pragma once
#include "agents/coordinator/coordinator.h"

struct incoming {
    struct coordinator *home;
    const struct msg *m;
    struct run *run;   /* NULL: not in memory */
    struct site *site; /* NULL: not in the run */
};

/* Finds run and site.  *out_go is false when the message was dealt with: late for a run that is over, or refused. */
enum err incoming_find(struct coordinator *c, const struct msg *m, struct incoming *out, bool *out_go) MUST_USE;

bool incoming_is_present(const struct incoming *in, unsigned state); /* an answer to what the run asks now? */
enum err incoming_late(struct incoming *in) MUST_USE;
/* Counts, logs, and sends the sentence back; no more. */
enum err incoming_refuse(struct incoming *in, enum refusal reason, enum err code, const char *sentence) MUST_USE;
/* The same for an answer the run waits for: it need not wait for this hospital any longer. */
enum err incoming_refuse_answer(struct incoming *in, enum refusal reason, enum err code, const char *sentence) MUST_USE;
enum err incoming_answered(struct incoming *in, enum answer answer) MUST_USE; /* records and steps */
void incoming_note_why(struct site *s, struct str code, struct str text);

/* One function a kind of answer. */
enum err incoming_accept(struct incoming *in) MUST_USE;
enum err incoming_leave(struct incoming *in) MUST_USE;
enum err incoming_decline(struct incoming *in, struct str code, struct str text) MUST_USE;
enum err incoming_moments(struct incoming *in) MUST_USE;
enum err incoming_scores(struct incoming *in) MUST_USE;
/* secure_incoming.c */
enum err incoming_secure_keys(struct incoming *in) MUST_USE;
enum err incoming_secure_shares(struct incoming *in) MUST_USE;
enum err incoming_secure_input(struct incoming *in) MUST_USE;
enum err incoming_secure_vote(struct incoming *in) MUST_USE;
enum err incoming_secure_answer(struct incoming *in) MUST_USE;
enum err incoming_update(struct incoming *in) MUST_USE; /* updates.c */
