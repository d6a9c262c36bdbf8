#include "tests/bench/told.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENT_MS = 60000, LINE_BYTES = 4096 };

struct told told_start(const char *const argv[])
{
    int ends[2];
    (void)fflush(NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) report_die("no socket pair");
    struct told t = { .began_ns = report_now_ns(), .pid = fork() };
    if (t.pid < 0) report_die("no process");
    if (t.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)dup2(ends[1], STDERR_FILENO);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(ends[1]);
    t.from = fdopen(ends[0], "r");
    if (t.from == NULL) report_die("memory");
    (void)setvbuf(t.from, NULL, _IONBF, 0); /* else poll would not see what was read ahead */
    return t;
}

uint64_t told_wait(const struct told *t, const char *word)
{
    char line[LINE_BYTES] = "";
    struct pollfd p = { .fd = fileno(t->from), .events = POLLIN };
    do {
        if (poll(&p, 1, SILENT_MS) != 1) report_die("nothing more is said; waited for: %s", word);
        if (fgets(line, sizeof line, t->from) == NULL)
            report_die("it has ended; waited for: %s; at last: %s", word, line);
    } while (strstr(line, word) == NULL);
    return report_now_ns();
}

void told_end(struct told *t)
{
    char rest[LINE_BYTES];
    (void)kill(t->pid, SIGTERM);
    while (fread(rest, 1, sizeof rest, t->from) > 0) {}
    (void)waitpid(t->pid, NULL, 0);
    (void)fclose(t->from);
}

void told_path(const char *name, char out[TOLD_PATH_BYTES])
{
    char self[TOLD_PATH_BYTES / 2] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) report_die("no /proc");
    char *slash = strrchr(self, '/');
    if (slash) *slash = '\0';
    (void)snprintf(out, TOLD_PATH_BYTES, "%s/%s", self, name);
}
