/*
 * answered -- of each other hospital one kind of share, ever: the answers and
 * vectors of secure sums, opened and remembered as they leave, whatever
 * happened to whom in between.
 *
 * Answers are sealed for the coordinator: who looks needs its key.
 */
#pragma once
#include "common/crypto/identity.h"
#include "common/privacy/secagg_message.h"
#include "common/runtime/roster.h"
#include "common/wire/msg.h"

struct answered_word { /* said by one hospital in one sum */
    char hospital[ROSTER_JID_BYTES];
    char run[MSG_RUN_BYTES];
    uint64_t sum;
    uint32_t about; /* the other hospital's number; 0: its own vector */
    uint64_t what;  /* which half; of a vector the beginning of a hash */
};
struct answered {
    struct answered_word *said; /* owned; each once */
    size_t n, cap;
    size_t answers;     /* opened */
    size_t most;        /* shares in one */
    struct why twofold; /* what was said in two ways, first of all; "" */
};

void answered_fini(struct answered *a);

/* What left a hospital; of other types than secure.input and secure.answer nothing is taken.  ERR_PROTO, ERR_CRYPTO:
 * it cannot be read with this key. */
enum err answered_see(struct answered *a, const struct identity *reader, const char *from, const struct msg *m)
    MUST_USE;
/* An answer, opened already. */
enum err answered_take(struct answered *a, const char *from, const struct msg *about, const struct secagg_answer *told)
    MUST_USE;

/* How many hospitals' vectors left for a sum. */
size_t answered_vectors(const struct answered *a, uint64_t sum);

/* ERR_BUG with the sentence that says who said two things. */
enum err answered_check(const struct answered *a, struct why *why) MUST_USE;
