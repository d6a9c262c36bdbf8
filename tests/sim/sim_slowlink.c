/*
 * A model of 758 MB over links of 2 Mbit/s that lose 2 % and are cut 30 times,
 * to three receivers, with a kill on either side: it arrives whole, little
 * passes twice, other attachments arrive meanwhile, and memory stays flat.
 * Then a link that is dead for longer than a transfer waits: it is said, and
 * the transfer goes on when the link is back.  When all have the model it is
 * sent once more, as one that was scored is to be trained on: nothing of it
 * passes again.  Virtual time, real stores.
 *
 *   SLOWLINK_MB=100 sim-slowlink     another size
 */
#include "common/base/rng.h"
#include "common/runtime/sim.h"
#include "tests/support/tap.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MODEL_MB = 758,
    RECEIVERS = 3,
    CUTS = 30,
    STRIKES = (CUTS + 1) * (RECEIVERS + 1),
    SMALL_BYTES = 200000,
    SMALL_EVERY_MS = 60000,
    WRITE_BYTES = 1 << 20,
    WRITES_A_TICK = 16,
    MAX_SMALL = 4096,
    MEMORY_MB = 32
};
#define BITS_PER_SECOND 2e6
#define MAX_RATIO 1.05

/* ---- who sends: first it writes its model, then it says so to all, twice; and every minute something small ---- */

enum { TIMES = 2 };
struct sender {
    uint64_t wanted, written, small, said; /* said: times */
};

static enum err sender_init(struct agent *a, void *self, struct why *why)
{
    struct sender *s = self;
    struct buf said CLEANUP(buf_free) = buf_make(16);
    (void)why;
    s->wanted = settings_u64(agent_settings(a), "megabytes") * 1000000;
    enum err e = agent_size(a, "model", &s->written);
    if (e != OK && e != ERR_ABSENT) return e;
    e = agent_get(a, "said", &said);
    s->said = said.n;
    return e == ERR_ABSENT ? OK : e;
}

static enum err send_all(struct agent *a, struct msg *m)
{
    for (int i = 0; i < RECEIVERS; i++) {
        char jid[32];
        (void)snprintf(jid, sizeof jid, "receiver-%d@sim.local", i);
        TRY(agent_send(a, jid, m));
    }
    return OK;
}

static enum err write_more(struct agent *a, struct sender *s)
{
    static const size_t most = WRITE_BYTES;
    struct rng rng = rng_make(s->written + 1);
    struct buf piece CLEANUP(buf_free) = buf_make(WRITE_BYTES);
    size_t n = s->wanted - s->written < most ? (size_t)(s->wanted - s->written) : most;
    uint8_t *p = buf_grow(&piece, n);
    if (p == NULL) return buf_err(&piece);
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t word = rng_u64(&rng);
        memcpy(p + i, &word, 8);
    }
    TRY(agent_append(a, "model", buf_bytes(&piece)));
    s->written += n;
    return OK;
}

static enum err sender_tick(struct agent *a, void *self)
{
    struct sender *s = self;
    struct msg m = msg_make(MSG_EVALUATE, NULL);
    for (int i = 0; i < WRITES_A_TICK && s->written < s->wanted; i++) TRY(write_more(a, s));
    if (s->written < s->wanted || s->said == TIMES || core_outbox(a) > 0) return OK;
    m.evaluate.model.kept = "model";
    TRY(send_all(a, &m));
    TRY(agent_append(a, "said", str_bytes(STR("x"))));
    s->said++;
    return OK;
}

static enum err sender_small(struct agent *a, void *self)
{
    struct sender *s = self;
    struct msg m = msg_make(MSG_ROUND_START, NULL);
    struct buf bytes CLEANUP(buf_free) = buf_make(SMALL_BYTES);
    uint8_t *p = buf_grow(&bytes, SMALL_BYTES);
    if (!s->said) return OK;
    if (p == NULL) return buf_err(&bytes);
    memset(p, (int)(agent_now_ms(a) / SMALL_EVERY_MS), SMALL_BYTES);
    TRY(agent_random(a, p, 8));
    m.round_start.model.data = buf_bytes(&bytes);
    s->small++;
    return send_all(a, &m);
}

