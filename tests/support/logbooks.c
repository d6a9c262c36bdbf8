#include "tests/support/logbooks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum err e)
{
    if (e != OK) abort();
}

static void make_key(const char *name, enum note_type type, uint8_t seed, struct note_key *key, struct sign_key *secret)
{
    uint8_t bytes[ED25519_KEY_BYTES];
    memset(bytes, seed, sizeof bytes);
    must(sign_from_secret(bytes, secret));
    must(note_key_make(str_of(name), type, secret->public_key, key));
}

void logbooks_init(struct logbooks *l)
{
    char name[] = "hospital-a@himas.local";
    make_key("guardian@himas.local", NOTE_ED25519, 7, &l->log, &l->log_secret);
    for (uint8_t i = 0; i < LOGBOOKS_WITNESSES; i++, name[9]++)
        make_key(name, NOTE_COSIGN, (uint8_t)(20 + i), &l->witness[i], &l->witness_secret[i]);
    l->trust = (struct logbook_trust){ l->log, l->witness, LOGBOOKS_WITNESSES };
}

void logbooks_entry(size_t number, struct buf *out)
{
    static const char *const kinds[] = { "roster version", "permit serial", "spend round",
                                         "veto reason=zu wenig Häuser, serial", "model round" };
    buf_addf(out, "%s=%zu", kinds[number % (sizeof kinds / sizeof *kinds)], number);
    must(buf_err(out));
}

void logbooks_note(const struct logbooks *l, const struct merkle_range *range, size_t witnesses, struct buf *out)
{
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    struct note_checkpoint c = { .origin = str_of(l->log.name), .size = range->size };
    must(merkle_range_root(range, &c.root));
    must(note_checkpoint_print(&c, &text));
    must(note_sign(&l->log, &l->log_secret, buf_str(&text), out));
    for (size_t i = 0; i < witnesses; i++)
        must(note_cosign(&l->witness[i], &l->witness_secret[i], 1767225600 + range->size, buf_str(&text), out));
}

void logbooks_permit(size_t number, struct buf *out)
{
    buf_addf(out, "a permit\nserial %zu\n", number);
    must(buf_err(out));
}

void logbooks_signed(const struct logbooks *l, size_t number, struct buf *entry, struct buf *note)
{
    struct buf text CLEANUP(buf_free) = buf_make(NOTE_MAX_BYTES);
    char digits[HASH_HEX_BYTES];
    logbooks_permit(number, &text);
    must(hash_hex_of(buf_bytes(&text), digits));
    buf_addf(entry, "permit serial=%zu signed=%s run=r1", number, digits);
    must(buf_err(entry));
    must(note_sign(&l->log, &l->log_secret, buf_str(&text), note));
}

void logbooks_write(const struct logbooks *l, const struct logbooks_plan *plan, struct buf *out)
{
    struct merkle_range range = { .size = 0 };
    struct buf text CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    struct buf note CLEANUP(buf_free) = buf_make(LOGBOOKS_MAX_BYTES);
    size_t texts = 0;
    must(logbook_put_head(out));
    for (size_t i = 0; i < plan->entries; i++) {
        struct merkle_hash leaf;
        bool permits = plan->texts && i % 5 == 1;
        buf_clear(&text);
        buf_clear(&note);
        if (permits)
            logbooks_signed(l, i, &text, &note);
        else
            logbooks_entry(i, &text);
        must(merkle_leaf(buf_bytes(&text), &leaf));
        must(merkle_append(&range, &leaf, NULL, NULL));
        must(logbook_put_entry(i, buf_str(&text), out));
        if (permits) must(logbook_put_signed(buf_str(&note), out));
        texts += permits;
        if ((i + 1) % plan->every != 0 && i + 1 != plan->entries) continue;
        buf_clear(&text);
        logbooks_note(l, &range, plan->witnesses, &text);
        must(logbook_put_checkpoint(buf_str(&text), out));
    }
    must(logbook_put_end(plan->entries, texts, out));
}
