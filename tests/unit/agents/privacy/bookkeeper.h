/*
 * bookkeeper -- a guardian under test: it keeps a log (tlog.h) and does with it
 * what the officer paul says; and a hospital that notes what it is shown.
 */
#pragma once
#include "agents/privacy/tlog_witness.h"
#include "common/runtime/sim.h"

struct bookkeeper {
    struct sim *sim;
};
struct shown { /* the hospital's state */
    unsigned checkpoints, proofs;
    uint64_t from, size; /* of the last checkpoint */
    char run[MSG_RUN_BYTES];
};

void bookkeeper_open(struct bookkeeper *b);
void bookkeeper_open_in(struct bookkeeper *b, const char *export_dir);
void bookkeeper_close(struct bookkeeper *b);
/* One of: add N, sign, show, roster, forget, export, proof INDEX SIZE, check (loads it anew), verify, health, file.
 * What it answers. */
const char *bookkeeper_say(struct bookkeeper *b, const char *words);
/* The hospital sends cosign, behind (no signature), false (one of another text), lie (it accuses), entry KIND; the
 * coordinator model RUN, whose hash is that of the name. */
const char *bookkeeper_hear(struct bookkeeper *b, const char *who, const char *words);
const struct tlog *bookkeeper_log(const struct bookkeeper *b);
const struct shown *bookkeeper_shown(const struct bookkeeper *b, const char *who);
struct note_key bookkeeper_key(const struct bookkeeper *b);
