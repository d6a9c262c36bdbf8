/*
 * work -- what a trainer has been asked to do and has not answered yet.
 *
 * One piece is done at a time, in the order it was asked for, so several runs
 * take turns.  Each piece is also kept in the store until it is answered: a
 * trainer that was killed does it again.
 */
#pragma once
#include "common/wire/msg.h"

enum { WORK_MAX = 32, WORK_TEXT_BYTES = 256 };
enum work_kind { WORK_SCAN, WORK_INVITE, WORK_STATS, WORK_TRAIN, WORK_EVALUATE, WORK_KINDS };

struct work {
    uint64_t number; /* order of asking, and its key in the store */
    enum work_kind kind;
    char run[MSG_RUN_BYTES]; /* "" for WORK_SCAN */
    char stage[MSG_STAGE_BYTES];
    char asked[MSG_ID_BYTES]; /* id of the message to answer */
    uint64_t round;
    double noise;   /* the guardian's permit asks for so much at least; 0: as the task does */
    uint64_t point; /* it waits until this checkpoint of the guardian's log was shown to be of the known log; 0: not */
};

struct work_queue {
    struct work items[WORK_MAX]; /* the first is next, or being done */
    size_t count;
    uint64_t next_number;
};

const char *work_name(enum work_kind kind); /* "train" */

/* The piece of work a message asks for. */
struct work work_of(enum work_kind kind, const struct msg *m);

/* Gives it the next number and appends it.  ERR_LIMIT when the queue is full. */
enum err work_push(struct work_queue *q, struct work *w) MUST_USE;
/* Puts back a stored piece, under its own number; call in rising order.  ERR_LIMIT. */
enum err work_restore(struct work_queue *q, const struct work *w) MUST_USE;
const struct work *work_first(const struct work_queue *q); /* NULL when there is none */
void work_pop(struct work_queue *q);                       /* removes the first, if any */
void work_remove(struct work_queue *q, size_t i);
/* Is the same already asked for?  Stage and message do not matter. */
bool work_has(const struct work_queue *q, const struct work *w);
/* Removes the run's pieces, except the first when it is being done; calls fn for each before. */
typedef enum err work_each_fn(void *to, const struct work *w);
enum err work_drop_run(struct work_queue *q, const char *run, size_t from, work_each_fn *fn, void *to) MUST_USE;

/* As kept in the store: NUL-separated text.  Decoding: ERR_STORE for anything else. */
struct bytes work_encode(const struct work *w, char out[WORK_TEXT_BYTES]);
enum err work_decode(struct bytes in, struct work *out) MUST_USE;
