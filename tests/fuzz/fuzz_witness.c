/* Any bytes are a checkpoint and its proof, shown to a hospital: what it signs follows what it kept, and what it does
 * not sign has a reason. */
#include "agents/trainer/witness.h"
#include "tests/support/logbooks.h"
#include <stdlib.h>
#include <string.h>

enum { NOTE_BYTES = 1 << 16, KEPT = 3 };
static const char cut[] = "\n==\n"; /* between proof and note */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) abort();
}

static void keep(const struct logbooks *l, struct buf *out)
{
    struct merkle_range range = { .size = 0 };
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    for (size_t i = 0; i < KEPT; i++) {
        struct merkle_hash leaf;
        buf_clear(&text);
        logbooks_entry(i, &text);
        require(merkle_leaf(buf_bytes(&text), &leaf) == OK && merkle_append(&range, &leaf, NULL, NULL) == OK);
    }
    logbooks_note(l, &range, 0, out);
}

static void look(const struct logbooks *l, struct str kept, const struct msg_log_checkpoint *m)
{
    const struct witness_case c = { kept, &l->log, m };
    struct witness_found f;
    require(witness_judge(&c, &f) == OK);
    require((f.verdict == WITNESS_SIGNS) == (f.why.text[0] == '\0') && f.verdict < WITNESS_VERDICTS);
    if (f.verdict == WITNESS_SIGNS) require(f.text.n > 0 && f.size >= f.kept_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = { (const char *)data, size };
    struct buf kept CLEANUP(buf_free) = buf_make(NOTE_BYTES);
    struct logbooks l;
    size_t at = str_find(in, cut);
    size_t end = at + strlen(cut) > in.n ? in.n : at + strlen(cut);
    const struct msg_log_checkpoint m = { .from = KEPT, .proof = { in.p, at }, .note = { in.p + end, in.n - end } };
    logbooks_init(&l);
    keep(&l, &kept);
    look(&l, buf_str(&kept), &m);
    look(&l, STR(""), &m);
    return 0;
}
