#include "common/privacy/secagg.h"
#include "common/privacy/secagg_code.h"
#include <string.h>

enum { ID_BYTES = 4, COUNT_BYTES = 4, MEMBER_BYTES = ID_BYTES + ED25519_KEY_BYTES };

const struct secagg_member *secagg_roster_find(const struct secagg_roster *roster, uint32_t id)
{
    size_t from = 0;
    size_t to = roster->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (roster->members[middle].id == id) return &roster->members[middle];
        *(roster->members[middle].id < id ? &from : &to) = roster->members[middle].id < id ? middle + 1 : middle;
    }
    return NULL;
}

static bool is_new(const struct secagg_roster *roster, size_t i)
{
    if (i > 0 && roster->members[i - 1].id >= roster->members[i].id) return false;
    for (size_t k = 0; k < i; k++)
        if (memcmp(roster->members[k].identity, roster->members[i].identity, ED25519_KEY_BYTES) == 0) return false;
    return true;
}

enum err secagg_roster_hash(const struct secagg_roster *roster, uint8_t out[HASH_BYTES])
{
    struct buf bytes CLEANUP(buf_free) = buf_make((SECAGG_MEMBERS_MAX + 1) * MEMBER_BYTES);
    if (roster->n == 0 || roster->n > SECAGG_MEMBERS_MAX) return ERR_INPUT;
    secagg_code_put_label(&bytes, "himas secagg roster 1");
    secagg_code_put(&bytes, roster->n, COUNT_BYTES);
    for (size_t i = 0; i < roster->n; i++) {
        if (!is_new(roster, i)) return ERR_INPUT;
        secagg_code_put(&bytes, roster->members[i].id, ID_BYTES);
        buf_add(&bytes, roster->members[i].identity, ED25519_KEY_BYTES);
    }
    TRY(buf_err(&bytes));
    return hash_of(buf_bytes(&bytes), out);
}

bool secagg_set_ascends(const struct secagg_set *set)
{
    if (set->n > SECAGG_MEMBERS_MAX) return false;
    for (size_t i = 1; i < set->n; i++)
        if (set->ids[i - 1] >= set->ids[i]) return false;
    return true;
}

bool secagg_set_has(const struct secagg_set *set, uint32_t id)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->ids[i] == id) return true;
    return false;
}
