#include "agents/coordinator/hospitals.h"
#include <criterion/criterion.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
static const char roster_text[] = "members:\n"
                                  "  - {jid: hospital-b@h, role: trainer, name: hospital-b, key: " KEY "}\n"
                                  "  - {jid: coordinator@h, role: coordinator, name: coordinator}\n"
                                  "  - {jid: hospital-a@h, role: trainer, name: hospital-a, key: " KEY "}\n";

Test(hospitals, who_is_there)
{
    struct roster *roster = NULL;
    struct hospitals h = { 0 };
    struct why why = { 0 };
    cr_assert(roster_parse(str_of(roster_text), "roster", &roster, &why) == OK, "%s", why.text);
    cr_assert(hospitals_init(&h, roster, 1000, 5000) == OK);
    cr_expect(h.count == 2 && hospitals_find(&h, "coordinator@h") == NULL, "trainers only");
    struct hospital *a = hospitals_find(&h, "hospital-a@h");
    cr_assert(a == &h.all[0]);
    cr_expect(hospitals_online(&h) == 0 && hospitals_not_away(&h, 1000, 30) == 2, "nobody is known to be away yet");
    hospital_set_online(a, true, 2000, 6000);
    cr_expect(hospitals_online(&h) == 1 && a->since_ms == 6000 && !hospital_away(a, 999999, 30));
    hospital_set_online(a, false, 3000, 7000);
    cr_expect(!hospital_away(a, 3030, 30) && hospital_away(a, 3031, 30), "the grace");
    hospital_seen(a, 4000);
    cr_expect(!hospital_away(a, 4010, 30), "a message is a sign of life");
    hospital_joined(a, &(struct msg_join){ .software = STR("t 1"), .records = 7 });
    hospital_beat(
        a, &(struct msg_heartbeat){ .doing = STR("training"), .progress = 0.5, .records = 9, .epsilon_spent = 1 });
    cr_expect(strcmp(a->software, "t 1") == 0 && strcmp(a->doing, "training") == 0 && a->records == 9);
    struct member keyless = { .jid = "hospital-c@h" };
    struct hospital c = { .who = &keyless, .online = true };
    cr_expect(hospital_away(&c, 0, 30), "no model can be sealed to it");
    hospitals_fini(&h);
    hospitals_fini(&h);
    roster_free(roster);
}
