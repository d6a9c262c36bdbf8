#include "agents/privacy/tlog.h"
#include "common/crypto/encode.h"
#include "common/crypto/merkle_text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 80, NUMBER_BYTES = 32, WHEN_BYTES = 40 };

/* ---- the store ---- */

static enum err get_number(struct agent *a, const char *key, uint64_t *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(NUMBER_BYTES);
    enum err e = agent_get(a, key, &text);
    if (e == ERR_ABSENT) return *out = 0, OK;
    TRY(e);
    return str_u64(buf_str(&text), out) == OK ? OK : ERR_STORE;
}

static enum err put_number(struct agent *a, const char *key, uint64_t number)
{
    char text[NUMBER_BYTES];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    return agent_put(a, key, str_bytes(str_of(text)));
}

static const char *place(char out[KEY_BYTES], const char *what, uint64_t n)
{
    (void)snprintf(out, KEY_BYTES, "log/%s/%020" PRIu64, what, n);
    return out;
}

static const char *node_key(char out[KEY_BYTES], unsigned level, uint64_t index)
{
    (void)snprintf(out, KEY_BYTES, "log/node/%02u/%020" PRIu64, level, index);
    return out;
}

static enum err keep_node(void *agent, unsigned level, uint64_t index, const struct merkle_hash *node)
{
    char key[KEY_BYTES];
    return agent_put(agent, node_key(key, level, index), bytes_of(node->b, sizeof node->b));
}

static enum err read_node(void *agent, unsigned level, uint64_t index, struct merkle_hash *out)
{
    char key[KEY_BYTES];
    return agent_read(agent, node_key(key, level, index), 0, sizeof out->b, out->b);
}

/* ---- life ---- */

struct stored_point {
    struct buf bytes; /* to be freed */
    struct note note;
    struct note_checkpoint point;
};

static enum err read_point(const struct tlog *l, uint64_t size, struct stored_point *out)
{
    out->bytes = buf_make(NOTE_MAX_BYTES);
    TRY(tlog_own_note(l, size, &out->bytes));
    TRY(note_parse(buf_str(&out->bytes), &out->note, NULL));
    return note_checkpoint_parse(out->note.text, &out->point, NULL);
}

/* What was signed must still be there. */
static enum err check_newest(struct tlog *l)
{
    struct merkle_range range;
    struct merkle_hash root;
    struct note_seen seen;
    struct stored_point p = { .note = { .signatures = 0 } };
    enum err e = read_point(l, l->newest, &p);
    if (e == OK) e = note_verify(&p.note, &l->key, 1, &seen);
    if (e == OK && !seen.valid) e = ERR_CRYPTO;
    if (e == OK) e = merkle_range_load(read_node, l->agent, l->newest, &range);
    if (e == OK) e = merkle_range_root(&range, &root);
    if (e == OK && memcmp(&root, &p.point.root, sizeof root) != 0) e = ERR_CRYPTO;
    if (e == OK) l->time_ms = note_checkpoint_time_ms(&p.point);
    buf_free(&p.bytes);
    return e;
}

enum err tlog_load(struct tlog *l, struct agent *a, struct why *why)
{
    uint64_t size = 0;
    *l = (struct tlog){ .agent = a };
    TRY(note_key_make(str_of(agent_jid(a)), NOTE_ED25519, agent_sign_key(a)->public_key, &l->key));
    TRY(get_number(a, "log/size", &size));
    TRY(get_number(a, "log/newest", &l->newest));
    enum err e = l->newest > size ? ERR_CRYPTO : merkle_range_load(read_node, a, size, &l->range);
    if (e == OK && l->newest > 0) e = check_newest(l);
    if (e == OK || e == ERR_MEMORY || e == ERR_IO) return e;
    return why_say(why, ERR_STORE, "the transparency log in the store is not what was signed, or not with this key");
}

/* ---- entries ---- */

static enum err append(struct tlog *l, struct str entry, uint64_t *out_index)
{
    char key[KEY_BYTES];
    struct merkle_hash leaf;
    uint64_t index = l->range.size;
    if (!logbook_is_entry(entry)) return ERR_INPUT;
    TRY(merkle_leaf(str_bytes(entry), &leaf));
    TRY(agent_put(l->agent, place(key, "entry", index), str_bytes(entry)));
    TRY(merkle_append(&l->range, &leaf, keep_node, l->agent));
    TRY(put_number(l->agent, "log/size", l->range.size));
    if (out_index) *out_index = index;
    return OK;
}

enum err tlog_add(struct tlog *l, uint64_t *out_index, const char *format, ...)
{
    char text[LOGBOOK_ENTRY_BYTES + 1];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) return ERR_INPUT;
    for (int i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) text[i] = ' ';
    return append(l, (struct str){ text, (size_t)n }, out_index);
}

enum err tlog_signed_at(struct tlog *l, uint64_t index, const char *key)
{
    char row[KEY_BYTES];
    return agent_put(l->agent, place(row, "signed", index), str_bytes(str_of(key)));
}

