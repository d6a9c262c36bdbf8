#include "common/crypto/logbook.h"
#include "common/crypto/encode.h"
#include "common/crypto/logbook_read.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HEX_BYTES = 2 * HASH_BYTES + 1, KNOWN_FIRST = 16 };

bool logbook_is_entry(struct str text)
{
    if (text.n == 0 || text.n > LOGBOOK_ENTRY_BYTES || text.p[0] < 'a' || text.p[0] > 'z') return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f) return false;
    return str_is_utf8(text);
}

struct str logbook_signed_hash(struct str entry)
{
    struct str kind = str_next(&entry, ' ');
    (void)str_next(&entry, ' ');
    struct str word = str_next(&entry, ' ');
    struct str name = str_next(&word, '=');
    return str_is(kind, "permit") && str_is(name, "signed") ? word : (struct str){ NULL, 0 };
}

/* ---- writing ---- */

enum err logbook_put_head(struct buf *out)
{
    buf_add_z(out, LOGBOOK_HEAD_LINE "\n");
    return buf_err(out);
}

enum err logbook_put_entry(uint64_t index, struct str text, struct buf *out)
{
    struct merkle_hash leaf;
    char digits[HEX_BYTES];
    if (!logbook_is_entry(text)) return ERR_INPUT;
    TRY(merkle_leaf(str_bytes(text), &leaf));
    hex_encode(bytes_of(leaf.b, HASH_BYTES), digits);
    buf_addf(out, "entry %" PRIu64 " %s ", index, digits);
    buf_add_str(out, text);
    buf_add_z(out, "\n");
    return buf_err(out);
}

static enum err put_note(const char *word, struct str note, struct buf *out)
{
    struct note parsed;
    size_t lines = 0;
    TRY(note_parse(note, &parsed, NULL));
    for (size_t i = 0; i < note.n; i++) lines += note.p[i] == '\n';
    buf_addf(out, "%s %zu\n", word, lines);
    buf_add_str(out, note);
    return buf_err(out);
}

enum err logbook_put_signed(struct str note, struct buf *out) { return put_note("signed", note, out); }
enum err logbook_put_checkpoint(struct str note, struct buf *out) { return put_note("checkpoint", note, out); }

enum err logbook_put_end(uint64_t entries, uint64_t texts, struct buf *out)
{
    buf_addf(out, "end %" PRIu64 " %" PRIu64 "\n", entries, texts);
    return buf_err(out);
}

/* ---- the keys that may sign ---- */

struct check {
    const struct logbook_trust *trust;
    struct logbook_found *found;
    struct logbook_read *read;
    struct note_key *known; /* owned: the log's, the trusted witnesses', those the log named */
    struct note_seen *seen; /* owned, as long */
    size_t nknown, cap;
    struct merkle_range range; /* of the entries so far */
    struct str entry;          /* the last one, */
    bool owed;                 /* whose signed text is to follow */
    struct why *why;
};

static enum err know(struct check *c, const struct note_key *key)
{
    for (size_t i = 0; i < c->nknown; i++)
        if (c->known[i].id == key->id && strcmp(c->known[i].name, key->name) == 0) return OK;
    if (c->nknown == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : KNOWN_FIRST;
        struct note_key *known = realloc(c->known, cap * sizeof *known);
        if (known == NULL) return ERR_MEMORY;
        c->known = known;
        struct note_seen *seen = realloc(c->seen, cap * sizeof *seen);
        if (seen == NULL) return ERR_MEMORY;
        c->seen = seen;
        c->cap = cap;
    }
    c->known[c->nknown++] = *key;
    return OK;
}

/* In this order: what is counted lies behind the log's own. */
static enum err know_trusted(struct check *c)
{
    TRY(know(c, &c->trust->log));
    for (size_t i = 0; i < c->trust->nwitnesses; i++) TRY(know(c, &c->trust->witnesses[i]));
    return OK;
}

