#include "common/runtime/xmpp/xmpp.h"
#include "common/runtime/xmpp/session.h"
#include "common/runtime/xmpp/upload.h"
#include <stdlib.h>
#include <string.h>

struct xmpp {
    struct agent *core; /* NULL once closed: no event reaches it */
    struct session *session;
    struct adhoc *adhoc;
    struct upload *upload;
    unsigned open; /* parts not yet closed */
    xmpp_closed_fn *closed;
    void *to;
};

/* ---- events to the core ---- */

static void on_link(void *to, bool up)
{
    struct xmpp *x = to;
    core_on_link(x->core, up);
}

static void on_packet(void *to, const struct packet *p)
{
    struct xmpp *x = to;
    core_on_packet(x->core, p);
}

static void on_presence(void *to, const char *bare, bool online)
{
    struct xmpp *x = to;
    core_on_presence(x->core, bare, online);
}

static void on_bounce(void *to, const char *bare)
{
    struct xmpp *x = to;
    core_on_bounce(x->core, bare);
}

static void on_stored(void *to, uint64_t token, enum err e, struct str url)
{
    struct xmpp *x = to;
    if (x->core) core_on_stored(x->core, token, e, url);
}

static void on_fetched(void *to, uint64_t token, enum err e, struct bytes data)
{
    struct xmpp *x = to;
    if (x->core) core_on_fetched(x->core, token, e, data);
}

static unsigned role_of(void *self, const char *bare)
{
    struct xmpp *x = self;
    return core_role_of(x->core, bare);
}

static void invoke(void *self, uint64_t call_id, const char *from, struct str command, const struct arg_pair *pairs,
                   size_t n)
{
    struct xmpp *x = self;
    core_on_invoke(x->core, call_id, from, command, pairs, n);
}

/* ---- the core's wishes ---- */

static enum err op_send(void *self, const struct packet *p)
{
    struct xmpp *x = self;
    return session_send(x->session, p);
}

static enum err op_show(void *self, const char *to, bool online)
{
    struct xmpp *x = self;
    return session_show(x->session, to, online);
}

static void op_answer(void *self, uint64_t call_id, const struct result *r)
{
    struct xmpp *x = self;
    struct buf out CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    adhoc_answer(x->adhoc, call_id, r, &out);
    if (out.n && session_send_raw(x->session, &out) != OK) return; /* the asker's time-out will tell */
}

static enum err op_store(void *self, uint64_t token, const char *sha256, struct bytes data)
{
    struct xmpp *x = self;
    return upload_store(x->upload, token, sha256, data);
}

static enum err op_fetch(void *self, uint64_t token, struct str url, uint64_t bytes)
{
    struct xmpp *x = self;
    return upload_fetch(x->upload, token, url, bytes);
}

struct transport xmpp_transport(struct xmpp *x)
{
    return (struct transport){
        .self = x, .send = op_send, .show = op_show, .answer = op_answer, .store = op_store, .fetch = op_fetch
    };
}

/* ---- life ---- */

static void one_less(void *to)
{
    struct xmpp *x = to;
    if (x->open > 0 && --x->open > 0) return;
    xmpp_closed_fn *closed = x->closed;
    void *closed_to = x->to;
    adhoc_free(x->adhoc);
    free(x);
    if (closed) closed(closed_to);
}

static void close_parts(struct xmpp *x)
{
    x->core = NULL;
    if (x->session) session_close(x->session);
    if (x->upload) upload_close(x->upload, one_less, x);
    if (x->open == 0) one_less(x);
}

void xmpp_close(struct xmpp *x, xmpp_closed_fn *closed, void *to)
{
    if (!x) {
        if (closed) closed(to);
        return;
    }
    x->closed = closed;
    x->to = to;
    close_parts(x);
}

static const char *or_null(const char *text) { return text && *text ? text : NULL; }

static enum err open_parts(struct xmpp *x, const struct xmpp_config *config, struct log log, struct why *why)
{
    struct adhoc_agent agent = { .self = x, .commands = core_commands(x->core), .role_of = role_of, .invoke = invoke };
    struct xmpp_events up = {
        .to = x, .link = on_link, .packet = on_packet, .presence = on_presence, .bounce = on_bounce, .closed = one_less
    };
    struct upload_events files = { .to = x, .stored = on_stored, .fetched = on_fetched };
    TRY(adhoc_new(&agent, &x->adhoc));
    TRY(session_open(config, &up, x->adhoc, log, &x->session, why));
    x->open++;
    TRY(upload_open(config->loop, or_null(config->ca_file), or_null(config->upload), x->session, &files, &x->upload));
    x->open++;
    return OK;
}

enum err xmpp_open(const struct xmpp_config *config, struct agent *core, struct log log, struct xmpp **out,
                   struct why *why)
{
    struct xmpp *x = calloc(1, sizeof *x);
    if (!x) return ERR_MEMORY;
    x->core = core;
    enum err e = open_parts(x, config, log, why);
    if (e == OK)
        *out = x;
    else
        close_parts(x);
    return e;
}

enum err xmpp_set_password(struct xmpp *x, const char *password) { return session_set_password(x->session, password); }

const char *xmpp_status(const struct xmpp *x)
{
    const struct trouble *t = conn_trouble(session_conn(x->session));
    return t->code == OK ? "" : t->why.text;
}

enum err xmpp_error_code(const struct xmpp *x) { return conn_trouble(session_conn(x->session))->code; }
void xmpp_metrics(const struct xmpp *x, struct buf *out) { session_metrics(x->session, out); }
