/*
 * notary -- a guardian under whom a house's coordinator publishes: it permits
 * all that it is asked, keeps a log of two entries, the run's model the second
 * of them, and proves and shows what paul tells it to:
 *
 *   /prove kind=...     sends the proof that the model is in the log, or one that is none:
 *     right  hash  run  round  sender    the entry is the run's, or differs in that
 *     foreign                            the checkpoint is signed with another key than the roster's
 *     outside                            the entry is not under the checkpoint
 *     garbage                            no proof at all
 *   /show hospital=... log=...    shows that hospital a checkpoint to sign:
 *     same  the proof's     forked  another of that length     longer  one of a later log
 */
#pragma once
#include "common/runtime/agent.h"

struct notary {
    struct agent *agent;
    char run[MSG_RUN_BYTES];
    char sha256[65]; /* of the model it was told; "" before */
    char coordinator[ROSTER_JID_BYTES];
    uint64_t round;
    unsigned begun; /* runs that the coordinator had entered */
};
extern const struct agent_def notary_agent;
