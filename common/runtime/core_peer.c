/* Whom we talk with: what they were sent, what of theirs was seen, whether they are there. */
#include "common/base/put.h"
#include "common/runtime/core_private.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash(const char *jid)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *jid; jid++) h = (h ^ (uint8_t)*jid) * 1099511628211u;
    return h;
}

static enum err index_peers(struct agent *a)
{
    size_t n = a->npeer_slots ? a->npeer_slots * 2 : 64;
    size_t *slots = calloc(n, sizeof *slots);
    if (slots == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < a->npeers; i++) {
        size_t s = hash(a->peers[i].jid) % n;
        while (slots[s]) s = (s + 1) % n;
        slots[s] = i + 1;
    }
    free(a->peer_slots);
    a->peer_slots = slots;
    a->npeer_slots = n;
    return OK;
}

/* Where the JID is, or would be. */
static size_t slot_of(const struct agent *a, const char *jid)
{
    size_t s = hash(jid) % a->npeer_slots;
    while (a->peer_slots[s] && strcmp(a->peers[a->peer_slots[s] - 1].jid, jid) != 0) s = (s + 1) % a->npeer_slots;
    return s;
}

const struct peer *core_peer_find(const struct agent *a, const char *jid)
{
    size_t at = a->npeer_slots ? a->peer_slots[slot_of(a, jid)] : 0;
    return at ? &a->peers[at - 1] : NULL;
}

struct peer *core_peer(struct agent *a, const char *jid)
{
    if (a->npeers * 2 >= a->npeer_slots && index_peers(a) != OK) return NULL;
    size_t s = slot_of(a, jid);
    if (a->peer_slots[s]) return &a->peers[a->peer_slots[s] - 1];
    if (core_grow((void **)&a->peers, a->npeers, &a->cap_peers, sizeof *a->peers) != OK) return NULL;
    struct peer *p = &a->peers[a->npeers];
    *p = (struct peer){ .member = roster_find(a->roster, str_of(jid)), .next_number = 1 };
    if (str_copy(str_of(jid), p->jid, sizeof p->jid) != OK) return NULL;
    a->peer_slots[s] = ++a->npeers;
    return p;
}

bool core_id_parse(const char *id, uint64_t *epoch, uint64_t *number)
{
    struct str rest = str_of(id);
    struct str head = str_next(&rest, '-');
    char *end = NULL;
    char hex[MSG_ID_BYTES];
    if (head.n == 0 || head.n > 16 || str_copy(head, hex, sizeof hex) != OK) return false;
    if (strspn(hex, "0123456789abcdef") != head.n || str_u64(rest, number) != OK) return false;
    *epoch = strtoull(hex, &end, 16);
    return true;
}

/* ---- what was seen: the newest number and a window of bits behind it, per epoch of the sender's store ---- */

static uint64_t bit_of(uint64_t number) { return (uint64_t)1 << (number % 64); }
static size_t word_of(uint64_t number) { return (size_t)(number % CORE_DEDUP_WINDOW) / 64; }

bool core_seen(const struct peer *p, uint64_t epoch, uint64_t number)
{
    if (epoch < p->seen_epoch) return true; /* from before its store was lost: stale */
    if (epoch > p->seen_epoch || number > p->seen_high) return false;
    if (p->seen_high - number >= CORE_DEDUP_WINDOW) return true;
    return (p->seen_bits[word_of(number)] & bit_of(number)) != 0;
}

void core_note_seen(struct peer *p, uint64_t epoch, uint64_t number)
{
    if (epoch > p->seen_epoch) {
        p->seen_epoch = epoch;
        p->seen_high = 0;
        memset(p->seen_bits, 0, sizeof p->seen_bits);
    }
    if (number > p->seen_high && number - p->seen_high >= CORE_DEDUP_WINDOW)
        memset(p->seen_bits, 0, sizeof p->seen_bits);
    else
        for (uint64_t n = p->seen_high + 1; n <= number; n++) p->seen_bits[word_of(n)] &= ~bit_of(n);
    if (number > p->seen_high) p->seen_high = number;
    p->seen_bits[word_of(number)] |= bit_of(number);
}

static enum err put_seen(struct agent *a, const struct peer *p)
{
    char key[STORE_MAX_KEY];
    struct buf text CLEANUP(buf_free) = buf_make(4096);
    struct put to = put_into(key, sizeof key);
    put_z(&to, "~in/");
    put_z(&to, p->jid);
    buf_add_hex(&text, p->seen_epoch);
    buf_add_z(&text, " ");
    buf_add_u64(&text, p->seen_high);
    for (size_t i = 0; i < CORE_DEDUP_WINDOW / 64; i++) {
        buf_add_z(&text, " ");
        buf_add_hex(&text, p->seen_bits[i]);
    }
    buf_add_z(&text, " ");
    buf_add_u64(&text, p->schema);
    TRY(buf_err(&text));
    return store_put(a->store, key, buf_bytes(&text));
}

