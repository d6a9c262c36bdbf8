#include "common/runtime/xmpp/watchdog.h"
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

Test(watchdog, ends_a_read_that_would_block_for_ever, .timeout = 30)
{
    int ends[2];
    char c;
    struct watchdog *w = NULL;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cr_assert_eq(watchdog_start(ends[0], 20, &w), OK);
    cr_expect_eq(read(ends[0], &c, 1), 0);
    cr_expect(watchdog_stop(w));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

Test(watchdog, does_nothing_when_stopped_in_time, .timeout = 30)
{
    int ends[2];
    struct watchdog *w = NULL;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cr_assert_eq(watchdog_start(ends[0], 3600 * 1000, &w), OK);
    cr_expect_not(watchdog_stop(w));
    cr_expect_eq(write(ends[0], "x", 1), 1, "the socket still works");
    cr_expect_not(watchdog_stop(NULL));
    (void)close(ends[0]);
    (void)close(ends[1]);
}
