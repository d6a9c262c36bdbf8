#include "common/runtime/enrol.h"
#include "cli/commands.h"
#include "cli/setup.h"
#include "cli/visit.h"
#include "common/base/file.h"
#include <stdio.h>
#include <string.h>

enum { FILE_MODE = 0644, FILE_BYTES = 800, NAME_BYTES = 256 };

/* The name may be left out: the account's. */
static const char *name_of(const struct cli_call *call, const char *jid, char *out, size_t size)
{
    struct str rest = str_of(jid);
    struct str local = str_next(&rest, '@');
    cli_text(&call->call, "name", out, size);
    if (!*out) (void)snprintf(out, size, STR_F, STR_ARG(local));
    return out;
}

enum err run_enrol_request(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char key[FILE_BYTES], file[FILE_BYTES], jid[NAME_BYTES], name[NAME_BYTES], fingerprint[KEYS_FINGERPRINT_BYTES];
    struct result r CLEANUP(result_free);
    CLEANUP(buf_free) struct buf text = buf_make(ENROL_REQUEST_MAX_BYTES);
    cli_text(&call->call, "key", key, sizeof key);
    cli_text(&call->call, "jid", jid, sizeof jid);
    cli_text(&call->call, "file", file, sizeof file);
    result_init(&r);
    TRY(enrol_request(key, jid, name_of(call, jid, name, sizeof name), &text, fingerprint, why));
    TRY(file_write(file, buf_bytes(&text), FILE_MODE, why));
    result_say(&r, "send the operator %s; tell the fingerprint by another way", file);
    result_field(&r, "fingerprint", "%s", fingerprint);
    result_field(&r, "request", "%s", file);
    return visit_put(cli, &r, why);
}

/* ---- the operator ---- */

struct keeper {
    char roster[FILE_BYTES], key[FILE_BYTES];
    struct enrol_keeper files;
    bool at_home; /* the folder's own roster */
};

static enum err find_keeper(const struct cli *cli, const struct cli_call *call, struct home *home, struct keeper *out,
                            struct why *why)
{
    cli_text(&call->call, "roster", out->roster, sizeof out->roster);
    cli_text(&call->call, "key", out->key, sizeof out->key);
    out->at_home = !*out->roster;
    TRY(home_open(cli->data, home, why));
    if (!*out->roster || !*out->key) TRY(home_need(home, why));
    if (!*out->roster) TRY(str_copy(str_of(home_at(home, "roster.yaml").text), out->roster, sizeof out->roster));
    if (!*out->key) TRY(str_copy(str_of(home_at(home, "federation.key").text), out->key, sizeof out->key));
    out->files = (struct enrol_keeper){ out->roster, out->key };
    return OK;
}

static void tell(struct result *r, const struct enrol_done *done)
{
    result_field(r, "jid", "%s", done->jid);
    result_field(r, "version", "%llu", (unsigned long long)done->version);
    result_field(r, "roster_key", "%s", done->roster_key);
}

/* What the hospital needs besides the roster. */
static enum err add_account(const struct home *h, const struct enrol_done *done, struct result *r, struct why *why)
{
    bool made = false;
    struct str rest = str_of(done->jid);
    struct str local = str_next(&rest, '@');
    TRY(setup_account(h, done->jid, &made, why));
    if (!made) return OK;
    result_field(r, "password_file", "%s/broker/secrets/" STR_F ".password", h->root, STR_ARG(local));
    result_field(r, "ca_file", "%s/broker/certs/ca.crt", h->root);
    return OK;
}

/* The request's own faults are told with its file. */
static enum err check(const char *file, struct str request, const char *fingerprint, struct why *why)
{
    struct why said = { "" };
    enum err e = enrol_check(request, fingerprint, &said);
    return e == OK ? OK : why_say(why, e, "%s: %s", file, *said.text ? said.text : err_text(e));
}

enum err run_enrol_accept(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char file[FILE_BYTES], fingerprint[NAME_BYTES];
    struct home home;
    struct keeper k;
    struct enrol_done done;
    struct result r CLEANUP(result_free);
    CLEANUP(buf_free) struct buf request = buf_make(ENROL_REQUEST_MAX_BYTES);
    cli_text(&call->call, "request", file, sizeof file);
    cli_text(&call->call, "fingerprint", fingerprint, sizeof fingerprint);
    result_init(&r);
    TRY(find_keeper(cli, call, &home, &k, why));
    enum err read = file_read(file, &request, why);
    if (read == ERR_LIMIT)
        return why_say(why, read, "%s is no request: it is longer than %d bytes", file, ENROL_REQUEST_MAX_BYTES);
    TRY(read);
    TRY(check(file, buf_str(&request), fingerprint, why));
    TRY(enrol_accept(&k.files, buf_str(&request), fingerprint, &done, why));
    result_say(&r, "%s is a member", done.jid);
    tell(&r, &done);
    if (k.at_home) TRY(add_account(&home, &done, &r, why));
    return visit_put(cli, &r, why);
}

/* Agents refuse it from now on, whatever becomes of the account; a broker of somebody else's is theirs to tell. */
static enum err close_account(const struct keeper *k, const struct home *h, const struct enrol_done *done,
                              struct result *r, struct why *why)
{
    bool closed = false;
    struct why said = { "" };
    struct str rest = str_of(done->jid);
    struct str local = str_next(&rest, '@');
    enum err e = k->at_home ? setup_close_account(h, done->jid, &closed, &said) : OK;
    if (e != OK)
        return why_say(why, e, "%s is a member no more, but its account is still open: %s", done->jid, said.text);
    if (closed)
        result_field(r, "account", "closed, and its sessions ended");
    else
        result_field(r, "account",
                     "still open; at its broker: `prosodyctl deluser %s`, or `ejabberdctl unregister " STR_F " " STR_F
                     "`",
                     done->jid, STR_ARG(local), STR_ARG(rest));
    return OK;
}

enum err run_enrol_revoke(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    char member[NAME_BYTES];
    struct home home;
    struct keeper k;
    struct enrol_done done;
    struct result r CLEANUP(result_free);
    result_init(&r);
    TRY(find_keeper(cli, call, &home, &k, why));
    TRY(enrol_revoke(&k.files, cli_text(&call->call, "member", member, sizeof member), &done, why));
    result_say(&r, "%s is a member no more", done.jid);
    tell(&r, &done);
    TRY(close_account(&k, &home, &done, &r, why));
    return visit_put(cli, &r, why);
}
