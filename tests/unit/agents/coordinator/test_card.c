#include "agents/coordinator/card.h"
#include "common/wire/doc.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* A card is JSON that a reader understands, whatever the words in it. */
Test(card, is_json_and_whole)
{
    static const char *const keys[] = { "task",    "version",  "created",   "model",   "weights_sha256", "lineage",
                                        "metrics", "training", "hospitals", "privacy", "data_contract" };
    struct run r = { 0 };
    struct why why = { 0 };
    struct version_row v = { .version = 7, .round = 3, .loss = 0.25, .auc = NAN };
    struct arena arena CLEANUP(arena_free) = arena_make(1 << 20);
    struct buf card CLEANUP(buf_free) = buf_make(1 << 20);
    const struct doc *d = NULL;
    cr_assert(run_init(&r, str_of(house_task), &why) == OK, "%s", why.text);
    struct site *s = run_add_site(&r, "a@h", "St. \"Anna\"\\Z\xc3\xbcrich");
    s->membership = SITE_JOINED;
    s->epsilon = 1.5;
    (void)strcpy(v.task, "toy");
    card_write(&r, &v, &card);
    cr_assert(buf_err(&card) == OK);
    cr_assert(doc_parse(buf_str(&card), "card", &arena, &d, &why) == OK, "%s", why.text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) cr_expect(doc_get(d, keys[i]) != NULL, "%s", keys[i]);
    const struct doc *hospital = doc_get(d, "hospitals")->items[0];
    cr_expect(str_is(doc_get(hospital, "name")->text, "St. \"Anna\"\\Z\xc3\xbcrich"));
    cr_expect(str_is(doc_get(hospital, "epsilon_spent_by_ledger")->text, "1.5"));
    cr_expect(str_is(doc_get(doc_get(d, "metrics"), "auc")->text, "null"), "not known");
    cr_expect(doc_get(d, "data_contract")->count == 3);
    run_fini(&r);
}
