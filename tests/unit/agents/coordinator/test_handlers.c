#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

Test(handlers, a_hospital_that_comes_back_may_still_join)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", "honest", NULL });
    sim_kill(h.sim, "hospital-1", 20000);
    sim_kill(h.sim, "hospital-2", 20000);
    house_run(&h, 2000);
    (void)house_say(&h, "start toy");
    house_run(&h, 5000);
    cr_expect(house_head(&h, "toy-1").state == RUN_INVITING, "two are needed");
    cr_expect(house_until_over(&h));
    cr_expect(house_head(&h, "toy-1").state == RUN_DONE);
    house_close(&h);
}

Test(handlers, those_who_declined_are_asked_again_when_they_join_again)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "silent", "declines", NULL });
    (void)house_say(&h, "start toy");
    const struct coordinator *c = house_state(&h);
    cr_expect(c->runs[0]->sites[2].membership == SITE_DECLINED);
    sim_forget(h.sim, "olga");
    (void)house_say(&h, "watch");
    sim_kill(h.sim, "hospital-2", 100);
    house_run(&h, 10000);
    cr_expect(c->runs[0]->sites[2].membership == SITE_DECLINED, "and decline again");
    struct str heard = sim_heard(h.sim, "olga");
    struct buf text CLEANUP(buf_free) = buf_make(1 << 20);
    buf_add_str(&text, heard);
    cr_expect(strstr((const char *)text.p, "hospital-2 does not take part: ERR_BUDGET") != NULL, "%s", (char *)text.p);
    house_close(&h);
}

Test(handlers, joins_and_subscriptions)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "absent", NULL });
    cr_expect(house_says(&h, "who is in", "1 of 2 hospitals are here: hospital-0"));
    cr_expect(house_says(&h, "trainers", "puppet 1"));
    house_close(&h);
}
