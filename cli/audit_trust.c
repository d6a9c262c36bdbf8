#include "cli/audit_trust.h"
#include "cli/home.h"
#include "common/runtime/roster_trust.h"

enum { PATH_BYTES = 1024, KEY_BYTES = 512 };

static enum err by_key(const struct call *call, struct audit_trust *out, struct why *why)
{
    struct note_key key;
    enum err e = note_key_parse(call_text(call, "key"), &key, why);
    if (e == ERR_INPUT || (e == OK && key.type != NOTE_ED25519))
        return why_say(why, ERR_USAGE, "--key is no log's key, which reads name+8 hex digits+base64");
    TRY(e);
    out->trust.log = key;
    return OK;
}

static enum err by_roster(const char *path, const char *pinned, struct audit_trust *out, struct why *why)
{
    struct roster *roster = NULL;
    TRY(roster_trust_read(path, pinned, NULL, &roster, why));
    enum err e = roster_log_trust(roster, &out->roster, why);
    roster_free(roster);
    if (e == OK) out->trust = out->roster.trust;
    return e;
}

enum err audit_trust_find(const struct cli *cli, const struct call *call, struct audit_trust *out, struct why *why)
{
    char path[PATH_BYTES];
    char pinned[KEY_BYTES];
    struct home home;
    if (call_has(call, "key")) return by_key(call, out, why);
    cli_text(call, "roster", path, sizeof path);
    cli_text(call, "roster_key", pinned, sizeof pinned);
    if (*path) return by_roster(path, pinned, out, why);
    TRY(home_open(cli->data, &home, why));
    if (!home_exists(&home))
        return why_say(why, ERR_ABSENT, "name the roster whose guardian keeps the log: --roster roster.yaml");
    return by_roster(home_at(&home, "roster.yaml").text, pinned, out, why);
}

void audit_trust_free(struct audit_trust *t) { roster_log_free(&t->roster); }
