#include "common/runtime/roster.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/wire/doc.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY_SLOT = 0, SLOTS_PER_MEMBER = 2, KEY_DIGITS = 2 * ROSTER_KEY_BYTES };
#define ARENA_BYTES ((size_t)1 << 28)

/* Open addressing with linear probing; a slot holds a member's number plus one. */
struct index {
    uint32_t *slots;
    size_t mask; /* slots - 1, a power of two less one */
};
struct roster {
    struct member *members;
    size_t count;
    struct index by_jid;
    struct index by_name;
    uint64_t version;
    char (*revoked)[ROSTER_JID_BYTES];
    size_t nrevoked;
};

typedef const char *key_fn(const struct member *m);
static const char *jid_of(const struct member *m) { return m->jid; }
static const char *name_of(const struct member *m) { return m->name; }

/* FNV-1a (Fowler, Noll, Vo), case-folded: the roster is our own file, not a peer's. */
static size_t hash(struct str s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s.n; i++) h = (h ^ (uint64_t)tolower((unsigned char)s.p[i])) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static bool make_index(struct index *x, size_t members)
{
    size_t slots = 1;
    while (slots < SLOTS_PER_MEMBER * members + 1) slots *= 2;
    x->slots = calloc(slots, sizeof *x->slots);
    x->mask = slots - 1;
    return x->slots != NULL;
}

/* The slot of the key, or the empty one where it would go. */
static uint32_t *slot_of(const struct roster *r, const struct index *x, key_fn *key, struct str wanted)
{
    size_t i = hash(wanted) & x->mask;
    while (x->slots[i] != EMPTY_SLOT && !str_is_nocase(wanted, key(&r->members[x->slots[i] - 1])))
        i = (i + 1) & x->mask;
    return &x->slots[i];
}

static const struct member *look_up(const struct roster *r, const struct index *x, key_fn *key, struct str wanted)
{
    uint32_t slot = r == NULL ? EMPTY_SLOT : *slot_of(r, x, key, wanted);
    return slot == EMPTY_SLOT ? NULL : &r->members[slot - 1];
}

const struct member *roster_find(const struct roster *r, struct str bare_jid)
{
    return r ? look_up(r, &r->by_jid, jid_of, bare_jid) : NULL;
}

const struct member *roster_by_name(const struct roster *r, struct str name)
{
    return r ? look_up(r, &r->by_name, name_of, name) : NULL;
}

size_t roster_count(const struct roster *r) { return r->count; }
const struct member *roster_at(const struct roster *r, size_t i) { return i < r->count ? &r->members[i] : NULL; }

void roster_free(struct roster *r)
{
    if (r == NULL) return;
    free(r->members);
    free(r->revoked);
    free(r->by_jid.slots);
    free(r->by_name.slots);
    free(r);
}

uint64_t roster_version(const struct roster *r) { return r->version; }
const char *roster_revoked(const struct roster *r, size_t i) { return i < r->nrevoked ? r->revoked[i] : NULL; }

bool roster_is_revoked(const struct roster *r, struct str jid)
{
    for (size_t i = 0; i < r->nrevoked; i++)
        if (str_is_nocase(jid, r->revoked[i])) return true;
    return false;
}

/* Nothing in it that ends a line, moves a cursor or turns the writing direction. */
static bool is_plain(const char *z)
{
    char shown[ROSTER_JID_BYTES + TEXT_SHOWN_BYTES];
    return str_is(str_of(text_show(str_of(z), shown, sizeof shown)), z);
}

/* local@domain, no resource (RFC 7622); kept in lower case. */
static enum err read_jid(const struct doc *d, struct member *m, struct why *why)
{
    TRY(doc_need_text(d, "jid", m->jid, sizeof m->jid, why));
    const char *at = strchr(m->jid, '@');
    bool bare = is_plain(m->jid) && at != NULL && at != m->jid && at[1] != '\0' && strchr(at + 1, '@') == NULL;
    for (char *c = m->jid; *c; c++) {
        if (*c == '/' || (unsigned char)*c <= ' ' || *c == 0x7f) bare = false;
        *c = (char)tolower((unsigned char)*c);
    }
    return bare ? OK : doc_refuse(doc_get(d, "jid"), why, "a member's jid is local@domain, without a resource");
}

static enum err read_name(const struct doc *d, struct member *m, struct why *why)
{
    struct str local = str_of(m->jid);
    const struct doc *name = doc_get(d, "name");
    local = str_next(&local, '@');
    if (name == NULL && str_copy(local, m->name, sizeof m->name) != OK)
        return doc_refuse(d, why, "the jid is too long to be a name; give a `name`");
    TRY(doc_get_text(d, "name", m->name, sizeof m->name, why));
    if (!is_plain(m->name)) return doc_refuse(name ? name : d, why, "control characters in a name");
    return m->name[0] ? OK : doc_refuse(name, why, "an empty name");
}

static enum err add_role(const struct doc *d, struct member *m, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    char roles[256];
    unsigned role = d->kind == DOC_SCALAR ? role_parse(d->text) : ROLE_NONE;
    if (role == ROLE_NONE)
        return doc_refuse(d, why, "\"%s\" is not a role: %s", text_show(d->text, shown, sizeof shown),
                          role_list(ROLE_ANYONE, roles, sizeof roles));
    if (m->role != ROLE_NONE && ((m->role | role) & ROLE_AGENTS))
        return doc_refuse(d, why, "an agent has one role; only people may have several");
    m->role |= role;
    return OK;
}

