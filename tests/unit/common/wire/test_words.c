#include "common/wire/words.h"
#include <criterion/criterion.h>
#include <string.h>

enum { WANTED_MAX = 5 };

Test(words, split)
{
    static const struct {
        const char *line;
        size_t n;
        const char *text[WANTED_MAX];
    } rows[] = {
        { "", 0, { NULL } },
        { "  \t\r\n ", 0, { NULL } },
        { " a  bc\td ", 3, { "a", "bc", "d" } },
        { "a \"b c\" d", 3, { "a", "b c", "d" } },
        { "a 'b c'", 2, { "a", "b c" } },
        { "x=\"b c\" y", 2, { "x=\"b c\"", "y" } },
        { "how's it going", 3, { "how's", "it", "going" } },
        { "\"never closed", 2, { "\"never", "closed" } },
        { "\"\" x", 2, { "", "x" } },
        { "\"a\"b c\"", 1, { "a\"b c" } },
        { "\xff\xfe \x01", 2, { "\xff\xfe", "\x01" } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct word words[WORDS_MAX];
        size_t n = words_split(str_of(rows[i].line), words);
        cr_expect_eq(n, rows[i].n, "%s: %zu", rows[i].line, n);
        for (size_t k = 0; k < n && k < rows[i].n; k++)
            cr_expect(str_is(words[k].text, rows[i].text[k]), "%s: word %zu", rows[i].line, k);
    }
}

Test(words, too_many)
{
    struct word words[WORDS_MAX];
    char line[2 * WORDS_MAX + 2];
    memset(line, ' ', sizeof line);
    for (size_t i = 0; i <= WORDS_MAX; i++) line[2 * i] = 'x';
    cr_expect_eq(words_split((struct str){ line, sizeof line }, words), WORDS_MAX + 1);
    cr_expect_eq(words_split((struct str){ line, sizeof line - 2 }, words), WORDS_MAX);
}

Test(words, same_and_fillers)
{
    static const struct {
        const char *word;
        const char *other;
        bool same;
        bool filler;
        bool polite;
    } rows[] = {
        { "Status?", "status", true, false, false }, { "(status)", "status", true, false, false },
        { "how's", "hows", true, false, false },     { "hows", "how's", true, false, false },
        { "how's", "how", true, false, false },      { "status", "statu", false, false, false },
        { "Please!", "please", true, true, true },   { "the", "the", true, true, false },
        { "\"the\"", "the", true, false, false },    { "?", "", false, false, false },
        { "how", "how's", false, false, false },     { "''", "", true, false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct word words[WORDS_MAX];
        cr_assert_eq(words_split(str_of(rows[i].word), words), 1, "%s", rows[i].word);
        cr_expect_eq(words_same(&words[0], str_of(rows[i].other)), rows[i].same, "%s", rows[i].word);
        cr_expect_eq(words_is_filler(&words[0]), rows[i].filler, "%s", rows[i].word);
        cr_expect_eq(words_is_polite(&words[0]), rows[i].polite, "%s", rows[i].word);
    }
}
