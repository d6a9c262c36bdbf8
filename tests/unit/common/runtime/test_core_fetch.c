#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MB = 1000000, LINK_BITS = 8 * MB }; /* a megabyte a second */
static const struct sim_faults slow = { .delay_min_ms = 1, .delay_max_ms = 3, .bits_per_second = LINK_BITS };

static enum err count_row(void *to, const char *key)
{
    (void)key;
    ++*(size_t *)to;
    return OK;
}

static size_t half_kept(struct sim *s)
{
    size_t n = 0;
    cr_assert(store_scan_keys(sim_store(s, "client"), "~fetch/", count_row, &n) == OK);
    return n;
}

static double got_mb(struct sim *s) { return (double)sim_traffic(s, "client").received / MB; }

/* 30 MB take 30 s up and 30 s down; the trouble comes when a part is there. */
struct trouble {
    bool kill_client, kill_server, cut;
};

static void fetch_in(struct trouble trouble)
{
    struct sim *s = toys_start_with(&slow, "size: 30000000");
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    (void)sim_run(s, 45000, NULL, NULL);
    cr_expect(half_kept(s) == 1 && got_mb(s) > 5, "%.1f MB", got_mb(s));
    if (trouble.kill_client) sim_kill(s, "client", 500);
    if (trouble.kill_server) sim_kill(s, "server", 500);
    if (trouble.cut) sim_cut(s, "client", 20000);
    (void)sim_run(s, 90000, NULL, NULL);
    const struct toy *t = toys_state(s, "client");
    cr_expect(t->evaluations == 1 && t->blob_bytes == 30 * MB, "%u", t->evaluations);
    cr_expect(got_mb(s) < 32.5, "%.1f MB", got_mb(s));
    cr_expect(half_kept(s) == 0 && core_outbox(sim_agent(s, "server")) == 0);
    sim_free(s);
}

/* Each by itself: checked for memory they take a hundred times as long. */
Test(core_fetch, nothing_happens, .timeout = 60) { fetch_in((struct trouble){ .cut = false }); }
Test(core_fetch, the_receiver_is_killed, .timeout = 60) { fetch_in((struct trouble){ .kill_client = true }); }
Test(core_fetch, the_sender_is_killed, .timeout = 60) { fetch_in((struct trouble){ .kill_server = true }); }
Test(core_fetch, the_link_is_cut, .timeout = 60) { fetch_in((struct trouble){ .cut = true }); }

/* The sender lost its memory and its store's list of what it sent stays: the same content comes under another id. */
Test(core_fetch, equal_content_of_two_messages_is_fetched_once, .timeout = 60)
{
    struct sim *s = toys_start_with(&slow, "size: 10000000");
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    sim_kill(s, "server", 10);
    (void)sim_run(s, 1000, NULL, NULL);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-2")); /* its buffer is empty again: the same bytes */
    (void)sim_run(s, 60000, NULL, NULL);
    cr_expect(toys_state(s, "client")->evaluations == 2, "%u", toys_state(s, "client")->evaluations);
    cr_expect(got_mb(s) < 11, "%.1f MB", got_mb(s));
    cr_expect(half_kept(s) == 0);
    sim_free(s);
}

