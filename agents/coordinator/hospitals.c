#include "agents/coordinator/hospitals.h"
#include "agents/coordinator/keep.h"
#include <stdlib.h>
#include <string.h>

static int by_jid(const void *a, const void *b)
{
    const struct hospital *x = a;
    const struct hospital *y = b;
    return strcmp(x->who->jid, y->who->jid);
}

enum err hospitals_init(struct hospitals *h, const struct roster *roster, uint64_t now_ms, int64_t wall_ms)
{
    size_t members = roster_count(roster);
    h->all = calloc(members ? members : 1, sizeof *h->all);
    if (h->all == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < members; i++) {
        const struct member *who = roster_at(roster, i);
        if (!(who->role & ROLE_TRAINER)) continue;
        h->all[h->count++] = (struct hospital){ .who = who, .since_ms = wall_ms, .seen_ms = now_ms };
    }
    qsort(h->all, h->count, sizeof *h->all, by_jid);
    return OK;
}

void hospitals_fini(struct hospitals *h)
{
    if (h == NULL) return;
    free(h->all);
    *h = (struct hospitals){ 0 };
}

static int jid_against(const void *key, const void *element)
{
    const struct hospital *h = element;
    return strcmp(key, h->who->jid);
}

struct hospital *hospitals_find(const struct hospitals *h, const char *jid)
{
    return h->count ? bsearch(jid, h->all, h->count, sizeof *h->all, jid_against) : NULL;
}

void hospital_seen(struct hospital *h, uint64_t now_ms) { h->seen_ms = now_ms; }

void hospital_set_online(struct hospital *h, bool online, uint64_t now_ms, int64_t wall_ms)
{
    h->seen_ms = now_ms;
    if (h->online != online) h->since_ms = wall_ms;
    h->online = online;
}

void hospital_joined(struct hospital *h, const struct msg_join *m)
{
    (void)keep_text(m->software, h->software, sizeof h->software);
    h->records = m->records;
}

void hospital_beat(struct hospital *h, const struct msg_heartbeat *m)
{
    bool moving = str_is(m->doing, "receiving") || str_is(m->doing, "sending");
    h->moves += moving && (m->progress != h->progress || !str_is(m->doing, h->doing));
    (void)keep_text(m->doing, h->doing, sizeof h->doing);
    h->progress = m->progress;
    h->records = m->records;
    h->epsilon_spent = m->epsilon_spent;
    h->epsilon_max = m->epsilon_max;
}

bool hospital_reachable(const struct hospital *h) { return h->who->has_key; }

bool hospital_away(const struct hospital *h, uint64_t now_ms, uint64_t grace_ms)
{
    if (!hospital_reachable(h)) return true;
    return !h->online && now_ms - h->seen_ms > grace_ms;
}

size_t hospitals_online(const struct hospitals *h)
{
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++) n += h->all[i].online;
    return n;
}

size_t hospitals_not_away(const struct hospitals *h, uint64_t now_ms, uint64_t grace_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++) n += !hospital_away(&h->all[i], now_ms, grace_ms);
    return n;
}