/* "witness name=... key=..." */
static enum err know_named(struct check *c, struct str entry)
{
    uint8_t public_key[ED25519_KEY_BYTES];
    struct note_key key;
    struct str kind = str_next(&entry, ' ');
    struct str name = str_next(&entry, ' ');
    if (!str_is(kind, "witness") || !str_starts(name, "name=") || !str_starts(entry, "key=")) return OK;
    (void)str_next(&name, '=');
    (void)str_next(&entry, '=');
    if (hex_decode(entry, public_key, sizeof public_key) != OK) return OK;
    enum err e = note_key_make(name, NOTE_COSIGN, public_key, &key);
    return e == OK ? know(c, &key) : e == ERR_MEMORY ? e : OK;
}

/* ---- checking ---- */

/* The entries from `first` to the last that was read are in doubt. */
static enum err bad(struct check *c, enum err e, uint64_t first, const char *what)
{
    struct logbook_found *f = c->found;
    f->line = c->read->line;
    f->bad_first = first;
    f->bad_last = f->entries - 1; /* none when first is f->entries */
    if (first + 1 == f->entries)
        return why_say(c->why, e, "line %" PRIu64 ": entry %" PRIu64 " %s", f->line, first, what);
    if (first < f->entries)
        return why_say(c->why, e, "line %" PRIu64 ": one of the entries %" PRIu64 " to %" PRIu64 " %s", f->line, first,
                       f->bad_last, what);
    return why_say(c->why, e, "line %" PRIu64 ": %s", f->line, what);
}

static enum err check_entry(struct check *c, const struct logbook_item *item)
{
    uint64_t number = c->found->entries++;
    if (item->number != number) return bad(c, ERR_INPUT, number, "does not have the number that follows");
    if (memcmp(&item->leaf, &item->claimed, sizeof item->leaf) != 0)
        return bad(c, ERR_CRYPTO, number, "is not what its hash says");
    TRY(merkle_append(&c->range, &item->leaf, NULL, NULL));
    c->entry = item->text;
    return know_named(c, item->text);
}

/* The text must be what the entry's hash says, and the log's keeper have signed it, alone. */
static enum err check_text(struct check *c, struct str note, struct note *out)
{
    const uint64_t last = c->found->entries - 1;
    char digits[HEX_BYTES];
    struct note_seen seen;
    enum err e = note_parse(note, out, NULL);
    if (e == ERR_INPUT || e == ERR_LIMIT)
        return bad(c, ERR_INPUT, last, "has no signed text behind it, but other lines");
    TRY(e);
    TRY(hash_hex_of(str_bytes(out->text), digits));
    if (!str_is(logbook_signed_hash(c->entry), digits))
        return bad(c, ERR_CRYPTO, last, "is not about the text that stands behind it: the text was changed");
    e = note_verify(out, &c->trust->log, 1, &seen);
    if (e != OK && e != ERR_CRYPTO) return e;
    if (e == ERR_CRYPTO || !seen.valid || out->signatures != 1)
        return bad(c, ERR_CRYPTO, last, "has a text behind it that the log's key did not sign");
    return OK;
}

static enum err check_signed(struct check *c, const struct logbook_item *item)
{
    struct note note;
    if (!c->owed) return bad(c, ERR_INPUT, c->found->entries, "the lines before belong to no entry");
    TRY(check_text(c, item->text, &note));
    enum err e = c->trust->says ? c->trust->says(c->entry, note.text) : OK;
    if (e == ERR_CRYPTO) return bad(c, e, c->found->entries - 1, "tells something else than the signed text behind it");
    c->found->texts++;
    return e;
}

