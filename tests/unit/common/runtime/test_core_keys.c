#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>

static const struct sim_faults calm = { .delay_min_ms = 1, .delay_max_ms = 3 };

/* An agent's key file: looked at when something does not open. */
struct file {
    struct agent *agent;
    struct identity now, previous;
    unsigned looks;
};

static void look(void *self)
{
    struct file *f = self;
    f->looks++;
    core_on_identity(f->agent, &f->now, &f->previous);
}

static struct identity key_of(uint8_t first)
{
    struct identity id;
    cr_assert_eq(identity_from_secret((const uint8_t[X25519_BYTES]){ first, 2, 3 }, &id), OK);
    return id;
}

/* The roster names the key that the receiver's file holds, and which it has not looked at yet. */
Test(core_keys, what_is_sealed_to_a_key_not_yet_taken_is_opened, .timeout = 60)
{
    static const struct {
        const char *name, *size;
        bool looks, changed; /* may it look; is the roster's key in the file */
    } rows[] = {
        { "small", "size: 100", true, true },
        { "large", "size: 3000000", true, true },
        { "small, no file", "size: 100", false, true },
        { "large, no file", "size: 3000000", false, true },
        { "small, not ours", "size: 100", true, false },
        { "large, not ours", "size: 3000000", true, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim *s = toys_start_with(&calm, rows[i].size);
        struct agent *client = sim_agent(s, "client");
        bool opened = rows[i].looks && rows[i].changed;
        struct file f = { .agent = client,
                          .now = rows[i].changed ? client->identity : key_of(7),
                          .previous = key_of(1) };
        core_on_identity(client, &f.previous, NULL);
        client->renew = rows[i].looks ? look : NULL;
        client->renew_self = &f;
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        (void)sim_run(s, 20000, NULL, NULL);
        cr_expect_eq(toys_state(s, "client")->evaluations, opened, "%s", rows[i].name);
        cr_expect_eq(f.looks, rows[i].looks, "%s: it looks once", rows[i].name);
        cr_expect_eq(core_outbox(sim_agent(s, "server")), 0, "%s: opened, or refused", rows[i].name);
        sim_free(s);
    }
}
