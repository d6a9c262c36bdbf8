#include "common/runtime/xmpp/survey.h"
#include "common/base/clock.h"
#include "common/runtime/xmpp/client_inside.h"
#include "common/runtime/xmpp/upload.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define NS_INFO "http://jabber.org/protocol/disco#info"
#define NS_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_TIME "urn:xmpp:time"

static const char *domain_of(struct client *c) { return conn_domain(session_conn(client_session(c))); }

/* ---- one question ---- */

typedef enum err read_fn(void *to, xmpp_stanza_t *iq);
struct asked {
    const char *of;
    read_fn *read;
    void *to;
    struct why *why;
    bool done;
    enum err e;
};

static bool is_done(const void *to) { return ((const struct asked *)to)->done; }

static void on_answer(void *to, enum err e, xmpp_stanza_t *iq)
{
    struct asked *a = to;
    a->done = true;
    a->e = e;
    if (e != OK) return;
    if (str_is(stanza_attribute(iq, "type"), "result"))
        a->e = a->read(a->to, iq);
    else
        a->e = why_say(a->why, ERR_ABSENT, "%s does not answer this", a->of);
}

static enum err broken(struct client *c, struct why *why)
{
    const struct trouble *t = conn_trouble(session_conn(client_session(c)));
    return why_say(why, ERR_NETWORK, "%s", t->why.text[0] ? t->why.text : "the link to the broker broke");
}

static enum err ask(struct client *c, struct asked *a, const char *content)
{
    struct question q = { "get", a->of, str_of(content), SURVEY_ASK_MS, on_answer, a };
    enum err e = session_ask(client_session(c), &q);
    if (e == OK) {
        client_wait(c, is_done, a);
        e = a->e;
    }
    if (e == ERR_TIMEOUT) return why_say(a->why, e, "%s does not answer", a->of);
    return e == ERR_NETWORK ? broken(c, a->why) : e;
}

/* ---- features ---- */

struct features {
    const char *jid;
    survey_feature_fn *fn;
    void *to;
};

static enum err read_features(void *to, xmpp_stanza_t *iq)
{
    const struct features *f = to;
    xmpp_stanza_t *query = stanza_child(iq, "query", NS_INFO);
    for (xmpp_stanza_t *s = query ? xmpp_stanza_get_children(query) : NULL; s; s = xmpp_stanza_get_next(s))
        if (stanza_is(s, "feature", NULL)) f->fn(f->to, f->jid, stanza_attribute(s, "var"));
    return OK;
}

enum err survey_features(struct client *c, const char *jid, survey_feature_fn *fn, void *to, struct why *why)
{
    struct features f = { jid, fn, to };
    struct asked a = { .of = jid, .read = read_features, .to = &f, .why = why };
    return ask(c, &a, "<query xmlns='" NS_INFO "'/>");
}

struct parts {
    char jids[SURVEY_MAX_PARTS][STANZA_MAX_JID];
    size_t n;
};

static enum err read_parts(void *to, xmpp_stanza_t *iq)
{
    struct parts *p = to;
    xmpp_stanza_t *query = stanza_child(iq, "query", NS_ITEMS);
    for (xmpp_stanza_t *s = query ? xmpp_stanza_get_children(query) : NULL; s; s = xmpp_stanza_get_next(s)) {
        struct str jid = stanza_attribute(s, "jid");
        if (p->n < SURVEY_MAX_PARTS && jid.n && str_copy(jid, p->jids[p->n], STANZA_MAX_JID) == OK) p->n++;
    }
    return OK;
}

enum err survey_broker(struct client *c, survey_feature_fn *fn, void *to, struct why *why)
{
    struct parts parts = { .n = 0 };
    struct asked a = { .of = domain_of(c), .read = read_parts, .to = &parts, .why = why };
    TRY(survey_features(c, domain_of(c), fn, to, why));
    TRY(ask(c, &a, "<query xmlns='" NS_ITEMS "'/>"));
    for (size_t i = 0; i < parts.n; i++) {
        enum err e = survey_features(c, parts.jids[i], fn, to, why);
        if (e == ERR_NETWORK) return e; /* a part that does not answer offers nothing */
    }
    return OK;
}