/* The roster still names the old key when the model is sealed; meanwhile the receiver has got a new one. */
Test(core_fetch, what_was_sealed_to_the_previous_key_is_opened, .timeout = 60)
{
    static const struct {
        const char *size;
        bool keeps;
    } rows[] = { { "size: 100", true }, { "size: 3000000", true }, { "size: 100", false }, { "size: 3000000", false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim *s = toys_start_with(&slow, rows[i].size);
        struct agent *client = sim_agent(s, "client");
        const struct identity old = client->identity;
        struct identity fresh;
        cr_assert_eq(identity_from_secret((const uint8_t[X25519_BYTES]){ 1, 2, 3 }, &fresh), OK);
        core_on_identity(client, &fresh, rows[i].keeps ? &old : NULL);
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        (void)sim_run(s, 20000, NULL, NULL);
        cr_expect_eq(toys_state(s, "client")->evaluations, rows[i].keeps, "%s", rows[i].size);
        cr_expect_eq(core_outbox(sim_agent(s, "server")), 0, "%s: opened, or refused", rows[i].size);
        sim_free(s);
    }
}

Test(core_fetch, half_of_many_does_not_pile_up, .timeout = 60)
{
    struct sim *s = toys_start_with(&slow, "size: 1100000");
    struct store *kept = sim_store(s, "client");
    cr_assert(store_begin(kept) == OK);
    for (int i = 0; i < 30; i++) {
        char key[128];
        (void)snprintf(key, sizeof key, "~fetch/server@sim.local/%064d", i);
        cr_assert(store_put(kept, key, str_bytes(STR("half"))) == OK);
    }
    cr_assert(store_commit(kept) == OK);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    (void)sim_run(s, 10000, NULL, NULL);
    cr_expect(toys_state(s, "client")->evaluations == 1 && half_kept(s) <= 8, "%zu", half_kept(s));
    sim_free(s);
}

/* ---- how many at once ---- */

static void keep_offer(void *to, const char *from, const struct packet *p)
{
    struct buf *offer = to;
    if (strcmp(from, "server@sim.local") != 0 || !strstr(p->body.p, "\"type\":\"evaluate\"") || offer->n) return;
    buf_add_str(offer, p->body);
}

static void keep_error(void *to, const char *from, const struct packet *p)
{
    if (strcmp(from, "client@sim.local") == 0 && strstr(p->body.p, "\"type\":\"error\"")) buf_add_str(to, p->body);
}

/* The server's offer to the client as another's, under another number. */
static void offer_as(struct sim *s, const struct buf *offer, const char *who, int number)
{
    static const char field[] = "\"id\":\"";
    char jid[64];
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    const char *id = strstr((const char *)offer->p, field) + strlen(field);
    (void)snprintf(jid, sizeof jid, "%s@sim.local", who);
    buf_add(&text, offer->p, (size_t)(id - (const char *)offer->p));
    buf_addf(&text, "7a-%d%s", number, strchr(id, '"'));
    core_on_packet(sim_agent(s, "client"), &(struct packet){ PACKET_MESSAGE, .peer = jid, .body = buf_str(&text) });
}

static bool took(struct sim *s, unsigned evaluations)
{
    cr_expect_eq(toys_state(s, "client")->evaluations, evaluations, "%u", toys_state(s, "client")->evaluations);
    return sim_agent(s, "client")->nfetches == 0;
}

enum { SENDERS = CORE_MAX_FETCHES / CORE_MAX_FETCHES_A_PEER };

/* A client whose every sender offers it the same; the server's own offer is taken first, and seen. */
static struct sim *offered(const struct agent_def *server, const char *settings, struct buf *offer)
{
    struct why why = { "" };
    char name[32];
    struct sim *s = sim_new(5, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 });
    cr_assert(s && sim_add(s, server, "server", settings, &why) == OK &&
              sim_add(s, &toy_client, "client", "", &why) == OK);
    for (int i = 0; i <= SENDERS; i++) {
        (void)snprintf(name, sizeof name, "sender%d", i);
        cr_assert(sim_add_person(s, name, ROLE_COORDINATOR) == OK);
    }
    cr_assert(sim_start(s, &why) == OK, "%s", why.text);
    (void)sim_run(s, 1000, NULL, NULL);
    sim_watch(s, keep_offer, offer);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    cr_assert(took(s, 1) && offer->n > 0);
    return s;
}

/* One more than one sender's share is put off, and others are not touched; when those are there it is taken. */
Test(core_fetch, one_sender_has_so_many_at_once, .timeout = 60)
{
    struct buf offer CLEANUP(buf_free) = buf_make(1 << 16);
    struct sim *s = offered(&toy_server, "size: 40000", &offer);
    for (int i = 1; i <= CORE_MAX_FETCHES_A_PEER + 1; i++) offer_as(s, &offer, "sender0", i);
    cr_expect_eq(sim_agent(s, "client")->nfetches, CORE_MAX_FETCHES_A_PEER);
    cr_expect(toys_metric(s, "client", "himas_attachments_deferred_total 1\n"));
    offer_as(s, &offer, "sender1", 1);
    cr_expect_eq(sim_agent(s, "client")->nfetches, CORE_MAX_FETCHES_A_PEER + 1);
    (void)sim_run(s, 2000, NULL, NULL);
    cr_expect(took(s, CORE_MAX_FETCHES_A_PEER + 2));
    offer_as(s, &offer, "sender0", CORE_MAX_FETCHES_A_PEER + 1);
    (void)sim_run(s, 2000, NULL, NULL);
    cr_expect(took(s, CORE_MAX_FETCHES_A_PEER + 3));
    sim_free(s);
}

