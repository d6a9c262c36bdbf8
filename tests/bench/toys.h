/*
 * toys -- agents that do nothing but what a round needs: a coordinator that
 * sends one model to everybody and counts the answers, and a trainer that
 * answers at once.
 */
#pragma once
#include "common/runtime/agent.h"

struct toy_round { /* the coordinator's state */
    uint64_t round;
    size_t want, got, online;
    uint64_t started_ns, ended_ns; /* ended_ns 0 while answers are missing */
    uint64_t sent_ns;              /* when the last was handed over to the runtime */
};

/* Settings: model_bytes, what is sent in the next rounds.  Command: "round", with an optional size. */
extern const struct agent_def toy_coordinator;
/* Settings: reply_bytes of the update; 0 sends the model back. */
extern const struct agent_def toy_trainer;