bool survey_resumes(struct client *c) { return conn_offers_sm(session_conn(client_session(c))); }

/* ---- the clock ---- */

/* So many digits at the front of *rest, and the character after them. */
static enum err take_digits(struct str *rest, size_t n, char after, int *out)
{
    uint64_t value = 0;
    if (rest->n <= n || rest->p[n] != after) return ERR_INPUT;
    TRY(str_u64((struct str){ rest->p, n }, &value));
    *out = (int)value;
    *rest = (struct str){ rest->p + n + 1, rest->n - n - 1 };
    return OK;
}

enum err survey_parse_time(struct str text, int64_t *out_ms)
{
    struct tm tm = { 0 };
    double seconds = 0;
    const struct {
        size_t digits;
        char after;
        int *out;
    } parts[] = { { 4, '-', &tm.tm_year },
                  { 2, '-', &tm.tm_mon },
                  { 2, 'T', &tm.tm_mday },
                  { 2, ':', &tm.tm_hour },
                  { 2, ':', &tm.tm_min } };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        TRY(take_digits(&text, parts[i].digits, parts[i].after, parts[i].out));
    if (text.n < 3 || text.p[text.n - 1] != 'Z') return ERR_INPUT;
    TRY(str_f64((struct str){ text.p, text.n - 1 }, &seconds));
    if (!(seconds >= 0 && seconds < 61)) return ERR_INPUT;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *out_ms = (int64_t)timegm(&tm) * 1000 + (int64_t)(seconds * 1000);
    return OK;
}

static enum err read_time(void *to, xmpp_stanza_t *iq)
{
    struct arena arena CLEANUP(arena_free) = arena_make(4096);
    struct str text;
    xmpp_stanza_t *time = stanza_child(iq, "time", NS_TIME);
    xmpp_stanza_t *utc = time ? stanza_child(time, "utc", NULL) : NULL;
    if (!utc) return ERR_PROTO;
    TRY(stanza_text(utc, &arena, 64, &text));
    return survey_parse_time(text, to);
}

enum err survey_clock(struct client *c, int64_t *out_ahead_ms, struct why *why)
{
    int64_t theirs = 0;
    struct asked a = { .of = domain_of(c), .read = read_time, .to = &theirs, .why = why };
    uint64_t began = uv_hrtime();
    int64_t ours = clock_wall_ms();
    TRY(ask(c, &a, "<time xmlns='" NS_TIME "'/>"));
    *out_ahead_ms = theirs - ours - (int64_t)((uv_hrtime() - began) / 2000000);
    return OK;
}

/* ---- ourselves, by way of the broker ---- */

struct echoes {
    struct survey_echo *echo;
    size_t ended;
    enum err e;
    uint64_t began_ns;
};

static bool is_echoed(const void *to)
{
    const struct echoes *all = to;
    return all->ended == all->echo->count;
}

/* We refuse our own question: what matters is that it came, and went back. */
static void on_echo(void *to, enum err e, xmpp_stanza_t *iq)
{
    struct echoes *all = to;
    (void)iq;
    all->ended++;
    if (e == OK) {
        all->echo->back++;
        all->echo->us = (uv_hrtime() - all->began_ns) / 1000;
    } else {
        all->e = e;
    }
}

enum err survey_echo(struct client *c, struct survey_echo *echo, struct why *why)
{
    struct echoes all = { .echo = echo, .began_ns = uv_hrtime() };
    struct buf text CLEANUP(buf_free) = buf_make(SURVEY_LONGEST_STANZA + 4096);
    char self[STANZA_MAX_JID];
    size_t count = echo->count < SURVEY_MAX_ECHOES ? echo->count : SURVEY_MAX_ECHOES;
    TRY(str_copy(str_of(conn_jid(session_conn(client_session(c)))), self, sizeof self));
    buf_add_z(&text, "<echo xmlns='urn:himas:echo'>");
    uint8_t *fill = buf_grow(&text, echo->bytes);
    if (fill) memset(fill, 'x', echo->bytes);
    buf_add_z(&text, "</echo>");
    TRY(buf_err(&text));
    echo->back = 0;
    echo->us = 0;
    echo->count = 0;
    struct question q = { "get", self, buf_str(&text), echo->timeout_ms, on_echo, &all };
    for (size_t i = 0; i < count && all.e == OK; i++) {
        enum err e = session_ask(client_session(c), &q);
        if (e == OK)
            echo->count++;
        else
            all.e = e;
    }
    client_wait(c, is_echoed, &all);
    if (all.e == ERR_NETWORK) return broken(c, why);
    if (all.e == ERR_TIMEOUT)
        return why_say(why, all.e, "%zu of %zu stanzas came back within %" PRIu64 " ms", echo->back, echo->count,
                       echo->timeout_ms);
    return all.e;
}

