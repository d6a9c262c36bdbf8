#include "common/crypto/logbook_read.h"
#include "common/crypto/encode.h"
#include <string.h>

struct logbook_read logbook_read_make(struct str file)
{
    return (struct logbook_read){ .rest = file, .complaint = "" };
}

static enum err complain(struct logbook_read *r, const char *what)
{
    r->complaint = what;
    return ERR_INPUT;
}

/* The next line, which must end in a newline. */
static enum err read_line(struct logbook_read *r, struct str *out)
{
    r->line++;
    if (r->rest.n == 0) return complain(r, "the log ends without its last line");
    if (memchr(r->rest.p, '\n', r->rest.n) == NULL) return complain(r, "the line has no end");
    *out = str_next(&r->rest, '\n');
    return OK;
}

/* One spelling: no leading zero. */
static enum err read_number(struct str digits, uint64_t *out)
{
    if (digits.n > 1 && digits.p[0] == '0') return ERR_INPUT;
    return str_u64(digits, out);
}

static enum err read_hash(struct str digits, struct merkle_hash *out)
{
    char again[2 * HASH_BYTES + 1];
    TRY(hex_decode(digits, out->b, HASH_BYTES));
    hex_encode(bytes_of(out->b, HASH_BYTES), again);
    return str_is(digits, again) ? OK : ERR_INPUT;
}

static enum err read_entry(struct logbook_read *r, struct str line, struct logbook_item *out)
{
    if (read_number(str_next(&line, ' '), &out->number) != OK) return complain(r, "the entry has no number");
    if (read_hash(str_next(&line, ' '), &out->claimed) != OK) return complain(r, "the entry has no hash");
    if (!logbook_is_entry(line)) return complain(r, "the entry's text is none");
    out->text = line;
    return merkle_leaf(str_bytes(line), &out->leaf);
}

static enum err read_note(struct logbook_read *r, struct str line, struct logbook_item *out)
{
    struct str ignored;
    struct str begin = r->rest;
    if (read_number(line, &out->number) != OK) return complain(r, "there is no number of lines");
    for (uint64_t i = 0; i < out->number; i++) TRY(read_line(r, &ignored));
    out->text = (struct str){ begin.p, begin.n - r->rest.n };
    return OK;
}

static enum err read_end(struct logbook_read *r, struct str line, struct logbook_item *out)
{
    struct str entries = r->old ? line : str_next(&line, ' ');
    if (read_number(entries, &out->number) != OK) return complain(r, "the end has no number of entries");
    if (r->old || read_number(line, &out->texts) == OK) return OK;
    return complain(r, "the end has no number of signed texts");
}

static enum err read_head(struct logbook_read *r, struct str line)
{
    r->old = str_is(line, LOGBOOK_OLD_LINE);
    r->begun = true;
    if (r->old || str_is(line, LOGBOOK_HEAD_LINE)) return OK;
    return complain(r, "this is no log: its first line is not " LOGBOOK_HEAD_LINE);
}

enum err logbook_read_next(struct logbook_read *r, struct logbook_item *out)
{
    static const struct {
        const char *word;
        enum err (*read)(struct logbook_read *, struct str, struct logbook_item *);
    } kinds[LOGBOOK_KINDS] = { [LOGBOOK_ENTRY] = { "entry", read_entry },
                               [LOGBOOK_SIGNED] = { "signed", read_note },
                               [LOGBOOK_CHECKPOINT] = { "checkpoint", read_note },
                               [LOGBOOK_END] = { "end", read_end } };
    struct logbook_item item = { .kind = LOGBOOK_HEAD };
    struct str line;
    TRY(read_line(r, &line));
    if (!r->begun) {
        TRY(read_head(r, line));
        *out = item;
        return OK;
    }
    struct str word = str_next(&line, ' ');
    for (int kind = LOGBOOK_ENTRY; kind < LOGBOOK_KINDS; kind++) {
        if (!str_is(word, kinds[kind].word) || (r->old && kind == LOGBOOK_SIGNED)) continue;
        item.kind = (enum logbook_kind)kind;
        TRY(kinds[kind].read(r, line, &item));
        *out = item;
        return OK;
    }
    return complain(r, "the line is neither entry, nor signed, nor checkpoint, nor end");
}
