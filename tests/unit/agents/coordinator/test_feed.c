#include "agents/coordinator/feed.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SUBSCRIBE(on)                                                                                                  \
    "{\"version\":1,\"type\":\"feed.subscribe\",\"id\":\"\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":0,\"stage\":"  \
    "\"\",\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"on\":" on "}"

struct seen {
    size_t events, training;
};
static void look(void *to, const char *from, const struct packet *p)
{
    struct seen *s = to;
    char body[4096];
    (void)from;
    if (p->kind != PACKET_MESSAGE || strncmp(p->peer, "olga@", 5) != 0) return;
    (void)snprintf(body, sizeof body, STR_F, STR_ARG(p->body));
    s->events += strstr(body, "\"feed.event\"") != NULL;
    s->training += strstr(body, "\"phase\":\"training\"") != NULL;
}

static void subscribe(struct house *h, const char *json)
{
    core_on_packet(sim_agent(h->sim, "coordinator"),
                   &(struct packet){ .kind = PACKET_MESSAGE, .peer = "olga@sim.local", .body = str_of(json) });
    house_run(h, 100);
}

/* Whatever numbers a hospital says, telling them must not stop the run. */
Test(feed, wild_numbers_can_be_told)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "wild", NULL });
    subscribe(&h, SUBSCRIBE("1"));
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    house_close(&h);
}

Test(feed, programs_get_events_until_they_end_it)
{
    struct house h;
    struct seen seen = { 0 };
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    sim_watch(h.sim, look, &seen);
    subscribe(&h, SUBSCRIBE("1"));
    subscribe(&h, SUBSCRIBE("1"));
    cr_expect(house_state(&h)->feed.count == 1, "twice is once");
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    cr_expect(seen.events > 20 && seen.training >= 9, "%zu events, %zu of training", seen.events, seen.training);
    subscribe(&h, SUBSCRIBE("0"));
    cr_expect(house_state(&h)->feed.count == 0 && !house_has(&h, "feed/"));
    house_close(&h);
}

Test(feed, one_watcher_more_than_there_is_room_for)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", NULL });
    struct feed *f = &((struct coordinator *)core_state(sim_agent(h.sim, "coordinator")))->feed;
    for (; f->count < FEED_MAX_WATCHERS; f->count++)
        (void)snprintf(f->watchers[f->count].jid, sizeof f->watchers->jid, "w%zu@sim.local", f->count);
    subscribe(&h, SUBSCRIBE("1"));
    cr_expect(f->count == FEED_MAX_WATCHERS && !house_has(&h, "feed/"), "refused");
    f->count--;
    subscribe(&h, SUBSCRIBE("1"));
    cr_expect(f->count == FEED_MAX_WATCHERS && house_has(&h, "feed/"), "taken when there is room");
    house_close(&h);
}
