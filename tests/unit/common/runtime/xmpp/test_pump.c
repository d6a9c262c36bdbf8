#include "common/runtime/xmpp/pump.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

Test(pump, adopts_a_socket_and_refuses_what_select_cannot_take)
{
    int ends[2];
    struct pump p = { .fd = -1 };
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cr_expect_eq(pump_adopt(&p, ends[0]), 0);
    cr_expect_geq(p.fd, FD_SETSIZE, "low numbers are left to select()");
    int first = p.fd;
    cr_expect_eq(pump_adopt(&p, ends[1]), 0, "another address of the same host");
    cr_expect_eq(p.fd, first, "the first duplicate was closed");
    pump_cut(&p);
    char c;
    cr_expect_eq(read(ends[1], &c, 1), 0);
    int high = fcntl(ends[0], F_DUPFD_CLOEXEC, FD_SETSIZE);
    cr_expect_eq(pump_adopt(&p, high), -1);
    cr_expect_eq(pump_adopt(&p, -1), -1);
    pump_release(&p);
    pump_release(&p);
    cr_expect_eq(p.fd, -1);
    pump_cut(&p);
    (void)close(high);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
