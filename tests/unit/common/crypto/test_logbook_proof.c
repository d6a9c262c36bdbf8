#include "common/crypto/encode.h"
#include "common/crypto/logbook.h"
#include "tests/support/failmalloc.h"
#include "tests/support/logbooks.h"
#include <criterion/criterion.h>
#include <string.h>

static struct buf log_of(const struct logbooks *l, size_t entries, size_t every, size_t witnesses)
{
    struct buf file = buf_make(LOGBOOKS_MAX_BYTES);
    logbooks_write(l, &(struct logbooks_plan){ entries, every, witnesses }, &file);
    return file;
}

static struct buf proof_of(const struct logbooks *l, const struct buf *file, uint64_t index)
{
    struct buf proof = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    struct why why = { "" };
    cr_assert_eq(logbook_prove(buf_str(file), &l->trust, index, &proof, &why), OK, "%s", why.text);
    return proof;
}

Test(logbook_proof, every_entry_of_some_logs)
{
    struct logbooks l;
    logbooks_init(&l);
    for (size_t entries = 1; entries <= 33; entries += 4) {
        struct buf file CLEANUP(buf_free) = log_of(&l, entries, 7, 2);
        for (size_t i = 0; i < entries; i++) {
            struct buf proof CLEANUP(buf_free) = proof_of(&l, &file, i);
            struct buf text CLEANUP(buf_free) = buf_make(LOGBOOK_ENTRY_BYTES);
            struct logbook_proven p;
            struct why why = { "" };
            logbooks_entry(i, &text);
            cr_assert(logbook_is_proof(buf_str(&proof)) && !logbook_is_proof(buf_str(&file)));
            cr_assert_eq(logbook_check_proof(buf_str(&proof), &l.trust, &p, &why), OK, "%s", why.text);
            cr_expect(p.index == i && p.size > i && p.cosigned == 2, "entry %zu of %zu", i, entries);
            cr_expect(p.size == (i / 7 + 1) * 7 || p.size == entries, "the first checkpoint that covers it");
            cr_expect(str_eq(buf_str(&p.entry), buf_str(&text)));
            buf_free(&p.entry);
        }
    }
}

Test(logbook_proof, form)
{
    struct logbooks l;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 2, 2, 0);
    struct buf proof CLEANUP(buf_free) = proof_of(&l, &file, 1);
    struct str rest = buf_str(&proof);
    cr_expect(str_is(str_next(&rest, '\n'), "c2sp.org/tlog-proof@v1"));
    struct str extra = str_next(&rest, '\n');
    cr_expect(str_is(str_next(&extra, ' '), "extra"));
    struct buf text CLEANUP(buf_free) = buf_make(100);
    cr_assert_eq(base64_decode(extra, &text), OK);
    cr_expect(str_is(buf_str(&text), "permit serial=1"));
    cr_expect(str_is(str_next(&rest, '\n'), "index 1"));
    cr_expect_eq(str_next(&rest, '\n').n, 44u);
    cr_expect_eq(str_next(&rest, '\n').n, 0u);
    cr_expect(str_is(str_next(&rest, '\n'), "guardian@himas.local"));
}

Test(logbook_proof, no_such_entry_or_no_such_log)
{
    struct logbooks l;
    struct why why = { "" };
    struct buf out CLEANUP(buf_free) = buf_make(LOGBOOK_PROOF_MAX_BYTES);
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 4, 2, 1);
    cr_expect_eq(logbook_prove(buf_str(&file), &l.trust, 4, &out, &why), ERR_ABSENT);
    cr_expect(strstr(why.text, "has 4 entries") != NULL, "%s", why.text);
    file.p[str_find(buf_str(&file), "permit")] ^= 1;
    cr_expect_eq(logbook_prove(buf_str(&file), &l.trust, 0, &out, &why), ERR_CRYPTO);
    cr_expect_eq(out.n, 0u);
}

/* What may change without being refused is the name of a witness: it then counts for nobody. */
Test(logbook_proof, every_byte_matters)
{
    struct logbooks l;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 6, 6, 2);
    struct buf proof CLEANUP(buf_free) = proof_of(&l, &file, 3);
    for (size_t at = 0; at < proof.n; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct logbook_proven p = { .cosigned = 2 };
            proof.p[at] ^= (uint8_t)(1u << bit);
            enum err e = logbook_check_proof(buf_str(&proof), &l.trust, &p, NULL);
            proof.p[at] ^= (uint8_t)(1u << bit);
            cr_expect(e == ERR_INPUT || e == ERR_CRYPTO || (e == OK && p.cosigned == 1), "byte %zu bit %u", at, bit);
            if (e == OK) buf_free(&p.entry);
        }
    for (size_t n = 0; n < proof.n; n++) {
        struct logbook_proven p = { .cosigned = 2 };
        enum err e = logbook_check_proof((struct str){ (char *)proof.p, n }, &l.trust, &p, NULL);
        cr_expect(e != OK || p.cosigned < 2, "%zu bytes", n);
        if (e == OK) buf_free(&p.entry);
    }
}

Test(logbook_proof, of_another_log)
{
    struct logbooks l;
    struct logbook_proven p;
    struct why why = { "" };
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 6, 6, 2);
    struct buf proof CLEANUP(buf_free) = proof_of(&l, &file, 3);
    cr_assert_eq(str_copy(STR("other@himas.local"), l.trust.log.name, sizeof l.trust.log.name), OK);
    cr_expect_eq(logbook_check_proof(buf_str(&proof), &l.trust, &p, &why), ERR_CRYPTO);
    cr_expect(strstr(why.text, "not signed by other@himas.local") != NULL, "%s", why.text);
}

Test(logbook_proof, memory_runs_out)
{
    struct logbooks l;
    bool done = false;
    logbooks_init(&l);
    struct buf file CLEANUP(buf_free) = log_of(&l, 6, 6, 2);
    for (size_t n = 1; failmalloc_round(n, &done); n++) {
        struct buf proof = buf_make(LOGBOOK_PROOF_MAX_BYTES);
        struct logbook_proven p = { .index = 0 };
        enum err e = logbook_prove(buf_str(&file), &l.trust, 3, &proof, NULL);
        if (e == OK) e = logbook_check_proof(buf_str(&proof), &l.trust, &p, NULL);
        cr_expect(e == OK || e == ERR_MEMORY, "allocation %zu: %s", n, err_name(e));
        done = e == OK;
        if (done) buf_free(&p.entry);
        buf_free(&proof);
    }
    cr_expect(done);
}
