#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <string.h>

Test(commands_tasks, list_show_digest)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", NULL });
    const struct coordinator *c = house_state(&h);
    const struct task_file *toy = tasks_find(&c->tasks, STR("toy"));
    cr_assert(toy != NULL);
    cr_expect(house_says(&h, "tasks list", toy->digest));
    cr_expect(house_says(&h, "tasks list", "bad.yaml"));
    cr_expect(house_says(&h, "tasks show toy", "arch: logistic, seed: 3"));
    cr_expect(house_says(&h, "tasks digest toy", toy->digest));
    cr_expect(house_says(&h, "tasks digest bad", "There is no task bad; there is: toy."));
    cr_expect(house_says(&h, "tasks show zebra", "There is no task zebra; there is: toy."));
    cr_expect(house_says(&h, "tasks show tyo", "did you mean toy?"));
    house_close(&h);
}

Test(commands_tasks, watch)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    cr_expect(house_says(&h, "keep me posted", "I tell you what happens"));
    sim_kill(h.sim, "coordinator", 500);
    house_run(&h, 3000);
    const char *heard = house_say(&h, "start toy");
    house_run(&h, 10000);
    heard = sim_heard(h.sim, "olga").p;
    cr_expect(strstr(heard, "toy-1: round 1 of 3: sent the model to 2 hospitals"), "%s", heard);
    cr_expect(strstr(heard, "toy-1: round 3: hospital-0 returned ") && strstr(heard, " bytes, 1 of 2 in"), "%s", heard);
    cr_expect(strstr(heard, "toy-1: done: 3 rounds"), "%s", heard);
    cr_expect(house_says(&h, "be quiet", "I am quiet."));
    (void)house_say(&h, "start toy");
    house_run(&h, 10000);
    cr_expect(strstr(sim_heard(h.sim, "olga").p, "sent the model") == NULL);
    house_close(&h);
}