/* ---- who receives ---- */

struct receiver {
    uint64_t times; /* the model came */
};
static enum err on_model(struct agent *a, void *self, const struct msg *m)
{
    struct receiver *r = self;
    TRY(agent_blob_keep(a, "model", &m->evaluate.model));
    TRY(agent_append(a, "times", str_bytes(STR("x"))));
    r->times++;
    return OK;
}

/* How long it took, behind the others in the store: it outlives kills, and can be read from outside. */
static enum err on_small(struct agent *a, void *self, const struct msg *m)
{
    uint64_t ms = (uint64_t)(agent_wall_ms(a) - m->sent_at_ms);
    (void)self;
    if (agent_blob_bytes(a, &m->round_start.model) != SMALL_BYTES) return ERR_BUG;
    return agent_append(a, "small", bytes_of(&ms, sizeof ms));
}

static enum err receiver_init(struct agent *a, void *self, struct why *why)
{
    (void)why;
    enum err e = agent_size(a, "times", &((struct receiver *)self)->times);
    return e == ERR_ABSENT ? OK : e;
}

static const struct setting sender_settings[] = {
    { "megabytes", SET_COUNT, "1", 1, 4000, "of its model" },
    { "period_ms", SET_COUNT, "1000", 1, 1e9, "between writes" },
    { "small_ms", SET_COUNT, "60000", 1, 1e9, "between small attachments" },
    { 0 },
};
static const struct setting receiver_settings[] = { { 0 } };
static const struct agent_ticker ticks[] = { { "period_ms", sender_tick }, { "small_ms", sender_small }, { 0 } };
static const struct agent_handler handlers[] = { { MSG_EVALUATE, on_model, MSG_NONE, true },
                                                 { MSG_ROUND_START, on_small, MSG_NONE, false },
                                                 { 0 } };
static const struct agent_def sender_agent = {
    .name = "sender",
    .role = ROLE_COORDINATOR,
    .peers = ROLE_TRAINER,
    .state_size = sizeof(struct sender),
    .init = sender_init,
    .settings = sender_settings,
    .tickers = ticks,
};
static const struct agent_def receiver_agent = {
    .name = "receiver",
    .role = ROLE_TRAINER,
    .peers = ROLE_COORDINATOR,
    .state_size = sizeof(struct receiver),
    .init = receiver_init,
    .settings = receiver_settings,
    .handlers = handlers,
};

/* ---- the place: stores and chunks in files, so that memory is the agents' own ---- */

static void remove_all(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);
    for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        (void)unlink(path);
    }
    if (d) (void)closedir(d);
    (void)rmdir(dir);
}

static uint64_t memory_kb(const char *what)
{
    char line[256];
    uint64_t kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, what, strlen(what)) == 0) kb = strtoull(line + strlen(what) + 1, NULL, 10);
    if (f) (void)fclose(f);
    return kb;
}

struct place {
    char dir[64];
    struct sim *sim;
    struct sim_strike strikes[STRIKES];
    size_t nstrikes;
    uint64_t bytes; /* of the model */
    size_t stalled; /* transfers that were given up for lack of progress, and said so */
    char said[400];
};

static void hear(void *to, enum log_level level, const char *line)
{
    struct place *p = to;
    (void)level;
    if (strstr(line, "attachment.stalled") == NULL) return;
    p->stalled++;
    (void)snprintf(p->said, sizeof p->said, "%s", line);
}

static bool add_all(struct place *p)
{
    char text[64];
    struct why why = { 0 };
    (void)snprintf(text, sizeof text, "megabytes: %" PRIu64 "\n", p->bytes / 1000000);
    bool made = sim_add(p->sim, &sender_agent, "sender", text, &why) == OK;
    for (int i = 0; made && i < RECEIVERS; i++) {
        (void)snprintf(text, sizeof text, "receiver-%d", i);
        made = sim_add(p->sim, &receiver_agent, text, "", &why) == OK;
    }
    made = made && sim_start(p->sim, &why) == OK;
    if (!made) tap_note("cannot start: %s", why.text);
    return made;
}

