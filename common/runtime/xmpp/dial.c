#include "common/runtime/xmpp/dial.h"
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libstrophe's certificate and socket callbacks bring no pointer of ours.  But all its memory comes from us, and each
 * block is preceded by the connection it belongs to: so any object of it tells whose it is, without a global
 * (xmpp_tlscert_get_conn gives NULL in 0.12.2). */
union owner {
    struct conn *conn;
    max_align_t align;
};

static void *owned(union owner *block, struct conn *c)
{
    if (!block) return NULL;
    block->conn = c;
    return block + 1;
}

static void *mem_alloc(size_t n, void *c) { return owned(malloc(sizeof(union owner) + n), c); }

static void mem_free(void *p, void *c)
{
    (void)c;
    free(p ? (union owner *)p - 1 : NULL);
}

static void *mem_realloc(void *p, size_t n, void *c)
{
    return owned(realloc(p ? (union owner *)p - 1 : NULL, sizeof(union owner) + n), c);
}

static struct conn *owner_of(const void *object) { return ((const union owner *)object - 1)->conn; }

/* ---- callbacks ---- */

static int on_socket(xmpp_conn_t *strophe, void *socket)
{
    return pump_adopt(&owner_of(strophe)->pump, *(int *)socket);
}

/* Whether the certificate or the clock is wrong is seen from the dates. */
static void add_dates(struct trouble *t, const xmpp_tlscert_t *cert)
{
    const char *from = xmpp_tlscert_get_string(cert, XMPP_CERT_NOTBEFORE);
    const char *until = xmpp_tlscert_get_string(cert, XMPP_CERT_NOTAFTER);
    size_t n = strlen(t->why.text);
    if (from && until) (void)snprintf(t->why.text + n, sizeof t->why.text - n, "; valid from %s until %s", from, until);
}

/* Only says why; the answer is always no. */
static int on_bad_certificate(const xmpp_tlscert_t *cert, const char *const reason)
{
    struct conn *c = owner_of(cert);
    c->cause = trouble_of_certificate(reason, conn_domain(c), c->ca_file);
    if (strstr(reason, "expired") || strstr(reason, "not yet valid")) add_dates(&c->cause, cert);
    pump_cut(&c->pump); /* libstrophe would say good-bye for two seconds */
    return 0;
}

static void on_log(void *to, xmpp_log_level_t level, const char *area, const char *line)
{
    struct conn *c = to;
    (void)level;
    (void)area;
    if (c->state != CONN_LOGGING_IN) return;
    if (strstr(line, "RECV: ")) c->reached = true;
    if (strstr(line, "urn:xmpp:sm:3")) c->offers_sm = true; /* stream features */
    if (c->cause.code != OK) return;                        /* the first cause; what follows says less */
    c->cause = trouble_of_log(line, c->bare, c->host, c->port);
}

static int on_stanza(xmpp_conn_t *strophe, xmpp_stanza_t *s, void *to)
{
    (void)strophe;
    if (stanza_is(s, "message", NULL) || stanza_is(s, "presence", NULL) || stanza_is(s, "iq", NULL))
        conn_on_stanza(to, s);
    return 1;
}

/* RFC 6120 section 4.9: the broker's last words. */
static struct trouble trouble_of_stream(const xmpp_stream_error_t *e)
{
    struct trouble t = { .code = ERR_NETWORK };
    const char *words = "the broker ended the stream";
    if (e->type == XMPP_SE_CONFLICT)
        words = "another program logged in with the same account and resource";
    else if (e->type == XMPP_SE_SYSTEM_SHUTDOWN)
        words = "the broker is shutting down";
    (void)why_say(&t.why, t.code, "%s%s%.200s", words, e->text ? ": " : "", e->text ? e->text : "");
    return t;
}

static void on_event(xmpp_conn_t *strophe, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream, void *to)
{
    struct conn *c = to;
    if (event == XMPP_CONN_CONNECT) {
        c->strophe_log.handler = NULL; /* while up, libstrophe need not write its log */
        xmpp_handler_add(strophe, on_stanza, NULL, NULL, NULL, c);
        conn_on_up(c);
        return;
    }
    struct trouble t = stream ? trouble_of_stream(stream) : trouble_of_socket(error, c->host, c->port);
    /* A link that broke is no reason to stay away; a broker that sends us away is. */
    if (c->state == CONN_UP) c->reached = stream && stream->type != XMPP_SE_SYSTEM_SHUTDOWN;
    if (c->silent) t.code = why_say(&t.why, ERR_TIMEOUT, "%s port %u: no answer to a ping", c->host, c->port);
    conn_on_down(c, &t);
}

/* ---- dialling ---- */

