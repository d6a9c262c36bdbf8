/*
 * emit -- writing documents that common/wire/doc.h reads back the same.
 */
#pragma once
#include "common/base/buf.h"
#include "common/wire/doc.h"

void emit_text(struct buf *out, struct str text);                    /* a double-quoted scalar */
void emit_pair(struct buf *out, const char *key, const char *value); /* key: "value" and a newline */
void emit_count(struct buf *out, const char *key, uint64_t value);   /* key: 7 */
void emit_real(struct buf *out, const char *key, double value);      /* key: 0.5, read back exactly */
void emit_doc(struct buf *out, const struct doc *d);                 /* a whole document, in flow style on one line */
