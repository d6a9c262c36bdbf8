#include "common/runtime/xmpp/upload.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NS_UPLOAD "urn:xmpp:http:upload:0"
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"

enum job_phase { JOB_WAITING, JOB_FOUND, JOB_SLOT, JOB_PUT };
struct job { /* a chunk being stored */
    struct upload *upload;
    uint64_t token;
    char sha256[MANIFEST_HEX_BYTES];
    struct buf data;
    char *get;
    enum job_phase phase;
    struct job *next;
};
struct fetch {
    struct upload *upload;
    uint64_t token;
    struct fetch *next;
};
struct upload {
    struct session *session;
    struct http *http;
    struct upload_events events;
    char service[STANZA_MAX_JID]; /* "" until known */
    char candidates[UPLOAD_MAX_CANDIDATES][STANZA_MAX_JID];
    size_t ncandidates, next_candidate;
    bool searching;
    struct job *jobs;
    size_t njobs;
    struct fetch *fetches;
    void (*closed)(void *to);
    void *to;
};

static void free_job(struct job *j)
{
    buf_free(&j->data);
    free(j->get);
    free(j);
}

static void end_job(struct job *j, enum err e)
{
    struct upload *u = j->upload;
    struct job **at = &u->jobs;
    while (*at && *at != j) at = &(*at)->next;
    if (*at) *at = j->next;
    u->njobs--;
    u->events.stored(u->events.to, j->token, e, e == OK ? str_of(j->get) : (struct str){ 0 });
    free_job(j);
}

/* ---- slots ---- */

/* Only these may be set by a service (XEP-0363 section 5); a line break would make another header. */
static bool may_set(struct str name, struct str value)
{
    bool named =
        str_is_nocase(name, "Authorization") || str_is_nocase(name, "Cookie") || str_is_nocase(name, "Expires");
    return named && value.n < HTTP_MAX_HEADER_BYTES && !memchr(value.p, '\n', value.n) &&
           !memchr(value.p, '\r', value.n);
}

static enum err read_headers(xmpp_stanza_t *put, struct arena *arena, struct slot *out)
{
    size_t n = 0;
    for (xmpp_stanza_t *h = xmpp_stanza_get_children(put); h && n < HTTP_MAX_HEADERS; h = xmpp_stanza_get_next(h)) {
        struct str value;
        struct buf line CLEANUP(buf_free) = buf_make(2 * HTTP_MAX_HEADER_BYTES);
        if (!stanza_is(h, "header", NULL)) continue;
        TRY(stanza_text(h, arena, HTTP_MAX_HEADER_BYTES, &value));
        if (!may_set(stanza_attribute(h, "name"), value)) continue;
        buf_addf(&line, "%s: %s", xmpp_stanza_get_attribute(h, "name"), value.p);
        TRY(buf_err(&line));
        out->headers[n] = arena_z(arena, buf_str(&line));
        if (!out->headers[n++]) return ERR_MEMORY;
    }
    return OK;
}

enum err upload_read_slot(xmpp_stanza_t *iq, struct arena *arena, struct slot *out)
{
    struct slot s = { 0 };
    xmpp_stanza_t *slot = stanza_child(iq, "slot", NS_UPLOAD);
    xmpp_stanza_t *put = stanza_child(slot, "put", NULL);
    xmpp_stanza_t *get = stanza_child(slot, "get", NULL);
    if (!put || !get) return ERR_PROTO;
    s.put = stanza_attribute(put, "url");
    s.get = stanza_attribute(get, "url");
    if (!str_starts(s.put, "https://") || !str_starts(s.get, "https://") || s.get.n > MANIFEST_MAX_URL)
        return ERR_PROTO;
    TRY(read_headers(put, arena, &s));
    *out = s;
    return OK;
}

static void on_put(void *to, enum err e, struct bytes data)
{
    (void)data;
    end_job(to, e);
}

