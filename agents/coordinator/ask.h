/*
 * ask -- what the coordinator sends to the hospitals of a run.
 */
#pragma once
#include "agents/coordinator/run.h"
#include "common/runtime/store.h"

/* Where the model of a round is kept. */
const char *ask_model_key(const struct run *r, uint64_t round, char out[STORE_MAX_KEY]);

struct msg ask_question(const struct run *r, enum msg_type type, unsigned state); /* of that state; to be filled */
enum err ask_invite(struct run *r, const struct site *s) MUST_USE;
enum err ask_to_join(struct run *r) MUST_USE;    /* everybody who has not declined */
enum err ask_moments(struct run *r) MUST_USE;    /* everybody who joined, as below */
enum err ask_training(struct run *r) MUST_USE;   /* of the round's model, which is the checkpoint before it */
enum err ask_evaluation(struct run *r) MUST_USE; /* of the checkpoint after it */
enum err ask_to_forget(struct run *r, unsigned final_state) MUST_USE;