/* Once for each of its keys. */
static enum err add_witness(struct tlog *l, const char *jid, const char *hex)
{
    char key[STORE_MAX_KEY];
    CLEANUP(buf_free) struct buf before = buf_make(2 * ROSTER_KEY_BYTES + 1);
    (void)snprintf(key, sizeof key, "log/key/%s", jid);
    enum err e = agent_get(l->agent, key, &before);
    if (e != OK && e != ERR_ABSENT) return e;
    if (str_is(buf_str(&before), hex)) return OK;
    TRY(tlog_add(l, NULL, "witness name=%s key=%s", jid, hex));
    return agent_put(l->agent, key, str_bytes(str_of(hex)));
}

static enum err add_witnesses(struct tlog *l, const struct roster *r)
{
    for (size_t i = 0; i < roster_count(r); i++) {
        const struct member *m = roster_at(r, i);
        char hex[2 * ROSTER_KEY_BYTES + 1];
        if (m->role != ROLE_TRAINER || !m->has_sign) continue;
        hex_encode(bytes_of(m->sign, sizeof m->sign), hex);
        TRY(add_witness(l, m->jid, hex));
    }
    return OK;
}

/* Who is who, in one line a member: what the digest is of. */
static enum err digest_of(const struct roster *r, char out[HASH_HEX_BYTES])
{
    struct hash *h CLEANUP(hash_drop) = NULL;
    uint8_t digest[HASH_BYTES];
    TRY(hash_new(&h));
    for (size_t i = 0; i < roster_count(r); i++) {
        const struct member *m = roster_at(r, i);
        char line[ROSTER_JID_BYTES + 16];
        int n = snprintf(line, sizeof line, "%s %u\n", m->jid, m->role);
        TRY(hash_add(h, bytes_of(line, (size_t)n)));
        TRY(hash_add(h, bytes_of(m->key, m->has_key ? sizeof m->key : 0)));
        TRY(hash_add(h, bytes_of(m->sign, m->has_sign ? sizeof m->sign : 0)));
    }
    TRY(hash_end(h, digest));
    hex_encode(bytes_of(digest, sizeof digest), out);
    return OK;
}

enum err tlog_add_roster(struct tlog *l)
{
    const struct roster *r = agent_roster(l->agent);
    char digest[HASH_HEX_BYTES];
    CLEANUP(buf_free) struct buf before = buf_make(HASH_HEX_BYTES);
    TRY(digest_of(r, digest));
    enum err e = agent_get(l->agent, "log/keys", &before);
    if (e != OK && e != ERR_ABSENT) return e;
    if (str_is(buf_str(&before), digest)) return OK;
    TRY(tlog_add(l, NULL, "roster version=%" PRIu64 " members=%zu sha256=%s", roster_version(r), roster_count(r),
                 digest));
    TRY(add_witnesses(l, r));
    return agent_put(l->agent, "log/keys", str_bytes(str_of(digest)));
}

/* ---- checkpoints ---- */

struct joining {
    struct buf *out;
    size_t lines;
};

