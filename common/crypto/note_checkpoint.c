#include "common/crypto/note_checkpoint.h"
#include "common/crypto/encode.h"
#include <string.h>

/* The next line, which must end in a newline; an empty view when there is none. */
static struct str line_of(struct str *rest)
{
    return rest->n > 0 && memchr(rest->p, '\n', rest->n) != NULL ? str_next(rest, '\n') : (struct str){ 0 };
}

static enum err parse_size(struct str digits, uint64_t *out)
{
    if (digits.n > 1 && digits.p[0] == '0') return ERR_INPUT;
    uint64_t size = 0;
    TRY(str_u64(digits, &size));
    if (size > MERKLE_SIZE_MAX) return ERR_INPUT;
    *out = size;
    return OK;
}

static enum err parse_root(struct str text, struct merkle_hash *out)
{
    struct buf raw CLEANUP(buf_free) = buf_make(HASH_BYTES + 3);
    TRY(base64_decode(text, &raw));
    if (raw.n != HASH_BYTES) return ERR_INPUT;
    memcpy(out->b, raw.p, HASH_BYTES);
    return OK;
}

static bool has_empty_line(struct str lines)
{
    for (size_t i = 0; i < lines.n; i++)
        if (lines.p[i] == '\n' && (i == 0 || lines.p[i - 1] == '\n')) return true;
    return false;
}

enum err note_checkpoint_parse(struct str text, struct note_checkpoint *out, struct why *why)
{
    struct note_checkpoint c = { 0 };
    if (!note_is_text(text)) return why_say(why, ERR_INPUT, "a checkpoint is UTF-8 lines without control characters");
    c.origin = line_of(&text);
    if (c.origin.n == 0) return why_say(why, ERR_INPUT, "a checkpoint's first line names the log");
    if (parse_size(line_of(&text), &c.size) != OK)
        return why_say(why, ERR_INPUT, "a checkpoint's second line is its size in decimal digits");
    enum err e = parse_root(line_of(&text), &c.root);
    if (e != OK)
        return why_say(why, e == ERR_MEMORY ? e : ERR_INPUT, "a checkpoint's third line is its root in base64");
    if (has_empty_line(text)) return why_say(why, ERR_INPUT, "a checkpoint has no empty line");
    c.extensions = text;
    *out = c;
    return OK;
}

enum err note_checkpoint_print(const struct note_checkpoint *c, struct buf *out)
{
    bool one_line = c->origin.n > 0 && memchr(c->origin.p, '\n', c->origin.n) == NULL;
    bool whole = c->extensions.n == 0 || (note_is_text(c->extensions) && !has_empty_line(c->extensions));
    if (!one_line || !whole || c->size > MERKLE_SIZE_MAX) return ERR_INPUT;
    buf_addf(out, STR_F "\n%llu\n", STR_ARG(c->origin), (unsigned long long)c->size);
    TRY(base64_encode(bytes_of(c->root.b, HASH_BYTES), out));
    buf_add_z(out, "\n");
    buf_add_str(out, c->extensions);
    return buf_err(out);
}

uint64_t note_checkpoint_time_ms(const struct note_checkpoint *c)
{
    struct str rest = c->extensions;
    uint64_t ms = 0;
    while (rest.n > 0) {
        struct str line = str_next(&rest, '\n');
        if (str_is(str_next(&line, ' '), "time") && str_u64(line, &ms) == OK) return ms;
    }
    return 0;
}

enum err note_checkpoint_follows(const struct note_checkpoint *last, const struct note_checkpoint *next,
                                 const struct merkle_proof *proof, struct why *why)
{
    if (!str_eq(last->origin, next->origin)) return why_say(why, ERR_CRYPTO, "the checkpoint is of another log");
    if (next->size < last->size)
        return why_say(why, ERR_CRYPTO, "the log had %llu entries and now shows %llu", (unsigned long long)last->size,
                       (unsigned long long)next->size);
    if (last->size == 0) {
        bool same_root = next->size > 0 || memcmp(&last->root, &next->root, sizeof last->root) == 0;
        return proof->n == 0 && same_root ? OK : why_say(why, ERR_CRYPTO, "an empty log has one root and no proof");
    }
    enum err e = merkle_check_consistency(last->size, &last->root, next->size, &next->root, proof);
    return e == ERR_CRYPTO
               ? why_say(why, e, "the log's first %llu entries are not what they were", (unsigned long long)last->size)
               : e;
}
