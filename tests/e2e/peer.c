/* The transport by itself, for end-to-end tests: a toy agent without a core, and a client, on a real broker.
 *
 *   e2e-peer agent JID SECRET PORT CA [sm]         answers until SIGTERM: "you said ..." to chat, schema messages back
 * to their sender, commands; prints a line for each change of its link e2e-peer ask JID SECRET PORT CA AGENT COMMAND
 * [NAME=VALUE ...] e2e-peer say JID SECRET PORT CA AGENT TEXT e2e-peer echo JID SECRET PORT CA AGENT COUNT BYTES schema
 * messages there and back; prints the slowest, in ms e2e-peer store JID SECRET PORT CA BYTES [LESS] stores and fetches
 * so much in chunks, taking so many bytes less of each than there are; prints MB/s Exit code: 0, or the error's; the
 * reason goes to standard error.
 */
#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/base/secret.h"
#include "common/runtime/xmpp/client.h"
#include "common/runtime/xmpp/session.h"
#include "common/runtime/xmpp/upload.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { CONNECT_MS = 3000, ANSWER_MS = 15000 };

struct args {
    struct xmpp_config config;
    struct buf secret;
    char **rest;
    int nrest;
};

static int fail(enum err e, const struct why *why)
{
    (void)fprintf(stderr, "%s: %s\n", err_name(e), why->text);
    return err_exit_code(e);
}

/* ---- the toy agent ---- */

struct toy {
    uv_loop_t loop;
    uv_signal_t term;
    struct session *session;
    struct adhoc *adhoc;
};

static const char *const colours[] = { "red", "green", NULL };
static const struct argument add_args[] = {
    { "a", ARG_COUNT, ARG_REQUIRED, 0, 1000, "apples", NULL, NULL, "the first number" },
    { "b", ARG_COUNT, ARG_OPTIONAL, 0, 1000, NULL, NULL, "1", "the second number" },
    { "colour", ARG_CHOICE, ARG_OPTIONAL, 0, 0, NULL, colours, "red", "of the apples" },
    { NULL },
};
static const struct command commands[] = {
    { "add", ROLE_OPERATOR, add_args, "adds two numbers", NULL, NULL },
    { "table", ROLE_OPERATOR, NULL, "shows a table", NULL, NULL },
    { "long", ROLE_OPERATOR, NULL, "shows a table too long for a stanza", NULL, NULL },
    { "secret", ROLE_OFFICER, NULL, "for the officer only", NULL, NULL },
    { NULL },
};

static unsigned role_of(void *self, const char *bare)
{
    (void)self;
    return strncmp(bare, "officer@", 8) == 0 ? ROLE_OFFICER : ROLE_OPERATOR;
}

static void run_add(const struct call *c, struct result *r)
{
    result_say(r, "%" PRIu64 " %s apples.", call_u64(c, "a") + call_u64(c, "b"), call_text(c, "colour").p);
    result_field(r, "sum", "%" PRIu64, call_u64(c, "a") + call_u64(c, "b"));
}

static void run_table(size_t rows, struct result *r)
{
    result_columns(r, (const char *const[]){ "site", "state <&>", NULL });
    for (size_t i = 0; i < rows; i++) {
        char site[64];
        (void)snprintf(site, sizeof site, "hospital %zu with a name that takes room", i);
        result_row(r, (const char *const[]){ site, "\"in\" & <well>", NULL });
    }
}

static void invoke(void *self, uint64_t call_id, const char *from, struct str command, const struct arg_pair *pairs,
                   size_t n)
{
    struct toy *t = self;
    struct result r CLEANUP(result_free);
    struct why why = { "" };
    struct call call = { .from = from };
    result_init(&r);
    const struct command *c = command_find(commands, command);
    r.code = call_fill(&call, c, pairs, n, &why);
    if (r.code != OK) result_say(&r, "%s", why.text);
    if (r.code == OK && str_is(command, "add")) run_add(&call, &r);
    if (str_is(command, "table")) run_table(2, &r);
    if (str_is(command, "long")) run_table(5000, &r);
    struct buf out CLEANUP(buf_free) = buf_make(STANZA_MAX_OUT_BYTES);
    adhoc_answer(t->adhoc, call_id, &r, &out);
    if (session_send_raw(t->session, &out) != OK) (void)fprintf(stderr, "the answer was lost\n");
}