static enum err begin_put(struct job *j, xmpp_stanza_t *iq)
{
    struct arena arena CLEANUP(arena_free) = arena_make(64 * 1024);
    struct slot slot;
    TRY(upload_read_slot(iq, &arena, &slot));
    j->get = strndup(slot.get.p, slot.get.n);
    if (!j->get) return ERR_MEMORY;
    struct http_request r = {
        .url = slot.put, .put = buf_bytes(&j->data), .max_bytes = 65536, .done = on_put, .to = j
    };
    memcpy(r.headers, slot.headers, sizeof r.headers);
    j->phase = JOB_PUT;
    return http_start(j->upload->http, &r);
}

static bool is_error(xmpp_stanza_t *iq) { return !str_is(stanza_attribute(iq, "type"), "result"); }

static void on_slot(void *to, enum err e, xmpp_stanza_t *iq)
{
    struct job *j = to;
    if (e == OK && is_error(iq)) {
        xmpp_stanza_t *error = stanza_child(iq, "error", NULL);
        bool full = stanza_child(error, "not-acceptable", NULL) || stanza_child(error, "resource-constraint", NULL);
        e = full ? ERR_LIMIT : ERR_REFUSED;
    }
    if (e == OK) e = begin_put(j, iq);
    if (e != OK) end_job(j, e);
}

static enum err ask_slot(struct job *j)
{
    struct buf content CLEANUP(buf_free) = buf_make(4096);
    buf_addf(&content, "<request xmlns='" NS_UPLOAD "' filename='");
    xml_text(&content, str_of(j->sha256));
    buf_addf(&content, "' size='%zu' content-type='application/octet-stream'/>", j->data.n);
    TRY(buf_err(&content));
    j->phase = JOB_SLOT;
    return session_ask(
        j->upload->session,
        &(struct question){
            .type = "get", .to = j->upload->service, .content = buf_str(&content), .fn = on_slot, .arg = j });
}

/* ---- finding the service: the domain's items, one after another, until one has the feature ---- */

static struct job *job_in(struct upload *u, enum job_phase phase)
{
    struct job *j = u->jobs;
    while (j && j->phase != phase) j = j->next;
    return j;
}

/* The events may bring new jobs, which wait for the next search: so those that waited for this one are marked first. */
static void search_over(struct upload *u, enum err e)
{
    u->searching = false;
    for (struct job *j = job_in(u, JOB_WAITING); j; j = job_in(u, JOB_WAITING)) j->phase = JOB_FOUND;
    for (struct job *j = job_in(u, JOB_FOUND); j; j = job_in(u, JOB_FOUND)) {
        enum err asked = e == OK ? ask_slot(j) : e;
        if (asked != OK) end_job(j, asked);
    }
}

static void ask_next(struct upload *u);

static void on_info(void *to, enum err e, xmpp_stanza_t *iq)
{
    struct upload *u = to;
    xmpp_stanza_t *query = e == OK ? stanza_child(iq, "query", NS_DISCO_INFO) : NULL;
    for (xmpp_stanza_t *f = query ? xmpp_stanza_get_children(query) : NULL; f; f = xmpp_stanza_get_next(f))
        if (stanza_is(f, "feature", NULL) && str_is(stanza_attribute(f, "var"), NS_UPLOAD)) {
            memcpy(u->service, u->candidates[u->next_candidate - 1], sizeof u->service);
            search_over(u, OK);
            return;
        }
    if (e == ERR_NETWORK)
        search_over(u, e);
    else
        ask_next(u);
}

static void ask_next(struct upload *u)
{
    if (u->next_candidate == u->ncandidates) {
        search_over(u, ERR_ABSENT);
        return;
    }
    struct question q = { .type = "get",
                          .to = u->candidates[u->next_candidate++],
                          .fn = on_info,
                          .arg = u,
                          .content = STR("<query xmlns='" NS_DISCO_INFO "'/>") };
    enum err e = session_ask(u->session, &q);
    if (e != OK) search_over(u, e);
}

