#include "cli/supervisor.h"
#include "common/base/clock.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static void pause_a_little(void)
{
    const struct timespec pause = { .tv_nsec = 10000000 };
    (void)nanosleep(&pause, NULL);
}

static struct home new_home(void)
{
    struct home h;
    char folder[] = "/tmp/himas-keep-XXXXXX";
    cr_assert(mkdtemp(folder));
    cr_assert_eq(home_open(folder, &h, NULL), OK);
    return h;
}

static void remove_home(const struct home *h)
{
    char command[HOME_PATH_BYTES];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", h->root);
    cr_expect_eq(system(command), 0);
}

typedef bool until_fn(const struct services *s);

static bool wait_until(const struct home *h, until_fn *done, struct services *out)
{
    uint64_t since = clock_mono_ms();
    for (; clock_mono_ms() - since < PATIENCE_MS; pause_a_little())
        if (supervisor_services(h, out, NULL) == OK && done(out)) return true;
    return false;
}

static bool all_settled(const struct services *s)
{
    return s->n == 3 && s->items[0].state == SERVICE_RUNNING && s->items[1].restarts >= 1 &&
           s->items[2].state == SERVICE_FAILED;
}
static bool first_again(const struct services *s) { return s->items[0].restarts == 1 && s->items[0].pid != 0; }

Test(supervisor, keeps_and_stops)
{
    static const char *const stays[] = { "/bin/sleep", "100", NULL };
    static const char *const ends[] = { "/bin/sh", "-c", "exit 1", NULL };
    static const char *const wrong[] = { "/bin/sh", "-c", "exit 78", NULL };
    static const struct supervised children[] = { { "stays", stays }, { "ends", ends }, { "wrong", wrong } };
    static struct services s;
    struct why why = { "" };
    bool was = false;
    struct home h = new_home();
    const struct supervisor_plan plan = { &h, children, 3 };
    cr_expect_eq(supervisor_pid(&h), 0);
    cr_assert_eq(supervisor_detach(&plan, &why), OK, "%s", why.text);
    cr_expect_neq(supervisor_pid(&h), 0);
    cr_expect_eq(supervisor_run(&plan, &why), ERR_STATE, "only one holds the lock");
    cr_assert(wait_until(&h, all_settled, &s));
    cr_assert_eq(kill((pid_t)s.items[0].pid, SIGKILL), 0);
    cr_assert(wait_until(&h, first_again, &s));
    cr_expect_eq(s.items[0].exit_code, 128 + SIGKILL);
    cr_expect_eq(supervisor_stop(&h, PATIENCE_MS, &was, &why), OK, "%s", why.text);
    cr_expect(was && supervisor_pid(&h) == 0);
    cr_expect(kill((pid_t)s.items[0].pid, 0) != 0, "nothing is left running");
    cr_expect(supervisor_stop(&h, PATIENCE_MS, &was, &why) == OK && !was);
    remove_home(&h);
}
