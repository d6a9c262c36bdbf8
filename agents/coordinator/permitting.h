/*
 * permitting -- a round needs the guardian's permit (common/privacy/permit.h),
 * where the federation has a guardian.
 *
 * The coordinator asks, keeps what came, and hands it to the hospitals; each
 * of them looks at it for itself, so nothing is believed because this agent
 * says so.
 */
#pragma once
#include "agents/coordinator/run.h"

enum { PERMITTING_MAX_BYTES = 57000 }; /* of a permit with its signature */

bool permitting_wanted(const struct run *r); /* the roster has a guardian */
/* Is the hospital asked for the round that begins?  Everybody who joined, but for whom no permit was asked. */
bool permitting_takes(const struct run *r, const struct site *s);
bool permitting_sums(const struct run *r, const struct site *s); /* and for its next secure sum? */
/* For head.round, and where sums are secure head.sums; nobody, where none is wanted. */
enum err permitting_ask(struct run *r) MUST_USE;
enum err permitting_ask_publish(struct run *r) MUST_USE; /* for the chosen round's model */
/* Puts the present permit, and the proof that it is in the log, into the question; nothing where there is none.  The
 * buffers hold them. */
struct permitting_words {
    struct buf permit, proof;
};
enum err permitting_put(struct run *r, struct permitting_words *w, struct msg *round_start) MUST_USE;
void permitting_words_fini(struct permitting_words *w);         /* for CLEANUP() */
enum err permitting_sigma(struct run *r, double *out) MUST_USE; /* noise that it asks for; 0: none, or no permit */
enum err permitting_report(struct run *r) MUST_USE;             /* when the round closes: what was done under it */
