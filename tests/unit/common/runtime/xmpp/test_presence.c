#include "common/runtime/xmpp/presence.h"
#include "tests/unit/common/runtime/xmpp/reading.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct told {
    struct buf text;
};

static void tell(void *to, const char *bare, bool online)
{
    struct told *t = to;
    buf_addf(&t->text, "%c%s ", online ? '+' : '-', bare);
}

static void say(struct presence_list *p, struct told *t, const char *from, const char *type)
{
    char text[256];
    (void)snprintf(text, sizeof text, "<presence from='%s'%s/>", from, type);
    struct reading r CLEANUP(reading_end) = reading_of(text);
    presence_handle(p, r.stanza, tell, t);
}

#define GONE " type='unavailable'"
#define DOUBT "doubt"
#define SETTLE "settle"

Test(presence, histories)
{
    static const struct {
        const char *name;
        struct {
            const char *from, *type;
        } steps[8];
        const char *expected;
    } rows[] = {
        { "comes and goes", { { "a@h/1", "" }, { "a@h/1", "" }, { "a@h/1", GONE } }, "+a@h +a@h -a@h " },
        { "the last session counts",
          { { "a@h/1", "" }, { "a@h/2", "" }, { "a@h/1", GONE }, { "a@h/2", GONE } },
          "+a@h +a@h -a@h " },
        { "never seen", { { "a@h/1", GONE } }, "-a@h " },
        { "not there", { { "a@h", " type='error'" } }, "-a@h " },
        { "subscriptions",
          { { "a@h", " type='subscribe'" }, { "a@h", " type='subscribed'" }, { "a@h", " type='probe'" } },
          "" },
        { "our link breaks, all come back",
          { { "a@h/1", "" }, { "", DOUBT }, { "a@h/1", "" }, { "", SETTLE } },
          "+a@h +a@h " },
        { "our link breaks, one stays away",
          { { "a@h/1", "" }, { "b@h/1", "" }, { "", DOUBT }, { "a@h/1", "" }, { "", SETTLE } },
          "+a@h +b@h +a@h -b@h " },
        { "comes back by another session",
          { { "a@h/1", "" }, { "", DOUBT }, { "a@h/2", "" }, { "", SETTLE } },
          "+a@h +a@h " },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct told t = { .text = buf_make(4096) };
        struct presence_list *p = presence_new();
        for (size_t k = 0; k < 8 && rows[i].steps[k].from; k++) {
            if (strcmp(rows[i].steps[k].type, DOUBT) == 0)
                presence_doubt(p);
            else if (strcmp(rows[i].steps[k].type, SETTLE) == 0)
                presence_settle(p, tell, &t);
            else
                say(p, &t, rows[i].steps[k].from, rows[i].steps[k].type);
        }
        cr_expect(str_is(buf_str(&t.text), rows[i].expected), "%s: " STR_F, rows[i].name, STR_ARG(buf_str(&t.text)));
        buf_free(&t.text);
        presence_free(p);
    }
}

/* Without a place in the list a session is not counted, and one that is beyond one account's share has none. */
Test(presence, one_account_has_so_many_sessions)
{
    struct told t = { .text = buf_make(1 << 16) };
    struct presence_list *p = presence_new();
    char from[32];
    for (int i = 0; i <= PRESENCE_MAX_A_PEER; i++) {
        (void)snprintf(from, sizeof from, "a@h/%d", i);
        say(p, &t, from, "");
    }
    say(p, &t, "A@H/again", "");
    say(p, &t, "a@h.other/1", "");
    buf_clear(&t.text);
    for (int i = 0; i < PRESENCE_MAX_A_PEER; i++) {
        (void)snprintf(from, sizeof from, "a@h/%d", i);
        say(p, &t, from, GONE);
    }
    cr_expect(str_is(buf_str(&t.text), "-a@h "), "the last one counted: " STR_F, STR_ARG(buf_str(&t.text)));
    buf_clear(&t.text);
    say(p, &t, "a@h.other/1", GONE);
    cr_expect(str_is(buf_str(&t.text), "-a@h.other "), "another account is not touched");
    buf_free(&t.text);
    presence_free(p);
}

/* One session more than there is room for is told of, and does not keep its owner here; the others are kept, and where
 * one goes another has room. */
Test(presence, so_many_sessions_in_all, .timeout = 60)
{
    struct told t = { .text = buf_make(1 << 20) };
    struct presence_list *p = presence_new();
    char from[32];
    for (int i = 0; i < PRESENCE_MAX; i++) {
        (void)snprintf(from, sizeof from, "a%d@h/1", i / PRESENCE_MAX_A_PEER);
        (void)snprintf(from + strlen(from), sizeof from - strlen(from), "%d", i % PRESENCE_MAX_A_PEER);
        say(p, &t, from, "");
    }
    cr_expect_eq(presence_unlisted(p), 0);
    buf_clear(&t.text);
    say(p, &t, "late@h/1", "");
    say(p, &t, "late@h/2", "");
    cr_expect_eq(presence_unlisted(p), 2);
    say(p, &t, "late@h/2", GONE);
    cr_expect(str_is(buf_str(&t.text), "+late@h +late@h -late@h "), STR_F, STR_ARG(buf_str(&t.text)));
    say(p, &t, "a0@h/10", GONE);
    say(p, &t, "late@h/1", "");
    say(p, &t, "late@h/2", "");
    buf_clear(&t.text);
    say(p, &t, "late@h/2", GONE);
    cr_expect(t.text.n == 0 && presence_unlisted(p) == 3, "the first of them is listed, and keeps its owner here");
    say(p, &t, "late@h/1", GONE);
    for (int i = 1; i < PRESENCE_MAX_A_PEER; i++) {
        (void)snprintf(from, sizeof from, "a0@h/1%d", i);
        say(p, &t, from, GONE);
    }
    cr_expect(str_is(buf_str(&t.text), "-late@h -a0@h "), "none was lost: " STR_F, STR_ARG(buf_str(&t.text)));
    buf_free(&t.text);
    presence_free(p);
}

Test(presence, nobody)
{
    struct told t = { .text = buf_make(4096) };
    struct presence_list *p = presence_new();
    struct reading r CLEANUP(reading_end) = reading_of("<presence/>");
    presence_handle(p, r.stanza, tell, &t);
    cr_expect_eq(t.text.n, 0);
    presence_free(p);
    presence_free(NULL);
}
