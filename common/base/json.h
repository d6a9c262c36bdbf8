/*
 * json -- writes JSON (RFC 8259) straight into a buffer, without a tree.
 *
 * For messages, of which some hold hundreds of numbers.  json_read.h reads.
 */
#pragma once
#include "common/base/buf.h"

void json_add_text(struct buf *out, struct str text); /* with its quotes; text must be UTF-8 */
void json_add_number(struct buf *out, double value);  /* finite; reads back as the same number */
