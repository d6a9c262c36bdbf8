#include "common/runtime/roster_text.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A "{jid: a@h, role: trainer, name: \"A \\\"1\\\"\", key: " KEY ", sign: " KEY "}"
#define B "{jid: b@h, role: [operator, scientist], name: b}"
#define C "{jid: c@h, role: trainer, name: c, key: " KEY ", enrolled: yes}"

static struct roster *read(const char *text)
{
    struct roster *r = NULL;
    struct why why = { "" };
    cr_assert_eq(roster_parse(str_of(text), "t", &r, &why), OK, "%s\n%s", why.text, text);
    return r;
}

/* "version members !revoked", and whether the text is read back the same. */
static void describe(const struct roster_plan *plan, char out[300])
{
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    roster_text(plan, &text);
    struct roster *r = read((const char *)text.p);
    size_t n = (size_t)snprintf(out, 300, "%llu", (unsigned long long)roster_version(r));
    for (size_t i = 0; i < roster_count(r); i++)
        n += (size_t)snprintf(out + n, 300 - n, " %s%s", roster_at(r, i)->jid, roster_at(r, i)->enrolled ? "*" : "");
    for (size_t i = 0; roster_revoked(r, i); i++) n += (size_t)snprintf(out + n, 300 - n, " !%s", roster_revoked(r, i));
    roster_free(r);
}

Test(roster_text, parts_of_rosters)
{
    struct roster *old = read("{version: 4, revoked: [x@h, d@h], members: [" A ", " B ", " C "]}");
    struct roster *asks = read("{members: [{jid: d@h, role: trainer, key: " KEY "}]}");
    struct roster *own = read("{members: [" B ", {jid: x@h, role: trainer}]}");
    const struct {
        const char *name, *expected;
        struct roster_plan plan;
    } rows[] = {
        { "as it was", "4 a@h b@h c@h* !x@h !d@h", { .version = 4, .parts = { { .of = old } }, .before = old } },
        { "one more, who was revoked before",
          "5 a@h b@h c@h* d@h* !x@h",
          { .version = 5,
            .parts = { { .of = old }, { .of = asks, .mark_enrolled = true } },
            .before = old,
            .pardon = asks } },
        { "one less",
          "5 b@h c@h* !x@h !d@h !a@h",
          { .version = 5, .parts = { { .of = old } }, .before = old, .revoke = "a@h" } },
        { "revoked twice",
          "5 a@h b@h c@h* !x@h !d@h",
          { .version = 5, .parts = { { .of = old } }, .before = old, .revoke = "x@h" } },
        { "others, with those who were enrolled, without the revoked",
          "5 b@h c@h* !x@h !d@h",
          { .version = 5, .parts = { { .of = own }, { .of = old, .only_enrolled = true } }, .before = old } },
        { "nobody", "1", { .version = 1 } },
        { "who is in both is there once",
          "1 b@h x@h a@h c@h*",
          { .version = 1, .parts = { { .of = own }, { .of = old } } } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char seen[300];
        describe(&rows[i].plan, seen);
        cr_expect_str_eq(seen, rows[i].expected, "%s: %s", rows[i].name, seen);
    }
    roster_free(old);
    roster_free(asks);
    roster_free(own);
}

Test(roster_text, a_member_is_read_back_the_same)
{
    struct roster *r = read("{members: [" A ", " B ", " C "]}");
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    buf_add_z(&text, "members:\n");
    for (size_t i = 0; i < 3; i++) roster_text_member(roster_at(r, i), roster_at(r, i)->enrolled, &text);
    struct roster *again = read((const char *)text.p);
    for (size_t i = 0; i < 3; i++)
        cr_expect_arr_eq(roster_at(r, i), roster_at(again, i), sizeof(struct member), "%s", roster_at(r, i)->jid);
    roster_free(r);
    roster_free(again);
}
