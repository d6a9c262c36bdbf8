/* Any bytes are a note, a checkpoint and a verifier key: what is accepted has one spelling, and no signature of the
 * example's key is accepted but the true one. */
#include "common/base/buf.h"
#include "common/crypto/note_checkpoint.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char example_text[] = "This is an example message.\n";

static void require(bool holds)
{
    if (!holds) abort();
}

static void as_note(struct str in)
{
    struct note_key key;
    struct note_seen seen;
    struct note note;
    struct why why;
    require(note_key_parse(STR("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &key, NULL) ==
            OK);
    if (note_parse(in, &note, &why) != OK) return;
    require(note.signatures > 0 && note.text.n + 1 + note.lines.n == in.n);
    if (note_verify(&note, &key, 1, &seen) == OK && seen.valid) require(str_is(note.text, example_text));
}

static void as_checkpoint(struct str in)
{
    struct note_checkpoint c;
    struct buf again CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    if (in.n > NOTE_MAX_BYTES / 2 || note_checkpoint_parse(in, &c, NULL) != OK) return;
    require(note_checkpoint_print(&c, &again) == OK && str_eq(buf_str(&again), in));
}

static void as_key(struct str in)
{
    struct note_key key;
    struct buf again CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    if (note_key_parse(in, &key, NULL) != OK) return;
    require(note_key_print(&key, &again) == OK && str_eq(buf_str(&again), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = { (const char *)data, size };
    as_note(in);
    as_checkpoint(in);
    as_key(in);
    return 0;
}
