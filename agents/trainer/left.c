#include "agents/trainer/left.h"
#include <inttypes.h>
#include <stdio.h>

bool left_has(const struct left *l, uint64_t round)
{
    if (round > l->newest) return false;
    uint64_t behind = l->newest - round;
    return behind >= LEFT_WINDOW || (l->bits >> behind & 1) != 0;
}

void left_note(struct left *l, uint64_t round)
{
    if (left_has(l, round)) return;
    if (round <= l->newest) {
        l->bits |= UINT64_C(1) << (l->newest - round);
        return;
    }
    uint64_t ahead = round - l->newest;
    l->bits = (ahead < LEFT_WINDOW ? l->bits << ahead : 0) | 1;
    l->newest = round;
}

const char *left_print(const struct left *l, char out[LEFT_TEXT_BYTES])
{
    (void)snprintf(out, LEFT_TEXT_BYTES, "%" PRIu64 " %" PRIu64, l->newest, l->bits);
    return out;
}

enum err left_read(struct str text, struct left *out)
{
    struct left l;
    if (str_u64(str_next(&text, ' '), &l.newest) != OK || str_u64(text, &l.bits) != OK) return ERR_STORE;
    *out = l;
    return OK;
}