static void on_link(void *to, bool up)
{
    struct toy *t = to;
    const struct trouble *trouble = conn_trouble(session_conn(t->session));
    (void)printf("link %s %s\n", up ? "up" : "down", up ? "" : trouble->why.text);
    (void)fflush(stdout);
}

static void on_packet(void *to, const struct packet *p)
{
    struct toy *t = to;
    struct buf text CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
    struct packet back = { .kind = p->kind, .peer = p->peer, .body = p->body, .performative = "inform", .thread = "t" };
    if (p->kind == PACKET_CHAT) {
        buf_addf(&text, "you said " STR_F, STR_ARG(p->body));
        back.body = buf_str(&text);
    }
    if (session_send(t->session, &back) != OK) (void)fprintf(stderr, "the echo was lost\n");
}

static void on_presence(void *to, const char *bare, bool online)
{
    (void)to;
    (void)printf("presence %s %s\n", bare, online ? "online" : "away");
    (void)fflush(stdout);
}

static void on_bounce(void *to, const char *bare)
{
    (void)to;
    (void)printf("bounce %s\n", bare);
    (void)fflush(stdout);
}

static void on_term(uv_signal_t *s, int number)
{
    struct toy *t = s->data;
    struct buf metrics CLEANUP(buf_free) = buf_make(65536);
    (void)number;
    session_metrics(t->session, &metrics);
    (void)printf(STR_F, STR_ARG(buf_str(&metrics)));
    (void)fflush(stdout);
    uv_close((uv_handle_t *)s, NULL);
    session_close(t->session);
}

static int be_agent(struct args *a)
{
    struct toy t = { 0 };
    struct why why = { "" };
    struct adhoc_agent agent = { .self = &t, .commands = commands, .role_of = role_of, .invoke = invoke };
    struct xmpp_events events = {
        .to = &t, .link = on_link, .packet = on_packet, .presence = on_presence, .bounce = on_bounce
    };
    struct log log = { .level = LOG_INFO, .who = "toy", .put = log_put_stderr };
    if (uv_loop_init(&t.loop) != 0 || adhoc_new(&agent, &t.adhoc) != OK) return fail(ERR_MEMORY, &why);
    a->config.loop = &t.loop;
    a->config.stream_management = a->nrest > 0 && strcmp(a->rest[0], "sm") == 0;
    a->config.ping_ms = 2000;
    a->config.pong_ms = 2000;
    enum err e = session_open(&a->config, &events, t.adhoc, log, &t.session, &why);
    if (e == OK) {
        (void)uv_signal_init(&t.loop, &t.term);
        t.term.data = &t;
        (void)uv_signal_start(&t.term, on_term, SIGTERM);
    }
    (void)uv_run(&t.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&t.loop);
    adhoc_free(t.adhoc);
    return e == OK ? 0 : fail(e, &why);
}

/* ---- the client ---- */

static int do_ask(struct args *a, struct client *c)
{
    struct arg_pair pairs[16];
    size_t n = 0;
    struct result r CLEANUP(result_free);
    struct buf text CLEANUP(buf_free) = buf_make(RESULT_MAX_BYTES);
    struct why why = { "" };
    result_init(&r);
    for (int i = 2; i < a->nrest && n < 16; i++) {
        struct str value = str_of(a->rest[i]);
        struct str name = str_next(&value, '=');
        pairs[n++] = (struct arg_pair){ .name = name, .value = value };
    }
    enum err e = client_ask(c, a->rest[0], str_of(a->rest[1]), pairs, n, ANSWER_MS, &r, &why);
    if (e != OK) return fail(e, &why);
    result_print_json(&r, &text);
    (void)printf(STR_F "\n", STR_ARG(buf_str(&text)));
    return 0;
}

