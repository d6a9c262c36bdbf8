/* Any bytes are a log and a proof: a complaint names its line; what is accepted can be proven, entry by entry. */
#include "common/crypto/logbook.h"
#include "tests/support/logbooks.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) abort();
}

static void as_log(const struct logbooks *l, struct str in)
{
    struct buf proof CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct logbook_found found;
    struct why why = { "" };
    enum err e = logbook_check(in, &l->trust, &found, &why);
    require(found.covered <= found.entries);
    if (e != OK) {
        require(why.text[0] != '\0' && found.line > 0);
        return;
    }
    require(found.covered == found.entries);
    if (found.entries > 0) require(logbook_prove(in, &l->trust, found.entries - 1, &proof, NULL) == OK);
    require(logbook_prove(in, &l->trust, found.entries, &proof, NULL) == ERR_ABSENT);
}

static void as_proof(const struct logbooks *l, struct str in)
{
    struct logbook_proven p;
    if (logbook_check_proof(in, &l->trust, &p, NULL) != OK) return;
    require(p.index < p.size && logbook_is_entry(buf_str(&p.entry)));
    buf_free(&p.entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = { (const char *)data, size };
    struct logbooks l;
    logbooks_init(&l);
    as_log(&l, in);
    as_proof(&l, in);
    return 0;
}
