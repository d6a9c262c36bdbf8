#include "tests/bench/boss.h"
#include "agents/coordinator/coordinator.h"
#include "tests/bench/toys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETTLE_MS = 300, NUMBER_BYTES = 16 };

struct boss {
    const struct boss_plan *plan;
    struct crowd crowd;
    uv_poll_t orders;
    uv_check_t check;
    uv_timer_t settle; /* acknowledgements of a round before are over */
    int fd;
    uint64_t began_ns, next_call;
    bool said, running, asked;
    struct order order;
    uint64_t round;      /* of the real coordinator: the last begun */
    uint64_t started_ns; /* of that */
    double times[CHILD_MAX_NUMBERS];
    size_t ntimes;
};

static void finish_order(struct boss *b)
{
    b->running = false;
    child_answer(b->fd, b->times, b->ntimes);
}

static void note(struct boss *b, uint64_t from_ns, uint64_t to_ns)
{
    if (b->ntimes < CHILD_MAX_NUMBERS) b->times[b->ntimes++] = (double)(to_ns - from_ns) / 1e6;
}

static void call(struct boss *b, const char *command, const struct arg_pair *pairs, size_t n)
{
    core_on_invoke(crowd_core(&b->crowd, 0), ++b->next_call, PLACE_OPERATOR, str_of(command), pairs, n);
}

static struct arg_pair pair(const char *name, const char *value)
{
    return (struct arg_pair){ str_of(name), str_of(value) };
}

static const char *number(uint32_t value, char out[NUMBER_BYTES])
{
    (void)snprintf(out, NUMBER_BYTES, "%u", value);
    return out;
}

/* ---- the toy: one round after another ---- */

static const struct toy_round *toy(struct boss *b) { return core_state(crowd_core(&b->crowd, 0)); }

static void toy_begin(struct boss *b)
{
    char bytes[NUMBER_BYTES];
    const struct arg_pair pairs[] = { pair("bytes", number(b->order.bytes, bytes)) };
    b->running = true;
    call(b, "round", pairs, 1);
}

static void toy_look(struct boss *b)
{
    if (!b->running || toy(b)->ended_ns == 0) return;
    note(b, toy(b)->started_ns, toy(b)->ended_ns);
    if (b->ntimes < b->order.count)
        toy_begin(b);
    else
        finish_order(b);
}

/* ---- the real one: a run, told apart by the first message of each round ---- */

static void real_begin(struct boss *b)
{
    char rounds[NUMBER_BYTES];
    const struct arg_pair pairs[] = { pair("task", b->plan->task), pair("rounds", number(b->order.count, rounds)) };
    b->running = true;
    b->round = 0;
    call(b, "start", pairs, 2);
}

static void on_packet(void *to, const struct packet *p)
{
    struct boss *b = to;
    uint64_t now_ns = report_now_ns();
    const struct crowd_plan *plan = &b->plan->crowd;
    if (plan->look) plan->look(plan->to, p);
    if (p->kind != PACKET_MESSAGE || !b->running) return;
    bool end = strstr(p->body.p, "\"type\":\"run.end\"") != NULL;
    if (!end && strstr(p->body.p, "\"type\":\"round.start\"") == NULL) return;
    const char *at = strstr(p->body.p, "\"round\":");
    uint64_t round = at && !end ? strtoull(at + strlen("\"round\":"), NULL, 10) : b->round + 1;
    if (round == b->round) return;
    if (b->round > 0) note(b, b->started_ns, now_ns);
    b->round = round;
    b->started_ns = now_ns;
    if (end) finish_order(b);
}

/* ---- both ---- */

static void on_order(uv_poll_t *p, int status, int events)
{
    struct boss *b = p->data;
    (void)status;
    (void)events;
    if (!child_order(b->fd, &b->order)) {
        uv_stop(&b->crowd.loop);
        b->fd = -1;
        return;
    }
    b->ntimes = 0;
    if (b->order.count == 0)
        b->asked = true;
    else if (b->plan->real)
        real_begin(b);
    else
        toy_begin(b);
}

static bool everybody(struct boss *b)
{
    if (!crowd_up(&b->crowd)) return false;
    const struct agent *core = crowd_core(&b->crowd, 0);
    const struct coordinator *c = core_state(core);
    size_t online = b->plan->real ? hospitals_online(&c->hospitals) : toy(b)->online;
    return online == b->plan->crowd.members;
}

static void on_settled(uv_timer_t *t)
{
    struct boss *b = t->data;
    double seconds = (double)(report_now_ns() - b->began_ns) / 1e9;
    child_answer(b->fd, &seconds, 1);
}

static void on_check(uv_check_t *c)
{
    struct boss *b = c->data;
    if (!b->said && everybody(b)) {
        b->said = true;
        (void)uv_timer_start(&b->settle, on_settled, SETTLE_MS, 0);
    }
    if (b->asked && crowd_quiet(&b->crowd)) {
        b->asked = false;
        child_answer(b->fd, NULL, 0);
    }
    if (b->said && !b->plan->real) toy_look(b);
}

void boss_child(int fd, void *plan)
{
    struct boss *b = calloc(1, sizeof *b);
    if (b == NULL) report_die("memory");
    b->plan = plan;
    b->fd = fd;
    b->began_ns = report_now_ns();
    struct crowd_plan mine = b->plan->crowd;
    if (b->plan->real) {
        mine.look = on_packet;
        mine.to = b;
    }
    crowd_begin(&b->crowd, &mine);
    (void)uv_poll_init(&b->crowd.loop, &b->orders, fd);
    (void)uv_check_init(&b->crowd.loop, &b->check);
    (void)uv_timer_init(&b->crowd.loop, &b->settle);
    b->orders.data = b->check.data = b->settle.data = b;
    (void)uv_poll_start(&b->orders, UV_READABLE | UV_DISCONNECT, on_order);
    (void)uv_check_start(&b->check, on_check);
    while (b->fd >= 0) (void)uv_run(&b->crowd.loop, UV_RUN_DEFAULT);
    crowd_end(&b->crowd);
}
