/*
 * fold -- long lines in the width of the reader's terminal.
 *
 * Broken at blanks; what follows goes under where the line's last column
 * begins, or a little further in than the line.  A word that does not fit
 * (a path) is left whole.
 */
#pragma once
#include "common/base/buf.h"

/* Colours take no room.  columns: 0, and every line stays as it is. */
void fold_text(struct str text, size_t columns, struct buf *out);
/* One paragraph, whatever lines it was written in; no line end is added. */
void fold_paragraph(struct str text, size_t columns, struct buf *out);
