#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
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
