#include "common/crypto/note.h"
#include "common/base/text.h"
#include "common/crypto/encode.h"
#include "common/crypto/hash.h"
#include <string.h>

enum { ID_BYTES = 4, TIME_BYTES = 8, ID_DIGITS = 2 * ID_BYTES, MESSAGE_EXTRA_BYTES = 64 };
static const char dash[] = "\xe2\x80\x94 "; /* em dash, space */

static uint64_t get_number(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v = v << 8 | p[i];
    return v;
}

static void put_number(uint64_t v, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

/* Unicode's White_Space. */
static bool is_space(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } spaces[] = { { 9, 13 },          { 32, 32 },         { 0x85, 0x85 },     { 0xa0, 0xa0 },     { 0x1680, 0x1680 },
                   { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 } };
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (code >= spaces[i].from && code <= spaces[i].to) return true;
    return false;
}

static bool is_name(struct str name)
{
    if (name.n == 0 || name.n >= NOTE_NAME_BYTES) return false;
    while (name.n > 0) {
        uint32_t code = 0;
        (void)text_next(&name, &code);
        if (code == UINT32_MAX || code < ' ' || code == '+' || is_space(code)) return false;
    }
    return true;
}

bool note_is_text(struct str text)
{
    if (text.n == 0 || text.p[text.n - 1] != '\n' || !str_is_utf8(text)) return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\n') return false;
    return true;
}

static enum err key_id(const struct note_key *key, uint32_t *out)
{
    uint8_t digest[HASH_BYTES];
    const uint8_t between[] = { '\n', (uint8_t)key->type };
    struct hash *h CLEANUP(hash_drop) = NULL;
    TRY(hash_new(&h));
    TRY(hash_add(h, bytes_of(key->name, strlen(key->name))));
    TRY(hash_add(h, bytes_of(between, sizeof between)));
    TRY(hash_add(h, bytes_of(key->public_key, sizeof key->public_key)));
    TRY(hash_end(h, digest));
    *out = (uint32_t)get_number(digest, ID_BYTES);
    return OK;
}

enum err note_key_make(struct str name, enum note_type type, const uint8_t public_key[ED25519_KEY_BYTES],
                       struct note_key *out)
{
    struct note_key key = { .type = type };
    if (!is_name(name) || (type != NOTE_ED25519 && type != NOTE_COSIGN)) return ERR_INPUT;
    TRY(str_copy(name, key.name, sizeof key.name));
    memcpy(key.public_key, public_key, sizeof key.public_key);
    TRY(key_id(&key, &key.id));
    *out = key;
    return OK;
}

/* The tail of a key's text: id, plus sign, type and public key in base64. */
static enum err parse_tail(struct str name, struct str tail, struct note_key *out)
{
    struct buf raw CLEANUP(buf_free) = buf_make(1 + ED25519_KEY_BYTES + 3);
    uint8_t id[ID_BYTES];
    struct note_key key;
    struct str digits = str_next(&tail, '+');
    TRY(hex_decode(digits, id, sizeof id));
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] >= 'A' && digits.p[i] <= 'F') return ERR_INPUT;
    TRY(base64_decode(tail, &raw));
    if (raw.n != 1 + ED25519_KEY_BYTES) return ERR_INPUT;
    TRY(note_key_make(name, (enum note_type)raw.p[0], raw.p + 1, &key));
    if (key.id != get_number(id, sizeof id)) return ERR_INPUT;
    *out = key;
    return OK;
}

enum err note_key_parse(struct str text, struct note_key *out, struct why *why)
{
    struct str name = str_next(&text, '+');
    enum err e = parse_tail(name, text, out);
    return e == ERR_INPUT || e == ERR_LIMIT
               ? why_say(why, ERR_INPUT, "a verifier key reads name+8 hex digits+base64, and its digits fit the rest")
               : e;
}

enum err note_key_print(const struct note_key *key, struct buf *out)
{
    uint8_t raw[1 + ED25519_KEY_BYTES] = { (uint8_t)key->type };
    memcpy(raw + 1, key->public_key, ED25519_KEY_BYTES);
    buf_addf(out, "%s+%08x+", key->name, key->id);
    return base64_encode(bytes_of(raw, sizeof raw), out);
}

struct line {
    struct str name;
    struct bytes blob; /* behind the key id; in the caller's buf */
    uint32_t id;
};

/* One line, without its newline. */
static enum err read_line(struct str text, struct buf *blob, struct line *out)
{
    if (!str_starts(text, dash)) return ERR_INPUT;
    text.p += sizeof dash - 1;
    text.n -= sizeof dash - 1;
    out->name = str_next(&text, ' ');
    buf_clear(blob);
    if (!is_name(out->name)) return ERR_INPUT;
    TRY(base64_decode(text, blob));
    if (blob->n <= ID_BYTES) return ERR_INPUT;
    out->id = (uint32_t)get_number(blob->p, ID_BYTES);
    out->blob = (struct bytes){ blob->p + ID_BYTES, blob->n - ID_BYTES };
    return OK;
}