static int do_say(struct args *a, struct client *c)
{
    struct buf text CLEANUP(buf_free) = buf_make(2 * MSG_MAX_BYTES);
    struct why why = { "" };
    enum err e = client_say(c, a->rest[0], str_of(a->rest[1]), ANSWER_MS, &text, &why);
    if (e != OK) return fail(e, &why);
    (void)printf(STR_F "\n", STR_ARG(buf_str(&text)));
    return 0;
}

struct echo {
    struct client *client;
    struct buf body;
    uint64_t right, slowest_ms, sent_ms;
};

static void on_echo(void *to, const char *from, struct str json)
{
    struct echo *e = to;
    uint64_t took = clock_mono_ms() - e->sent_ms;
    (void)from;
    if (str_eq(json, buf_str(&e->body))) e->right++;
    if (took > e->slowest_ms) e->slowest_ms = took;
    client_stop(e->client);
}

static int do_echo(struct args *a, struct client *c)
{
    struct echo e = { .client = c, .body = buf_make(2 * MSG_MAX_BYTES) };
    uint64_t count = strtoull(a->rest[1], NULL, 10);
    uint64_t bytes = strtoull(a->rest[2], NULL, 10);
    for (uint64_t i = 0; i < bytes; i++) buf_addf(&e.body, "%c", i % 50 == 0 ? '"' : 'a' + (char)(i % 26));
    enum err result = client_listen(c, a->rest[0], on_echo, &e);
    for (uint64_t i = 0; i < count && result == OK; i++) {
        e.sent_ms = clock_mono_ms();
        result = client_send_message(c, a->rest[0], buf_str(&e.body));
        if (result == OK) result = client_run(c, ANSWER_MS);
    }
    (void)printf("%" PRIu64 " of %" PRIu64 " came back, slowest %" PRIu64 " ms\n", e.right, count, e.slowest_ms);
    buf_free(&e.body);
    return result == OK && e.right == count ? 0 : 1;
}

static int be_client(struct args *a, int (*run)(struct args *, struct client *))
{
    struct client *c = NULL;
    struct why why = { "" };
    enum err e = client_open(&a->config, &c, &why);
    if (e != OK) return fail(e, &why);
    int code = run(a, c);
    client_close(c);
    return code;
}

/* ---- storing ---- */

struct storing {
    uv_loop_t loop;
    struct session *session;
    struct upload *upload;
    struct buf data;
    struct buf back;
    uint64_t chunk, began_ms, less;
    double put_s, get_s;
    enum err e;
    char (*urls)[MANIFEST_MAX_URL + 1];
    bool over;
};

static struct bytes chunk_at(const struct storing *s, uint64_t i)
{
    size_t from = i * (size_t)MANIFEST_CHUNK_BYTES;
    size_t left = s->data.n - from;
    return bytes_of(s->data.p + from, left < MANIFEST_CHUNK_BYTES ? left : MANIFEST_CHUNK_BYTES);
}

static uint64_t chunk_count(const struct storing *s)
{
    return (s->data.n + MANIFEST_CHUNK_BYTES - 1) / MANIFEST_CHUNK_BYTES;
}

static void end_storing(struct storing *s, enum err e)
{
    if (s->over) return;
    s->over = true;
    s->e = e;
    session_close(s->session);
    upload_close(s->upload, NULL, NULL);
}

static void next_chunk(struct storing *s);

static void on_stored(void *to, uint64_t token, enum err e, struct str url)
{
    struct storing *s = to;
    if (e == OK) e = str_copy(url, s->urls[token], sizeof s->urls[token]);
    if (e != OK) {
        end_storing(s, e);
        return;
    }
    s->chunk++;
    next_chunk(s);
}

static void on_fetched(void *to, uint64_t token, enum err e, struct bytes data)
{
    struct storing *s = to;
    (void)token;
    buf_add(&s->back, data.p, data.n);
    if (e != OK) {
        end_storing(s, e);
        return;
    }
    s->chunk++;
    next_chunk(s);
}

