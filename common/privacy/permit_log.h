/*
 * permit_log -- a granted permit in the guardian's log (logbook.h): one line
 * that names what it allows, and the hash of the whole that was signed.
 *
 *   permit serial=7 signed=<SHA-256 of permit_print's text> kind=round run=... model=...
 */
#pragma once
#include "common/crypto/logbook.h"
#include "common/privacy/permit.h"

enum err permit_entry(const struct permit *p, struct buf *out) MUST_USE; /* appends it; ERR_MEMORY, buf's errors */

/* Is the entry that of the permit whose text this is?  ERR_CRYPTO when it is not, or the text is no granted permit. */
logbook_says_fn permit_says;
