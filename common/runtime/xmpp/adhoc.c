#include "common/runtime/xmpp/adhoc.h"
#include "common/base/rng.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSION_ID_BYTES = 17 };
struct session {               /* a form that somebody fills in */
    char id[SESSION_ID_BYTES]; /* "" when free */
    char owner[STANZA_MAX_JID];
    char account[ROSTER_JID_BYTES];
    const struct command *command;
    uint64_t since_ms;
};
struct call_waiting {
    uint64_t id; /* 0 when free */
    char to[STANZA_MAX_JID];
    char account[ROSTER_JID_BYTES];
    char stanza_id[STANZA_MAX_ID];
    char session[SESSION_ID_BYTES];
    const struct command *command;
    uint64_t since_ms;
};
struct adhoc {
    struct adhoc_agent agent;
    uint64_t next_call;
    struct session sessions[ADHOC_MAX_SESSIONS];
    struct call_waiting calls[ADHOC_MAX_CALLS];
};

/* One request, taken apart. */
struct request {
    xmpp_stanza_t *iq;
    xmpp_stanza_t *form; /* NULL when there is none */
    const struct command *command;
    char from[ROSTER_JID_BYTES];
    uint64_t now_ms;
    struct buf *out;
};

enum err adhoc_new(const struct adhoc_agent *agent, struct adhoc **out)
{
    struct adhoc *a = calloc(1, sizeof *a);
    if (!a) return ERR_MEMORY;
    a->agent = *agent;
    *out = a;
    return OK;
}

void adhoc_free(struct adhoc *a) { free(a); }

const struct command *adhoc_command(const struct adhoc *a, const char *bare_jid, struct str node)
{
    const struct command *c = a->agent.commands ? command_find(a->agent.commands, node) : NULL;
    return c && (c->roles & a->agent.role_of(a->agent.self, bare_jid)) ? c : NULL;
}

void adhoc_list(const struct adhoc *a, const char *bare_jid, const char *at, struct buf *out)
{
    unsigned role = a->agent.role_of(a->agent.self, bare_jid);
    for (const struct command *c = a->agent.commands; c && c->name; c++) {
        if (!(c->roles & role)) continue;
        buf_add_z(out, "<item");
        xml_attribute_z(out, "jid", at);
        xml_attribute_z(out, "node", c->name);
        buf_add_z(out, " name='");
        xml_text(out, str_of(c->name));
        buf_add_z(out, ": ");
        xml_text(out, str_of(c->doc));
        buf_add_z(out, "'/>");
    }
}

static void open_command(struct buf *out, const struct command *c, const char *session, const char *status)
{
    buf_add_z(out, "<command xmlns='" NS_COMMANDS "'");
    xml_attribute_z(out, "node", c->name);
    xml_attribute_z(out, "sessionid", session);
    xml_attribute_z(out, "status", status);
    buf_add_z(out, ">");
}

/* XEP-0050 section 4.3: our conditions beside the general ones. */
static void refuse(struct request *r, const char *type, const char *condition, const char *special)
{
    char extra[128] = "";
    if (special) (void)snprintf(extra, sizeof extra, "<%s xmlns='" NS_COMMANDS "'/>", special);
    stanza_write_error(r->out, r->iq, type, condition, extra);
}

/* ---- sessions ---- */

static bool new_id(char out[SESSION_ID_BYTES])
{
    uint64_t random;
    if (os_random(&random, sizeof random) != OK) return false;
    (void)snprintf(out, SESSION_ID_BYTES, "%016" PRIx64, random);
    return true;
}

static struct session *older(struct session *a, struct session *b)
{
    return a == NULL || (b && b->since_ms < a->since_ms) ? b : a;
}

static struct session *free_session(struct adhoc *a, const char *account)
{
    struct session *unused = NULL;
    struct session *oldest = NULL;
    struct session *oldest_own = NULL;
    size_t own = 0;
    for (size_t i = 0; i < ADHOC_MAX_SESSIONS; i++) {
        struct session *s = &a->sessions[i];
        if (!s->id[0]) {
            unused = s;
            continue;
        }
        oldest = older(oldest, s);
        if (strcmp(s->account, account) != 0) continue;
        oldest_own = older(oldest_own, s);
        own++;
    }
    if (own >= ADHOC_MAX_SESSIONS_A_PEER) return oldest_own;
    return unused ? unused : oldest;
}

static struct session *find_session(struct adhoc *a, const struct request *r, struct str id)
{
    struct str from = stanza_attribute(r->iq, "from");
    for (size_t i = 0; i < ADHOC_MAX_SESSIONS; i++) {
        struct session *s = &a->sessions[i];
        if (!s->id[0] || !str_is(id, s->id) || !str_is(from, s->owner) || s->command != r->command) continue;
        return r->now_ms - s->since_ms <= ADHOC_SESSION_MS ? s : NULL;
    }
    return NULL;
}

static void ask(struct adhoc *a, struct request *r)
{
    struct session *s = free_session(a, r->from);
    *s = (struct session){ .command = r->command, .since_ms = r->now_ms };
    memcpy(s->account, r->from, sizeof s->account);
    if (str_copy(stanza_attribute(r->iq, "from"), s->owner, sizeof s->owner) != OK || !new_id(s->id)) {
        refuse(r, "wait", "resource-constraint", NULL);
        return;
    }
    stanza_open_reply(r->out, r->iq);
    open_command(r->out, r->command, s->id, "executing");
    buf_add_z(r->out, "<actions execute='complete'><complete/></actions>");
    form_write_arguments(r->out, r->command);
    buf_add_z(r->out, "</command></iq>");
}

