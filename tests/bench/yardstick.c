#include "tests/bench/yardstick.h"
#include "common/base/file.h"
#include "common/runtime/xmpp/stanza.h"
#include "tests/bench/fan.h"
#include "tests/bench/wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPENING_AT_ONCE = 8, OPENER_MS = 2 };

/* Kind and exchange of each message that is part of a round. */
static const struct part {
    const char *type, *performative;
    unsigned exchange;
    bool out;
} parts[] = {
    { "\"type\":\"round.start\"", "request", 0, true },
    { "\"type\":\"update\"", "inform", 0, false },
    { "\"type\":\"evaluate\"", "request", 1, true },
    { "\"type\":\"evaluation\"", "inform", 1, false },
};
static const char *const kinds[YARD_KINDS] = { "empty", "whole" };
static const struct way {
    unsigned kind;
    bool fan, brief;
} ways[YARD_WAYS] = {
    [YARD_EMPTY] = { 0, false, false }, [YARD_WHOLE] = { 1, false, false },   [YARD_FAN] = { 0, true, false },
    [YARD_BRIEF] = { 0, false, true },  [YARD_FAN_BRIEF] = { 0, true, true },
};

static void sample_path(const struct place *p, const char *kind, bool out, unsigned exchange, char *path, size_t n)
{
    (void)snprintf(path, n, "%s/%s.%s%u", p->dir, kind, out ? "out" : "back", exchange);
}

void yard_record(void *recorder, const struct packet *p)
{
    struct yard_recorder *r = recorder;
    char path[PLACE_PATH_BYTES + 64];
    if (p->kind != PACKET_MESSAGE || (r->done[0] && r->done[1])) return;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool mine = parts[i].out == r->coordinator && !r->done[parts[i].exchange];
        if (!mine || strstr(p->body.p, parts[i].type) == NULL) continue;
        sample_path(r->place, r->kind, parts[i].out, parts[i].exchange, path, sizeof path);
        report_need(file_write(path, str_bytes(p->body), 0600, NULL), NULL, path);
        r->done[parts[i].exchange] = true;
    }
}

/* ---- the texts ---- */

/* The id of each tells the other side what it is: "k<kind>e<exchange>", and a "b" when a brief answer is wanted. */
static bool write_stanza(const struct place *p, const struct way *w, const struct part *part, const char *to,
                         struct buf *out)
{
    unsigned kind = w->kind;
    char path[PLACE_PATH_BYTES + 64];
    char id[32];
    struct buf body = buf_make(1 << 20);
    sample_path(p, kinds[kind], part->out, part->exchange, path, sizeof path);
    bool there = access(path, R_OK) == 0 && file_read(path, &body, NULL) == OK;
    (void)snprintf(id, sizeof id, "k%ue%u%s", kind, part->exchange, w->brief ? "b" : "");
    *out = buf_make(1 << 20);
    if (there)
        stanza_write_message(out,
                             &(struct packet){ .kind = PACKET_MESSAGE,
                                               .peer = to,
                                               .body = buf_str(&body),
                                               .performative = part->performative,
                                               .thread = "bench-1" },
                             id);
    buf_free(&body);
    return there;
}

static const struct part *part_of(unsigned exchange, bool out) { return &parts[2 * exchange + (out ? 0 : 1)]; }

bool yard_sizes(const struct place *place, unsigned kind, unsigned exchange, size_t *out, size_t *back)
{
    struct buf text[2];
    bool out_there = write_stanza(place, &ways[kind], part_of(exchange, true), "y10@" PLACE_DOMAIN, &text[0]);
    bool back_there = write_stanza(place, &ways[kind], part_of(exchange, false), "yc0@" PLACE_DOMAIN, &text[1]);
    *out = text[0].n;
    *back = text[1].n;
    buf_free(&text[0]);
    buf_free(&text[1]);
    return out_there && back_there;
}

/* ---- both ends ---- */