static void give_up(struct conn *c, const char *what, const char *detail)
{
    struct trouble t = { .code = ERR_NETWORK };
    (void)why_say(&t.why, t.code, "%s port %u: %s%s", c->host, c->port, what, detail);
    conn_on_down(c, &t);
}

static void connect_to(struct conn *c, const char *address)
{
    c->state = CONN_LOGGING_IN;
    c->strophe_log.handler = on_log;
    c->silent = false;
    (void)xmpp_conn_set_flags(c->strophe, c->flags | (c->afresh ? (long)XMPP_CONN_FLAG_DISABLE_SM : 0));
    c->afresh = false;
    if (xmpp_connect_client(c->strophe, address, (unsigned short)c->port, on_event, c) != XMPP_EOK || c->pump.fd < 0) {
        give_up(c, "no socket; too many files may be open", "");
        return;
    }
    if (watchdog_start(c->pump.fd, c->connect_ms, &c->dog) != OK) {
        pump_cut(&c->pump); /* unbounded is worse than later */
        return;
    }
    pump_watch(&c->pump);
}

/* Another address of the name at each try, so that one dead address is no dead broker. */
static const struct addrinfo *choose(const struct addrinfo *all, unsigned turn)
{
    unsigned n = 0;
    for (const struct addrinfo *a = all; a; a = a->ai_next) n++;
    const struct addrinfo *a = all;
    for (unsigned i = 0; n && i < turn % n; i++) a = a->ai_next;
    return a;
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *all)
{
    struct conn *c = req->data;
    char address[INET6_ADDRSTRLEN] = "";
    const struct addrinfo *a = choose(all, c->failures);
    if (status == 0 && a) status = uv_ip_name(a->ai_addr, address, sizeof address);
    uv_freeaddrinfo(all);
    if (c->state == CONN_RESOLVING) {
        if (status == 0 && *address)
            connect_to(c, address);
        else
            give_up(c, "the name is not known: ", uv_strerror(status));
    }
    conn_resolved(c);
}

void dial_start(struct conn *c)
{
    struct in6_addr binary;
    if (inet_pton(AF_INET, c->host, &binary) == 1 || inet_pton(AF_INET6, c->host, &binary) == 1) {
        connect_to(c, c->host);
        return;
    }
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    c->resolve.data = c;
    if (uv_getaddrinfo(c->loop, &c->resolve, on_resolved, c->host, NULL, &hints) != 0) {
        give_up(c, "the name cannot be looked up", "");
        return;
    }
    c->resolving = true;
    c->handles++;
}

/* With SSL_CERT_FILE libstrophe does not also load and trust the system's authorities, which costs 38 ms and 820 KB a
 * connection.  Written only when it differs: other threads may be reading the environment. */
static void trust_only(const char *ca_file)
{
    const char *now = getenv("SSL_CERT_FILE");
    if (!now || strcmp(now, ca_file) != 0) (void)setenv("SSL_CERT_FILE", ca_file, 1);
    now = getenv("SSL_CERT_DIR");
    if (!now || strcmp(now, "/nonexistent") != 0) (void)setenv("SSL_CERT_DIR", "/nonexistent", 1);
}

/* A write into a socket the other side closed is an error to be returned, not a signal that ends the process. */
static void survive_broken_pipes(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) (void)signal(SIGPIPE, SIG_IGN);
}

enum err dial_prepare(struct conn *c, bool stream_management)
{
    c->flags = (long)XMPP_CONN_FLAG_MANDATORY_TLS;
    if (!stream_management) c->flags |= (long)XMPP_CONN_FLAG_DISABLE_SM;
    survive_broken_pipes();
    xmpp_initialize();
    c->mem = (xmpp_mem_t){ .alloc = mem_alloc, .free = mem_free, .realloc = mem_realloc, .userdata = c };
    c->strophe_log = (xmpp_log_t){ .handler = NULL, .userdata = c };
    c->ctx = xmpp_ctx_new(&c->mem, &c->strophe_log);
    c->strophe = c->ctx ? xmpp_conn_new(c->ctx) : NULL;
    if (!c->strophe || xmpp_conn_set_flags(c->strophe, c->flags) != XMPP_EOK) return ERR_MEMORY;
    c->pump.ctx = c->ctx;
    c->pump.conn = c->strophe;
    xmpp_conn_set_jid(c->strophe, c->full);
    xmpp_conn_set_pass(c->strophe, c->password);
    xmpp_conn_set_sockopt_callback(c->strophe, on_socket);
    xmpp_conn_set_certfail_handler(c->strophe, on_bad_certificate);
    if (c->ca_file) xmpp_conn_set_cafile(c->strophe, c->ca_file);
    if (c->ca_file) trust_only(c->ca_file);
    return OK;
}