static bool place_open(struct place *p)
{
    struct sim_faults faults = { .delay_min_ms = 20,
                                 .delay_max_ms = 80,
                                 .bits_per_second = (uint64_t)BITS_PER_SECOND,
                                 .drop = .02,
                                 .strikes = p->strikes,
                                 .nstrikes = p->nstrikes };
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/himas-slowlink-XXXXXX");
    if (mkdtemp(p->dir) == NULL) return false;
    p->sim = sim_new(1, &faults);
    if (p->sim == NULL) return false;
    sim_keep_in(p->sim, p->dir);
    sim_log(p->sim, hear, p);
    return add_all(p);
}

static void place_close(struct place *p)
{
    sim_free(p->sim);
    remove_all(p->dir);
}

static bool all_done(struct sim *s, void *unused)
{
    (void)unused;
    for (int i = 0; i < RECEIVERS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "receiver-%d", i);
        const struct agent *a = sim_agent(s, name);
        const struct receiver *r = a ? core_state(a) : NULL;
        if (r == NULL || r->times < TIMES) return false;
    }
    return sim_agent(s, "sender") != NULL && core_outbox(sim_agent(s, "sender")) == 0;
}

/* ---- what is looked at ---- */

static uint64_t sum_of(struct sim *s, const char *name)
{
    uint64_t sum = 14695981039346656037u;
    uint64_t size = 0;
    struct buf piece CLEANUP(buf_free) = buf_make(WRITE_BYTES);
    uint8_t *p = buf_grow(&piece, WRITE_BYTES);
    if (p == NULL || store_size(sim_store(s, name), "model", &size) != OK) return 0;
    for (uint64_t at = 0; at < size; at += WRITE_BYTES) {
        size_t n = size - at < WRITE_BYTES ? (size_t)(size - at) : WRITE_BYTES;
        if (store_read(sim_store(s, name), "model", at, n, p) != OK) return 0;
        for (size_t i = 0; i < n; i++) sum = (sum ^ p[i]) * 1099511628211u;
    }
    return sum;
}

static bool all_whole(struct sim *s)
{
    uint64_t right = sum_of(s, "sender");
    for (int i = 0; i < RECEIVERS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "receiver-%d", i);
        if (right == 0 || sum_of(s, name) != right) return false;
    }
    return true;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct small_times {
    uint64_t ms[MAX_SMALL];
    size_t n;
};

static void small_times(struct sim *s, struct small_times *out)
{
    out->n = 0;
    for (int i = 0; i < RECEIVERS; i++) {
        char name[32];
        struct buf times CLEANUP(buf_free) = buf_make(sizeof out->ms);
        (void)snprintf(name, sizeof name, "receiver-%d", i);
        if (store_get(sim_store(s, name), "small", &times) != OK) continue;
        size_t n = times.n / sizeof *out->ms;
        if (n > MAX_SMALL - out->n) n = MAX_SMALL - out->n;
        memcpy(out->ms + out->n, times.p, n * sizeof *out->ms);
        out->n += n;
    }
    qsort(out->ms, out->n, sizeof *out->ms, by_size);
}

static double worst_ratio(const struct place *p, double small_each)
{
    double payload = (double)p->bytes + small_each * SMALL_BYTES;
    double worst = (double)sim_traffic(p->sim, "sender").sent / payload;
    for (int i = 0; i < RECEIVERS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "receiver-%d", i);
        double ratio = (double)sim_traffic(p->sim, name).received / payload;
        tap_note("%s got %.1f MB for %.1f MB: %.4f", name, (double)sim_traffic(p->sim, name).received / 1e6,
                 payload / 1e6, ratio);
        if (ratio > worst) worst = ratio;
    }
    tap_note("the sender sent %.1f MB for %.1f MB", (double)sim_traffic(p->sim, "sender").sent / 1e6, payload / 1e6);
    return worst;
}

/* ---- the cases ---- */

static uint64_t model_bytes(void)
{
    uint64_t mb = MODEL_MB;
    const char *wanted = getenv("SLOWLINK_MB");
    if (wanted && str_u64(str_of(wanted), &mb) != OK) tap_note("SLOWLINK_MB is no number");
    return mb * 1000000;
}