struct yard {
    uv_loop_t loop;
    uv_timer_t opener;
    uv_poll_t orders;
    const struct yard_plan *plan;
    struct wire **wires;
    size_t nwires, opened;
    bool said, coordinator;
    size_t asked, granted; /* coordinator: requests to the publish-subscribe service */
    int fd;
    uint64_t began_ns;
    struct buf answers[YARD_KINDS][YARD_EXCHANGES]; /* of a trainer, made when first wanted */
    struct buf *calls;                              /* of the coordinator: one a trainer */
    size_t ncalls;
    struct order order;
    unsigned exchange;
    size_t got;
    uint64_t round_ns;
    double times[CHILD_MAX_NUMBERS];
    size_t ntimes;
};

static void say_up(struct yard *y)
{
    double seconds = (double)(report_now_ns() - y->began_ns) / 1e9;
    y->said = true;
    (void)uv_timer_stop(&y->opener);
    child_answer(y->fd, &seconds, 1);
}

/* Publishing makes the node. */
static void subscribe_all(struct yard *y)
{
    char jid[ROSTER_JID_BYTES];
    char full[ROSTER_JID_BYTES + 16];
    struct buf text = buf_make(1 << 16);
    fan_publish(&text, STR("<message/>"), "first");
    wire_send(y->wires[0], (const char *)text.p, text.n);
    for (size_t i = 0; i < y->plan->n; i++) {
        buf_clear(&text);
        place_jid(y->plan->prefix, i, jid);
        (void)snprintf(full, sizeof full, "%s/agent", jid);
        fan_subscribe(&text, full);
        wire_send(y->wires[0], (const char *)text.p, text.n);
    }
    buf_free(&text);
    y->asked = y->plan->n + 1;
    wire_flush(y->wires[0]);
}

static wire_stanza_fn on_stanza;

static void on_opener(uv_timer_t *t)
{
    struct yard *y = t->data;
    size_t up = 0;
    char jid[ROSTER_JID_BYTES];
    char boss[64];
    for (size_t i = 0; i < y->opened; i++) up += wire_up(y->wires[i]);
    if (up == y->nwires && y->coordinator && y->asked == 0) subscribe_all(y);
    if (up == y->nwires && y->granted == y->asked && !y->said) say_up(y);
    (void)snprintf(boss, sizeof boss, "%sc", y->plan->prefix);
    while (y->opened < y->nwires && y->opened < up + OPENING_AT_ONCE) {
        place_jid(y->coordinator ? boss : y->plan->prefix, y->coordinator ? 0 : y->plan->first + y->opened, jid);
        y->wires[y->opened++] = wire_open(&y->loop, y->plan->place, jid, y->plan->stream_management, on_stanza, y);
    }
}

static void on_order(uv_poll_t *p, int status, int events);

static struct yard *yard_begin(int fd, const struct yard_plan *plan, bool coordinator)
{
    struct yard *y = calloc(1, sizeof *y);
    if (y == NULL || uv_loop_init(&y->loop) != 0) report_die("memory");
    y->plan = plan;
    y->fd = fd;
    y->coordinator = coordinator;
    y->nwires = coordinator ? 1 : plan->n;
    y->wires = calloc(y->nwires, sizeof(struct wire *));
    y->calls = coordinator ? calloc(plan->n, sizeof *y->calls) : NULL;
    y->began_ns = report_now_ns();
    (void)uv_timer_init(&y->loop, &y->opener);
    (void)uv_poll_init(&y->loop, &y->orders, fd);
    y->opener.data = y->orders.data = y;
    (void)uv_timer_start(&y->opener, on_opener, 0, OPENER_MS);
    (void)uv_poll_start(&y->orders, UV_READABLE | UV_DISCONNECT, on_order);
    return y;
}

/* ---- the trainers ---- */

static void answer_briefly(struct yard *y, struct wire *w)
{
    char text[128];
    int n = snprintf(text, sizeof text, "<message to='%sc0@" PLACE_DOMAIN "' id='k'/>", y->plan->prefix);
    wire_send(w, text, (size_t)n);
}