/* ---- calls ---- */

static struct call_waiting *free_call(struct adhoc *a, const char *account, uint64_t now_ms)
{
    struct call_waiting *unused = NULL;
    size_t own = 0;
    for (size_t i = 0; i < ADHOC_MAX_CALLS; i++) {
        struct call_waiting *c = &a->calls[i];
        if (c->id == 0 || now_ms - c->since_ms > ADHOC_CALL_MS)
            unused = c;
        else
            own += strcmp(c->account, account) == 0;
    }
    return own < ADHOC_MAX_CALLS_A_PEER ? unused : NULL;
}

static struct call_waiting *new_call(struct adhoc *a, const struct request *r, const char *session)
{
    struct call_waiting *c = free_call(a, r->from, r->now_ms);
    if (!c) return NULL;
    *c = (struct call_waiting){ .command = r->command, .since_ms = r->now_ms };
    memcpy(c->account, r->from, sizeof c->account);
    if (str_copy(stanza_attribute(r->iq, "from"), c->to, sizeof c->to) != OK) return NULL;
    if (str_copy(stanza_attribute(r->iq, "id"), c->stanza_id, sizeof c->stanza_id) != OK) return NULL;
    if (session ? str_copy(str_of(session), c->session, sizeof c->session) != OK : !new_id(c->session)) return NULL;
    c->id = ++a->next_call;
    return c;
}

static void run(struct adhoc *a, struct request *r, const char *session)
{
    struct arena arena CLEANUP(arena_free) = arena_make(2 * STANZA_MAX_OUT_BYTES);
    struct arg_pair pairs[FORM_MAX_FIELDS];
    size_t n = 0;
    if (r->form && form_read_pairs(r->form, &arena, pairs, &n) != OK) {
        refuse(r, "modify", "bad-request", "bad-payload");
        return;
    }
    struct call_waiting *c = new_call(a, r, session);
    if (!c) {
        refuse(r, "wait", "resource-constraint", NULL);
        return;
    }
    a->agent.invoke(a->agent.self, c->id, r->from, str_of(r->command->name), pairs, n);
}

void adhoc_answer(struct adhoc *a, uint64_t call_id, const struct result *r, struct buf *out)
{
    for (size_t i = 0; call_id && i < ADHOC_MAX_CALLS; i++) {
        struct call_waiting *c = &a->calls[i];
        if (c->id != call_id) continue;
        buf_add_z(out, "<iq type='result'");
        xml_attribute_z(out, "to", c->to);
        xml_attribute_z(out, "id", c->stanza_id);
        buf_add_z(out, ">");
        open_command(out, c->command, c->session, "completed");
        form_write_result(out, r);
        buf_add_z(out, "</command></iq>");
        c->id = 0;
        return;
    }
}

/* ---- requests ---- */

static void begin(struct adhoc *a, struct request *r)
{
    if (r->form || !r->command->args || !r->command->args[0].name)
        run(a, r, NULL);
    else
        ask(a, r);
}

static void cancel(struct request *r, struct session *s)
{
    stanza_open_reply(r->out, r->iq);
    open_command(r->out, r->command, s->id, "canceled");
    buf_add_z(r->out, "</command></iq>");
    *s = (struct session){ 0 };
}

static void proceed(struct adhoc *a, struct request *r, struct str session, struct str action)
{
    struct session *s = find_session(a, r, session);
    if (!s) {
        refuse(r, "modify", "bad-request", "bad-sessionid");
    } else if (str_is(action, "cancel")) {
        cancel(r, s);
    } else if (action.n == 0 || str_is(action, "execute") || str_is(action, "complete") || str_is(action, "next")) {
        char id[SESSION_ID_BYTES];
        memcpy(id, s->id, sizeof id);
        *s = (struct session){ 0 };
        run(a, r, id);
    } else {
        refuse(r, "modify", "bad-request", "bad-action");
    }
}

void adhoc_handle(struct adhoc *a, xmpp_stanza_t *iq, uint64_t now_ms, struct buf *out)
{
    xmpp_stanza_t *command = stanza_child(iq, "command", NS_COMMANDS);
    struct request r = { .iq = iq, .form = stanza_child(command, "x", NS_DATA), .now_ms = now_ms, .out = out };
    struct str node = command ? stanza_attribute(command, "node") : (struct str){ 0 };
    if (!command || stanza_bare_jid(xmpp_stanza_get_from(iq), r.from) != OK) {
        refuse(&r, "modify", "bad-request", NULL);
        return;
    }
    r.command = adhoc_command(a, r.from, node);
    if (!r.command) {
        bool there = a->agent.commands && command_find(a->agent.commands, node);
        refuse(&r, there ? "auth" : "cancel", there ? "forbidden" : "item-not-found", NULL);
        return;
    }
    struct str session = stanza_attribute(command, "sessionid");
    if (session.n)
        proceed(a, &r, session, stanza_attribute(command, "action"));
    else
        begin(a, &r);
}
