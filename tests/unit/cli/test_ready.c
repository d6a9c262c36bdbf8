#include "cli/http.h"
#include "cli/ready.h"
#include "common/base/clock.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEADLINE_MS = 400, HOPE_MS = 100, PATIENCE_MS = 10000 };
#define OLD "2026-11-21T06:24:01.123Z error trainer of.earlier error=ERR_STORE\n"
#define WRONG "2026-11-21T06:24:02.123Z error trainer agent.rebuilding error=ERR_STORE\n"
#define FINE "2026-11-21T06:24:03.123Z info trainer link.wait why=\"no error yet\"\n"

static void add(const struct home *h, const char *name, const char *text)
{
    FILE *f = fopen(home_at(h, "%s", name).text, "a");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static struct home new_home(void)
{
    struct home h;
    char folder[] = "/tmp/himas-ready-XXXXXX";
    cr_assert(mkdtemp(folder));
    cr_assert_eq(home_open(folder, &h, NULL), OK);
    cr_assert_eq(home_folder(home_at(&h, "logs").text, NULL), OK);
    cr_assert_eq(home_folder(home_at(&h, "run").text, NULL), OK);
    cr_assert_eq(home_folder(home_at(&h, "agents/hospital-a").text, NULL), OK);
    return h;
}

static void remove_home(const struct home *h)
{
    char command[HOME_PATH_BYTES];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", h->root);
    cr_expect_eq(system(command), 0);
}

/* One agent, at whose port nobody answers; its log, and what the supervisor knows. */
struct row {
    const char *name, *wrote, *state;
    unsigned exit_code, restarts;
    uint64_t deadline_ms;
    enum err err;
    const char *expected;
};

static void check(const struct row *row)
{
    static struct setup s;
    char list[200];
    struct why why = { "" };
    struct home h = new_home();
    struct ready r = { .home = &h, .setup = &s, .deadline_ms = row->deadline_ms, .hope_ms = HOPE_MS };
    s = (struct setup){ .nagents = 1, .agents = { { .name = "hospital-a" } } };
    cr_assert_eq(http_free_port(&s.agents[0].probe_port), OK);
    sigemptyset(&r.ends);
    add(&h, "logs/hospital-a.log", OLD);
    ready_begin(&r);
    add(&h, "logs/hospital-a.log", row->wrote);
    (void)snprintf(list, sizeof list, "services: [{name: hospital-a, state: %s, exit_code: %u, restarts: %u}]\n",
                   row->state, row->exit_code, row->restarts);
    add(&h, "run/services.yaml", list);
    uint64_t since = clock_mono_ms();
    cr_expect_eq(ready_wait(&r, &why), row->err, "%s: %s", row->name, why.text);
    cr_expect(clock_mono_ms() - since < PATIENCE_MS, "%s: long before its deadline", row->name);
    cr_expect(strstr(why.text, row->expected), "%s: %s", row->name, why.text);
    cr_expect(strstr(why.text, "logs/hospital-a.log"), "%s: where all of it is: %s", row->name, why.text);
    cr_expect(!strstr(why.text, "of.earlier"), "%s: what it wrote in an earlier life is not told", row->name);
    remove_home(&h);
}

Test(ready, tells_an_agents_own_words)
{
    static const struct row rows[] = {
        { "runs on", FINE, "running", 0, 0, DEADLINE_MS, ERR_TIMEOUT, "does not answer" },
        { "wrote an error", WRONG FINE, "running", 0, 0, 60000, ERR_STATE, "agent.rebuilding error=ERR_STORE" },
        { "ended for good", "himas-trainer: no such task\n  what to do: x\n", "failed", 65, 1, 60000, ERR_DATA,
          "ended with exit code 65: himas-trainer: no such task" },
        { "ends again and again", WRONG, "waiting", 74, 3, 60000, ERR_IO, "agent.rebuilding" },
        { "ended in silence", "", "waiting", 74, 3, 60000, ERR_IO, "it wrote nothing" },
        { "may mend itself", FINE, "waiting", 74, 1, DEADLINE_MS, ERR_TIMEOUT, "does not answer" },
        { "was stopped in an earlier life", FINE, "ended", 143, 7, DEADLINE_MS, ERR_TIMEOUT, "does not answer" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) check(&rows[i]);
}

Test(ready, an_interrupt_ends_it)
{
    static struct setup s = { .nagents = 1, .agents = { { .name = "hospital-a" } } };
    struct why why = { "" };
    struct home h = new_home();
    struct ready r = { .home = &h, .setup = &s, .deadline_ms = 60000, .hope_ms = 60000 };
    cr_assert_eq(http_free_port(&s.agents[0].probe_port), OK);
    sigemptyset(&r.ends);
    sigaddset(&r.ends, SIGTERM);
    ready_begin(&r);
    cr_assert_eq(sigprocmask(SIG_BLOCK, &r.ends, NULL), 0);
    cr_assert_eq(raise(SIGTERM), 0);
    cr_expect_eq(ready_wait(&r, &why), ERR_STATE);
    cr_expect(strstr(why.text, "interrupted"), "%s", why.text);
    remove_home(&h);
}
