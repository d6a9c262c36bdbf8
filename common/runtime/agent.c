/* What an agent may do: the functions of agent.h. */
#include "common/crypto/hash.h"
#include "common/runtime/core_private.h"
#include <assert.h>
#include <string.h>

enum err agent_send(struct agent *a, const char *to, struct msg *m) { return core_post(a, to, m); }

static bool may_reply(const struct agent *a, enum msg_type type)
{
    for (const struct agent_handler *h = a->def->handlers; h && h->on != MSG_NONE; h++)
        if (h->on == a->answering->type) return h->reply == type;
    return false;
}

enum err agent_reply(struct agent *a, const struct msg *about, struct msg *m)
{
    assert(a->answering && may_reply(a, m->type));
    memcpy(m->in_reply_to, about->id, sizeof m->in_reply_to);
    return core_post(a, about->from, m);
}

enum err agent_say(struct agent *a, const char *to, struct str text)
{
    struct peer *p = core_peer(a, to);
    if (p == NULL) return ERR_MEMORY;
    struct effect e = { .kind = EFFECT_CHAT, .peer = (size_t)(p - a->peers), .body = buf_make(RESULT_MAX_BYTES) };
    buf_add_str(&e.body, screen_text(a->screen, "chat", text));
    if (buf_err(&e.body) == OK) return core_effect(a, &e);
    enum err failed = buf_err(&e.body);
    buf_free(&e.body);
    return failed;
}

struct str agent_screened(struct agent *a, const char *where, struct str text)
{
    return screen_text(a->screen, where, text);
}

uint64_t agent_now_ms(const struct agent *a) { return a->host.mono_ms(a->host.self); }
int64_t agent_wall_ms(const struct agent *a) { return a->host.wall_ms(a->host.self); }

enum err agent_after(struct agent *a, uint64_t delay_ms, agent_timer_fn *fn, uint64_t arg)
{
    assert(a->busy);
    TRY(core_grow((void **)&a->timers, a->ntimers, &a->cap_timers, sizeof *a->timers));
    uint64_t token = core_token(a);
    a->timers[a->ntimers++] =
        (struct timer){ .token = token, .fn = fn, .arg = arg, .due_ms = agent_now_ms(a) + delay_ms };
    return core_effect(a, &(struct effect){ .kind = EFFECT_TIMER, .number = token, .delay_ms = delay_ms });
}

uint64_t agent_timer_due_ms(const struct agent *a, agent_timer_fn *fn, uint64_t arg)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < a->ntimers; i++) {
        const struct timer *t = &a->timers[i];
        if (t->fn == fn && t->arg == arg && t->due_ms < first) first = t->due_ms;
    }
    return first;
}

enum err agent_offload(struct agent *a, struct agent_job job)
{
    assert(a->busy);
    enum err e = core_grow((void **)&a->jobs, a->njobs, &a->cap_jobs, sizeof *a->jobs);
    if (e != OK) {
        if (job.release) job.release(job.job);
        return e;
    }
    uint64_t token = core_token(a);
    a->jobs[a->njobs++] = (struct pending_job){ .token = token, .job = job };
    return core_effect(a, &(struct effect){ .kind = EFFECT_JOB, .number = token });
}

/* Keys that begin with '~' are the runtime's. */
static bool own_key(const char *key) { return key[0] != '~'; }

enum err agent_put(struct agent *a, const char *key, struct bytes value)
{
    assert(own_key(key));
    return store_put(a->store, key, value);
}

enum err agent_del(struct agent *a, const char *key)
{
    assert(own_key(key));
    return store_del(a->store, key);
}

enum err agent_del_prefix(struct agent *a, const char *prefix)
{
    assert(own_key(prefix) && prefix[0] != '\0');
    return store_del_prefix(a->store, prefix);
}

enum err agent_get(struct agent *a, const char *key, struct buf *out) { return store_get(a->store, key, out); }

enum err agent_scan(struct agent *a, const char *prefix, store_scan_fn *fn, void *to)
{
    assert(own_key(prefix) && prefix[0] != '\0');
    return store_scan(a->store, prefix, fn, to);
}

enum err agent_append(struct agent *a, const char *key, struct bytes more)
{
    assert(own_key(key));
    return store_append(a->store, key, more);
}

enum err agent_link(struct agent *a, const char *from, const char *to)
{
    assert(own_key(to));
    return store_link(a->store, from, to);
}

enum err agent_size(struct agent *a, const char *key, uint64_t *out) { return store_size(a->store, key, out); }

enum err agent_read(struct agent *a, const char *key, uint64_t offset, size_t n, void *out)
{
    return store_read(a->store, key, offset, n, out);
}

enum err agent_digest(struct agent *a, const char *key, char out[65]) { return core_digest_kept(a, key, out); }

/* ---- attachments ---- */

uint64_t agent_blob_bytes(struct agent *a, const struct blob *b)
{
    uint64_t n = 0;
    if (b->kept == NULL) return b->data.n;
    return store_size(a->store, b->kept, &n) == OK ? n : 0;
}

enum err agent_blob_read(struct agent *a, const struct blob *b, uint64_t offset, size_t n, void *out)
{
    if (b->kept) return store_read(a->store, b->kept, offset, n, out);
    if (offset > b->data.n || n > b->data.n - offset) return ERR_INPUT;
    if (n > 0) memcpy(out, b->data.p + offset, n);
    return OK;
}

enum err agent_blob_digest(struct agent *a, const struct blob *b, char out[65])
{
    if (b->sha256[0] == '\0') return b->kept ? core_digest_kept(a, b->kept, out) : hash_hex_of(b->data, out);
    memcpy(out, b->sha256, sizeof b->sha256);
    return OK;
}

enum err agent_blob_keep(struct agent *a, const char *key, const struct blob *b)
{
    return b->kept ? agent_link(a, b->kept, key) : agent_put(a, key, b->data);
}

uint64_t agent_moved(const struct agent *a, const char *jid)
{
    const struct peer *p = core_peer_find(a, jid);
    return p ? p->moved : 0;
}

enum transfer agent_transfer(const struct agent *a, double *out_share)
{
    struct core_share in = core_fetch_share(a);
    struct core_share out = core_upload_share(a);
    if (in.of + out.of == 0) return TRANSFER_NONE;
    *out_share = (double)(in.have + out.have) / (double)(in.of + out.of);
    return in.of > 0 ? TRANSFER_RECEIVING : TRANSFER_SENDING;
}

/* ---- the rest of the world ---- */

enum err agent_random(struct agent *a, void *out, size_t n) { return a->host.random(a->host.self, out, n); }
enum err agent_random_fn(void *a, void *out, size_t n) { return agent_random(a, out, n); }
const struct settings *agent_settings(const struct agent *a) { return a->settings; }
const struct roster *agent_roster(const struct agent *a) { return a->roster; }
const struct sign_key *agent_sign_key(const struct agent *a) { return &a->identity.sign; }
const char *agent_jid(const struct agent *a) { return a->jid; }
const struct log *agent_log(const struct agent *a) { return &a->log; }

bool agent_online(const struct agent *a, const char *jid)
{
    const struct peer *p = core_peer_find(a, jid);
    return p && p->online;
}

enum err agent_sha256(struct bytes data, char out[65]) { return hash_hex_of(data, out); }
