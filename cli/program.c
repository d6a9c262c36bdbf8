#include "cli/program.h"
#include "common/base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_MODE = 0600, EXIT_CANNOT_RUN = 127, TAIL_BYTES = 4096 };

static enum err own_folder(char *out, size_t size, struct why *why)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    if (n <= 0) return why_say(why, ERR_IO, "cannot tell where this program is: %s", strerror(errno));
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash) *slash = '\0';
    return OK;
}

static bool join(char *out, size_t size, const char *folder, const char *relative)
{
    int n = snprintf(out, size, "%s/%s", folder, relative);
    return n > 0 && (size_t)n < size && access(out, R_OK) == 0;
}

enum err program_beside(const char *name, char *out, size_t size, struct why *why)
{
    char folder[PROGRAM_PATH_BYTES];
    TRY(own_folder(folder, sizeof folder, why));
    if (join(out, size, folder, name)) return OK;
    return why_say(why, ERR_IO, "there is no program %s in %s; build or install it", name, folder);
}

enum err program_file(const char *relative, char *out, size_t size, struct why *why)
{
    char folder[PROGRAM_PATH_BYTES - 32];
    char share[PROGRAM_PATH_BYTES];
    const char *said = getenv("HIMAS_SHARE");
    if (said && join(out, size, said, relative)) return OK;
    TRY(own_folder(folder, sizeof folder, why));
    (void)snprintf(share, sizeof share, "%s/../share/himas", folder);
    if (join(out, size, share, relative) || join(out, size, HIMAS_SOURCE_DIR, relative)) return OK;
    return why_say(why, ERR_IO, "%s is neither in %s nor in %s; set HIMAS_SHARE to the folder that has it", relative,
                   share, HIMAS_SOURCE_DIR);
}

static bool redirect(const char *log_path)
{
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in < 0 || dup2(in, STDIN_FILENO) < 0) return false;
    if (!log_path) return true;
    int out = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, LOG_MODE);
    return out >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0;
}

/* Between fork and exec: only what is safe there. */
static void become_child(const struct program_start *start, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    if (start->own_group) setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && redirect(start->log_path) && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        execv(start->argv[0], (char *const *)(uintptr_t)start->argv);
    _exit(EXIT_CANNOT_RUN);
}

enum err program_spawn(const struct program_start *start, pid_t *out, struct why *why)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) return why_say(why, ERR_IO, "cannot start %s: %s", start->argv[0], strerror(errno));
    if (child == 0) become_child(start, parent);
    *out = child;
    return OK;
}

enum err program_err(int exit_code)
{
    for (int i = 1; i < ERR_COUNT; i++)
        if (err_exit_code((enum err)i) == exit_code) return (enum err)i;
    return ERR_IO;
}

enum err program_run(const struct program_start *start, struct why *why)
{
    char last[200] = "";
    pid_t child = 0;
    int status = 0;
    TRY(program_spawn(start, &child, why));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return why_say(why, ERR_IO, "waiting for %s: %s", start->argv[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return OK;
    if (start->log_path) (void)program_last_line(start->log_path, 0, NULL, last, sizeof last);
    const char *see = start->log_passes ? NULL : start->log_path;
    const char *slash = strrchr(start->argv[0], '/');
    const char *name = slash ? slash + 1 : start->argv[0];
    const char *how = WIFSIGNALED(status) ? "signal" : "exit code";
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return why_say(why, WIFEXITED(status) ? program_err(number) : ERR_IO, "%s ended with %s %d%s%s%s%s", name, how,
                   number, *last ? ": " : "", last, see ? "; see " : "", see ? see : "");
}

enum err program_become(const char *path, char *const *argv, struct why *why)
{
    execv(path, argv);
    return why_say(why, ERR_IO, "cannot run %s: %s", path, strerror(errno));
}

/* Where its last TAIL_BYTES begin, or `since` where that is later. */
static void seek_tail(FILE *f, long since)
{
    if (fseek(f, -(long)TAIL_BYTES, SEEK_END) != 0) rewind(f);
    if (ftell(f) < since && fseek(f, since, SEEK_SET) != 0) rewind(f);
}

const char *program_last_line(const char *path, long since, program_line_fn *wanted, char *out, size_t size)
{
    char tail[TAIL_BYTES];
    out[0] = '\0';
    FILE *f = fopen(path, "re");
    if (!f) return out;
    seek_tail(f, since);
    struct str rest = { tail, fread(tail, 1, sizeof tail, f) };
    (void)fclose(f);
    while (rest.n) {
        struct str line = str_next(&rest, '\n');
        bool indented = line.n && (line.p[0] == ' ' || line.p[0] == '\t');
        line = str_trim(line);
        if (line.n && !indented && (!wanted || wanted(line))) (void)snprintf(out, size, STR_F, STR_ARG(line));
    }
    return out;
}
