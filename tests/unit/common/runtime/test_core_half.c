#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MB = 1000000, HOUR_MS = 3600000 };
static const struct sim_faults slow = { .delay_min_ms = 1, .delay_max_ms = 3, .bits_per_second = 8 * MB };

static bool half_there(struct sim *s, const char *name)
{
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "~fetch/%s", name);
    return store_has(sim_store(s, "client"), key);
}

static void put(struct sim *s, const char *key, const char *value)
{
    struct store *kept = sim_store(s, "client");
    cr_assert(store_begin(kept) == OK && store_put(kept, key, str_bytes(str_of(value))) == OK &&
              store_commit(kept) == OK);
}

static uint64_t nobody_waits(void *self, const struct msg *m) { return (void)self, (void)m, 0; }
static uint64_t a_megabyte(void *self, const struct msg *m) { return (void)self, (void)m, MB; }
static uint64_t plenty(void *self, const struct msg *m) { return (void)self, (void)m, 100 * MB; }

/* The client's, with another answer to how much may come. */
static enum err take(struct agent *a, void *self, const struct msg *m)
{
    ((struct toy *)self)->evaluations++;
    ((struct toy *)self)->blob_bytes = (size_t)agent_blob_bytes(a, &m->evaluate.model);
    return OK;
}
#define CLIENT(fn)                                                                                                     \
    {                                                                                                                  \
        { MSG_EVALUATE, take, MSG_NONE, false, fn }, { 0 }                                                             \
    }
static const struct agent_handler clients[][2] = { CLIENT(NULL), CLIENT(nobody_waits), CLIENT(a_megabyte),
                                                   CLIENT(plenty) };
static const struct agent_handler deaf[] = { { 0 } };

struct heard {
    char code[40], text[200];
};
static void listen(void *to, const char *from, const struct packet *p)
{
    struct heard *h = to;
    const char *text = strstr(p->body.p, "\"text\":\"");
    if (strncmp(from, "client", strlen("client")) != 0 || strstr(p->body.p, "\"type\":\"error\"") == NULL) return;
    cr_assert(text != NULL);
    (void)sscanf(text, "\"text\":\"%199[^\"]", h->text);
    (void)sscanf(strstr(p->body.p, "\"code\":\""), "\"code\":\"%39[^\"]", h->code);
}

static struct sim *client_with(const struct agent_handler *handlers, const char *size, struct agent_def *def)
{
    struct why why = { 0 };
    struct sim *s = sim_new(5, &slow);
    *def = toy_client;
    def->handlers = handlers;
    cr_assert(s && sim_add(s, &toy_server, "server", size, &why) == OK && sim_add(s, def, "client", "", &why) == OK);
    cr_assert(sim_start(s, &why) == OK, "%s", why.text);
    (void)sim_run(s, 1000, NULL, NULL);
    return s;
}

/* What shall never be taken is refused before a byte of it is fetched, and the sender is told. */
struct offer {
    const char *name;
    const struct agent_handler *handlers;
    uint64_t most; /* of the setting */
    const char *size, *code, *says;
};

static void offer(const struct offer *o)
{
    struct heard h = { "", "" };
    struct agent_def def;
    struct sim *s = client_with(o->handlers, o->size, &def);
    sim_agent(s, "client")->half_bytes = o->most;
    sim_watch(s, listen, &h);
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    (void)sim_run(s, 60000, NULL, NULL);
    cr_expect_str_eq(h.code, o->code, "%s: %s", o->name, h.code);
    cr_expect(strstr(h.text, o->says), "%s: %s", o->name, h.text);
    cr_expect_eq(toys_state(s, "client")->evaluations, o->code[0] == 0, "%s", o->name);
    cr_expect(o->code[0] == 0 || sim_traffic(s, "client").received < 100000, "%s: %llu bytes", o->name,
              (unsigned long long)sim_traffic(s, "client").received);
    cr_expect_eq(core_outbox(sim_agent(s, "server")), 0, "%s: the refusal is the last word", o->name);
    sim_free(s);
}