/* Each link is cut so often while the model passes it, for 1 to 20 s; and each agent is killed once meanwhile. */
static void plan_strikes(struct place *p)
{
    struct rng rng = rng_make(30);
    uint64_t passes_ms = (uint64_t)((double)p->bytes * 8000 / BITS_PER_SECOND);
    for (size_t node = 0; node <= RECEIVERS; node++)
        for (int i = 0; i <= CUTS; i++) {
            uint64_t begins = 60000 + (node > 0 ? passes_ms + passes_ms / 8 : 0);
            p->strikes[p->nstrikes++] = (struct sim_strike){ .kind = i < CUTS ? SIM_STRIKE_CUT : SIM_STRIKE_KILL,
                                                             .node = node,
                                                             .at = begins + rng_below(&rng, passes_ms),
                                                             .by_ms = 1000 + (int64_t)rng_below(&rng, 19000) };
        }
}

static void long_model(struct tap *t)
{
    struct place p = { .bytes = model_bytes() };
    struct small_times *small = calloc(1, sizeof *small);
    uint64_t before_kb = memory_kb("VmRSS:");
    plan_strikes(&p);
    bool came = small && place_open(&p) && sim_run(p.sim, (uint64_t)48 * 3600000, all_done, NULL);
    double took_s = p.sim ? (double)sim_now_ms(p.sim) / 1000 : 0;
    double grew_mb = (double)(memory_kb("VmHWM:") - before_kb) / 1024;
    double ideal_s = 2 * (double)p.bytes * 8 / BITS_PER_SECOND;
    tap_is(t, came && all_whole(p.sim), "%.0f MB to %d receivers at 2 Mbit/s, each link cut %d times, 2 %% lost: whole",
           (double)p.bytes / 1e6, RECEIVERS, CUTS);
    tap_note("%.0f s of virtual time; there and back without a fault %.0f s; %" PRIu64 " cuts, %" PRIu64 " kills",
             took_s, ideal_s, sim_counts(p.sim).cuts, sim_counts(p.sim).kills);
    small_times(p.sim, small);
    double ratio = worst_ratio(&p, (double)small->n / RECEIVERS);
    tap_is(t, ratio <= MAX_RATIO,
           "no link carried more than %.4f of what it had to (aim %.2f), though the model was sent twice", ratio,
           MAX_RATIO);
    tap_is(t, small->n >= 50 && small->ms[small->n / 2] < 30000,
           "%zu small attachments passed meanwhile: half of them within %.1f s, all within %.1f s", small->n,
           (double)small->ms[small->n / 2] / 1000, small->n ? (double)small->ms[small->n - 1] / 1000 : 0);
    tap_is(t, grew_mb <= MEMORY_MB, "sender, %d receivers and the network between them together held %.1f MB (aim %d)",
           RECEIVERS, grew_mb, MEMORY_MB);
    tap_is(t, p.stalled == 0, "nothing was given up");
    place_close(&p);
    free(small);
}

/* Half an hour without a link, when a part of it is there. */
static void dead_link(struct tap *t)
{
    struct place p = { .bytes = 20000000, .nstrikes = 1 };
    p.strikes[0] = (struct sim_strike){ .kind = SIM_STRIKE_CUT, .node = 1, .at = 130000, .by_ms = 30 * 60000 };
    bool came = place_open(&p) && sim_run(p.sim, (uint64_t)3 * 3600000, all_done, NULL);
    tap_is(t, p.stalled == 1, "a dead link: given up for lack of progress, once, and said: %s", p.said);
    tap_is(t, came && all_whole(p.sim), "and when the link is back it is whole after all, %.0f s",
           (double)sim_now_ms(p.sim) / 1000);
    double got = (double)sim_traffic(p.sim, "receiver-0").received;
    tap_note("the receiver got %.1f MB", got / 1e6);
    place_close(&p);
}

int main(void)
{
    struct tap t = { 0 };
    long_model(&t);
    dead_link(&t);
    return tap_end(&t);
}