enum err tlog_sign(struct tlog *l)
{
    char when[WHEN_BYTES];
    char key[KEY_BYTES];
    CLEANUP(buf_free) struct buf text = buf_make(NOTE_MAX_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    uint64_t now = (uint64_t)agent_wall_ms(l->agent);
    struct note_checkpoint c = { .origin = str_of(l->key.name), .size = l->range.size };
    if (l->newest == l->range.size) return OK;
    if (now < l->time_ms) now = l->time_ms;
    (void)snprintf(when, sizeof when, "time %" PRIu64 "\n", now);
    c.extensions = str_of(when);
    TRY(merkle_range_root(&l->range, &c.root));
    TRY(note_checkpoint_print(&c, &text));
    TRY(note_sign(&l->key, agent_sign_key(l->agent), buf_str(&text), &note));
    TRY(agent_put(l->agent, place(key, "point", c.size), buf_bytes(&note)));
    TRY(put_number(l->agent, "log/newest", c.size));
    l->newest = c.size;
    l->time_ms = now;
    return OK;
}

enum err tlog_entry(const struct tlog *l, uint64_t index, struct buf *out)
{
    char key[KEY_BYTES];
    return agent_get(l->agent, place(key, "entry", index), out);
}

/* A note holds so many lines and no more; who is left out signed all the same. */
static enum err add_line(void *to, const char *key, struct bytes line)
{
    struct joining *j = to;
    (void)key;
    if (j->lines + 1 == NOTE_SIGNATURES_MAX) return OK;
    j->lines++;
    buf_add_str(j->out, bytes_str(line));
    return buf_err(j->out);
}

enum err tlog_note(const struct tlog *l, uint64_t size, struct buf *out)
{
    char prefix[KEY_BYTES];
    struct joining j = { out, 0 };
    TRY(tlog_own_note(l, size, out));
    (void)snprintf(prefix, sizeof prefix, "log/cosign/%020" PRIu64 "/", size);
    return agent_scan(l->agent, prefix, add_line, &j);
}

enum err tlog_own_note(const struct tlog *l, uint64_t size, struct buf *out)
{
    char key[KEY_BYTES];
    return agent_get(l->agent, place(key, "point", size), out);
}

enum err tlog_consistency(const struct tlog *l, uint64_t from, uint64_t size, struct buf *out)
{
    struct merkle_proof proof;
    if (from == 0) return OK;
    if (from > size || size > l->range.size) return ERR_ABSENT;
    TRY(merkle_prove_consistency(read_node, l->agent, from, size, &proof));
    return merkle_proof_print(&proof, out);
}

enum err tlog_proof(const struct tlog *l, uint64_t index, uint64_t size, struct buf *out)
{
    struct merkle_proof proof;
    CLEANUP(buf_free) struct buf entry = buf_make(LOGBOOK_ENTRY_BYTES);
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    if (index >= size || size > l->newest) return ERR_ABSENT;
    TRY(tlog_entry(l, index, &entry));
    TRY(tlog_own_note(l, size, &note));
    TRY(merkle_prove_inclusion(read_node, l->agent, index, size, &proof));
    return logbook_put_proof(&(struct logbook_cut){ index, buf_str(&entry), &proof, buf_str(&note) }, out);
}

/* ---- cosignatures ---- */

/* Its line is cut out and put behind what is there: of the others' lines in it nothing is known. */
static enum err signature_line(const struct note *note, const struct note_key *witness, struct str *out)
{
    struct str rest = note->lines;
    while (rest.n > 0) {
        const char *begin = rest.p;
        struct str line = str_next(&rest, '\n');
        struct note one = { .text = note->text, .lines = { begin, line.n + 1 }, .signatures = 1 };
        struct note_seen seen;
        TRY(note_verify(&one, witness, 1, &seen));
        if (!seen.valid) continue;
        *out = one.lines;
        return OK;
    }
    return ERR_CRYPTO;
}

static enum err keep_line(struct tlog *l, uint64_t size, const char *jid, struct str line)
{
    char key[STORE_MAX_KEY];
    uint64_t bytes = 0;
    (void)snprintf(key, sizeof key, "log/cosign/%020" PRIu64 "/%s", size, jid);
    enum err e = agent_size(l->agent, key, &bytes);
    if (e != ERR_ABSENT) return e == OK ? ERR_DUPLICATE : e;
    return agent_put(l->agent, key, str_bytes(line));
}

enum err tlog_cosigned(struct tlog *l, const struct note_key *witness, struct str cosigned)
{
    struct note note;
    struct note_checkpoint c;
    struct str line;
    struct stored_point p = { .note = { .signatures = 0 } };
    enum err e = note_parse(cosigned, &note, NULL);
    if (e == OK) e = note_checkpoint_parse(note.text, &c, NULL);
    if (e == OK) e = signature_line(&note, witness, &line);
    if (e != OK) return e == ERR_MEMORY ? e : ERR_CRYPTO;
    e = read_point(l, c.size, &p);
    if (e == ERR_ABSENT || (e == OK && !str_eq(p.note.text, note.text))) e = ERR_CRYPTO;
    if (e == OK) e = keep_line(l, c.size, witness->name, line);
    buf_free(&p.bytes);
    return e;
}

/* ---- the whole ---- */

struct exporting {
    const struct tlog *log;
    struct buf *out;
    uint64_t next; /* entry */
    uint64_t texts;
};

static enum err export_text(struct exporting *x, uint64_t index)
{
    char row[KEY_BYTES];
    char key[STORE_MAX_KEY];
    CLEANUP(buf_free) struct buf name = buf_make(STORE_MAX_KEY);
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    TRY(agent_get(x->log->agent, place(row, "signed", index), &name));
    TRY(str_copy(buf_str(&name), key, sizeof key));
    TRY(agent_get(x->log->agent, key, &note));
    x->texts++;
    return logbook_put_signed(buf_str(&note), x->out);
}

static enum err export_entry(struct exporting *x, uint64_t index)
{
    CLEANUP(buf_free) struct buf entry = buf_make(LOGBOOK_ENTRY_BYTES);
    TRY(tlog_entry(x->log, index, &entry));
    TRY(logbook_put_entry(index, buf_str(&entry), x->out));
    return logbook_signed_hash(buf_str(&entry)).n > 0 ? export_text(x, index) : OK;
}

static enum err export_point(void *to, const char *key, struct bytes own)
{
    struct exporting *x = to;
    uint64_t size = 0;
    CLEANUP(buf_free) struct buf note = buf_make(NOTE_MAX_BYTES);
    (void)own;
    TRY(str_u64(str_of(strrchr(key, '/') + 1), &size));
    for (; x->next < size; x->next++) TRY(export_entry(x, x->next));
    TRY(tlog_note(x->log, size, &note));
    return logbook_put_checkpoint(buf_str(&note), x->out);
}

enum err tlog_export(const struct tlog *l, struct buf *out)
{
    struct exporting x = { .log = l, .out = out };
    TRY(logbook_put_head(out));
    TRY(agent_scan(l->agent, "log/point/", export_point, &x));
    return logbook_put_end(x.next, x.texts, out);
}
