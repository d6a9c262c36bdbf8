/* A book, line by line: whatever it says, nothing is open that two people did not open, and trouble closes all. */
#include "agents/privacy/breakglass.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct breakglass b;
    struct str rest = { (const char *)data, size };
    breakglass_init(&b);
    for (uint64_t k = 1; rest.n > 0; k++) {
        char key[BREAKGLASS_KEY_BYTES];
        (void)snprintf(key, sizeof key, BREAKGLASS_PREFIX "%010" PRIu64, k);
        enum err e = breakglass_load(&b, key, str_bytes(str_next(&rest, '\n')));
        if (e == ERR_STORE && b.trouble.text[0] == '\0') abort();
    }
    for (size_t i = 0; i < b.count; i++) {
        const struct breakglass_case *c = &b.cases[i];
        const struct breakglass_case *open = breakglass_open(&b, c->run, c->opened_ms);
        if (open && b.trouble.text[0]) abort();
        if (open && (open->confirmed_by[0] == '\0' || strcmp(open->asked_by, open->confirmed_by) == 0)) abort();
        if (c->reviewed_ms && strcmp(c->asked_by, c->reviewed_by) == 0) abort();
        if (breakglass_state(c, c->asked_ms) >= BREAKGLASS_STATES) abort();
    }
    breakglass_fini(&b);
    return 0;
}