Test(core_half, too_long_is_refused_in_words, .timeout = 60)
{
    static const struct offer rows[] = {
        { "fits", clients[0], 4 * MB, "size: 3000000", "", "" },
        { "longer than the setting", clients[0], 2 * MB, "size: 3000000", "ERR_LIMIT",
          "the attachment has 3000000 bytes; at most 2000000 are taken: the receiver's setting unfinished_mb" },
        { "longer than the model can be", clients[2], 4 * MB, "size: 3000000", "ERR_LIMIT",
          "at most 1000000 are taken: what the run's model can need" },
        { "as long as the model can be", clients[3], 4 * MB, "size: 3000000", "", "" },
        { "nobody waits for it", clients[1], 4 * MB, "size: 3000000", "ERR_STATE", "nobody waits" },
        { "small ones ride inside, and are judged by their handler", clients[1], 4 * MB, "size: 3000", "", "" },
        { "no handler", deaf, 4 * MB, "size: 3000000", "ERR_PROTO", "evaluate is no message for this agent" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) offer(&rows[i]);
}

Test(core_half, a_list_of_chunks_longer_than_the_setting, .timeout = 60)
{
    offer(&(struct offer){ "setting", clients[0], 15 * MB, "size: 20000000", "ERR_LIMIT",
                           "the attachment has 20000000 bytes; at most 15000000 are taken" });
}

Test(core_half, a_list_of_chunks_longer_than_the_model_can_be, .timeout = 60)
{
    offer(&(struct offer){ "model", clients[2], 40 * MB, "size: 20000000", "ERR_LIMIT", "at most 1000000 are taken" });
}

/* 6 MB and 12 MB do not go into 15 at once: the second comes when the first is whole. */
Test(core_half, too_much_at_once_comes_later, .timeout = 60)
{
    struct sim *s = toys_start_with(&slow, "size: 6000000");
    sim_agent(s, "client")->half_bytes = 15 * MB;
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
    toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-2"));
    (void)sim_run(s, 120000, NULL, NULL);
    cr_expect_eq(toys_state(s, "client")->evaluations, 2);
    cr_expect_eq(toys_state(s, "client")->blob_bytes, 12 * MB);
    sim_free(s);
}

Test(core_half, the_sum_is_bounded_by_bytes_and_by_count, .timeout = 60)
{
    struct sim *s = toys_start("");
    struct agent *a = sim_agent(s, "client");
    const size_t server = (size_t)(core_peer(a, "server@sim.local") - a->peers);
    cr_expect_eq(a->half_bytes, CORE_HALF_BYTES, "unless the setting says otherwise");
    a->half_bytes = 100;
    put(s, "~fetch/server@sim.local/a", "forty bytes, forty bytes, forty bytes...");
    put(s, "~fetch/server@sim.local/b", "forty bytes, forty bytes, forty bytes...");
    put(s, "~fetch/other@sim.local/c", "another peer's are not touched, however many bytes they are: its own measure");
    cr_expect(core_half_room(a, server, "x", 20) && half_there(s, "server@sim.local/a"));
    cr_expect(core_half_room(a, server, "a", 60) && half_there(s, "server@sim.local/b"), "a goes on from its half");
    cr_expect(core_half_room(a, server, "a", 61) && half_there(s, "server@sim.local/a") &&
                  !half_there(s, "server@sim.local/b"),
              "an idle one makes room, and never the one that is to go on");
    cr_expect(!core_half_room(a, server, "x", 101) && toys_metric(s, "client", "himas_attachments_deferred_total 1"));
    cr_expect(half_there(s, "other@sim.local/c") && toys_metric(s, "client", "himas_attachments_expired_total 2"));
    for (int i = 0; i < 20; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "~fetch/server@sim.local/%d", i);
        put(s, key, "1");
    }
    cr_expect(core_half_room(a, server, "x", 1));
    cr_expect(toys_metric(s, "client", "himas_attachments_expired_total 15"), "%d with the new one",
              CORE_MAX_HALF_A_PEER);
    sim_free(s);
}

/* Hours are counted through restarts; what may come again, and what grows, is kept. */
Test(core_half, what_nothing_comes_of_is_given_up, .timeout = 60)
{
    struct sim *s = toys_start("");
    put(s, "~fetch/server@sim.local/idle", "half");
    put(s, "~fetch/server@sim.local/whole", "all of it");
    put(s, "~again/server@sim.local", "other whole");
    put(s, "~fetch/server@sim.local/grows", "1");
    sim_kill(s, "client", 100);
    (void)sim_run(s, CORE_HALF_MS - 2 * HOUR_MS, NULL, NULL);
    put(s, "~fetch/server@sim.local/grows", "1 and 2");
    put(s, "~fetch/server@sim.local/early", "younger, and stands first");
    sim_kill(s, "client", 100);
    (void)sim_run(s, HOUR_MS + HOUR_MS / 2, NULL, NULL);
    cr_expect(half_there(s, "server@sim.local/idle"), "for half an hour less");
    (void)sim_run(s, 2 * HOUR_MS, NULL, NULL);
    cr_expect(!half_there(s, "server@sim.local/idle") && half_there(s, "server@sim.local/whole"));
    cr_expect(half_there(s, "server@sim.local/grows") && half_there(s, "server@sim.local/early"));
    (void)sim_run(s, CORE_HALF_MS, NULL, NULL);
    cr_expect(!half_there(s, "server@sim.local/grows") && half_there(s, "server@sim.local/whole"));
    cr_expect(toys_metric(s, "client", "himas_attachments_expired_total 3"));
    sim_free(s);
}
