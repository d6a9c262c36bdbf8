/*
 * file -- whole small files, read and written safely.  These block on the disk: for start-up and tools.
 */
#pragma once
#include "common/base/buf.h"

/* Appends the whole file to *out (whose max bounds it).  ERR_IO with the path and the system's reason. */
enum err file_read(const char *path, struct buf *out, struct why *why) MUST_USE;

/* Writes to a temporary beside it, syncs, and renames over: readers see the old or the new file, never half of one.
 * mode as in open(2), for example 0600 for secrets. */
enum err file_write(const char *path, struct bytes content, unsigned mode, struct why *why) MUST_USE;
