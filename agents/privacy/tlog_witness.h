/*
 * tlog_witness -- the guardian's log (tlog.h) and those who watch it: what is
 * asked of the hospitals' trainers, and what becomes of their answers.
 *
 * ORDER.  A witness is shown one checkpoint at a time, and the next when it has
 * answered: so none comes late.  Those that a run waits for come first, the
 * oldest before the others, each with its run's name, so that its coordinator
 * is told, too.
 *
 *   log/witness/<jid>     "kept asked accused": sizes; asked 0: it has answered
 *   log/publish/<size>    "run": whose model is proven under this checkpoint
 *   log/model/<run>       "index size sha256": the run's model in the log
 *   log/from/<jid>        "day n": how many entries it caused on that day
 */
#pragma once
#include "agents/privacy/tlog.h"

enum {
    TLOG_PUBLISH_MAX = 32,    /* runs at once whose checkpoints are shown one by one */
    TLOG_ENTRIES_A_DAY = 5000 /* that one peer's words and vetoed wishes may add: the log only grows */
};

/* Signs what is new, and shows it to whoever waits for nothing. */
enum err tlog_show_all(struct tlog *l) MUST_USE;

/* May this peer cause one entry more today?  Counts it; ERR_LIMIT. */
enum err tlog_may_add(struct tlog *l, const char *jid) MUST_USE;

/* Of messages: log.entry, log.model and log.cosign.  What a peer did wrong is ERR_PROTO, ERR_LIMIT or ERR_ROLE, and
 * nothing has changed; a cosignature by a wrong key is no answer, and it is asked again later. */
enum err tlog_take_entry(struct tlog *l, const struct msg *m) MUST_USE;
enum err tlog_take_model(struct tlog *l, const struct msg *m) MUST_USE; /* replies with log.proof */
enum err tlog_take_cosign(struct tlog *l, const struct msg *m) MUST_USE;

enum err tlog_take_ask(struct tlog *l, const struct msg *m) MUST_USE; /* log.ask; replies with log.consistency */

/* After a restart: who was asked is asked again. */
enum err tlog_forget_asked(struct tlog *l) MUST_USE;