static enum err read_roles(const struct doc *d, struct member *m, struct why *why)
{
    const struct doc *roles = doc_get(d, "role");
    if (roles == NULL || (roles->kind == DOC_LIST && roles->count == 0)) return doc_refuse(d, why, "`role` is missing");
    if (roles->kind != DOC_LIST) return add_role(roles, m, why);
    for (size_t i = 0; i < roles->count; i++) TRY(add_role(roles->items[i], m, why));
    return OK;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static enum err read_key(const struct doc *key, uint8_t out[ROSTER_KEY_BYTES], bool *out_has, struct why *why)
{
    if (key == NULL) return OK;
    bool good = key->kind == DOC_SCALAR && key->text.n == KEY_DIGITS;
    for (size_t i = 0; good && i < ROSTER_KEY_BYTES; i++) {
        int high = digit(key->text.p[2 * i]);
        int low = digit(key->text.p[2 * i + 1]);
        good = high >= 0 && low >= 0;
        out[i] = (uint8_t)(good ? high << 4 | low : 0);
    }
    *out_has = good;
    return good ? OK
                : doc_refuse(key, why, "a public key is %d hex digits, as `himas keys show` prints it", KEY_DIGITS);
}

static enum err read_member(const struct doc *d, struct member *m, struct why *why)
{
    static const char *const keys[] = { "jid", "role", "name", "key", "sign", "enrolled", NULL };
    TRY(doc_only(d, keys, why));
    TRY(read_jid(d, m, why));
    TRY(read_roles(d, m, why));
    TRY(read_name(d, m, why));
    TRY(doc_get_flag(d, "enrolled", &m->enrolled, why));
    TRY(read_key(doc_get(d, "key"), m->key, &m->has_key, why));
    return read_key(doc_get(d, "sign"), m->sign, &m->has_sign, why);
}

static enum err add_member(struct roster *r, const struct doc *d, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    struct member *m = &r->members[r->count];
    TRY(read_member(d, m, why));
    uint32_t *jid = slot_of(r, &r->by_jid, jid_of, str_of(m->jid));
    uint32_t *name = slot_of(r, &r->by_name, name_of, str_of(m->name));
    if (*jid != EMPTY_SLOT)
        return doc_refuse(d, why, "%s is there twice", text_show(str_of(m->jid), shown, sizeof shown));
    if (*name != EMPTY_SLOT)
        return doc_refuse(d, why, "two members have the name `%s`; give one another `name`",
                          text_show(str_of(m->name), shown, sizeof shown));
    if (roster_is_revoked(r, str_of(m->jid)))
        return doc_refuse(d, why, "%s is a member, and in `revoked` too",
                          text_show(str_of(m->jid), shown, sizeof shown));
    *jid = *name = (uint32_t)++r->count;
    return OK;
}

static enum err read_revoked(struct roster *r, const struct doc *d, struct why *why)
{
    const struct doc *list = NULL;
    TRY(doc_get_child(d, "revoked", DOC_LIST, &list, why));
    if (list == NULL || list->count == 0) return OK;
    if (list->count > ROSTER_MAX_REVOKED) return doc_refuse(list, why, "more than %d", ROSTER_MAX_REVOKED);
    r->revoked = calloc(list->count, sizeof *r->revoked);
    if (r->revoked == NULL) return ERR_MEMORY;
    for (size_t i = 0; i < list->count; i++) {
        const struct doc *jid = list->items[i];
        if (jid->kind != DOC_SCALAR || str_copy(jid->text, r->revoked[i], sizeof r->revoked[i]) != OK)
            return doc_refuse(jid, why, "it lists JIDs");
        r->nrevoked++;
    }
    return OK;
}

static enum err fill(struct roster *r, struct str text, const char *source, struct why *why)
{
    static const char *const keys[] = { "version", "revoked", "members", NULL };
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    const struct doc *d = NULL;
    const struct doc *members = NULL;
    TRY(doc_parse(text, source, &arena, &d, why));
    TRY(doc_only(d, keys, why));
    TRY(doc_get_u64(d, "version", 1, ROSTER_MAX_VERSION, &r->version, why));
    TRY(read_revoked(r, d, why));
    TRY(doc_need_child(d, "members", DOC_LIST, &members, why));
    if (members->count > ROSTER_MAX_MEMBERS)
        return why_say(why, ERR_LIMIT, "%s: a roster has at most %d members", source, ROSTER_MAX_MEMBERS);
    r->members = calloc(members->count + 1, sizeof *r->members);
    if (r->members == NULL || !make_index(&r->by_jid, members->count) || !make_index(&r->by_name, members->count))
        return why_say(why, ERR_MEMORY, "%s: no memory for so many members", source);
    for (size_t i = 0; i < members->count; i++) TRY(add_member(r, members->items[i], why));
    return OK;
}

enum err roster_parse(struct str text, const char *source, struct roster **out, struct why *why)
{
    struct roster *r = calloc(1, sizeof *r);
    if (r == NULL) return why_say(why, ERR_MEMORY, "no memory for the roster");
    enum err e = fill(r, text, source, why);
    if (e != OK) {
        roster_free(r);
        return e;
    }
    *out = r;
    return OK;
}

enum err roster_read(const char *path, struct roster **out, struct why *why)
{
    struct buf text CLEANUP(buf_free) = buf_make(DOC_MAX_BYTES);
    TRY(file_read(path, &text, why));
    return roster_parse(buf_str(&text), path, out, why);
}
