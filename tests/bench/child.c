#include "tests/bench/child.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_MS = 10000 };

struct child child_start(child_fn *fn, void *arg)
{
    int ends[2];
    (void)fflush(NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) report_die("no socket pair");
    int pid = fork();
    if (pid < 0) report_die("no process");
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when it is held */
        (void)close(ends[0]);
        fn(ends[1], arg);
        _exit(0);
    }
    (void)close(ends[1]);
    return (struct child){ .pid = pid, .fd = ends[0] };
}

static bool read_all(int fd, void *to, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t got = read(fd, (char *)to + at, n - at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += (size_t)got;
    }
    return true;
}

static void write_all(int fd, const void *from, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t put = write(fd, (const char *)from + at, n - at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) _exit(71);
        at += (size_t)put;
    }
}

void child_tell(const struct child *c, struct order o) { write_all(c->fd, &o, sizeof o); }
bool child_order(int fd, struct order *out) { return read_all(fd, out, sizeof *out); }

void child_answer(int fd, const double *numbers, size_t n)
{
    uint32_t count = (uint32_t)n;
    write_all(fd, &count, sizeof count);
    write_all(fd, numbers, n * sizeof *numbers);
}

size_t child_hear(const struct child *c, double *numbers, size_t max, unsigned seconds)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    uint32_t n = 0;
    if (poll(&p, 1, (int)seconds * 1000) != 1) report_die("process %d does not answer within %u s", c->pid, seconds);
    if (!read_all(c->fd, &n, sizeof n) || n > max || !read_all(c->fd, numbers, n * sizeof *numbers))
        report_die("process %d has ended", c->pid);
    return n;
}

void child_hold(const struct child *c) { (void)kill(c->pid, SIGSTOP); }
void child_go_on(const struct child *c) { (void)kill(c->pid, SIGCONT); }

/* It ends when its end of the socket does; who does not is killed. */
void child_end(struct child *c)
{
    struct pollfd ended = { .fd = pidfd_open(c->pid, 0), .events = POLLIN };
    child_go_on(c);
    (void)close(c->fd);
    if (ended.fd < 0 || poll(&ended, 1, END_MS) != 1) (void)kill(c->pid, SIGKILL);
    (void)waitpid(c->pid, NULL, 0);
    if (ended.fd >= 0) (void)close(ended.fd);
}
