/* What people are told, and who is told what. */
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

struct question {
    const char *person, *words, *want, *not_want;
};

static void ask_all(struct site *s, const struct question *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *answer = site_ask(s, rows[i].person, rows[i].words);
        cr_expect(strstr(answer, rows[i].want) != NULL, "%s: %s", rows[i].words, answer);
        cr_expect(!rows[i].not_want || strstr(answer, rows[i].not_want) == NULL, "%s: %s", rows[i].words, answer);
    }
}

Test(trainer_commands, with_a_policy)
{
    static const struct question rows[] = {
        { "sam", "/status", "I am idle.", NULL },
        { "olga", "how is it going", "81 records", NULL },
        { "paul", "/status", "first: line 82, column \"a\"", NULL },
        { "sam", "what are your rules", "fewer than 10 records", NULL },
        { "paul", "/policy", "Every update must be covered", NULL },
        { "olga", "/policy", "is for:", "records leaves" },
        { "paul", "how much privacy is left", "Data set records: of epsilon 8", NULL },
        { "paul", "/budget", "0.0000 is spent", "older than" },
        { "paul", "/budget", "each patient", NULL },
        { "sam", "/budget", "can still be afforded: ", "afforded: 0" },
        { "sam", "/records", "class", NULL },
        { "sam", "/records", "41", NULL },
        { "olga", "/records", "is for:", NULL },
        { "sam", "look again", "looking at the records again", NULL },
        { "sam", "help", "rescan", NULL },
    };
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_TASK SITE_NOISE, .policy = SITE_POLICY(10, "required", 8) });
    CLEANUP(buf_free) struct buf text = buf_make(1 << 20);
    for (unsigned i = 0; i < 81; i++) buf_addf(&text, "%u,1,%u\n", i % 7, i % 2);
    buf_add_z(&text, "99,1,1\n");
    site_write(&s, "records.csv", (const char *)text.p);
    site_do(&s, "invite");
    ask_all(&s, rows, sizeof rows / sizeof *rows);
    site_close(&s);
}

Test(trainer_commands, without_one)
{
    static const struct question rows[] = {
        { "sam", "/status", "No site policy is set", NULL },
        { "sam", "/policy", "nothing leaves", NULL },
        { "paul", "/budget", "no budget", NULL },
        { "sam", "/records", "will say how to read them", NULL },
    };
    struct site s;
    site_open(&s, &(struct site_plan){ 0 });
    ask_all(&s, rows, sizeof rows / sizeof *rows);
    site_close(&s);
}

Test(trainer_commands, small_classes_are_hidden)
{
    static const struct question rows[] = { { "sam", "/records", "not shown", "| 40" } };
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(41, "optional", 8) });
    site_do(&s, "invite");
    cr_assert_eq(site_heard(&s)->got[MSG_RUN_ACCEPT], 1);
    ask_all(&s, rows, 1);
    site_close(&s);
}

Test(trainer_commands, without_records)
{
    static const struct question rows[] = { { "sam", "/status", "cannot be used", NULL } };
    struct site s;
    site_open(&s, &(struct site_plan){ .policy = SITE_POLICY(41, "optional", 8), .no_records = true });
    ask_all(&s, rows, 1);
    site_close(&s);
}
