/*
 * roster_trust -- reads the roster an agent may believe.
 *
 * Without a pinned key that is the file.  With one, the file must be signed by it (roster_note.h), and must not be
 * older than the newest that this agent has believed before, which its store remembers: else whoever holds an old
 * roster could bring a revoked member back.  Of one version there is one roster.
 */
#pragma once
#include "common/runtime/roster.h"
#include "common/runtime/store.h"

/* pinned: roster_key, or "".  s: no transaction is open; NULL: nothing is remembered or compared (who only looks).
 * roster_read's errors; ERR_CRYPTO for a signature that does not hold or a version that goes back.  Blocks. */
enum err roster_trust_read(const char *path, const char *pinned, struct store *s, struct roster **out, struct why *why)
    MUST_USE;
