#include "common/privacy/permit_log.h"
#include <inttypes.h>

enum { SAYS_ARENA_BYTES = 1 << 20 };

/* A column's name comes last: it may hold blanks. */
enum err permit_entry(const struct permit *p, struct buf *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(PERMIT_MAX_BYTES);
    char digits[HASH_HEX_BYTES];
    permit_print(p, &text);
    TRY(buf_err(&text));
    TRY(hash_hex_of(buf_bytes(&text), digits));
    buf_addf(out,
             "permit serial=%" PRIu64 " signed=%s kind=%s run=%s round=%" PRIu64
             " task=%s purpose=%s document=%s hospitals=%zu emergency=%" PRIu64,
             p->serial, digits, permit_kind_name(p->kind), p->run, p->round, p->task, purpose_name(p->purpose),
             p->document, p->nsites, p->emergency);
    if (p->kind == PERMIT_QUERY)
        buf_addf(out, " rows=%s columns=%s", p->rows, p->columns);
    else
        buf_addf(out, " model=%s", p->model);
    return buf_err(out);
}

enum err permit_says(struct str entry, struct str text)
{
    CLEANUP(arena_free) struct arena arena = arena_make(SAYS_ARENA_BYTES);
    CLEANUP(buf_free) struct buf expected = buf_make(LOGBOOK_ENTRY_BYTES);
    struct permit p;
    enum err e = permit_parse(text, &arena, &p, NULL);
    if (e == OK) e = p.serial ? permit_entry(&p, &expected) : ERR_CRYPTO;
    if (e == ERR_MEMORY) return e;
    return e == OK && str_eq(buf_str(&expected), entry) ? OK : ERR_CRYPTO;
}