static void next_chunk(struct storing *s)
{
    uint64_t n = chunk_count(s);
    enum err e = OK;
    if (s->chunk == n) {
        s->put_s = (double)(clock_mono_ms() - s->began_ms) / 1e3;
        s->began_ms = clock_mono_ms();
    }
    if (s->chunk == 2 * n) {
        s->get_s = (double)(clock_mono_ms() - s->began_ms) / 1e3;
        end_storing(s, OK);
    } else if (s->chunk < n) {
        e = upload_store(s->upload, s->chunk, "0123456789abcdef", chunk_at(s, s->chunk));
    } else {
        e = upload_fetch(s->upload, s->chunk - n, str_of(s->urls[s->chunk - n]), chunk_at(s, s->chunk - n).n - s->less);
    }
    if (e != OK) end_storing(s, e);
}

static void on_storing_link(void *to, bool up)
{
    struct storing *s = to;
    s->began_ms = clock_mono_ms();
    if (up) next_chunk(s);
}

static int be_storing(struct args *a)
{
    size_t bytes = strtoull(a->rest[0], NULL, 10);
    struct storing s = { .data = buf_make(bytes), .back = buf_make(bytes), .e = ERR_TIMEOUT };
    struct why why = { "" };
    struct xmpp_events events = { .to = &s, .link = on_storing_link };
    struct upload_events files = { .to = &s, .stored = on_stored, .fetched = on_fetched };
    struct rng rng = rng_make(7);
    s.less = a->nrest > 1 ? strtoull(a->rest[1], NULL, 10) : 0;
    for (size_t i = 0; i < bytes / 8 + 1 && s.data.n < bytes; i++) {
        uint64_t x = rng_u64(&rng);
        buf_add(&s.data, &x, bytes - s.data.n < 8 ? bytes - s.data.n : 8);
    }
    s.urls = calloc(chunk_count(&s), sizeof *s.urls);
    if (!s.urls || uv_loop_init(&s.loop) != 0) return 71;
    a->config.loop = &s.loop;
    enum err e = session_open(&a->config, &events, NULL, (struct log){ 0 }, &s.session, &why);
    if (e == OK) e = upload_open(&s.loop, a->config.ca_file, NULL, s.session, &files, &s.upload);
    (void)uv_run(&s.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&s.loop);
    if (e == OK) e = s.e;
    if (e == OK && !str_eq(buf_str(&s.data), buf_str(&s.back))) e = ERR_CRYPTO;
    (void)printf("%s put %.1f MB/s get %.1f MB/s\n", err_name(e), (double)bytes / 1e6 / s.put_s,
                 (double)bytes / 1e6 / s.get_s);
    buf_free(&s.data);
    buf_free(&s.back);
    free(s.urls);
    return err_exit_code(e);
}

/* ---- */

static int run(const char *what, struct args *a)
{
    if (strcmp(what, "agent") == 0) return be_agent(a);
    if (strcmp(what, "store") == 0 && a->nrest >= 1) return be_storing(a);
    if (strcmp(what, "ask") == 0 && a->nrest >= 2) return be_client(a, do_ask);
    if (strcmp(what, "say") == 0 && a->nrest == 2) return be_client(a, do_say);
    if (strcmp(what, "echo") == 0 && a->nrest == 3) return be_client(a, do_echo);
    return 64;
}

int main(int argc, char **argv)
{
    struct why why = { "" };
    struct args a = { .secret = buf_make(4096) };
    if (argc < 6) return 64;
    enum err e = secret_read_file(argv[3], 4096, &a.secret, &why);
    if (e != OK) return fail(e, &why);
    a.config = (struct xmpp_config){ .jid = argv[2],
                                     .password = (const char *)a.secret.p,
                                     .host = "127.0.0.1",
                                     .port = (uint16_t)strtoul(argv[4], NULL, 10),
                                     .ca_file = argv[5],
                                     .connect_ms = CONNECT_MS };
    a.rest = argv + 6;
    a.nrest = argc - 6;
    int code = run(argv[1], &a);
    secret_buf_free(&a.secret);
    return code;
}
