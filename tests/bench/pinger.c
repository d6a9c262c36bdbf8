#include "tests/bench/pinger.h"
#include "tests/bench/wire.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pinger {
    uv_loop_t loop;
    uv_poll_t orders;
    uv_check_t look;
    uv_timer_t clock;
    struct wire *from, *to;
    char to_jid[ROSTER_JID_BYTES];
    int fd;
    bool said, running, ending;
    size_t sent, got;
    double times[CHILD_MAX_NUMBERS];
};

static void on_message(void *arg, struct wire *w, xmpp_stanza_t *s)
{
    struct pinger *p = arg;
    const char *id = xmpp_stanza_get_id(s);
    if (w != p->to || !id || id[0] != 'p') return;
    p->times[p->got++] = (double)(report_now_ns() - strtoull(id + 1, NULL, 10)) / 1e6;
    if (p->ending && p->got == p->sent) {
        p->ending = false;
        child_answer(p->fd, p->times, p->got);
    }
}

static void on_clock(uv_timer_t *t)
{
    struct pinger *p = t->data;
    char text[512];
    if (!p->running || p->sent == CHILD_MAX_NUMBERS) return;
    int n = snprintf(text, sizeof text,
                     "<message to='%s/agent' type='chat' id='p%" PRIu64 "'><body>{\"type\":\"ack\",\"of\":\"as long as "
                     "an acknowledgement is\"}</body></message>",
                     p->to_jid, report_now_ns());
    wire_send(p->from, text, (size_t)n);
    wire_flush(p->from);
    p->sent++;
}

static void on_order(uv_poll_t *poll, int status, int events)
{
    struct pinger *p = poll->data;
    struct order o;
    (void)status;
    (void)events;
    if (!child_order(p->fd, &o)) _exit(0);
    p->running = o.count > 0;
    p->ending = !p->running && p->got < p->sent;
    if (p->running)
        p->sent = p->got = 0;
    else if (!p->ending)
        child_answer(p->fd, p->times, p->got);
}

static void on_look(uv_check_t *c)
{
    struct pinger *p = c->data;
    const double up = 0;
    if (p->said || !wire_up(p->from) || !wire_up(p->to)) return;
    p->said = true;
    child_answer(p->fd, &up, 1);
}

void pinger_child(int fd, void *place)
{
    struct pinger *p = calloc(1, sizeof *p);
    char from[ROSTER_JID_BYTES];
    if (p == NULL || uv_loop_init(&p->loop) != 0) report_die("memory");
    p->fd = fd;
    place_jid(PINGER_PREFIX, 0, from);
    place_jid(PINGER_PREFIX, 1, p->to_jid);
    p->from = wire_open(&p->loop, place, from, false, on_message, p);
    p->to = wire_open(&p->loop, place, p->to_jid, false, on_message, p);
    (void)uv_timer_init(&p->loop, &p->clock);
    (void)uv_check_init(&p->loop, &p->look);
    (void)uv_poll_init(&p->loop, &p->orders, fd);
    p->clock.data = p->look.data = p->orders.data = p;
    (void)uv_timer_start(&p->clock, on_clock, 0, PINGER_EVERY_MS);
    (void)uv_check_start(&p->look, on_look);
    (void)uv_poll_start(&p->orders, UV_READABLE | UV_DISCONNECT, on_order);
    (void)uv_run(&p->loop, UV_RUN_DEFAULT);
}
