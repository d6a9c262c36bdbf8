#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { KEY_TEXT_BYTES = 108, EPHEMERAL_DIGITS = 40, KEPT = 8 };

/* The wrapped keys of the attachments that left the server. */
struct seen {
    char keys[KEPT][KEY_TEXT_BYTES + 1];
    char sealed[KEPT][32];
    size_t n;
};

static void take(const char *body, const char *name, char *out, size_t size)
{
    const char *at = strstr(body, name);
    cr_assert_not_null(at, "no %s", name);
    (void)snprintf(out, size, "%s", at + strlen(name));
}

static void look(void *to, const char *from, const struct packet *p)
{
    struct seen *s = to;
    if (strncmp(from, "server@", 7) != 0 || strstr(p->body.p, "\"evaluate\"") == NULL || s->n == KEPT) return;
    take(p->body.p, "\"key\":\"", s->keys[s->n], sizeof s->keys[0]);
    take(p->body.p, "\"inline\":\"", s->sealed[s->n++], sizeof s->sealed[0]);
}

static void ask(struct sim *s, char digit)
{
    char json[] = TOYS_JOIN("1a-N");
    *strchr(json, 'N') = digit;
    toys_feed(s, "server", "client@sim.local", json);
}

/* One key agreement serves for many attachments, until its time is over or the sender begins anew. */
Test(core_small, one_agreement_for_many)
{
    static const struct {
        const char *name;
        uint64_t wait_ms;
        bool killed, same;
    } rows[] = {
        { "at once", 0, false, true },
        { "a while later", 600 * 1000, false, true },
        { "after an hour", 3600 * 1000, false, false },
        { "after a restart", 0, true, false },
    };
    struct seen seen = { .n = 0 };
    struct sim *s = toys_start("size: 900");
    sim_watch(s, look, &seen);
    ask(s, '1');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)sim_run(s, rows[i].wait_ms, NULL, NULL);
        if (rows[i].killed) sim_kill(s, "server", 10);
        (void)sim_run(s, 1000, NULL, NULL);
        ask(s, (char)('2' + i));
        cr_assert_eq(seen.n, i + 2, "%s", rows[i].name);
        bool same = strncmp(seen.keys[i], seen.keys[i + 1], EPHEMERAL_DIGITS) == 0;
        cr_expect_eq(same, rows[i].same, "%s: the ephemeral key", rows[i].name);
        cr_expect_neq(strcmp(seen.keys[i], seen.keys[i + 1]), 0, "%s: other bytes, another wrap", rows[i].name);
        cr_expect_neq(strcmp(seen.sealed[i], seen.sealed[i + 1]), 0, "%s: other bytes, another key", rows[i].name);
        cr_expect_eq(toys_state(s, "client")->evaluations, i + 2, "%s: it was opened", rows[i].name);
    }
    sim_free(s);
}