Test(core_fetch, so_many_at_once_in_all, .timeout = 60)
{
    struct buf offer CLEANUP(buf_free) = buf_make(1 << 16);
    struct sim *s = offered(&toy_server, "size: 40000", &offer);
    char name[32];
    for (int i = 0; i < CORE_MAX_FETCHES; i++) {
        (void)snprintf(name, sizeof name, "sender%d", i / CORE_MAX_FETCHES_A_PEER);
        offer_as(s, &offer, name, 1 + i % CORE_MAX_FETCHES_A_PEER);
    }
    cr_expect_eq(sim_agent(s, "client")->nfetches, CORE_MAX_FETCHES);
    cr_expect(toys_metric(s, "client", "himas_attachments_deferred_total 0\n"));
    (void)snprintf(name, sizeof name, "sender%d", SENDERS);
    offer_as(s, &offer, name, 1);
    cr_expect_eq(sim_agent(s, "client")->nfetches, CORE_MAX_FETCHES);
    cr_expect(toys_metric(s, "client", "himas_attachments_deferred_total 1\n"));
    (void)sim_run(s, 2000, NULL, NULL);
    cr_expect(took(s, CORE_MAX_FETCHES + 1), "all but the last");
    offer_as(s, &offer, name, 1);
    (void)sim_run(s, 2000, NULL, NULL);
    cr_expect(took(s, CORE_MAX_FETCHES + 2), "its message came again, and is taken");
    sim_free(s);
}

/* A list of the chunks of so many bytes, and of none of them. */
static enum err answer_list(struct agent *a, void *self, const struct msg *m)
{
    static const char digest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct toy *t = self;
    struct msg out = msg_make(MSG_EVALUATE, m);
    uint64_t bytes = (uint64_t)MANIFEST_MAX_CHUNKS * SEAL_CHUNK_BYTES + 1;
    buf_addf(&t->sent, "%s %" PRIu64 " %s " MANIFEST_MEDIA "\n", digest, bytes, digest);
    while (t->sent.n <= CORE_INLINE_BYTES) buf_add_z(&t->sent, "-\n"); /* so that it is fetched, as lists are */
    out.evaluate.model.data = buf_bytes(&t->sent);
    return agent_reply(a, m, &out);
}

static void as_list(const struct buf *offer, struct buf *list)
{
    const char *media = strstr((const char *)offer->p, MANIFEST_MEDIA);
    buf_add(list, offer->p, (size_t)(media - (const char *)offer->p));
    buf_addf(list, MANIFEST_MEDIA_LIST "%s", media + strlen(MANIFEST_MEDIA));
}

/* Read in the memory there is for one message, it is refused before it is fetched when it has no room there. */
Test(core_fetch, a_list_longer_than_the_memory_for_a_message, .timeout = 60)
{
    struct buf offer CLEANUP(buf_free) = buf_make(1 << 16);
    struct buf list CLEANUP(buf_free) = buf_make(1 << 16);
    struct buf told CLEANUP(buf_free) = buf_make(1 << 16);
    char size[32];
    (void)snprintf(size, sizeof size, "size: %d", CORE_ARENA_BYTES + 1);
    struct sim *s = offered(&toy_server, size, &offer);
    as_list(&offer, &list);
    sim_watch(s, keep_error, &told);
    offer_as(s, &list, "sender0", 1);
    cr_expect(sim_agent(s, "client")->nfetches == 0);
    cr_expect(toys_metric(s, "client", "himas_attachments_refused_total 1\n"));
    offer_as(s, &offer, "sender0", 2);
    (void)sim_run(s, 20000, NULL, NULL);
    cr_expect(took(s, 2));
    cr_expect(strstr((const char *)told.p, "at most 4194304 are taken: it is a list of chunks"), STR_F,
              STR_ARG(buf_str(&told)));
    sim_free(s);
}

/* It is counted, and its sender told why; what it offers next is taken. */
Test(core_fetch, a_list_of_more_chunks_than_are_taken, .timeout = 60)
{
    static const struct agent_handler handlers[] = { { MSG_JOIN, answer_list, MSG_EVALUATE }, { 0 } };
    struct agent_def lists = toy_server;
    struct buf offer CLEANUP(buf_free) = buf_make(1 << 16);
    struct buf list CLEANUP(buf_free) = buf_make(1 << 16);
    lists.handlers = handlers;
    struct sim *s = offered(&lists, "", &offer);
    struct buf told CLEANUP(buf_free) = buf_make(1 << 16);
    sim_watch(s, keep_error, &told);
    as_list(&offer, &list);
    offer_as(s, &list, "sender0", 1);
    (void)sim_run(s, 2000, NULL, NULL);
    cr_expect(took(s, 1));
    cr_expect(toys_metric(s, "client", "himas_messages_refused_total{reason=\"ERR_LIMIT\"} 1\n"));
    cr_expect(strstr((const char *)told.p, "4097 chunks, and at most 4096 are taken"), STR_F, STR_ARG(buf_str(&told)));
    offer_as(s, &offer, "sender0", 2);
    (void)sim_run(s, 2000, NULL, NULL);
    cr_expect(took(s, 2));
    sim_free(s);
}
