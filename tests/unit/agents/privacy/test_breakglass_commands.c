#include "agents/privacy/breakglass_commands.h"
#include "common/runtime/sim.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* An agent that does nothing but keep the book. */
static enum err init(struct agent *a, void *self, struct why *why)
{
    (void)why;
    return breakglass_restore(self, a);
}
static void fini(void *self) { breakglass_fini(self); }

#define SAY(verb)                                                                                                      \
    static enum err run_##verb(struct agent *a, void *self, const struct call *c, struct result *out)                  \
    {                                                                                                                  \
        return breakglass_say_##verb(self, a, c, out);                                                                 \
    }
SAY(ask)
SAY(confirm)
SAY(end)
SAY(review)

static const struct command commands[] = {
    { "break-glass ask", ROLE_OFFICER, breakglass_ask_args, "asks for emergency access", NULL, run_ask },
    { "break-glass confirm", ROLE_OFFICER, breakglass_case_args, "confirms it", NULL, run_confirm },
    { "break-glass end", ROLE_OFFICER, breakglass_case_args, "ends it", NULL, run_end },
    { "break-glass review", ROLE_OFFICER, breakglass_review_args, "reviews it, or lists all", NULL, run_review },
    { 0 },
};
static const struct agent_def keeper = { .name = "keeper",
                                         .role = ROLE_GUARDIAN,
                                         .doc = "keeps the book",
                                         .state_size = sizeof(struct breakglass),
                                         .init = init,
                                         .fini = fini,
                                         .commands = commands };

static void note(void *to, enum log_level level, const char *line)
{
    size_t n = strlen(to);
    if (level == LOG_ERROR) (void)snprintf((char *)to + n, 4000 - n, "%s\n", line);
}

static const struct {
    const char *who, *line, *answer;
    uint64_t wait_ms;
} talk[] = {
    { "olga", "/break-glass ask run=r-1 reason=\"the ward needs it\"", "is for: privacy-officer", 1000 },
    { "paul", "/break-glass ask run=r-1 reason=\"the ward needs it\" minutes=20",
      "Case 1 is asked for. Another officer must confirm", 1000 },
    { "paul", "/break-glass confirm case=1", "two people, not one twice", 1000 },
    { "petra", "/break-glass confirm case=1", "vetoes of run r-1 are suspended", 1000 },
    { "petra", "/break-glass review", "1 cases, 0 to be reviewed", 21 * 60000 },
    { "petra", "/break-glass review", "to be reviewed", 1000 },
    { "paul", "/break-glass end case=1", "case 1 is to be reviewed", 1000 },
    { "paul", "/break-glass review case=1 verdict=\"justified, all is well\"", "another officer does", 1000 },
    { "petra", "/break-glass review case=1 verdict=\"justified, all is well\"", "Case 1 is reviewed", 1000 },
    { "petra", "/break-glass review case=1", "case 1 is reviewed", 1000 },
    { "paul", "/break-glass review", "justified, all is well", 1000 },
};

/* The whole way in a chat, with a restart after each word; and each act is in the log, without its reason. */
Test(breakglass_commands, as_people_say_it)
{
    static char logged[4000];
    struct why why = { "" };
    struct sim *s = sim_new(5, &(struct sim_faults){ .delay_min_ms = 1, .delay_max_ms = 3 });
    sim_log(s, note, logged);
    cr_assert_eq(sim_add(s, &keeper, "keeper", "", &why), OK, "%s", why.text);
    cr_assert(sim_add_person(s, "olga", ROLE_OPERATOR) == OK && sim_add_person(s, "paul", ROLE_OFFICER) == OK &&
              sim_add_person(s, "petra", ROLE_OFFICER) == OK);
    cr_assert_eq(sim_start(s, &why), OK, "%s", why.text);
    (void)sim_run(s, 1000, NULL, NULL);
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++) {
        sim_forget(s, talk[i].who);
        sim_say(s, talk[i].who, "keeper", talk[i].line);
        (void)sim_run(s, 1000, NULL, NULL);
        struct str heard = sim_heard(s, talk[i].who);
        cr_expect(str_find(heard, talk[i].answer) < heard.n, "%zu: " STR_F, i, STR_ARG(heard));
        sim_kill(s, "keeper", 10);
        (void)sim_run(s, talk[i].wait_ms, NULL, NULL);
    }
    static const char *const events[] = { "break_glass.asked case=1 by=paul@sim.local error=OK",
                                          "break_glass.opened case=1 by=petra@sim.local error=OK",
                                          "break_glass.opened case=1 by=paul@sim.local error=ERR_REFUSED",
                                          "break_glass.reviewed case=1 by=petra@sim.local error=OK" };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        cr_expect(strstr(logged, events[i]), "%s in\n%s", events[i], logged);
    cr_expect(strstr(logged, "ward") == NULL);
    sim_free(s);
}
