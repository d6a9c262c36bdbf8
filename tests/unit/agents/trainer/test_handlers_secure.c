/* A secure sum that this hospital knows nothing of is declined; whole sums are held in tests/sim/sim_sums.c. */
#include "tests/unit/agents/trainer/site.h"
#include <criterion/criterion.h>
#include <string.h>

Test(handlers_secure, nothing_plain_leaves_for_a_task_with_secure_sums)
{
    struct site s;
    site_open(&s, &(struct site_plan){ .task = SITE_SECURE_TASK, .policy = SITE_POLICY(10, "optional", 8) });
    const struct heard *h = site_heard(&s);
    site_do(&s, "invite");
    cr_assert_eq(h->got[MSG_RUN_ACCEPT], 1, "%s", h->text);
    site_do(&s, "train 1");
    cr_expect(h->got[MSG_UPDATE] == 0 && h->got[MSG_ROUND_DECLINE] == 1);
    cr_expect(strcmp(h->code, "ERR_STATE") == 0 && strstr(h->text, "no secure sum") != NULL, "%s", h->text);
    cr_expect_eq(site_trainer(&s)->queue.count, 0);
    site_close(&s);
}
