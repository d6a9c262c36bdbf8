#include "common/runtime/core_private.h"
#include "common/wire/codec.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Counts what leaves the server, by kind. */
struct tally {
    unsigned evaluates, acks, riding;
};
static void count(void *to, const char *from, const struct packet *p)
{
    struct tally *t = to;
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct msg m;
    if (strncmp(from, "server", 6) != 0 || p->kind != PACKET_MESSAGE ||
        msg_decode(p->body, &arena, &m, NULL, NULL) != OK)
        return;
    t->evaluates += m.type == MSG_EVALUATE;
    t->acks += m.type == MSG_ACK;
    t->riding += m.type != MSG_ACK && m.nacks > 0;
}

Test(core_outbox, what_is_not_acknowledged_goes_again_with_the_same_id_until_it_is)
{
    struct sim *s = toys_start("");
    struct tally t = { 0 };
    sim_watch(s, count, &t);
    sim_cut(s, "client", 20000);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    (void)sim_run(s, 15000, NULL, NULL);
    cr_expect(t.evaluates >= 2 && t.evaluates <= 4, "sent %u times in 17 s, further and further apart", t.evaluates);
    cr_expect_eq(core_outbox(sim_agent(s, "server")), 1);
    (void)sim_run(s, 10000, NULL, NULL);
    cr_expect(toys_state(s, "client")->evaluations == 1 && core_outbox(sim_agent(s, "server")) == 0);
    sim_free(s);
}

/* What is lost with the last of many cuts goes again as soon as what is lost with the first. */
Test(core_outbox, a_link_that_is_cut_again_and_again_makes_no_wait_longer)
{
    struct sim *s = toys_start("");
    struct tally t = { 0 };
    sim_cut(s, "client", 120000);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    for (int i = 0; i < 8; i++) {
        core_on_link(sim_agent(s, "server"), false);
        (void)sim_run(s, 500, NULL, NULL);
        core_on_link(sim_agent(s, "server"), true);
        (void)sim_run(s, 500, NULL, NULL);
    }
    sim_watch(s, count, &t);
    (void)sim_run(s, 4 * CORE_RESEND_FIRST_MS, NULL, NULL);
    cr_expect_eq(t.evaluates, 2, "sent %u times in the %d ms after the link's last return", t.evaluates,
                 4 * CORE_RESEND_FIRST_MS);
    (void)sim_run(s, 120000, NULL, NULL);
    cr_expect(toys_state(s, "client")->evaluations == 1 && core_outbox(sim_agent(s, "server")) == 0);
    sim_free(s);
}

/* Who says again and again that it is there gets what it is owed again, but not each time. */
Test(core_outbox, a_peer_cannot_make_us_send_without_end)
{
    struct sim *s = toys_start("");
    struct tally t = { 0 };
    sim_cut(s, "client", 120000);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    sim_watch(s, count, &t);
    for (int i = 0; i < 1000; i++) core_on_presence(sim_agent(s, "server"), "client@sim.local", true);
    cr_expect(t.evaluates > 1 && t.evaluates <= CORE_SHOWS_BURST, "%u", t.evaluates);
    struct agent *server = sim_agent(s, "server");
    cr_expect_eq(server->counts.flooded, 1000 - CORE_SHOWS_BURST, "the others are counted");
    (void)sim_run(s, 1000, NULL, NULL);
    for (int i = 0; i <= CORE_SHOWS_PER_S; i++) core_on_presence(server, "client@sim.local", true);
    cr_expect_eq(server->counts.flooded, 1001 - CORE_SHOWS_BURST, "a second has passed");
    sim_free(s);
}

/* Who asks again and again and acknowledges nothing is not heard until it does: nothing is lost, it comes again. */
Test(core_outbox, a_peer_cannot_make_us_keep_without_end, .timeout = 60)
{
    struct sim *s = toys_start("size: 8");
    struct agent *server = sim_agent(s, "server");
    char json[512];
    sim_cut(s, "client", 60000);
    for (int i = 1; i <= CORE_MAX_OWED_A_PEER + 50; i++) {
        (void)snprintf(json, sizeof json, TOYS_JOIN("1a-%d"), i);
        core_on_packet(server, &(struct packet){ .peer = "client@sim.local", .body = str_of(json) });
    }
    cr_expect_eq(core_outbox(server), CORE_MAX_OWED_A_PEER);
    cr_expect_eq(server->counts.flooded, 50);
    (void)sim_run(s, 120000, NULL, NULL);
    cr_expect_eq(core_outbox(server), 0, "it is back and acknowledges");
    (void)snprintf(json, sizeof json, TOYS_JOIN("1a-%d"), CORE_MAX_OWED_A_PEER + 50);
    toys_feed(s, "server", "client@sim.local", json);
    cr_expect_eq(toys_state(s, "server")->joins, CORE_MAX_OWED_A_PEER + 1);
    sim_free(s);
}

