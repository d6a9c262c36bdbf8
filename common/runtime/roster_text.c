#include "common/runtime/roster_text.h"
#include "common/base/json.h"
#include "common/crypto/encode.h"
#include <inttypes.h>
#include <string.h>

enum { ROLES_BYTES = 256 };

static void add_key(struct buf *out, const char *name, bool has, const uint8_t key[ROSTER_KEY_BYTES])
{
    char hex[2 * ROSTER_KEY_BYTES + 1];
    if (!has) return;
    hex_encode(bytes_of(key, ROSTER_KEY_BYTES), hex);
    buf_addf(out, ", %s: \"%s\"", name, hex);
}

void roster_text_member(const struct member *m, bool enrolled, struct buf *out)
{
    char roles[ROLES_BYTES];
    bool many = strchr(role_list(m->role, roles, sizeof roles), ',') != NULL;
    buf_add_z(out, "  - {jid: ");
    json_add_text(out, str_of(m->jid));
    buf_addf(out, ", role: %s%s%s, name: ", many ? "[" : "", roles, many ? "]" : "");
    json_add_text(out, str_of(m->name));
    add_key(out, "key", m->has_key, m->key);
    add_key(out, "sign", m->has_sign, m->sign);
    buf_add_z(out, enrolled ? ", enrolled: yes}\n" : "}\n");
}

static bool is_revoked(const struct roster_plan *p, const char *jid)
{
    if (p->revoke && str_is_nocase(str_of(jid), p->revoke)) return true;
    if (p->pardon && roster_find(p->pardon, str_of(jid))) return false;
    return p->before && roster_is_revoked(p->before, str_of(jid));
}

static void add_revoked(const struct roster_plan *p, struct buf *out)
{
    const char *between = "";
    buf_add_z(out, "revoked: [");
    for (size_t i = 0; p->before && roster_revoked(p->before, i); i++) {
        if (!is_revoked(p, roster_revoked(p->before, i))) continue;
        buf_add_z(out, between);
        json_add_text(out, str_of(roster_revoked(p->before, i)));
        between = ", ";
    }
    if (p->revoke && !(p->before && roster_is_revoked(p->before, str_of(p->revoke)))) {
        buf_add_z(out, between);
        json_add_text(out, str_of(p->revoke));
    }
    buf_add_z(out, "]\n");
}

static void add_part(const struct roster_plan *p, size_t which, struct buf *out)
{
    const struct roster_part *part = &p->parts[which];
    const struct roster *first = which > 0 ? p->parts[0].of : NULL;
    for (size_t i = 0; part->of && i < roster_count(part->of); i++) {
        const struct member *m = roster_at(part->of, i);
        bool out_of_it = (part->only_enrolled && !m->enrolled) || is_revoked(p, m->jid);
        if (!out_of_it && !roster_find(first, str_of(m->jid)))
            roster_text_member(m, m->enrolled || part->mark_enrolled, out);
    }
}

void roster_text(const struct roster_plan *plan, struct buf *out)
{
    buf_addf(out,
             "# Who is who.  Written by himas, and signed in the file beside it; a role is never read from a message.\n"
             "version: %" PRIu64 "\n",
             plan->version);
    add_revoked(plan, out);
    buf_add_z(out, "members:\n");
    size_t before = out->n;
    add_part(plan, 0, out);
    add_part(plan, 1, out);
    if (out->n == before) buf_add_z(out, "  []\n");
}
