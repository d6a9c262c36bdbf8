/*
 * tlog_commands -- the log as people ask for it; the guardian's own command rows call these.
 *
 *   { "log verify", ... }   is it whole, and who signed its newest checkpoint?
 *   { "log export", ... }   as a file into export_dir, for `himas audit verify`
 *   { "health", ... }       is what was signed still in the store?  With the newest checkpoint, in base64, as a field
 */
#pragma once
#include "agents/privacy/tlog.h"

#define TLOG_EXPORT_FILE "himas.log"

typedef enum err tlog_say_fn(struct tlog *l, struct result *out);
tlog_say_fn tlog_say_verify, tlog_say_export, tlog_say_health;