enum err core_mark_seen(struct agent *a, const struct peer *p, uint64_t epoch, uint64_t number)
{
    struct peer trial = *p;
    core_note_seen(&trial, epoch, number);
    return put_seen(a, &trial);
}

static enum err load_seen(void *to, const char *key, struct bytes value)
{
    struct peer *p = core_peer(to, key + strlen("~in/"));
    struct str rest = bytes_str(value);
    char word[32];
    if (p == NULL) return ERR_MEMORY;
    TRY(str_copy(str_next(&rest, ' '), word, sizeof word));
    p->seen_epoch = strtoull(word, NULL, 16);
    TRY(str_u64(str_next(&rest, ' '), &p->seen_high));
    for (size_t i = 0; i < CORE_DEDUP_WINDOW / 64; i++) {
        TRY(str_copy(str_next(&rest, ' '), word, sizeof word));
        p->seen_bits[i] = strtoull(word, NULL, 16);
    }
    return rest.n ? str_u64(rest, &p->schema) : OK;
}

/* ---- what we sent ---- */

static enum err load_number(void *to, const char *key, struct bytes value)
{
    struct peer *p = core_peer(to, key + strlen("~seq/"));
    if (p == NULL) return ERR_MEMORY;
    return str_u64(bytes_str(value), &p->next_number);
}

/* Key "~out/<jid>/<number as 16 hex digits>", value: "<expiry wall ms> <digest or -> <waits or ready> <ttl
 * ms>\n<json>". */
static uint64_t expiry(const struct agent *a, int64_t wall_ms)
{
    int64_t left = wall_ms - agent_wall_ms(a);
    if (wall_ms == 0) return 0;
    return agent_now_ms(a) + (uint64_t)(left > CORE_LEAST_LEFT_MS ? left : CORE_LEAST_LEFT_MS);
}

static enum err load_out(void *to, const char *key, struct bytes value)
{
    struct str path = str_of(key + strlen("~out/"));
    char jid[ROSTER_JID_BYTES];
    struct outgoing o = { 0 };
    uint64_t expires = 0;
    if (path.n < 17) return ERR_STORE;
    TRY(str_copy((struct str){ path.p, path.n - 17 }, jid, sizeof jid));
    o.number = strtoull(path.p + path.n - 16, NULL, 16);
    struct str rest = bytes_str(value);
    struct str head = str_next(&rest, '\n');
    TRY(str_u64(str_next(&head, ' '), &expires));
    o.expires_wall_ms = (int64_t)expires;
    o.expires_ms = expiry(to, o.expires_wall_ms);
    struct str digest = str_next(&head, ' ');
    if (!str_is(digest, "-")) TRY(str_copy(digest, o.blob, sizeof o.blob));
    o.waits = str_is(str_next(&head, ' '), "waits");
    if (head.n > 0) TRY(str_u64(head, &o.ttl_ms));
    struct peer *p = core_peer(to, jid);
    if (p == NULL) return ERR_MEMORY;
    TRY(core_grow((void **)&p->out, p->nout, &p->cap_out, sizeof *p->out));
    p->out[p->nout++] = o;
    return OK;
}

enum err core_peers_load(struct agent *a)
{
    for (size_t i = 0; i < roster_count(a->roster); i++)
        if ((roster_at(a->roster, i)->role & a->def->peers) && core_peer(a, roster_at(a->roster, i)->jid) == NULL)
            return ERR_MEMORY;
    TRY(store_scan(a->store, "~in/", load_seen, a));
    TRY(store_scan(a->store, "~seq/", load_number, a));
    return store_scan(a->store, "~out/", load_out, a);
}

/* ---- presence and acks ---- */

void core_show(struct agent *a, struct peer *p)
{
    p->unshown = false; /* lost with the link, shown again when it is back */
    if (!a->attached || !a->up || strcmp(p->jid, a->jid) == 0) return;
    p->shown_ms = agent_now_ms(a);
    p->unshown = a->transport.show(a->transport.self, p->jid, true) != OK;
    if (p->unshown) core_arm(a, &a->sweep_token, CORE_SWEEP_MS);
}

bool core_too_fast(struct agent *a, struct bucket *b, double per_second, double burst)
{
    uint64_t now = agent_now_ms(a);
    b->left = b->seen_ms == 0 ? burst : b->left + (double)(now - b->seen_ms) * per_second / 1000;
    if (b->left > burst) b->left = burst;
    b->seen_ms = now ? now : 1;
    if (b->left < 1) {
        a->counts.flooded++;
        return true;
    }
    b->left--;
    return false;
}

void core_ack_later(struct agent *a, struct peer *p, const char *id)
{
    if (core_grow((void **)&p->acks, p->nacks, &p->cap_acks, sizeof *p->acks) != OK) return; /* it will be sent again */
    if (p->nacks == 0) p->acks_due_ms = agent_now_ms(a) + CORE_ACK_DELAY_MS;
    struct put to = put_into(p->acks[p->nacks++], MSG_ID_BYTES);
    put_z(&to, id);
    core_arm(a, &a->ack_token, CORE_ACK_DELAY_MS);
}