static void on_items(void *to, enum err e, xmpp_stanza_t *iq)
{
    struct upload *u = to;
    xmpp_stanza_t *query = e == OK ? stanza_child(iq, "query", NS_DISCO_ITEMS) : NULL;
    u->ncandidates = u->next_candidate = 0;
    for (xmpp_stanza_t *i = query ? xmpp_stanza_get_children(query) : NULL; i; i = xmpp_stanza_get_next(i)) {
        if (u->ncandidates == UPLOAD_MAX_CANDIDATES || !stanza_is(i, "item", NULL)) continue;
        struct str jid = stanza_attribute(i, "jid");
        if (jid.n && str_copy(jid, u->candidates[u->ncandidates], STANZA_MAX_JID) == OK) u->ncandidates++;
    }
    if (e == OK)
        ask_next(u);
    else
        search_over(u, e);
}

static enum err search(struct upload *u)
{
    if (u->searching) return OK;
    struct question q = { .type = "get",
                          .to = conn_domain(session_conn(u->session)),
                          .fn = on_items,
                          .arg = u,
                          .content = STR("<query xmlns='" NS_DISCO_ITEMS "'/>") };
    TRY(session_ask(u->session, &q));
    u->searching = true;
    return OK;
}

/* ---- the two operations ---- */

enum err upload_store(struct upload *u, uint64_t token, const char *sha256, struct bytes data)
{
    if (data.n > UPLOAD_MAX_CHUNK || u->njobs == UPLOAD_MAX_JOBS) return ERR_LIMIT;
    if (!conn_is_up(session_conn(u->session))) return ERR_NETWORK;
    struct job *j = calloc(1, sizeof *j);
    if (!j) return ERR_MEMORY;
    *j = (struct job){ .upload = u, .token = token, .data = buf_make(UPLOAD_MAX_CHUNK) };
    buf_add(&j->data, data.p, data.n);
    enum err e = buf_err(&j->data);
    if (e == OK) e = str_copy(str_of(sha256), j->sha256, sizeof j->sha256);
    if (e == OK) e = u->service[0] ? ask_slot(j) : search(u);
    if (e != OK) {
        free_job(j);
        return e;
    }
    j->next = u->jobs;
    u->jobs = j;
    u->njobs++;
    return OK;
}

static void on_got(void *to, enum err e, struct bytes data)
{
    struct fetch *f = to;
    struct upload *u = f->upload;
    struct fetch **at = &u->fetches;
    while (*at && *at != f) at = &(*at)->next;
    if (*at) *at = f->next;
    u->events.fetched(u->events.to, f->token, e, data);
    free(f);
}

enum err upload_fetch(struct upload *u, uint64_t token, struct str url, uint64_t bytes)
{
    if (bytes > UPLOAD_MAX_CHUNK) return ERR_LIMIT;
    struct fetch *f = calloc(1, sizeof *f);
    if (!f) return ERR_MEMORY;
    *f = (struct fetch){ .upload = u, .token = token };
    enum err e = http_start(u->http, &(struct http_request){ .url = url, .max_bytes = bytes, .done = on_got, .to = f });
    if (e != OK) {
        free(f);
        return e;
    }
    f->next = u->fetches;
    u->fetches = f;
    return OK;
}

/* ---- life ---- */

enum err upload_open(struct uv_loop_s *loop, const char *ca_file, const char *service, struct session *session,
                     const struct upload_events *events, struct upload **out)
{
    struct upload *u = calloc(1, sizeof *u);
    if (!u) return ERR_MEMORY;
    u->session = session;
    u->events = *events;
    enum err e = service ? str_copy(str_of(service), u->service, sizeof u->service) : OK;
    if (e == OK) e = http_open(loop, ca_file, &u->http);
    if (e != OK) {
        free(u);
        return e;
    }
    *out = u;
    return OK;
}

static void on_http_closed(void *to)
{
    struct upload *u = to;
    void (*closed)(void *) = u->closed;
    void *closed_to = u->to;
    while (u->jobs) {
        struct job *j = u->jobs;
        u->jobs = j->next;
        free_job(j);
    }
    while (u->fetches) {
        struct fetch *f = u->fetches;
        u->fetches = f->next;
        free(f);
    }
    free(u);
    if (closed) closed(closed_to);
}

void upload_close(struct upload *u, void (*closed)(void *to), void *to)
{
    u->closed = closed;
    u->to = to;
    http_close(u->http, on_http_closed, u);
}
