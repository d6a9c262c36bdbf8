#include "tests/sim/answered.h"
#include "common/base/secret.h"
#include "common/crypto/encode.h"
#include "common/crypto/seal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

void answered_fini(struct answered *a)
{
    free(a->said);
    *a = (struct answered){ .n = 0 };
}

enum err answered_check(const struct answered *a, struct why *why)
{
    return a->twofold.text[0] ? why_say(why, ERR_BUG, "%s", a->twofold.text) : OK;
}

size_t answered_vectors(const struct answered *a, uint64_t sum)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) n += a->said[i].about == 0 && a->said[i].sum == sum;
    return n;
}

/* ---- remembering ---- */

static struct answered_word *find(const struct answered *a, const struct answered_word *w)
{
    for (size_t i = a->n; i-- > 0;) {
        struct answered_word *b = &a->said[i];
        if (b->sum == w->sum && b->about == w->about && strcmp(b->hospital, w->hospital) == 0 &&
            strcmp(b->run, w->run) == 0)
            return b;
    }
    return NULL;
}

static enum err grow(struct answered *a)
{
    size_t cap = a->cap ? 2 * a->cap : FIRST_ROOM;
    struct answered_word *more = realloc(a->said, cap * sizeof *more);
    if (more == NULL) return ERR_MEMORY;
    a->said = more;
    a->cap = cap;
    return OK;
}

static enum err note(struct answered *a, const struct answered_word *w)
{
    const struct answered_word *before = find(a, w);
    if (before && before->what != w->what && a->twofold.text[0] == '\0')
        (void)why_say(&a->twofold, ERR_BUG, "%s told two %s of number %" PRIu32 " in sum %" PRIu64, w->hospital,
                      w->about ? "kinds of share" : "vectors", w->about, w->sum);
    if (before) return OK;
    if (a->n == a->cap) TRY(grow(a));
    a->said[a->n++] = *w;
    return OK;
}

static struct answered_word word(const char *from, const struct msg *m, uint64_t sum)
{
    struct answered_word w = { .sum = sum };
    (void)snprintf(w.hospital, sizeof w.hospital, "%s", from);
    (void)snprintf(w.run, sizeof w.run, "%s", m->run);
    return w;
}

/* ---- seeing ---- */

static enum err take_input(struct answered *a, const char *from, const struct msg *m)
{
    struct answered_word w = word(from, m, m->secure_input.sum);
    uint8_t hash[HASH_BYTES];
    TRY(hash_of(str_bytes(m->secure_input.input), hash));
    memcpy(&w.what, hash, sizeof w.what);
    return note(a, &w);
}

enum err answered_take(struct answered *a, const char *from, const struct msg *m, const struct secagg_answer *told)
{
    struct answered_word w = word(from, m, m->secure_answer.sum);
    a->answers++;
    if (told->n > a->most) a->most = told->n;
    for (size_t i = 0; i < told->n; i++) {
        w.about = told->shares[i].about;
        w.what = told->shares[i].half;
        TRY(note(a, &w));
    }
    return OK;
}

static enum err open_inline(const struct manifest *m, const struct identity *reader, struct buf *out)
{
    struct seal seal CLEANUP(seal_wipe) = { .bytes = 0 };
    struct buf wrap CLEANUP(buf_free) = buf_make(MANIFEST_MAX_KEY);
    struct buf sealed CLEANUP(buf_free) = buf_make(MANIFEST_MAX_INLINE);
    uint8_t sha256[HASH_BYTES];
    TRY(hex_decode(str_of(m->sha256), sha256, sizeof sha256));
    TRY(base64_decode(m->key, &wrap));
    TRY(base64_decode(m->inline_, &sealed));
    TRY(seal_unwrap(buf_bytes(&wrap), m->bytes, sha256, reader, &seal));
    uint8_t *to = buf_grow(out, (size_t)m->bytes);
    return to ? seal_chunk_open(&seal, 0, buf_bytes(&sealed), to) : buf_err(out);
}

enum err answered_see(struct answered *a, const struct identity *reader, const char *from, const struct msg *m)
{
    struct buf plain CLEANUP(secret_buf_free) = buf_make(SECAGG_MESSAGE_MAX);
    struct secagg_answer told CLEANUP(secagg_answer_wipe) = { .n = 0 };
    if (m->type == MSG_SECURE_INPUT) return take_input(a, from, m);
    if (m->type != MSG_SECURE_ANSWER) return OK;
    TRY(open_inline(m->secure_answer.answer.manifest, reader, &plain));
    TRY(secagg_answer_parse(buf_bytes(&plain), &told));
    return answered_take(a, from, m, &told);
}
