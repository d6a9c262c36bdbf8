/*
 * draw -- pictures made of characters: bars, sparklines, aligned cells.
 *
 * Pure: a `look` says what the reader's terminal can show; everything is
 * appended to a buffer.
 */
#pragma once
#include "common/base/buf.h"

struct look {
    bool color;     /* ANSI colours and cursor movement */
    bool unicode;   /* UTF-8 blocks; else ASCII */
    size_t columns; /* width of a line */
    size_t fold;    /* lines longer than this are folded; 0: no terminal, and no COLUMNS, says how wide they may be */
};
enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_GREEN, INK_YELLOW, INK_RED, INK_BLUE };
enum align { ALIGN_LEFT, ALIGN_RIGHT };

/* What the environment and the file descriptor say: a terminal, NO_COLOR, TERM, the locale, COLUMNS. */
struct look look_of(int fd);

/* share in [0, 1] of so many cells. */
void draw_bar(struct buf *out, const struct look *l, double share, size_t cells);
/* One character a value, or the mean of neighbours when there are more values than cells; NaN is a blank. */
void draw_spark(struct buf *out, const struct look *l, const double *values, size_t n, size_t cells);
void draw_ink(struct buf *out, const struct look *l, enum ink ink, const char *format, ...) PRINTF(4, 5);
/* Exactly `cells` wide: padded, or cut with an ellipsis. */
void draw_cell(struct buf *out, const struct look *l, struct str text, size_t cells, enum align align);
size_t draw_width(struct str text); /* in characters of UTF-8 */

/* "9.0 kB", "1.2 MB" into out; returns out.  Powers of 1000. */
enum { DRAW_BYTES = 48 };
char *draw_bytes(double bytes, char out[DRAW_BYTES]);
/* "0.4 s", "12 s", "3 min 05 s", "2 h 05 min" */
char *draw_seconds(double seconds, char out[DRAW_BYTES]);