Test(core_outbox, a_restarted_sender_sends_what_it_owes)
{
    struct sim *s = toys_start("");
    sim_cut(s, "client", 20000);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    sim_kill(s, "server", 1000);
    (void)sim_run(s, 30000, NULL, NULL);
    cr_expect_eq(toys_state(s, "client")->evaluations, 1);
    cr_expect_eq(core_outbox(sim_agent(s, "server")), 0);
    sim_free(s);
}

Test(core_outbox, acknowledgements_ride_where_they_can)
{
    struct sim *s = toys_start("");
    struct tally t = { 0 };
    sim_watch(s, count, &t);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    cr_expect(t.evaluates == 1 && t.acks == 1 && t.riding == 0, "alone: the answer left before the join was done with");
    for (int i = 2; i < 5; i++) { /* quickly after each other: the ack of one rides on the answer to the next */
        char json[] = TOYS_JOIN("1a-N");
        *strchr(json, 'N') = (char)('0' + i);
        core_on_packet(sim_agent(s, "server"), &(struct packet){ .peer = "client@sim.local", .body = str_of(json) });
    }
    (void)sim_run(s, 1000, NULL, NULL);
    cr_expect(t.riding == 2 && t.acks == 2, "%u rode, %u went alone", t.riding, t.acks);
    sim_free(s);
}

/* A peer whose answers always take longer than the first wait: after a few messages none goes again too early. */
Test(core_outbox, a_slow_peer_is_waited_for)
{
    enum { WAY_MS = 10000, JOINS = 8 };
    struct sim *s = toys_start_with(&(struct sim_faults){ .delay_min_ms = WAY_MS, .delay_max_ms = WAY_MS }, "");
    struct tally t = { 0 };
    unsigned sent[JOINS] = { 0 };
    sim_watch(s, count, &t);
    (void)sim_run(s, 20 * WAY_MS, NULL, NULL); /* until nobody answers presences any more */
    for (int i = 0; i < JOINS; i++) {
        char json[] = TOYS_JOIN("1a-N");
        *strchr(json, 'N') = (char)('1' + i);
        toys_feed(s, "server", "client@sim.local", json);
        (void)sim_run(s, 4 * WAY_MS, NULL, NULL);
        sent[i] = t.evaluates;
    }
    const struct rtt *r = &core_peer_find(sim_agent(s, "server"), "client@sim.local")->rtt;
    cr_expect(sent[0] > 1, "the first went %u times", sent[0]);
    cr_expect_eq(sent[JOINS - 1] - sent[2], JOINS - 3, "%u for %d", sent[JOINS - 1] - sent[2], JOINS - 3);
    cr_expect(r->known && r->smoothed_ms >= 2 * WAY_MS && r->smoothed_ms <= 2 * WAY_MS + 2 * CORE_ACK_DELAY_MS, "%f",
              r->smoothed_ms);
    cr_expect_eq(toys_state(s, "client")->evaluations, JOINS);
    sim_free(s);
}