static void answer(struct yard *y, struct wire *w, const char *id)
{
    const struct way *way = &ways[id[1] == '1' ? YARD_WHOLE : YARD_EMPTY];
    unsigned exchange = id[3] == '1';
    struct buf *text = &y->answers[way->kind][exchange];
    char boss[64];
    if (id[4] == 'b') {
        answer_briefly(y, w);
        return;
    }
    (void)snprintf(boss, sizeof boss, "%sc0@" PLACE_DOMAIN, y->plan->prefix);
    if (text->n == 0 && !write_stanza(y->plan->place, way, part_of(exchange, false), boss, text))
        report_die("no sample");
    wire_send(w, (const char *)text->p, text->n);
}

/* ---- the coordinator ---- */

static void wrap(struct buf *call, bool brief)
{
    struct buf published = buf_make(1 << 20);
    fan_publish(&published, buf_str(call), brief ? "k0e0b" : "k0e0");
    buf_free(call);
    *call = published;
}

static bool call_all(struct yard *y)
{
    const struct way *way = &ways[y->order.what];
    char jid[ROSTER_JID_BYTES];
    if (y->exchange == YARD_EXCHANGES) return false;
    y->ncalls = way->fan ? 1 : y->plan->n;
    for (size_t i = 0; i < y->ncalls; i++) {
        buf_free(&y->calls[i]);
        place_jid(y->plan->prefix, i, jid);
        if (!write_stanza(y->plan->place, way, part_of(y->exchange, true), jid, &y->calls[i])) return false;
    }
    if (way->fan) wrap(&y->calls[0], way->brief);
    return true;
}

static void begin_exchange(struct yard *y)
{
    uint64_t paused_ns = report_now_ns();
    bool more = call_all(y); /* making the texts is not part of the round */
    uint64_t now_ns = report_now_ns();
    if (!more) {
        y->times[y->ntimes++] = (double)(paused_ns - y->round_ns) / 1e6;
        y->exchange = 0;
        if (y->ntimes == y->order.count) {
            child_answer(y->fd, y->times, y->ntimes);
            return;
        }
        (void)call_all(y);
        now_ns = report_now_ns();
    }
    y->round_ns = y->exchange == 0 ? now_ns : y->round_ns + (now_ns - paused_ns);
    y->got = 0;
    for (size_t i = 0; i < y->ncalls; i++) wire_send(y->wires[0], (const char *)y->calls[i].p, y->calls[i].n);
}

static void on_stanza(void *to, struct wire *w, xmpp_stanza_t *s)
{
    struct yard *y = to;
    const char *item = fan_item(s);
    const char *id = item ? item : xmpp_stanza_get_id(s);
    if (y->coordinator && fan_answered(s)) y->granted++;
    if (!id || id[0] != 'k' || strcmp(xmpp_stanza_get_name(s), "message") != 0) return;
    if (xmpp_stanza_get_type(s) && strcmp(xmpp_stanza_get_type(s), "error") == 0) report_die("a message came back");
    if (!y->coordinator)
        answer(y, w, id);
    else if (++y->got == y->plan->n) {
        y->exchange++;
        begin_exchange(y);
    }
}

static void on_order(uv_poll_t *p, int status, int events)
{
    struct yard *y = p->data;
    (void)status;
    (void)events;
    if (!child_order(y->fd, &y->order)) _exit(0);
    y->exchange = 0;
    y->ntimes = 0;
    begin_exchange(y);
    wire_flush(y->wires[0]);
}

void yard_trainers_child(int fd, void *plan)
{
    struct yard *y = yard_begin(fd, plan, false);
    (void)uv_run(&y->loop, UV_RUN_DEFAULT);
}

void yard_coordinator_child(int fd, void *plan)
{
    struct yard *y = yard_begin(fd, plan, true);
    (void)uv_run(&y->loop, UV_RUN_DEFAULT);
}