/* ---- upload ---- */

struct stored {
    bool done;
    enum err e;
    struct buf url, data;
};

static bool is_stored(const void *to) { return ((const struct stored *)to)->done; }

static void on_stored(void *to, uint64_t token, enum err e, struct str url)
{
    struct stored *s = to;
    (void)token;
    s->done = true;
    s->e = e;
    buf_add_str(&s->url, url);
}

static void on_fetched(void *to, uint64_t token, enum err e, struct bytes data)
{
    struct stored *s = to;
    (void)token;
    s->done = true;
    s->e = e;
    buf_add(&s->data, data.p, data.n);
}

static void on_closed(void *to) { ((struct stored *)to)->done = true; }

static enum err upload_failed(enum err e, const char *step, struct why *why)
{
    static const struct {
        enum err e;
        const char *words;
    } rows[] = {
        { ERR_ABSENT, "the broker has no upload service (XEP-0363), or lost what was just stored" },
        { ERR_REFUSED, "the broker's upload service gives this account no place" },
        { ERR_LIMIT, "the broker's upload service takes no file of 1 MiB: its size limit or quota is too small" },
        { ERR_TLS, "the certificate of the upload service was refused" },
        { ERR_NETWORK,
          "the upload service gave a place, but its HTTPS port cannot be reached or answers with an error" },
        { ERR_TIMEOUT, "the upload service does not answer" },
        { ERR_PROTO, "the upload service gives a place that is no https:// URL" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].e == e) return why_say(why, e, "%s (%s)", rows[i].words, step);
    return why_say(why, e, "%s (%s)", err_text(e), step);
}

static enum err there_and_back(struct client *c, struct upload *u, struct stored *s, struct bytes data, struct why *why)
{
    /* The name of the file; its true hash matters to nobody here. */
    static const char name[] = "00000000000000000000000000000000000000000000000000000000d0c70000";
    enum err e = upload_store(u, 1, name, data);
    if (e == OK) {
        client_wait(c, is_stored, s);
        e = s->e;
    }
    if (e != OK) return upload_failed(e, "storing", why);
    s->done = false;
    TRY(buf_err(&s->url));
    e = upload_fetch(u, 2, buf_str(&s->url), data.n);
    if (e == OK) {
        client_wait(c, is_stored, s);
        e = s->e;
    }
    if (e != OK) return upload_failed(e, "reading back", why);
    bool same = s->data.n == data.n && memcmp(s->data.p, data.p, data.n) == 0;
    return same ? OK : why_say(why, ERR_CRYPTO, "the upload service gave back other bytes than it was given");
}

enum err survey_upload(struct client *c, const char *ca_file, struct why *why)
{
    struct stored s = { .url = buf_make(MANIFEST_MAX_URL + 1), .data = buf_make(SURVEY_UPLOAD_BYTES) };
    struct buf chunk CLEANUP(buf_free) = buf_make(SURVEY_UPLOAD_BYTES);
    struct upload_events events = { &s, on_stored, on_fetched };
    struct upload *u = NULL;
    if (!buf_grow(&chunk, SURVEY_UPLOAD_BYTES)) return ERR_MEMORY;
    enum err e = upload_open(client_loop(c), ca_file, NULL, client_session(c), &events, &u);
    if (e == OK) {
        e = there_and_back(c, u, &s, buf_bytes(&chunk), why);
        s.done = false;
        upload_close(u, on_closed, &s);
        client_wait(c, is_stored, &s);
    }
    buf_free(&s.url);
    buf_free(&s.data);
    return e;
}
