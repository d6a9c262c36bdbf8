#include "common/runtime/core_private.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MB = 1000000, BYTES = 20 * MB, FETCH_MS = 120000 }; /* more chunks than a message names: they are a list */
static const struct sim_faults slow = { .delay_min_ms = 1, .delay_max_ms = 3, .bits_per_second = 8 * MB };

/* A sender that sends, at each tick, its content number `tick / 2`: each one twice. */
struct sender {
    unsigned sent;
};

static enum err send_next(struct agent *a, void *self)
{
    struct sender *s = self;
    struct msg m = msg_make(s->sent % 2 ? MSG_ROUND_START : MSG_EVALUATE, NULL);
    struct buf content CLEANUP(buf_free) = buf_make(BYTES);
    uint8_t *p = buf_grow(&content, BYTES);
    if (p == NULL) return buf_err(&content);
    memset(p, (int)(s->sent / 2), BYTES);
    msg_blob(&m)->data = buf_bytes(&content);
    s->sent++;
    return agent_send(a, "receiver@sim.local", &m);
}

static const struct setting sender_settings[] = { { "period_ms", SET_COUNT, "120000", 1, 1e9, "ms" }, { 0 } };
static const struct setting no_settings[] = { { 0 } };
static const struct agent_ticker ticks[] = { { "period_ms", send_next }, { 0 } };
static const struct agent_def sender_agent = { .name = "sender",
                                               .role = ROLE_COORDINATOR,
                                               .peers = ROLE_TRAINER,
                                               .state_size = sizeof(struct sender),
                                               .settings = sender_settings,
                                               .tickers = ticks };

struct receiver {
    unsigned came, right;
};

static enum err take(struct agent *a, void *self, const struct msg *about)
{
    struct receiver *r = self;
    struct msg m = *about;
    uint8_t last = 0;
    TRY(agent_blob_read(a, msg_blob(&m), BYTES - 1, 1, &last));
    r->right += last == r->came / 2;
    r->came++;
    return OK;
}

static const struct agent_handler careful[] = { { MSG_EVALUATE, take, MSG_NONE, true },
                                                { MSG_ROUND_START, take, MSG_NONE, true },
                                                { 0 } };
static const struct agent_handler forgetful[] = { { MSG_EVALUATE, take, MSG_NONE, false },
                                                  { MSG_ROUND_START, take, MSG_NONE, false },
                                                  { 0 } };
static const struct agent_def careful_agent = { .name = "receiver",
                                                .role = ROLE_TRAINER,
                                                .peers = ROLE_COORDINATOR,
                                                .state_size = sizeof(struct receiver),
                                                .settings = no_settings,
                                                .handlers = careful };
static const struct agent_def forgetful_agent = { .name = "receiver",
                                                  .role = ROLE_TRAINER,
                                                  .peers = ROLE_COORDINATOR,
                                                  .state_size = sizeof(struct receiver),
                                                  .settings = no_settings,
                                                  .handlers = forgetful };

static struct sim *begin(const struct agent_def *receiver)
{
    struct sim *s = sim_new(3, &slow);
    struct why why = { 0 };
    cr_assert(s && sim_add(s, &sender_agent, "sender", "", &why) == OK &&
              sim_add(s, receiver, "receiver", "", &why) == OK && sim_start(s, &why) == OK);
    (void)sim_run(s, 1000, NULL, NULL);
    return s;
}

static double mb(uint64_t bytes) { return (double)bytes / MB; }

static enum err count_row(void *to, const char *key)
{
    (void)key;
    ++*(size_t *)to;
    return OK;
}

static size_t rows_of(struct sim *s, const char *node, const char *prefix)
{
    size_t n = 0;
    cr_assert(store_scan_keys(sim_store(s, node), prefix, count_row, &n) == OK);
    return n;
}

static void twice(const struct agent_def *receiver, bool kill, double down_mb)
{
    struct sim *s = begin(receiver);
    (void)sim_run(s, 2 * FETCH_MS - 10000, NULL, NULL);
    const struct receiver *r = core_state(sim_agent(s, "receiver"));
    cr_expect(r->came == 1 && r->right == 1, "%u", r->came);
    if (kill) sim_kill(s, "sender", 100); /* it begins with its first content again */
    if (kill) sim_kill(s, "receiver", 100);
    (void)sim_run(s, FETCH_MS + 5000, NULL, NULL);
    cr_expect_eq(core_outbox(sim_agent(s, "sender")), 0);
    double down = mb(sim_traffic(s, "receiver").received);
    double up = mb(sim_traffic(s, "sender").sent);
    cr_expect(down < down_mb + 1, "%.1f MB came", down);
    cr_expect(up < mb(BYTES) + 1, "%.1f MB went", up);
    sim_free(s);
}

/* The same content goes up and comes down once; each by itself: checked for memory they take a hundred times as long.
 */
Test(core_again, kept, .timeout = 60) { twice(&careful_agent, false, mb(BYTES)); }
Test(core_again, kept_by_killed_ones, .timeout = 60) { twice(&careful_agent, true, mb(BYTES)); }
Test(core_again, not_kept, .timeout = 60) { twice(&forgetful_agent, false, 2 * mb(BYTES)); }

Test(core_again, no_more_than_a_few_are_kept, .timeout = 60)
{
    struct sim *s = begin(&careful_agent);
    (void)sim_run(s, 7 * FETCH_MS - 10000, NULL, NULL);
    const struct receiver *r = core_state(sim_agent(s, "receiver"));
    cr_expect(r->came == 6 && r->right == 6, "%u of %u", r->right, r->came);
    cr_expect_eq(rows_of(s, "receiver", "~fetch/"), CORE_MAX_AGAIN_A_PEER);
    cr_expect(rows_of(s, "sender", "~blob/") == 2 && rows_of(s, "sender", "~seal/") == 2, "a content and its list");
    cr_expect(mb(sim_traffic(s, "receiver").received) < 3 * mb(BYTES) + 2);
    sim_free(s);
}

/* The broker does not keep chunks for ever: who was away for long sends them anew. */
Test(core_again, old_chunks_are_not_referred_to, .timeout = 60)
{
    static const struct {
        uint64_t pause_ms;
        double up_mb;
    } rows[] = { { CORE_REUSE_MS - FETCH_MS, BYTES }, { CORE_REUSE_MS + FETCH_MS, 2.0 * BYTES } };
    for (size_t i = 0; i < 2; i++) {
        char text[64];
        struct why why = { 0 };
        struct sim *s = sim_new(3, &slow);
        (void)snprintf(text, sizeof text, "period_ms: %llu\n", (unsigned long long)rows[i].pause_ms);
        cr_assert(s && sim_add(s, &sender_agent, "sender", text, &why) == OK &&
                  sim_add(s, &careful_agent, "receiver", "", &why) == OK && sim_start(s, &why) == OK);
        (void)sim_run(s, 2 * rows[i].pause_ms + FETCH_MS, NULL, NULL);
        const struct receiver *r = core_state(sim_agent(s, "receiver"));
        double up = mb(sim_traffic(s, "sender").sent);
        cr_expect(r->came == 2 && up > rows[i].up_mb / MB - 1 && up < rows[i].up_mb / MB + 1,
                  "%zu: %u came, %.1f MB went", i, r->came, up);
        sim_free(s);
    }
}