/* Where the last empty line begins: the newline before it is the text's own. */
static size_t split(struct str whole)
{
    for (size_t i = whole.n; i >= 2; i--)
        if (whole.p[i - 2] == '\n' && whole.p[i - 1] == '\n') return i - 1;
    return 0;
}

enum err note_parse(struct str whole, struct note *out, struct why *why)
{
    struct buf blob CLEANUP(buf_free) = buf_make(NOTE_SIGNATURE_BYTES);
    struct line line;
    if (whole.n > NOTE_MAX_BYTES) return why_say(why, ERR_LIMIT, "a note has at most %d bytes", NOTE_MAX_BYTES);
    size_t end = note_is_text(whole) ? split(whole) : 0;
    if (end == 0) return why_say(why, ERR_INPUT, "a note is UTF-8 text, an empty line, and lines of signatures");
    struct note note = { { whole.p, end }, { whole.p + end + 1, whole.n - end - 1 }, 0 };
    for (struct str rest = note.lines; rest.n > 0; note.signatures++) {
        if (note.signatures == NOTE_SIGNATURES_MAX)
            return why_say(why, ERR_LIMIT, "a note has at most %d signatures", NOTE_SIGNATURES_MAX);
        enum err e = read_line(str_next(&rest, '\n'), &blob, &line);
        if (e != OK) return why_say(why, e, "signature line %zu of the note is malformed", note.signatures + 1);
    }
    if (note.signatures == 0) return why_say(why, ERR_INPUT, "the note carries no signature");
    *out = note;
    return OK;
}

static enum err add_line(const struct note_key *key, struct bytes blob, struct buf *out)
{
    uint8_t raw[ID_BYTES + TIME_BYTES + ED25519_SIGNATURE_BYTES];
    put_number(key->id, raw, ID_BYTES);
    memcpy(raw + ID_BYTES, blob.p, blob.n);
    buf_addf(out, "%s%s ", dash, key->name);
    TRY(base64_encode(bytes_of(raw, ID_BYTES + blob.n), out));
    buf_add_z(out, "\n");
    return buf_err(out);
}

static bool may_sign(const struct note_key *key, const struct sign_key *secret, enum note_type type, struct str text)
{
    return key->type == type && memcmp(key->public_key, secret->public_key, ED25519_KEY_BYTES) == 0 &&
           note_is_text(text);
}

enum err note_sign(const struct note_key *key, const struct sign_key *secret, struct str text, struct buf *out)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    if (!may_sign(key, secret, NOTE_ED25519, text)) return ERR_INPUT;
    TRY(ed25519_sign(secret->secret, str_bytes(text), signature));
    buf_add_str(out, text);
    buf_add_z(out, "\n");
    return add_line(key, bytes_of(signature, sizeof signature), out);
}

static enum err cosigned(uint64_t time_s, struct str text, struct buf *out)
{
    buf_addf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    buf_add_str(out, text);
    return buf_err(out);
}

enum err note_cosign(const struct note_key *key, const struct sign_key *secret, uint64_t time_s, struct str text,
                     struct buf *out)
{
    uint8_t blob[TIME_BYTES + ED25519_SIGNATURE_BYTES];
    struct buf message CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES + MESSAGE_EXTRA_BYTES);
    if (time_s == 0 || !may_sign(key, secret, NOTE_COSIGN, text)) return ERR_INPUT;
    TRY(cosigned(time_s, text, &message));
    put_number(time_s, blob, TIME_BYTES);
    TRY(ed25519_sign(secret->secret, buf_bytes(&message), blob + TIME_BYTES));
    return add_line(key, bytes_of(blob, sizeof blob), out);
}

static enum err check(const struct note_key *key, const struct line *line, struct str text, struct note_seen *seen)
{
    struct buf message CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES + MESSAGE_EXTRA_BYTES);
    size_t front = key->type == NOTE_COSIGN ? TIME_BYTES : 0;
    if (line->blob.n != front + ED25519_SIGNATURE_BYTES) return ERR_CRYPTO;
    uint64_t time_s = get_number(line->blob.p, front);
    if (front > 0) TRY(cosigned(time_s, text, &message));
    TRY(ed25519_verify(key->public_key, front > 0 ? buf_bytes(&message) : str_bytes(text), line->blob.p + front));
    *seen = (struct note_seen){ true, time_s };
    return OK;
}

enum err note_verify(const struct note *note, const struct note_key *keys, size_t n, struct note_seen *out_seen)
{
    struct buf blob CLEANUP(buf_free) = buf_make(NOTE_SIGNATURE_BYTES);
    struct line line;
    for (size_t k = 0; k < n; k++) out_seen[k] = (struct note_seen){ 0 };
    for (struct str rest = note->lines; rest.n > 0;) {
        TRY(read_line(str_next(&rest, '\n'), &blob, &line));
        for (size_t k = 0; k < n; k++)
            if (keys[k].id == line.id && str_is(line.name, keys[k].name))
                TRY(check(&keys[k], &line, note->text, &out_seen[k]));
    }
    return OK;
}

size_t note_count(const struct note_seen *seen, size_t n)
{
    size_t valid = 0;
    for (size_t i = 0; i < n; i++) valid += seen[i].valid;
    return valid;
}