/* Signed by the log, each line by somebody known, nobody twice. */
static enum err check_signatures(struct check *c, const struct note *note)
{
    enum err e = note_verify(note, c->known, c->nknown, c->seen);
    if (e == ERR_CRYPTO) return bad(c, e, c->found->entries, "a signature of the checkpoint before does not hold");
    TRY(e);
    if (!c->seen[0].valid)
        return bad(c, ERR_CRYPTO, c->found->entries, "the checkpoint before is not signed by the log");
    if (note_count(c->seen, c->nknown) != note->signatures)
        return bad(c, ERR_CRYPTO, c->found->entries, "the checkpoint before is signed by somebody unknown, or twice");
    return OK;
}

static enum err check_checkpoint(struct check *c, const struct logbook_item *item)
{
    struct note note;
    struct note_checkpoint point;
    struct merkle_hash root;
    uint64_t all = c->found->entries;
    enum err e = note_parse(item->text, &note, NULL);
    if (e == OK) e = note_checkpoint_parse(note.text, &point, NULL);
    if (e == ERR_INPUT || e == ERR_LIMIT) return bad(c, ERR_INPUT, all, "the lines before are no signed checkpoint");
    TRY(e);
    TRY(check_signatures(c, &note));
    if (!str_is(point.origin, c->trust->log.name))
        return bad(c, ERR_CRYPTO, all, "the checkpoint before is of another log");
    if (point.size != all) return bad(c, ERR_CRYPTO, all, "the checkpoint before is for another number of entries");
    TRY(merkle_range_root(&c->range, &root));
    if (memcmp(&root, &point.root, sizeof root) != 0)
        return bad(c, ERR_CRYPTO, c->found->covered, "is not what was signed, though its hash was made to fit");
    c->found->covered = all;
    c->found->checkpoints++;
    c->found->cosigned = note_count(c->seen + 1, c->trust->nwitnesses);
    return OK;
}

static enum err check_end(struct check *c, const struct logbook_item *item)
{
    if (item->number != c->found->entries)
        return bad(c, ERR_INPUT, c->found->entries, "the number of entries is wrong");
    if (item->texts != c->found->texts)
        return bad(c, ERR_INPUT, c->found->entries, "the number of signed texts is wrong");
    if (c->found->covered != c->found->entries) return bad(c, ERR_CRYPTO, c->found->covered, "is under no checkpoint");
    if (c->read->rest.n > 0) return bad(c, ERR_INPUT, c->found->entries, "something follows the end");
    return OK;
}

static enum err check_head(struct check *c, const struct logbook_item *item)
{
    (void)c, (void)item;
    return OK;
}

static enum err check_all(struct check *c)
{
    static enum err (*const checks[LOGBOOK_KINDS])(struct check *, const struct logbook_item *) = {
        [LOGBOOK_HEAD] = check_head,     [LOGBOOK_ENTRY] = check_entry,
        [LOGBOOK_SIGNED] = check_signed, [LOGBOOK_CHECKPOINT] = check_checkpoint,
        [LOGBOOK_END] = check_end,
    };
    struct logbook_item item = { .kind = LOGBOOK_HEAD };
    while (item.kind != LOGBOOK_END) {
        enum err e = logbook_read_next(c->read, &item);
        if (e == ERR_INPUT) return bad(c, e, c->found->entries, c->read->complaint);
        TRY(e);
        if (c->owed && item.kind != LOGBOOK_SIGNED)
            return bad(c, ERR_CRYPTO, c->found->entries - 1, "is about a signed text, which does not follow");
        TRY(checks[item.kind](c, &item));
        c->owed = item.kind == LOGBOOK_ENTRY && logbook_signed_hash(item.text).n > 0;
    }
    return OK;
}

enum err logbook_check(struct str file, const struct logbook_trust *trust, struct logbook_found *out, struct why *why)
{
    struct logbook_found found = { .bad_first = 1 };
    struct logbook_read read = logbook_read_make(file);
    struct check c = { .trust = trust, .found = &found, .read = &read, .why = why };
    enum err e = know_trusted(&c);
    if (e == OK) e = check_all(&c);
    free(c.known);
    free(c.seen);
    *out = found;
    return e;
}
