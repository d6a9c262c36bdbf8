/* The simulation itself: nodes, their deaths and returns, and what happens next. */
#include "common/crypto/encode.h"
#include "common/runtime/sim_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char domain[] = "@sim.local";

struct sim *sim_new(uint64_t seed, const struct sim_faults *faults)
{
    struct sim *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    if (phi_new(&s->phi) != OK) {
        free(s);
        return NULL;
    }
    s->rng = rng_make(seed);
    s->loss = rng_make(~seed);
    s->fates = rng_make(seed * UINT64_C(0x9e3779b97f4a7c15));
    s->faults = *faults;
    s->spill_fd = -1;
    if (s->faults.delay_max_ms < s->faults.delay_min_ms) s->faults.delay_max_ms = s->faults.delay_min_ms;
    return s;
}

static void free_node(struct sim_node *n)
{
    core_free(n->core);
    store_close(n->kept);
    settings_free(n->settings);
    free(n->settings_text);
    free(n->shown);
    free(n->flows);
    buf_free(&n->heard);
    free(n);
}

void sim_free(struct sim *s)
{
    if (s == NULL) return;
    for (size_t i = 0; i < s->nnodes; i++) free_node(s->nodes[i]);
    for (size_t i = 0; i < s->nheap; i++) buf_free(&s->heap[i].body);
    sim_chunks_free(s);
    phi_free(s->phi);
    roster_free(s->roster);
    free(s->nodes);
    free(s->slots);
    free(s->heap);
    free(s->struck);
    free(s);
}

/* ---- nodes by name ---- */

static size_t slot_of(const struct sim *s, struct str name)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < name.n; i++) h = (h ^ (uint8_t)name.p[i]) * 1099511628211u;
    size_t at = (size_t)(h % s->nslots);
    while (s->slots[at] && !str_is(name, s->nodes[s->slots[at] - 1]->name)) at = (at + 1) % s->nslots;
    return at;
}

struct sim_node *sim_node(const struct sim *s, const char *name_or_jid)
{
    struct str rest = str_of(name_or_jid);
    if (s->nslots == 0) return NULL;
    size_t at = slot_of(s, str_next(&rest, '@'));
    return s->slots[at] ? s->nodes[s->slots[at] - 1] : NULL;
}

static enum err index_nodes(struct sim *s)
{
    if (2 * (s->nnodes + 1) < s->nslots) return OK;
    size_t n = s->nslots ? 2 * s->nslots : 64;
    size_t *slots = calloc(n, sizeof *slots);
    if (slots == NULL) return ERR_MEMORY;
    free(s->slots);
    s->slots = slots;
    s->nslots = n;
    for (size_t i = 0; i < s->nnodes; i++) s->slots[slot_of(s, str_of(s->nodes[i]->name))] = i + 1;
    return OK;
}

static enum err add(struct sim *s, const char *name, struct sim_node **out)
{
    TRY(index_nodes(s));
    if (s->nnodes == s->cap_nodes) {
        size_t more = s->cap_nodes ? 2 * s->cap_nodes : 16;
        struct sim_node **p = realloc(s->nodes, more * sizeof *p);
        if (p == NULL) return ERR_MEMORY;
        s->nodes = p;
        s->cap_nodes = more;
    }
    struct sim_node *n = calloc(1, sizeof *n);
    if (n == NULL) return ERR_MEMORY;
    *n = (struct sim_node){ .sim = s, .index = s->nnodes, .heard = buf_make(SIZE_MAX / 2) };
    (void)snprintf(n->name, sizeof n->name, "%s", name);
    (void)snprintf(n->jid, sizeof n->jid, "%s%s", name, domain);
    s->nodes[s->nnodes++] = n;
    s->slots[slot_of(s, str_of(n->name))] = s->nnodes;
    *out = n;
    return OK;
}

void sim_keep_in(struct sim *s, const char *dir) { s->dir = dir; }

void sim_log(struct sim *s, log_put_fn *put, void *to)
{
    s->log = put;
    s->log_to = to;
}

static enum err open_store(struct sim_node *n, struct why *why)
{
    char path[STORE_MAX_KEY];
    if (n->sim->dir == NULL) return store_open_memory(&n->kept);
    (void)snprintf(path, sizeof path, "%s/%s.db", n->sim->dir, n->name);
    return store_open_file(path, STORE_PROCESS_SAFE, &n->kept, why);
}

enum err sim_add(struct sim *s, const struct agent_def *def, const char *name, const char *settings, struct why *why)
{
    struct sim_node *n = NULL;
    TRY(add(s, name, &n));
    const struct setting *const tables[] = { def->settings, NULL };
    n->def = def;
    n->roles = def->role;
    n->settings_text = strdup(settings);
    if (n->settings_text == NULL) return ERR_MEMORY;
    const struct settings_source from = { .config_text = str_of(n->settings_text) };
    TRY(settings_new(tables, &from, &n->settings, why));
    TRY(open_store(n, why));
    sim_wrap_store(n);
    return identity_generate(sim_host(n).random, n, &n->identity);
}

