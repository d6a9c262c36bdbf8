/* Any bytes are a permit: refused, or spelled in exactly these bytes. */
#include "common/privacy/permit.h"
#include <stdlib.h>

enum { ARENA_BYTES = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena CLEANUP(arena_free) = arena_make(ARENA_BYTES);
    struct buf again CLEANUP(buf_free) = buf_make(2 * PERMIT_MAX_BYTES);
    struct str text = { (const char *)data, size };
    struct permit p;
    if (permit_parse(text, &arena, &p, NULL) != OK) return 0;
    permit_print(&p, &again);
    if (!str_eq(buf_str(&again), text) || p.nsites == 0 || p.round == 0) abort();
    if (permit_site(&p, str_of(p.sites[0].jid)) != &p.sites[0]) abort();
    return 0;
}
