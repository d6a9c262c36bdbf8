/*
 * Attacks of a coordinator on real hospitals, one a row: who refuses, and with which words; and in none does a hospital
 * tell both halves of anybody's secrets.  With a guardian in the roster each refusal stands in its log.
 */
#include "tests/sim/crooked.h"
#include "tests/support/tap.h"
#include <string.h>

enum { ALL = (1 << CROOKED_SITES) - 1, NONE = 0, ONE = 1 << (CROOKED_SITES - 1), OTHERS = ALL - ONE };

static const struct row {
    const char *name;
    enum mischief mischief;
    unsigned refuse;  /* who, as bits */
    enum msg_type no; /* what none of those has sent */
    const char *code, *says;
} rows[] = {
    { "an honest sum", HONEST, NONE, MSG_NONE, "", "" },
    { "a key that is not the roster's", FALSE_IDENTITY, ALL, MSG_SECURE_KEYS, "ERR_REFUSED", "another roster" },
    { "a cohort of two", SMALL_COHORT, ALL, MSG_SECURE_KEYS, "ERR_", "" },
    { "a threshold that two stories can meet", LOW_THRESHOLD, ALL, MSG_SECURE_KEYS, "ERR_REFUSED",
      "lets the coordinator read a vector" },
    { "one honest among adversaries", ONE_HONEST, ALL, MSG_SECURE_KEYS, "ERR_INPUT", "out of range" },
    { "two headers for one sum", TWO_HEADERS, ONE, MSG_SECURE_SHARES, "ERR_REFUSED", "two headers" },
    { "a swapped key", SWAPPED_KEY, ONE, MSG_SECURE_SHARES, "ERR_CRYPTO", "1" },
    { "a shrunken list of keys", SHRUNKEN_LIST, ALL, MSG_SECURE_SHARES, "ERR_REFUSED", "2 members are there" },
    { "another model for one", OTHER_MODEL, ONE, MSG_SECURE_INPUT, "ERR_REFUSED", "another than the header" },
    { "both shares", BOTH_SHARES, ALL, MSG_SECURE_VOTE, "ERR_", "" },
    { "a split view", SPLIT_VIEW, ALL, MSG_SECURE_ANSWER, "ERR_", "" },
    { "the other half, after the answers", OTHER_HALF, OTHERS, MSG_NONE, "ERR_REFUSED", "" },
    { "the keys of the sum before", REPLAYED_KEYS, ALL, MSG_SECURE_SHARES, "ERR_", "" },
    { "a sum that was answered", REPLAYED_SUM, ALL, MSG_NONE, "ERR_DUPLICATE", "answered already" },
};

static unsigned who_refused(const struct row *r, const struct crooked_end *end)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < CROOKED_SITES; i++) {
        const struct crooked_site *s = &end->sites[i];
        bool named = strncmp(s->code, r->code, strlen(r->code)) == 0 && strstr(s->text, r->says) != NULL;
        if (s->got[MSG_ROUND_DECLINE] == 0) continue;
        if (named && s->text[0] && (r->no == MSG_NONE || s->got[r->no] == 0))
            bits |= 1u << i;
        else
            tap_note("hospital-%u: %s %s", i, s->code, s->text);
    }
    return bits;
}

/* Whose refusal stands in the guardian's log, with code and words as the coordinator heard them. */
static unsigned who_logged(const struct crooked_end *end)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < CROOKED_SITES; i++) {
        const struct crooked_site *s = &end->sites[i];
        bool alike = strstr(s->logged, s->code) != NULL && strstr(s->logged, s->text) != NULL;
        if (s->logged[0] == '\0') continue;
        if (alike && s->text[0])
            bits |= 1u << i;
        else
            tap_note("hospital-%u: logged %s", i, s->logged);
    }
    return bits;
}

static void attack(struct tap *t, const struct federation_files *files, const struct row *r, bool guarded)
{
    struct crooked_end end = { .both_halves = 0 };
    struct why why = { "" };
    enum err e = crooked_run(files, r->mischief, guarded, &end, &why);
    unsigned refused = who_refused(r, &end);
    unsigned logged = who_logged(&end);
    bool whole = r->mischief != HONEST || end.sites[0].got[MSG_SECURE_ANSWER] == 1;
    bool told = logged == (guarded ? r->refuse : NONE);
    tap_is(t, e == OK && refused == r->refuse && told && whole && end.both_halves == 0, "%s%s: %s %s", r->name,
           guarded ? ", logged" : "", end.sites[CROOKED_SITES - 1].text, why.text);
    if (refused != r->refuse || !told) tap_note("refused by %#x, logged of %#x, not %#x", refused, logged, r->refuse);
}

int main(void)
{
    struct tap t = { 0 };
    struct why why = { "" };
    struct federation_files files;
    const struct plan plan = { .sites = CROOKED_SITES, .quorum = 3, .rounds = 1, .secure = true };
    enum err e = federation_files_make(&files, &plan, &why);
    tap_is(&t, e == OK, "files are made: %s", why.text);
    for (size_t i = 0; e == OK && i < sizeof rows / sizeof *rows; i++) {
        attack(&t, &files, &rows[i], false);
        attack(&t, &files, &rows[i], true);
    }
    federation_files_remove(&files);
    return tap_end(&t);
}