/* A peer of which nothing is known is waited for twice as long as the others take just now. */
Test(core_outbox, where_all_answers_are_late_nothing_goes_again_too_early)
{
    static const struct {
        uint64_t others_ms;
        unsigned sent; /* in 8 s */
    } rows[] = { { 0, 2 }, { 100, 2 }, { 1000, 2 }, { 3000, 2 }, { 5000, 1 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim *s = toys_start("");
        struct tally t = { 0 };
        sim_watch(s, count, &t);
        if (rows[i].others_ms) rtt_answered(&sim_agent(s, "server")->line, rows[i].others_ms);
        sim_cut(s, "client", 30000);
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        (void)sim_run(s, 6000, NULL, NULL);
        cr_expect_eq(t.evaluates, rows[i].sent, "others take %d ms: sent %u times", (int)rows[i].others_ms,
                     t.evaluates);
        (void)sim_run(s, 30000, NULL, NULL);
        cr_expect(toys_state(s, "client")->evaluations == 1 && core_outbox(sim_agent(s, "server")) == 0);
        sim_free(s);
    }
}

/* Which peers an acknowledgement left for. */
struct acked {
    unsigned client, paul;
};
static void note_ack(void *to, const char *from, const struct packet *p)
{
    struct acked *a = to;
    if (strcmp(from, "server@sim.local") != 0 || p->kind != PACKET_MESSAGE) return;
    a->client += strcmp(p->peer, "client@sim.local") == 0;
    a->paul += strcmp(p->peer, "paul@sim.local") == 0;
}

/* Each peer's acknowledgements wait their own second for something to ride on. */
Test(core_outbox, acknowledgements_are_due_for_each_peer_alone)
{
    struct sim *s = toys_start("");
    struct acked t = { 0 };
    struct agent *server = sim_agent(s, "server");
    sim_watch(s, note_ack, &t);
    core_ack_later(server, core_peer(server, "client@sim.local"), "1a-1");
    (void)sim_run(s, CORE_ACK_DELAY_MS * 6 / 10, NULL, NULL);
    core_ack_later(server, core_peer(server, "paul@sim.local"), "2b-1");
    core_ack_later(server, core_peer(server, "client@sim.local"), "1a-2");
    (void)sim_run(s, CORE_ACK_DELAY_MS * 6 / 10, NULL, NULL);
    cr_expect(t.client == 1 && t.paul == 0, "the older ones alone: %u, %u", t.client, t.paul);
    cr_expect_eq(core_peer(server, "client@sim.local")->nacks, 0, "both of them in one");
    (void)sim_run(s, CORE_ACK_DELAY_MS * 6 / 10, NULL, NULL);
    cr_expect(t.client == 1 && t.paul == 1, "%u, %u", t.client, t.paul);
    sim_free(s);
}

static enum err post_young(struct agent *a, void *arg)
{
    struct msg m = msg_make(MSG_LOG_ENTRY, NULL);
    (void)arg;
    m.log_entry.kind = STR("decline");
    m.log_entry.code = STR("ERR_BUDGET");
    return core_post(a, "client@sim.local", &m);
}

/* A peer that speaks an older version of the schema: what that does not have is not sent, and nothing breaks. */
Test(core_outbox, nothing_younger_than_the_receiver_is_sent)
{
    struct sim *s = toys_start("");
    struct agent *server = sim_agent(s, "server");
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    (void)sim_run(s, 10000, NULL, NULL);
    struct peer *client = core_peer(server, "client@sim.local");
    client->schema = 1;
    cr_assert_eq(core_outbox(server), 0);
    cr_expect_eq(core_transact(server, post_young, NULL), OK);
    cr_expect_eq(core_outbox(server), 0, "for a receiver of version 1");
    client->schema = SCHEMA_VERSION;
    cr_expect_eq(core_transact(server, post_young, NULL), OK);
    cr_expect_eq(core_outbox(server), 1, "for one of today's");
    sim_free(s);
}

Test(core_outbox, a_refusal_ends_the_sending)
{
    static const char refusal[] =
        "{\"version\":1,\"type\":\"error\",\"id\":\"\",\"in_reply_to\":\"%s\",\"run\":\"\",\"round\":0,\"stage\":\"\","
        "\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[],\"code\":\"ERR_PROTO\",\"text\":\"no\"}";
    struct sim *s = toys_start("");
    char id[MSG_ID_BYTES];
    char json[400];
    sim_cut(s, "client", 60000);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    struct agent *server = sim_agent(s, "server");
    cr_assert_eq(core_outbox(server), 1);
    (void)snprintf(id, sizeof id, "%llx-1", (unsigned long long)server->epoch);
    (void)snprintf(json, sizeof json, refusal, "1-1");
    toys_feed(s, "server", "client@sim.local", json);
    cr_expect_eq(core_outbox(server), 1, "about something else");
    (void)snprintf(json, sizeof json, refusal, id);
    toys_feed(s, "server", "client@sim.local", json);
    cr_expect_eq(core_outbox(server), 0);
    sim_free(s);
}

static bool is_kept(struct agent *a, uint64_t number)
{
    char key[STORE_MAX_KEY];
    uint64_t bytes = 0;
    core_out_key(core_peer(a, "client@sim.local"), number, key);
    return store_size(a->store, key, &bytes) == OK;
}

/* The row of what was acknowledged goes with the commit of the message that said so, whatever becomes of that. */
Test(core_outbox, an_acknowledgement_needs_no_commit_of_its_own)
{
    static const char ack[] = "{\"version\":1,\"type\":\"ack\",\"id\":\"\",\"in_reply_to\":\"\",\"run\":\"\",\"round\":"
                              "0,\"stage\":\"\",\"sent_at_ms\":0,\"ttl_ms\":0,\"ack\":[]}";
    static const struct {
        const char *what, *json;
        enum err fails;
        uint64_t commits;
    } rows[] = {
        { "alone", ack, OK, 1 },
        { "with a message", TOYS_JOIN("1a-2"), OK, 1 },
        { "with a refused one", TOYS_JOIN("1a-2"), ERR_BUDGET, 1 },
        { "with one that was handled before", TOYS_JOIN("1a-1"), OK, 1 },
        { "with one that we could not keep", TOYS_JOIN("1a-2"), ERR_IO, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim *s = toys_start("");
        struct agent *server = sim_agent(s, "server");
        struct buf json CLEANUP(buf_free) = buf_make(2000);
        sim_cut(s, "client", 60000);
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        cr_assert(core_outbox(server) == 1 && is_kept(server, 1));
        const char *list = strstr(rows[i].json, "\"ack\":[") + strlen("\"ack\":[");
        buf_addf(&json, "%.*s\"%llx-1\"%s", (int)(list - rows[i].json), rows[i].json, (unsigned long long)server->epoch,
                 list);
        uint64_t before = server->counts.commits;
        toys_fail_with = rows[i].fails;
        core_on_packet(server, &(struct packet){ .peer = "client@sim.local", .body = buf_str(&json) });
        toys_fail_with = OK;
        cr_expect_eq(server->counts.commits - before, rows[i].commits, "%s: %d commits", rows[i].what,
                     (int)(server->counts.commits - before));
        cr_expect(!is_kept(server, 1) && server->nsettled == 0, "%s", rows[i].what);
        sim_free(s);
    }
}
