/*
 * ward -- a small federation in a calm simulation, with files of its own, for
 * rows of what people ask and hear.
 */
#pragma once
#include "common/base/buf.h"
#include "common/runtime/sim.h"

struct ward {
    uint64_t seed; /* 0: the usual one */
    struct sim *sim;
    char dir[40]; /* removed in the end, with all that is in it */
};
enum err ward_init(struct ward *w) MUST_USE;
void ward_free(struct ward *w); /* a zeroed one is fine */

enum err ward_put(const struct ward *w, const char *name, const struct buf *text) MUST_USE; /* a file in dir */
/* settings: lines in which each @ stands for dir. */
enum err ward_add(struct ward *w, const struct agent_def *def, const char *name, const char *settings, struct why *why)
    MUST_USE;
void ward_wait(struct ward *w); /* a few seconds of virtual time */
/* What the person hears; "" after a while.  Valid until the next question. */
const char *ward_ask(struct ward *w, const char *person, const char *agent, const char *words);
