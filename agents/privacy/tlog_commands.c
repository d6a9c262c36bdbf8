#include "agents/privacy/tlog_commands.h"
#include "common/base/file.h"
#include "common/crypto/encode.h"
#include "common/privacy/permit_log.h"
#include "common/runtime/roster_log.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 1100, FILE_MODE = 0644, DIR_MODE = 0755 };

/* What no checkpoint covers yet is signed first, so that the whole is told of. */
static enum err whole(struct tlog *l, struct buf *out)
{
    TRY(tlog_sign(l));
    return tlog_export(l, out);
}

enum err tlog_say_verify(struct tlog *l, struct result *out)
{
    CLEANUP(roster_log_free) struct roster_log trust = { .witnesses = NULL };
    CLEANUP(buf_free) struct buf text = buf_make(LOGBOOK_MAX_BYTES);
    struct logbook_found found;
    struct why why = { "" };
    TRY(whole(l, &text));
    enum err e = roster_log_trust(agent_roster(l->agent), &trust, &why);
    trust.trust.says = permit_says;
    if (e == OK) e = logbook_check(buf_str(&text), &trust.trust, &found, &why);
    if (e != OK) {
        result_say(out, "The log does not hold: %s.", why.text[0] ? why.text : err_text(e));
        return e == ERR_MEMORY ? e : ERR_REFUSED;
    }
    result_say(out, "The log is whole: nothing was changed, left out or added.");
    result_field(out, "entries", "%" PRIu64, found.entries);
    result_field(out, "permits", "%" PRIu64 ", as they were signed", found.texts);
    result_field(out, "checkpoints", "%zu", found.checkpoints);
    result_field(out, "cosigned", "%zu of %zu hospitals, the newest checkpoint", found.cosigned,
                 trust.trust.nwitnesses);
    return OK;
}

static enum err write_file(const char *directory, const struct buf *text, struct result *out)
{
    char path[PATH_BYTES];
    struct why why = { "" };
    (void)snprintf(path, sizeof path, "%s/" TLOG_EXPORT_FILE, directory);
    if (mkdir(directory, DIR_MODE) != 0 && errno != EEXIST)
        (void)why_say(&why, ERR_IO, "%s: %s", directory, strerror(errno));
    else if (file_write(path, buf_bytes(text), FILE_MODE, &why) == OK) {
        result_say(out, "%s is written; `himas audit verify` checks it.", path);
        result_field(out, "log", "%s", path);
        return OK;
    }
    result_say(out, "It could not be written: %s", why.text);
    return ERR_REFUSED;
}

enum err tlog_say_export(struct tlog *l, struct result *out)
{
    const char *directory = settings_text(agent_settings(l->agent), "export_dir");
    CLEANUP(buf_free) struct buf text = buf_make(LOGBOOK_MAX_BYTES);
    if (directory[0] == '\0') {
        result_say(out, "This guardian has no export_dir; set one.");
        return ERR_REFUSED;
    }
    TRY(whole(l, &text));
    return write_file(directory, &text, out);
}

/* Signed now, so that whoever asks sees that it can be, and with which key. */
enum err tlog_say_health(struct tlog *l, struct result *out)
{
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    CLEANUP(buf_free) struct buf text = buf_make(2 * NOTE_MAX_BYTES);
    struct tlog anew;
    struct why why = { "" };
    TRY(tlog_sign(l));
    enum err e = tlog_load(&anew, l->agent, &why);
    if (e == OK && anew.range.size != l->range.size) e = why_say(&why, ERR_STORE, "entries of the log are missing");
    if (e == ERR_STORE) {
        result_say(out, "%s.", why.text);
        return ERR_REFUSED;
    }
    TRY(e);
    if (l->newest == 0) return OK;
    TRY(tlog_own_note(l, l->newest, &note));
    TRY(base64_encode(buf_bytes(&note), &text));
    buf_add(&text, "", 1);
    TRY(buf_err(&text));
    result_field(out, "checkpoint", "%s", (const char *)text.p);
    return OK;
}
