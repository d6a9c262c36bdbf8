#include "cli/visit.h"
#include "cli/config.h"
#include "cli/supervisor.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PORTS_MAX_BYTES = 4096, PASSWORD_MAX_BYTES = 1024, OUT_MAX_BYTES = 2 << 20, CONNECT_MS = 10000 };

static enum err read_broker(const struct visit *v, struct config_broker *out, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(PORTS_MAX_BYTES);
    TRY(file_read(home_at(&v->home, "broker/ports").text, &text, why));
    return config_parse_ports(buf_str(&text), out, why);
}

static enum err explain(const struct visit *v, enum err e, struct why *why)
{
    struct why before = { "" };
    if (why) before = *why;
    if (e != ERR_NETWORK || supervisor_pid(&v->home) != 0) return e;
    return why_say(why, e, "the federation in %s is not running; `himas up` starts it (%.200s)", v->home.root,
                   before.text);
}

static enum err log_in(const struct cli *cli, struct visit *v, struct why *why)
{
    char jid[VISIT_JID_BYTES];
    struct config_broker broker;
    CLEANUP(secret_buf_free) struct buf password = buf_make(PASSWORD_MAX_BYTES);
    struct path secret = home_at(&v->home, "broker/secrets/%s.password", cli->as);
    struct path authority = home_at(&v->home, "broker/certs/ca.crt");
    TRY(read_broker(v, &broker, why));
    (void)snprintf(v->domain, sizeof v->domain, "%s", broker.domain);
    if (access(secret.text, F_OK) != 0)
        return why_say(why, ERR_ABSENT, "there is no account '%s' here: %s is not there; --as names another", cli->as,
                       secret.text);
    TRY(secret_read_file(secret.text, PASSWORD_MAX_BYTES, &password, why));
    const struct xmpp_config config = { .jid = visit_jid(v, cli->as, jid),
                                        .password = (const char *)password.p,
                                        .host = "127.0.0.1",
                                        .port = (uint16_t)broker.c2s_port,
                                        .ca_file = authority.text,
                                        .connect_ms = CONNECT_MS };
    return client_open(&config, &v->client, why);
}

enum err visit_open(const struct cli *cli, struct visit *out, struct why *why)
{
    struct visit v = { .client = NULL };
    TRY(home_open(cli->data, &v.home, why));
    TRY(home_need(&v.home, why));
    enum err e = log_in(cli, &v, why);
    if (e != OK) return explain(&v, e, why);
    *out = v;
    return OK;
}

void visit_close(struct visit *v)
{
    client_close(v->client);
    v->client = NULL;
}

const char *visit_jid(const struct visit *v, const char *name, char out[VISIT_JID_BYTES])
{
    bool whole = strchr(name, '@') != NULL;
    (void)snprintf(out, VISIT_JID_BYTES, "%s%s%s", name, whole ? "" : "@", whole ? "" : v->domain);
    return out;
}

/* The sentences of a refusal, without the line end. */
enum err visit_refusal(const struct result *r, struct why *why)
{
    struct str text = str_trim(buf_str(&r->text));
    if (r->code == OK) return OK;
    return why_say(why, r->code, "%.*s", text.n ? (int)text.n : (int)strlen(err_text(r->code)),
                   text.n ? text.p : err_text(r->code));
}

enum err visit_call(const struct visit *v, const char *agent, struct str command, const struct arg_pair *pairs,
                    size_t n, struct result *out, struct why *why)
{
    char jid[VISIT_JID_BYTES];
    result_init(out);
    enum err e = client_ask(v->client, visit_jid(v, agent, jid), command, pairs, n, VISIT_ASK_MS, out, why);
    if (e != OK) result_free(out);
    return e;
}

enum err visit_ask(const struct visit *v, const char *agent, struct str command, const struct arg_pair *pairs, size_t n,
                   struct result *out, struct why *why)
{
    TRY(visit_call(v, agent, command, pairs, n, out, why));
    enum err e = visit_refusal(out, why);
    if (e != OK) result_free(out);
    return e;
}

enum err visit_put(const struct cli *cli, const struct result *r, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(OUT_MAX_BYTES);
    if (cli->json)
        result_print_json(r, &text);
    else
        result_print_within(r, cli->look.fold, &text);
    if (text.n && text.p[text.n - 1] != '\n') buf_add_z(&text, "\n");
    return cli->json ? cli_put(&text, why) : cli_put_folded(cli, &text, why);
}

enum err visit_print(const struct cli *cli, const struct visit *v, const char *agent, struct str command,
                     const struct arg_pair *pairs, size_t n, struct why *why)
{
    struct result r;
    TRY(visit_ask(v, agent, command, pairs, n, &r, why));
    enum err e = visit_put(cli, &r, why);
    result_free(&r);
    return e;
}
