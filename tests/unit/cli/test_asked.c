#include "cli/args.h"
#include "cli/asked.h"
#include "common/base/file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_BYTES = 1 << 18, WORD_BYTES = 64 };

static bool is_ours(const char *word)
{
    for (const struct subcommand *s = cli_subcommands; s->name; s++) {
        struct str rest = str_of(s->name);
        if (str_is(str_next(&rest, ' '), word)) return true;
    }
    return false;
}

/* "### agent: word ..." -> whom to ask by that word; false for other lines. */
static bool is_command(struct str line, char agent[WORD_BYTES], char word[WORD_BYTES])
{
    char text[200];
    (void)snprintf(text, sizeof text, STR_F, STR_ARG(line));
    return sscanf(text, "### %60[a-z]: %60s", agent, word) == 2;
}

/* The page is printed from the agents' own tables. */
static void each_command(void (*look)(const char *agent, const char *word, void *to), void *to)
{
    char agent[WORD_BYTES], word[WORD_BYTES];
    CLEANUP(buf_free) struct buf page = buf_make(PAGE_BYTES);
    cr_assert_eq(file_read(HIMAS_SOURCE_DIR "/docs/COMMANDS.md", &page, NULL), OK);
    for (struct str rest = buf_str(&page); rest.n;)
        if (is_command(str_next(&rest, '\n'), agent, word)) look(agent, word, to);
}

static void has_a_row(const char *agent, const char *word, void *to)
{
    const struct asked *row = asked_find(str_of(word));
    const char *whose = strcmp(agent, "trainer") == 0 ? "hospital" : agent;
    ++*(size_t *)to;
    if (is_ours(word)) return;
    cr_expect(row && strstr(row->whose, whose), "%s of %s", word, agent);
}

Test(asked, every_agents_command)
{
    size_t n = 0;
    each_command(has_a_row, &n);
    cr_expect_gt(n, 30);
}

struct wanted {
    const char *word;
    bool found;
};

static void is_wanted(const char *agent, const char *word, void *to)
{
    struct wanted *w = to;
    (void)agent;
    w->found = w->found || strcmp(word, w->word) == 0;
}

Test(asked, no_row_too_many)
{
    for (const struct asked *row = asked_rows; row->word; row++) {
        struct wanted w = { row->word, false };
        each_command(is_wanted, &w);
        cr_expect(w.found, "%s", row->word);
        cr_expect_not(is_ours(row->word), "%s", row->word);
    }
    cr_expect_null(asked_find(STR("zebra")));
}
