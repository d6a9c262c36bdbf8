/*
 * secret -- keys, noise seeds and raw records do not outlive their use.
 */
#pragma once
#include "common/base/buf.h"

void secret_wipe(void *p, size_t n);                        /* not optimised away */
void secret_buf_free(struct buf *b);                        /* wipes, then frees; for CLEANUP() */
int secret_differs(const void *a, const void *b, size_t n); /* constant time; 0 when equal */

/* Reads a whole small file (at most max bytes) that only its owner may read: ERR_SETTING, with the remedy, when the
 * mode allows others; trailing newline removed.  *out is owned by the caller (secret_buf_free).  Blocks on the disk. */
enum err secret_read_file(const char *path, size_t max, struct buf *out, struct why *why) MUST_USE;
