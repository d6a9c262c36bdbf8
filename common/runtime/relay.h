/*
 * relay -- long work, a piece after another: each on a worker, and what came of
 * it kept on the loop, until there is no more.
 */
#pragma once
#include "common/runtime/agent.h"

struct relay {
    void (*piece)(void *work); /* on the worker; touches nothing but the work */
    /* On the loop, in a transaction; *out_more, at first false: there is another piece. */
    enum err (*keep)(struct agent *a, void *self, void *work, bool *out_more);
    void (*free)(void *work); /* also when the agent starts again: then without keep */
};

/* Takes the work, also on failure; how is borrowed for as long as the process lives.  ERR_MEMORY. */
enum err relay_begin(struct agent *a, const struct relay *how, void *work) MUST_USE;
