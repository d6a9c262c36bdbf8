#include "common/wire/role.h"
#include <string.h>

static const char *const role_names[ROLE_COUNT] = {
#define ROLE_ROW(name, text) [ROLE_INDEX_##name] = text,
    ROLES(ROLE_ROW)
#undef ROLE_ROW
};

const char *role_name(unsigned role)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (role == 1u << i) return role_names[i];
    return "none";
}

unsigned role_parse(struct str name)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (str_is(name, role_names[i])) return 1u << i;
    return ROLE_NONE;
}

char *role_list(unsigned mask, char *out, size_t size)
{
    struct str separator = { 0 };
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        struct str name = str_of(role_names[i]);
        if (!(mask >> i & 1)) continue;
        if (n + separator.n + name.n >= size) break;
        if (separator.n > 0) memcpy(out + n, separator.p, separator.n);
        n += separator.n;
        memcpy(out + n, name.p, name.n + 1);
        n += name.n;
        separator = STR(", ");
    }
    return out;
}
