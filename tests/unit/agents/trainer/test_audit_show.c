#include "agents/trainer/audit_show.h"
#include <criterion/criterion.h>
#include <string.h>

Test(audit_show, sentences_and_a_row_an_attack)
{
    struct audit a = { .records = 400, .n = 2 };
    CLEANUP(result_free) struct result r;
    CLEANUP(buf_free) struct buf text = buf_make(RESULT_MAX_BYTES);
    CLEANUP(buf_free) struct buf json = buf_make(RESULT_MAX_BYTES);
    a.rows[0] = (struct audit_row){ .attack = AUDIT_THRESHOLD, .others = 10, .auc = { .5, .4, .6 } };
    a.rows[1] = (struct audit_row){ .attack = AUDIT_LOSS, .others = 2000, .auc = { .9, .89, .91 } };
    result_init(&r);
    audit_show(&a, &r);
    cr_assert_eq(result_err(&r), OK);
    result_print_text(&r, &text);
    result_print_json(&r, &json);
    static const char *const said[] = { "trained here on 400 records", "threshold", "insufficient data",
                                        "Worst grade: F", "is_vulnerable" };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect(strstr((const char *)text.p, said[i]), "%s", text.p);
    cr_expect(strstr((const char *)json.p, "\"is_vulnerable\":\"yes\""), "%s", json.p);
}
