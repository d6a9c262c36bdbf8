#include "common/crypto/merkle_text.h"
#include <criterion/criterion.h>
#include <string.h>

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

Test(merkle_text, what_is_printed_is_read)
{
    struct merkle_proof p = { .n = MERKLE_PROOF_MAX }, again;
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    for (size_t i = 0; i < p.n; i++) memset(p.at[i].b, (int)(i + 1), HASH_BYTES);
    cr_assert_eq(merkle_proof_print(&p, &text), OK);
    struct str rest = buf_str(&text);
    cr_assert_eq(merkle_proof_parse(&rest, &again), OK);
    cr_expect(again.n == p.n && memcmp(again.at, p.at, sizeof p.at) == 0);
}

Test(merkle_text, one_spelling_and_a_limit)
{
    static const struct {
        const char *name, *text;
        enum err expected;
        size_t n, left;
    } rows[] = {
        { "none", "", OK, 0, 0 },
        { "one", ZEROS, OK, 1, 0 },
        { "up to an empty line", ZEROS "\nrest", OK, 1, 4 },
        { "a short hash", "AAAA\n", ERR_INPUT, 0, 0 },
        { "no base64", "****************************************\n", ERR_INPUT, 0, 0 },
        { "a long line", ZEROS ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
          ERR_INPUT, 2, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct merkle_proof p;
        struct str rest = str_of(rows[i].text);
        cr_expect_eq(merkle_proof_parse(&rest, &p), rows[i].expected, "%s", rows[i].name);
        if (rows[i].expected == OK) cr_expect(p.n == rows[i].n && rest.n == rows[i].left, "%s", rows[i].name);
    }
    struct buf many CLEANUP(buf_free) = buf_make(1 << 16);
    struct merkle_proof p;
    for (int i = 0; i <= MERKLE_PROOF_MAX; i++) buf_add_z(&many, ZEROS);
    struct str rest = buf_str(&many);
    cr_expect_eq(merkle_proof_parse(&rest, &p), ERR_INPUT);
}
