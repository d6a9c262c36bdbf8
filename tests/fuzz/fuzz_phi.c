/* Any text: hits lie inside it, a scan says the same again, and what was withheld says nothing more. */
#include "common/phi/phi.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct phi *p = NULL;
    struct phi_hits a;
    struct phi_hits b;
    struct str text = { (const char *)data, size };
    if (phi_new(&p) != OK) return 0;
    phi_scan(p, text, NULL, &a);
    phi_scan(p, text, NULL, &b);
    if (a.n != b.n || a.n > PHI_MAX_HITS) abort();
    for (size_t i = 0; i < a.n; i++) {
        const struct phi_hit *h = &a.hit[i];
        if (h->type != b.hit[i].type || h->at + h->n > size || !(h->score >= .5 && h->score <= 1)) abort();
        phi_scan(p, str_of(phi_withheld(h->type)), NULL, &b);
        if (b.n > 0) abort();
        phi_scan(p, text, NULL, &b);
    }
    if (size > 0 && !str_is_utf8(text) && a.n == 0) abort(); /* fails closed */
    phi_free(p);
    return 0;
}
