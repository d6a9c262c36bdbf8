#include "common/runtime/xmpp/presence.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct seen {
    char *jid; /* full */
    bool doubtful;
};
struct presence_list {
    struct seen *seen;
    size_t n, cap;
};

struct presence_list *presence_new(void) { return calloc(1, sizeof(struct presence_list)); }

void presence_free(struct presence_list *p)
{
    for (size_t i = 0; p && i < p->n; i++) free(p->seen[i].jid);
    if (p) free(p->seen);
    free(p);
}

static size_t find(const struct presence_list *p, const char *jid)
{
    size_t i = 0;
    while (i < p->n && strcmp(p->seen[i].jid, jid) != 0) i++;
    return i;
}

static bool is_of(const char *jid, const char *bare)
{
    size_t n = strlen(bare);
    return strncasecmp(jid, bare, n) == 0 && (jid[n] == '/' || jid[n] == '\0');
}

static size_t sessions(const struct presence_list *p, const char *bare)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) n += is_of(p->seen[i].jid, bare);
    return n;
}

/* Without room the session is not counted; its owner is still told of. */
static void add(struct presence_list *p, const char *jid, const char *bare)
{
    size_t i = find(p, jid);
    if (i < p->n) {
        p->seen[i].doubtful = false;
        return;
    }
    if (p->n == PRESENCE_MAX || sessions(p, bare) >= PRESENCE_MAX_A_PEER) return;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        struct seen *grown = realloc(p->seen, cap * sizeof *grown);
        if (!grown) return;
        p->seen = grown;
        p->cap = cap;
    }
    char *copy = strdup(jid);
    if (copy) p->seen[p->n++] = (struct seen){ .jid = copy };
}

static void drop(struct presence_list *p, size_t i)
{
    free(p->seen[i].jid);
    p->seen[i] = p->seen[--p->n];
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
