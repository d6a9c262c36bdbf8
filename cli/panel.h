/*
 * panel -- what feed.event messages say about one run, gathered for a person.
 *
 * Pure: events go in, a picture comes out.
 */
#pragma once
#include "cli/draw.h"
#include "common/wire/msg.h"

enum { PANEL_MAX_SITES = 64, PANEL_MAX_ROUNDS = 1000, PANEL_NAME_BYTES = 64, PANEL_WORD_BYTES = 120 };

struct panel_site {
    char name[PANEL_NAME_BYTES];
    char word[PANEL_WORD_BYTES]; /* the last thing said about it */
    bool in;                     /* it answered in this phase */
    double loss;                 /* NAN until known */
    double epsilon;              /* NAN until known */
    double bytes;
};
enum panel_outcome { PANEL_RUNNING, PANEL_DONE, PANEL_FAILED };

struct panel {
    char run[MSG_RUN_BYTES]; /* "" until the first event: then the run it is about */
    char task[PANEL_NAME_BYTES];
    char phase[32];
    uint64_t round, rounds, got, want;
    struct panel_site sites[PANEL_MAX_SITES];
    size_t nsites;
    double loss[PANEL_MAX_ROUNDS]; /* one a finished round */
    double auc[PANEL_MAX_ROUNDS];
    size_t nhistory;
    double accuracy; /* of the last evaluation; NAN until known */
    enum panel_outcome outcome;
};

struct panel panel_make(const char *run); /* "" follows the run of the first event */
/* Takes a feed.event in; false when it is about another run. */
bool panel_take(struct panel *p, const struct msg *m);

/* One line of the plain-language feed: "round 7: hospital-b returned 12 kB, 2 of 3 in". */
void panel_line(const struct msg *m, const struct look *l, struct buf *out);
/* The panel; *out_lines (may be NULL) is its height. */
void panel_draw(const struct panel *p, const struct look *l, struct buf *out, size_t *out_lines);
