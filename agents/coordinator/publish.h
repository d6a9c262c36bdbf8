/*
 * publish -- with a guardian in the roster no model comes out that is not in
 * its transparency log.
 *
 * The last round closed, the guardian is asked for a permit to publish (permitting.h), told the model's hash
 * (log.model) and answers with the proof that it is in the log (log.proof); it shows the hospitals the checkpoint, and
 * they send us their cosignatures.  Proof and the quorum's signatures are kept with the model: anybody can check them
 * (`himas audit verify`).  Two hospitals that were shown different logs prove it
 * to us by what they send: then nothing is published.
 *
 *   proof/<run>           the proof, with the log's signature alone
 *   cosign/<run>/<jid>    the checkpoint as that hospital signed it
 *   evidence/<run>/log    what a log signed that cannot both be true
 */
#pragma once
#include "agents/coordinator/incoming.h"

bool publish_is_logged(const struct run *r); /* is there a guardian? */
bool publish_is_signed(const struct run *r); /* proof and a quorum are here */

/* That a run begins, of which task, into the log; where there is one. */
enum err publish_begin(struct run *r) MUST_USE;
/* That it has ended without a model, failed or aborted; where there is one. */
enum err publish_none(struct run *r, unsigned final_state) MUST_USE;
enum err publish_ask(struct run *r) MUST_USE; /* the chosen round's model into the log */
/* The whole proof, with the signatures of those who signed; appended.  ERR_ABSENT: none is kept. */
enum err publish_proof(struct run *r, struct buf *out) MUST_USE;

enum err incoming_cosign(struct incoming *in) MUST_USE;
