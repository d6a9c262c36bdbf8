/* Proofs cut from a log file: C2SP tlog-proof, version 1. */
#include "common/crypto/encode.h"
#include "common/crypto/logbook_read.h"
#include "common/crypto/merkle_text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PROOF_LINE "c2sp.org/tlog-proof@v1"

/* ---- cutting one ---- */

struct cut {
    struct merkle_hash *leaves; /* owned */
    uint64_t nleaves, cap;
    struct str entry, note; /* views into the file; a note that is empty: none covers the entry yet */
};

static enum err add_leaf(struct cut *c, const struct merkle_hash *leaf)
{
    if (c->nleaves == c->cap) {
        uint64_t cap = c->cap ? 2 * c->cap : 64;
        struct merkle_hash *more = realloc(c->leaves, cap * sizeof *more);
        if (more == NULL) return ERR_MEMORY;
        c->leaves = more;
        c->cap = cap;
    }
    c->leaves[c->nleaves++] = *leaf;
    return OK;
}

/* Up to the first checkpoint that covers the entry.  The file was checked. */
static enum err collect(struct str file, uint64_t index, struct cut *c)
{
    struct logbook_read read = logbook_read_make(file);
    struct logbook_item item = { .kind = LOGBOOK_HEAD };
    while (c->note.n == 0 && item.kind != LOGBOOK_END) {
        TRY(logbook_read_next(&read, &item));
        if (item.kind == LOGBOOK_ENTRY && item.number == index) c->entry = item.text;
        if (item.kind == LOGBOOK_ENTRY) TRY(add_leaf(c, &item.leaf));
        if (item.kind == LOGBOOK_CHECKPOINT && c->entry.n > 0) c->note = item.text;
    }
    return OK;
}

static enum err read_node(void *self, unsigned level, uint64_t index, struct merkle_hash *out)
{
    const struct cut *c = self;
    struct merkle_hash left;
    struct merkle_hash right;
    if (level == 0) return index < c->nleaves ? *out = c->leaves[index], OK : ERR_ABSENT;
    TRY(read_node(self, level - 1, 2 * index, &left));
    TRY(read_node(self, level - 1, 2 * index + 1, &right));
    return merkle_node(&left, &right, out);
}

enum err logbook_put_proof(const struct logbook_cut *c, struct buf *out)
{
    buf_add_z(out, PROOF_LINE "\nextra ");
    TRY(base64_encode(str_bytes(c->entry), out));
    buf_addf(out, "\nindex %" PRIu64 "\n", c->index);
    TRY(merkle_proof_print(c->proof, out));
    buf_add_z(out, "\n");
    buf_add_str(out, c->note);
    return buf_err(out);
}

static enum err print_proof(struct cut *c, uint64_t index, struct buf *out)
{
    struct merkle_proof proof;
    TRY(merkle_prove_inclusion(read_node, c, index, c->nleaves, &proof));
    return logbook_put_proof(&(struct logbook_cut){ index, c->entry, &proof, c->note }, out);
}

enum err logbook_prove(struct str file, const struct logbook_trust *trust, uint64_t index, struct buf *out,
                       struct why *why)
{
    struct logbook_found found;
    struct cut c = { .leaves = NULL };
    TRY(logbook_check(file, trust, &found, why));
    if (index >= found.entries)
        return why_say(why, ERR_ABSENT, "the log has %" PRIu64 " entries, counted from 0; there is no entry %" PRIu64,
                       found.entries, index);
    enum err e = collect(file, index, &c);
    if (e == OK) e = print_proof(&c, index, out);
    free(c.leaves);
    return e;
}

/* ---- checking one ---- */

bool logbook_is_proof(struct str file) { return str_starts(file, PROOF_LINE "\n"); }

/* Cuts the line and its first word off. */
static enum err read_field(struct str *rest, const char *word, struct str *out)
{
    *out = str_next(rest, '\n');
    return str_is(str_next(out, ' '), word) ? OK : ERR_INPUT;
}

static enum err read_index(struct str *rest, uint64_t *out)
{
    struct str digits;
    TRY(read_field(rest, "index", &digits));
    if (digits.n > 1 && digits.p[0] == '0') return ERR_INPUT;
    return str_u64(digits, out);
}

struct parts {
    struct buf entry;
    uint64_t index;
    struct merkle_proof proof;
    struct note note;
    struct note_checkpoint point;
};

static enum err parse(struct str file, struct parts *out)
{
    struct str extra;
    if (file.n > LOGBOOK_PROOF_MAX_BYTES || !logbook_is_proof(file)) return ERR_INPUT;
    (void)str_next(&file, '\n');
    TRY(read_field(&file, "extra", &extra));
    TRY(base64_decode(extra, &out->entry));
    if (!logbook_is_entry(buf_str(&out->entry))) return ERR_INPUT;
    TRY(read_index(&file, &out->index));
    TRY(merkle_proof_parse(&file, &out->proof));
    TRY(note_parse(file, &out->note, NULL));
    return note_checkpoint_parse(out->note.text, &out->point, NULL);
}

static enum err check_note(const struct parts *p, const struct logbook_trust *trust, size_t *out_cosigned,
                           struct why *why)
{
    struct note_seen log;
    struct note_seen *seen = calloc(trust->nwitnesses + 1, sizeof *seen);
    if (seen == NULL) return ERR_MEMORY;
    enum err e = note_verify(&p->note, &trust->log, 1, &log);
    if (e == OK) e = note_verify(&p->note, trust->witnesses, trust->nwitnesses, seen);
    *out_cosigned = note_count(seen, trust->nwitnesses);
    free(seen);
    if (e == ERR_CRYPTO) return why_say(why, e, "a signature of the proof's checkpoint does not hold");
    TRY(e);
    if (!log.valid || !str_is(p->point.origin, trust->log.name))
        return why_say(why, ERR_CRYPTO, "the proof's checkpoint is not signed by %.200s", trust->log.name);
    return OK;
}

static enum err check_parts(const struct parts *p, const struct logbook_trust *trust, size_t *out_cosigned,
                            struct why *why)
{
    struct merkle_hash leaf;
    TRY(check_note(p, trust, out_cosigned, why));
    TRY(merkle_leaf(buf_bytes(&p->entry), &leaf));
    enum err e = merkle_check_inclusion(&leaf, p->index, p->point.size, &p->proof, &p->point.root);
    return e == ERR_CRYPTO ? why_say(why, e, "the entry is not in the log at this place, or not in these words") : e;
}

enum err logbook_check_proof(struct str file, const struct logbook_trust *trust, struct logbook_proven *out,
                             struct why *why)
{
    struct parts p = { .entry = buf_make(LOGBOOK_ENTRY_BYTES) };
    size_t cosigned = 0;
    enum err e = parse(file, &p);
    if (e != OK && e != ERR_MEMORY) e = why_say(why, ERR_INPUT, "this is no proof as `himas audit prove` writes it");
    if (e == OK) e = check_parts(&p, trust, &cosigned, why);
    if (e == OK)
        *out = (struct logbook_proven){ p.index, p.point.size, p.entry, cosigned };
    else
        buf_free(&p.entry);
    return e;
}
