#include "common/runtime/xmpp/presence.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct seen {
    char *jid; /* full */
    bool doubtful;
};
struct presence_list {
    struct seen *seen; /* sorted, without regard to case */
    size_t n, cap;
    uint64_t unlisted;
};

struct presence_list *presence_new(void) { return calloc(1, sizeof(struct presence_list)); }

void presence_free(struct presence_list *p)
{
    for (size_t i = 0; p && i < p->n; i++) free(p->seen[i].jid);
    if (p) free(p->seen);
    free(p);
}

uint64_t presence_unlisted(const struct presence_list *p) { return p->unlisted; }

/* The first that is not before it. */
static size_t place_of(const struct presence_list *p, const char *jid)
{
    size_t from = 0;
    for (size_t to = p->n; from < to;) {
        size_t middle = from + (to - from) / 2;
        if (strcasecmp(p->seen[middle].jid, jid) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static size_t find(const struct presence_list *p, const char *jid)
{
    for (size_t i = place_of(p, jid); i < p->n && strcasecmp(p->seen[i].jid, jid) == 0; i++)
        if (strcmp(p->seen[i].jid, jid) == 0) return i;
    return p->n;
}

/* Its own, and those with a resource; names that only begin alike may lie between them. */
static size_t sessions(const struct presence_list *p, const char *bare)
{
    char slash[ROSTER_JID_BYTES + 1];
    size_t count = 0;
    int n = snprintf(slash, sizeof slash, "%s/", bare);
    for (size_t i = place_of(p, bare); i < p->n && strcasecmp(p->seen[i].jid, bare) == 0; i++) count++;
    for (size_t i = place_of(p, slash); i < p->n && strncasecmp(p->seen[i].jid, slash, (size_t)n) == 0; i++) count++;
    return count;
}

/* Without room the session is not counted; its owner is still told of. */
static void add(struct presence_list *p, const char *jid, const char *bare)
{
    size_t i = find(p, jid);
    if (i < p->n) {
        p->seen[i].doubtful = false;
        return;
    }
    if (p->n == PRESENCE_MAX || sessions(p, bare) >= PRESENCE_MAX_A_PEER) {
        p->unlisted++;
        return;
    }
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        struct seen *grown = realloc(p->seen, cap * sizeof *grown);
        if (!grown) return;
        p->seen = grown;
        p->cap = cap;
    }
    char *copy = strdup(jid);
    if (!copy) return;
    i = place_of(p, jid);
    memmove(p->seen + i + 1, p->seen + i, (p->n++ - i) * sizeof *p->seen);
    p->seen[i] = (struct seen){ .jid = copy };
}

static void drop(struct presence_list *p, size_t i)
{
    free(p->seen[i].jid);
    memmove(p->seen + i, p->seen + i + 1, (--p->n - i) * sizeof *p->seen);
}

void presence_handle(struct presence_list *p, xmpp_stanza_t *s, presence_fn *fn, void *to)
{
    char bare[ROSTER_JID_BYTES];
    const char *from = xmpp_stanza_get_from(s);
    struct str type = stanza_attribute(s, "type");
    if (stanza_bare_jid(from, bare) != OK || strlen(from) >= STANZA_MAX_JID) return;
    if (type.n == 0) {
        add(p, from, bare);
        fn(to, bare, true);
        return;
    }
    bool gone = str_is(type, "unavailable") || str_is(type, "error");
    size_t i = find(p, from);
    if (gone && i < p->n) drop(p, i);
    if (gone && sessions(p, bare) == 0) fn(to, bare, false);
}

void presence_doubt(struct presence_list *p)
{
    for (size_t i = 0; i < p->n; i++) p->seen[i].doubtful = true;
}

void presence_settle(struct presence_list *p, presence_fn *fn, void *to)
{
    size_t i = 0;
    while (i < p->n) {
        char bare[ROSTER_JID_BYTES];
        if (!p->seen[i].doubtful) {
            i++;
            continue;
        }
        bool known = stanza_bare_jid(p->seen[i].jid, bare) == OK;
        drop(p, i);
        if (known && sessions(p, bare) == 0) fn(to, bare, false);
    }
}