enum err sim_add_person(struct sim *s, const char *name, unsigned roles)
{
    struct sim_node *n = NULL;
    TRY(add(s, name, &n));
    n->roles = roles;
    n->up = true;
    return OK;
}

/* ---- life and death ---- */

static void put_to_death(struct sim_node *n)
{
    n->wrapped.open = false;
    core_free(n->core);
    n->core = NULL;
    n->up = n->dying = false;
    n->life++;
    n->link++;
    sim_flows_cut(n, false);
    sim_unseen(n);
}

static enum err bring_to_life(struct sim_node *n, struct why *why)
{
    n->screen.phi = n->sim->phi;
    const struct core_config config = {
        .def = n->def,
        .jid = n->jid,
        .settings = n->settings,
        .roster = n->sim->roster,
        .store = &n->wrapped,
        .host = sim_host(n),
        .log = { .level = LOG_ERROR, .who = n->name, .put = n->sim->log, .to = n->sim->log_to },
        .screen = &n->screen,
        .identity = n->identity,
    };
    struct transport t = sim_transport(n);
    n->life++;
    n->link++;
    TRY(core_new(&config, &n->core, why));
    core_attach(n->core, &t);
    n->up = true;
    core_on_link(n->core, true);
    return OK;
}

static enum err write_roster(struct sim *s, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(SIZE_MAX / 2);
    char roles[256];
    buf_add_z(&text, "members:\n");
    for (size_t i = 0; i < s->nnodes; i++) {
        const struct sim_node *n = s->nodes[i];
        char hex[2 * X25519_BYTES + 1];
        char sign[2 * ED25519_KEY_BYTES + 1];
        hex_encode(bytes_of(n->identity.public_key, X25519_BYTES), hex);
        hex_encode(bytes_of(n->identity.sign.public_key, ED25519_KEY_BYTES), sign);
        buf_addf(&text, "  - {jid: %s, name: %s, role: [%s]", n->jid, n->name,
                 role_list(n->roles, roles, sizeof roles));
        if (n->def) buf_addf(&text, ", key: \"%s\", sign: \"%s\"", hex, sign);
        buf_add_z(&text, "}\n");
    }
    TRY(buf_err(&text));
    return roster_parse(buf_str(&text), "simulation", &s->roster, why);
}

/* Killed at its very first commit, or its disk was full: a supervisor starts it again. */
static void try_again(struct sim_node *n)
{
    put_to_death(n);
    sim_schedule(n, SIM_START, 1000);
}

enum err sim_start(struct sim *s, struct why *why)
{
    TRY(write_roster(s, why));
    for (size_t i = 0; i < s->nnodes; i++) {
        struct sim_node *n = s->nodes[i];
        if (n->def == NULL) continue;
        uint64_t failed = s->counts.failed_writes;
        enum err e = bring_to_life(n, why);
        if (e != OK && !n->dying && failed == s->counts.failed_writes) return e;
        if (e != OK) try_again(n);
    }
    sim_schedule_strikes(s);
    return OK;
}

void sim_kill(struct sim *s, const char *name, uint64_t down_ms)
{
    struct sim_node *n = sim_node(s, name);
    if (n == NULL || n->core == NULL) return;
    s->counts.kills++;
    put_to_death(n);
    sim_schedule(n, SIM_START, down_ms);
}

void sim_cut(struct sim *s, const char *name, uint64_t down_ms)
{
    struct sim_node *n = sim_node(s, name);
    if (n == NULL || n->core == NULL || !n->up) return;
    s->counts.cuts++;
    n->up = false;
    n->link++;
    sim_flows_cut(n, true);
    sim_unseen(n);
    core_on_link(n->core, false);
    sim_schedule(n, SIM_LINK, down_ms);
}

/* ---- what happens ---- */

static void on_packet(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    const struct packet p = { .kind = e->flag ? PACKET_CHAT : PACKET_MESSAGE,
                              .peer = s->nodes[e->from]->jid,
                              .body = buf_str(&e->body) };
    if (n->def == NULL && e->flag) {
        buf_add_str(&n->heard, p.body);
        buf_add_z(&n->heard, "\n");
    }
    if (n->core && n->up && e->link == n->link) core_on_packet(n->core, &p);
}

static void on_presence(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    if (n->core && n->up) core_on_presence(n->core, s->nodes[e->from]->jid, e->flag);
}

static void on_timer(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    (void)s;
    if (n->core && e->life == n->life) core_on_timer(n->core, e->token);
}

static void on_job(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    (void)s;
    if (n->core && e->life == n->life) core_on_job(n->core, e->token);
}

/* Lost with the link: it was told then. */
static bool is_void(const struct sim *s, const struct sim_node *n, const struct sim_event *e)
{
    return n->core == NULL || e->life != n->life || (s->faults.bits_per_second > 0 && e->link != n->link);
}

