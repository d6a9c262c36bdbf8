/* Attachments that came in part: how much of that a peer may have here, and when it is given up.
 *
 * The bytes are core_fetch.c's, under "~fetch/<sender>/<digest>".  "~half" is what they were at the last look, a line
 * each, "<sender>/<digest> <bytes> <wall ms since when>", so that a restart makes nothing young again. */
#include "common/runtime/core_private.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_TEXT_BYTES = 64 << 20 };
#define PREFIX "~fetch/"

static bool is_list(const struct manifest *of) { return strcmp(of->media, MANIFEST_MEDIA_LIST) == 0; }

static enum err too_long(struct agent *a, uint64_t bytes, uint64_t most, const char *by, struct why *why)
{
    a->counts.attachments_refused++;
    return why_say(why, ERR_LIMIT, "the attachment has %" PRIu64 " bytes; at most %" PRIu64 " are taken: %s", bytes,
                   most, by);
}

enum err core_half_fits(struct agent *a, const struct msg *m, const struct manifest *of, struct why *why)
{
    const struct agent_handler *h = core_handler(a, m->type);
    if (h == NULL) return why_say(why, ERR_PROTO, "%s is no message for this agent", msg_desc(m->type)->name);
    if (is_list(of) && of->bytes > CORE_ARENA_BYTES)
        return too_long(a, of->bytes, CORE_ARENA_BYTES, "it is a list of chunks", why);
    if (of->bytes > a->half_bytes)
        return too_long(a, of->bytes, a->half_bytes, "the receiver's setting unfinished_mb", why);
    if (h->room == NULL) return OK;
    uint64_t most = h->room(a->state, m);
    if (most == 0) {
        a->counts.attachments_refused++;
        return why_say(why, ERR_STATE, "nobody waits for the attachment: its run is not known here, or is over");
    }
    return is_list(of) || of->bytes <= most ? OK : too_long(a, of->bytes, most, "what the run's model can need", why);
}

/* ---- room for one more ---- */

struct halves {
    const struct agent *a;
    const char *mine; /* the key of what is to come */
    size_t count;
    uint64_t bytes;
    char idle[STORE_MAX_KEY]; /* one that no fetch is about, or "" */
};

static enum err add_half(void *to, const char *key)
{
    struct halves *h = to;
    uint64_t bytes = 0;
    if (strcmp(key, h->mine) == 0) return OK;
    h->count++;
    if (core_fetch_holds(h->a, key)) return OK; /* counted as what it will be */
    enum err e = store_size(h->a->store, key, &bytes);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    h->bytes += bytes;
    (void)snprintf(h->idle, sizeof h->idle, "%s", key);
    return OK;
}

static enum err forget(struct agent *a, void *key)
{
    TRY(store_del(a->store, key));
    a->counts.attachments_expired++;
    return OK;
}

bool core_half_room(struct agent *a, size_t peer, const char *digest, uint64_t more)
{
    char mine[STORE_MAX_KEY];
    char prefix[STORE_MAX_KEY];
    (void)snprintf(prefix, sizeof prefix, PREFIX "%s/", a->peers[peer].jid);
    (void)snprintf(mine, sizeof mine, PREFIX "%s/%s", a->peers[peer].jid, digest);
    uint64_t coming = core_fetch_bytes(a, peer) + more;
    for (;;) {
        struct halves h = { .a = a, .mine = mine };
        if (store_scan_keys(a->store, prefix, add_half, &h) != OK) return false;
        if (h.count < CORE_MAX_HALF_A_PEER && h.bytes + coming <= a->half_bytes) return true;
        if (h.idle[0] == '\0' || core_transact(a, forget, h.idle) != OK) break;
    }
    a->counts.attachments_deferred++;
    return false;
}

/* ---- what nothing more comes of ---- */

struct look {
    struct agent *a;
    struct str before; /* lines not yet passed, sorted by key as the store is */
    struct buf now;
    char stale[STORE_MAX_KEY]; /* the first one, or "" */
};

static int compare(struct str name, const char *key)
{
    int order = strncmp(name.p, key, name.n);
    return order ? order : name.n < strlen(key) ? -1 : 0;
}

/* Since when that key has had so many bytes; now when it had not.  Lines before it are over: keys come in their order.
 */
static int64_t since(struct look *l, const char *key, uint64_t bytes)
{
    int64_t now = agent_wall_ms(l->a);
    while (l->before.n > 0) {
        uint64_t had = 0;
        uint64_t at = 0;
        struct str rest = l->before;
        struct str line = str_next(&rest, '\n');
        int order = compare(str_next(&line, ' '), key);
        if (order > 0) break;
        l->before = rest;
        if (order < 0) continue;
        if (str_u64(str_next(&line, ' '), &had) != OK || str_u64(line, &at) != OK) break;
        return had == bytes && (int64_t)at <= now ? (int64_t)at : now; /* or the clock was set back */
    }
    return now;
}

static enum err look_at(void *to, const char *key)
{
    struct look *l = to;
    uint64_t bytes = 0;
    enum err e = store_size(l->a->store, key, &bytes);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    const char *name = key + strlen(PREFIX);
    int64_t at = core_fetch_holds(l->a, key) ? agent_wall_ms(l->a) : since(l, name, bytes);
    bool stale = agent_wall_ms(l->a) - at >= CORE_HALF_MS && !core_again_holds(l->a, key);
    if (stale && l->stale[0] == '\0') (void)snprintf(l->stale, sizeof l->stale, "%s", key);
    if (!stale) buf_addf(&l->now, "%s %" PRIu64 " %" PRId64 "\n", name, bytes, at);
    return buf_err(&l->now);
}

/* One at a time: the store is not changed while it is walked. */
static enum err look_once(struct agent *a, struct look *l, struct str before)
{
    l->before = before;
    l->stale[0] = '\0';
    l->now.n = 0;
    TRY(store_scan_keys(a->store, PREFIX, look_at, l));
    if (l->stale[0]) return forget(a, l->stale);
    if (l->now.n == 0) return store_del(a->store, "~half");
    return store_put(a->store, "~half", buf_bytes(&l->now));
}

static enum err look(struct agent *a, void *out_left)
{
    struct buf before CLEANUP(buf_free) = buf_make(LOOK_TEXT_BYTES);
    struct look l = { .a = a, .now = buf_make(LOOK_TEXT_BYTES) };
    enum err e = store_get(a->store, "~half", &before);
    if (e == ERR_ABSENT) e = OK;
    do
        if (e == OK) e = look_once(a, &l, buf_str(&before));
    while (e == OK && l.stale[0]);
    *(bool *)out_left = l.now.n > 0;
    buf_free(&l.now);
    return e;
}

void core_half_watch(struct agent *a) { core_arm(a, &a->half_token, CORE_HALF_LOOK_MS); }

static enum err find_any(void *to, const char *key)
{
    (void)key;
    *(bool *)to = true;
    return OK;
}

void core_half_look(struct agent *a)
{
    bool left = false;
    if (store_scan_keys(a->store, PREFIX, find_any, &left) == OK && !left && !store_has(a->store, "~half")) return;
    left = true;
    if (core_transact(a, look, &left) != OK) log_warn(&a->log, "attachment.not_looked_at");
    if (left) core_half_watch(a);
}