static void on_stored(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    if (is_void(s, n, e)) return;
    sim_flow_end(n, e->token);
    core_on_stored(n->core, e->token, e->err, buf_str(&e->body));
}

static void on_fetched(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    if (is_void(s, n, e)) return;
    sim_flow_end(n, e->token);
    core_on_fetched(n->core, e->token, e->err, buf_bytes(&e->body));
}

/* A random one has a successor; it falls only while there are faults. */
static bool strikes(struct sim *s, struct sim_node *n, const struct sim_event *e, enum sim_strike_kind kind)
{
    bool falls = !e->flag || sim_faulty(s);
    if (!e->flag) return true;
    if (falls) sim_note(n, kind, s->now_ms, e->by_ms);
    sim_next_fault(n, e->kind);
    return falls;
}

static void on_kill(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    if (strikes(s, n, e, SIM_STRIKE_KILL)) sim_kill(s, n->name, (uint64_t)e->by_ms);
}

static void on_cut(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    if (strikes(s, n, e, SIM_STRIKE_CUT)) sim_cut(s, n->name, (uint64_t)e->by_ms);
}

static void on_clock(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    if (!strikes(s, n, e, SIM_STRIKE_CLOCK)) return;
    s->counts.jumps++;
    n->clock_ms += e->by_ms;
}

static void on_start(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    (void)s;
    (void)e;
    struct why why = { 0 };
    if (n->core == NULL && bring_to_life(n, &why) != OK) try_again(n);
}

static void on_link(struct sim *s, struct sim_node *n, struct sim_event *e)
{
    (void)s;
    if (n->core == NULL || e->life != n->life || n->up) return;
    n->up = true;
    n->link++;
    core_on_link(n->core, true);
}

static void happen(struct sim *s, struct sim_event *e)
{
    static void (*const table[SIM_EVENT_KINDS])(struct sim *, struct sim_node *, struct sim_event *) = {
        [SIM_PACKET] = on_packet, [SIM_PRESENCE] = on_presence, [SIM_TIMER] = on_timer, [SIM_JOB] = on_job,
        [SIM_STORED] = on_stored, [SIM_FETCHED] = on_fetched,   [SIM_KILL] = on_kill,   [SIM_START] = on_start,
        [SIM_CUT] = on_cut,       [SIM_LINK] = on_link,         [SIM_CLOCK] = on_clock,
    };
    struct sim_node *n = s->nodes[e->node];
    s->counts.events++;
    table[e->kind](s, n, e);
    if (n->dying) sim_kill(s, n->name, n->dying_ms);
    buf_free(&e->body);
}

bool sim_run(struct sim *s, uint64_t for_ms, sim_until_fn *done, void *to)
{
    uint64_t end = s->now_ms + for_ms;
    struct sim_event e;
    while (done == NULL || !done(s, to)) {
        if (s->nheap == 0 || s->heap[0].at_ms > end) {
            s->now_ms = end;
            return done != NULL && done(s, to);
        }
        (void)sim_pop(s, &e);
        s->now_ms = e.at_ms;
        happen(s, &e);
    }
    return true;
}

/* ---- people and looking in ---- */

void sim_say(struct sim *s, const char *person, const char *agent, const char *text)
{
    struct sim_node *n = sim_node(s, person);
    const struct sim_node *to = sim_node(s, agent);
    if (n && to) sim_transmit(n, &(struct packet){ .kind = PACKET_CHAT, .peer = to->jid, .body = str_of(text) });
}

struct str sim_heard(const struct sim *s, const char *person)
{
    const struct sim_node *n = sim_node(s, person);
    return n ? buf_str(&n->heard) : (struct str){ 0 };
}

void sim_forget(struct sim *s, const char *person)
{
    struct sim_node *n = sim_node(s, person);
    if (n) buf_clear(&n->heard);
}

uint64_t sim_now_ms(const struct sim *s) { return s->now_ms; }
struct sim_counts sim_counts(const struct sim *s) { return s->counts; }

struct sim_traffic sim_traffic(const struct sim *s, const char *name)
{
    const struct sim_node *n = sim_node(s, name);
    return n ? n->traffic : (struct sim_traffic){ 0 };
}

struct agent *sim_agent(struct sim *s, const char *name)
{
    struct sim_node *n = sim_node(s, name);
    return n ? n->core : NULL;
}

struct store *sim_store(struct sim *s, const char *name)
{
    struct sim_node *n = sim_node(s, name);
    return n ? n->kept : NULL;
}

const struct identity *sim_identity(const struct sim *s, const char *name)
{
    const struct sim_node *n = sim_node(s, name);
    return n ? &n->identity : NULL;
}

void sim_watch(struct sim *s, sim_watch_fn *fn, void *to)
{
    s->watch = fn;
    s->watch_to = to;
}
