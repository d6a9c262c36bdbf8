#include "cli/supervisor.h"
#include "cli/program.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_MODE = 0600, LIST_MODE = 0600, LIST_MAX_BYTES = 1 << 17, GRACE_MS = 12000, LOOK_MS = 50, IDLE_MS = 60000 };
enum { DETACH_DEADLINE_MS = 10000 };

/* ---- the lock ---- */

static struct flock whole_file(short kind) { return (struct flock){ .l_type = kind, .l_whence = SEEK_SET }; }

/* Who holds it; 0: nobody. */
static pid_t holder(const struct path *path)
{
    struct flock lock = whole_file(F_WRLCK);
    int fd = open(path->text, O_RDWR | O_CLOEXEC);
    if (fd < 0) return 0;
    bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)close(fd);
    return held ? lock.l_pid : 0;
}

/* ERR_STATE when another process holds it; what it does is told with its id. */
static enum err take_lock(const struct path *path, const char *does, int *out_fd, struct why *why)
{
    struct flock lock = whole_file(F_WRLCK);
    int fd = open(path->text, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);
    if (fd < 0) return why_say(why, ERR_IO, "cannot open %s: %s", path->text, strerror(errno));
    if (fcntl(fd, F_SETLK, &lock) == 0) {
        *out_fd = fd;
        return OK;
    }
    (void)close(fd);
    return why_say(why, ERR_STATE, "process %d %s (%s)", (int)holder(path), does, path->text);
}

pid_t supervisor_pid(const struct home *l)
{
    struct path path = home_at(l, "run/lock");
    return holder(&path);
}

enum err supervisor_making(const struct home *l, int *out_fd, struct why *why)
{
    struct path path = home_at(l, "run/making");
    TRY(home_folder(home_at(l, "run").text, why));
    return take_lock(&path, "makes this federation at the moment; wait until it is done", out_fd, why);
}

/* ---- its children ---- */

struct keeper {
    const struct supervisor_plan *plan;
    struct services services;
    sigset_t signals;
};

/* Nobody but a reader in a hurry misses a list that could not be written: the next change writes it again. */
static void write_list(const struct keeper *k)
{
    struct buf text = buf_make(LIST_MAX_BYTES);
    services_print(&k->services, &text);
    struct path path = home_at(k->plan->home, "run/services.yaml");
    if (buf_err(&text) != OK || file_write(path.text, buf_bytes(&text), LIST_MODE, NULL) != OK)
        (void)fprintf(stderr, "supervisor: cannot write %s\n", path.text);
    buf_free(&text);
}

static void say(const struct service *s, const char *what)
{
    char stamp[CLOCK_STAMP_BYTES];
    (void)fprintf(stderr, "%s %s %s pid=%llu restarts=%llu exit_code=%llu\n", clock_stamp(clock_wall_ms(), stamp), what,
                  s->name, (unsigned long long)s->pid, (unsigned long long)s->restarts,
                  (unsigned long long)s->exit_code);
}

static void start(struct keeper *k, size_t i)
{
    struct service *s = &k->services.items[i];
    struct path log = home_at(k->plan->home, "logs/%s.log", s->name);
    const struct program_start how = { .argv = k->plan->children[i].argv, .log_path = log.text, .own_group = true };
    pid_t pid = 0;
    s->started_ms = clock_mono_ms();
    if (program_spawn(&how, &pid, NULL) != OK) {
        service_ended(s, (uint64_t)err_exit_code(ERR_MEMORY), s->started_ms);
        return;
    }
    s->pid = (uint64_t)pid;
    s->state = SERVICE_RUNNING;
    say(s, "started");
}

static void start_due(struct keeper *k)
{
    uint64_t now = clock_mono_ms();
    bool any = false;
    for (size_t i = 0; i < k->services.n; i++) {
        const struct service *s = &k->services.items[i];
        if (s->state != SERVICE_WAITING || s->due_ms > now) continue;
        start(k, i);
        any = true;
    }
    if (any) write_list(k);
}

static uint64_t until_due_ms(const struct keeper *k)
{
    uint64_t now = clock_mono_ms();
    uint64_t wait = IDLE_MS;
    for (size_t i = 0; i < k->services.n; i++) {
        const struct service *s = &k->services.items[i];
        if (s->state != SERVICE_WAITING) continue;
        uint64_t left = s->due_ms > now ? s->due_ms - now : 0;
        if (left < wait) wait = left;
    }
    return wait;
}

static struct service *by_pid(struct keeper *k, pid_t pid)
{
    for (size_t i = 0; i < k->services.n; i++)
        if (k->services.items[i].pid == (uint64_t)pid) return &k->services.items[i];
    return NULL;
}

static void reap(struct keeper *k, bool stopping)
{
    int status = 0;
    bool any = false;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        struct service *s = by_pid(k, pid);
        if (!s) continue;
        int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        service_ended(s, (uint64_t)code, clock_mono_ms());
        if (stopping) s->state = SERVICE_ENDED;
        say(s, stopping ? "stopped" : "ended");
        any = true;
    }
    if (any) write_list(k);
}

/* Waits for one of our signals; 0 when the time is over. */
static int next_signal(const struct keeper *k, uint64_t wait_ms)
{
    const struct timespec wait = { .tv_sec = (time_t)(wait_ms / 1000), .tv_nsec = (long)(wait_ms % 1000) * 1000000 };
    int got = sigtimedwait(&k->signals, NULL, &wait);
    return got < 0 ? 0 : got;
}

static bool stop_one(struct keeper *k, struct service *s, int signal_, uint64_t grace_ms)
{
    uint64_t deadline = clock_mono_ms() + grace_ms;
    if (s->pid) (void)kill((pid_t)s->pid, signal_);
    while (s->pid && clock_mono_ms() < deadline) {
        (void)next_signal(k, LOOK_MS);
        reap(k, true);
    }
    return s->pid == 0;
}

/* The broker, which was started first, goes last, so that the others can say goodbye. */
static void stop_all(struct keeper *k)
{
    for (size_t i = 1; i < k->services.n; i++)
        if (k->services.items[i].pid) (void)kill((pid_t)k->services.items[i].pid, SIGTERM);
    for (size_t i = k->services.n; i-- > 0;) {
        struct service *s = &k->services.items[i];
        if (!stop_one(k, s, SIGTERM, GRACE_MS)) (void)stop_one(k, s, SIGKILL, GRACE_MS);
        s->state = SERVICE_ENDED;
    }
    write_list(k);
}

static void keep(struct keeper *k)
{
    for (int got = 0; got != SIGTERM && got != SIGINT; got = next_signal(k, until_due_ms(k))) {
        reap(k, false);
        start_due(k);
    }
    stop_all(k);
}

static struct keeper *keeper_new(const struct supervisor_plan *plan)
{
    struct keeper *k = calloc(1, sizeof *k);
    if (!k) return NULL;
    k->plan = plan;
    k->services.n = plan->n;
    for (size_t i = 0; i < plan->n; i++)
        (void)snprintf(k->services.items[i].name, SERVICE_NAME_BYTES, "%s", plan->children[i].name);
    sigemptyset(&k->signals);
    sigaddset(&k->signals, SIGTERM);
    sigaddset(&k->signals, SIGINT);
    sigaddset(&k->signals, SIGCHLD);
    return k;
}

enum err supervisor_run(const struct supervisor_plan *plan, struct why *why)
{
    int lock = -1;
    sigset_t before;
    if (plan->n > SERVICES_MAX)
        return why_say(why, ERR_LIMIT, "%zu processes; %d are allowed on one machine", plan->n, SERVICES_MAX);
    TRY(home_folder(home_at(plan->home, "run").text, why));
    TRY(home_folder(home_at(plan->home, "logs").text, why));
    struct path path = home_at(plan->home, "run/lock");
    TRY(take_lock(&path, "runs this federation already", &lock, why));
    struct keeper *k = keeper_new(plan);
    if (k) {
        (void)sigprocmask(SIG_BLOCK, &k->signals, &before);
        keep(k);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
    }
    (void)close(lock);
    enum err e = k ? OK : ERR_MEMORY;
    free(k);
    return e;
}

/* ---- from outside ---- */

static void look_again(void)
{
    const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
    (void)nanosleep(&pause, NULL);
}

/* The detached process: a session of its own, and no terminal. */
static void detached(const struct supervisor_plan *plan)
{
    struct why why = { "" };
    struct path log = home_at(plan->home, "logs/supervisor.log");
    int in = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = open(log.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, LOCK_MODE);
    (void)setsid();
    bool redirected = in >= 0 && out >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0;
    enum err e = redirected ? supervisor_run(plan, &why) : ERR_IO;
    if (e != OK) (void)fprintf(stderr, "supervisor: %s\n", *why.text ? why.text : err_text(e));
    _exit(err_exit_code(e));
}

enum err supervisor_detach(const struct supervisor_plan *plan, struct why *why)
{
    int status = 0;
    TRY(home_folder(home_at(plan->home, "logs").text, why));
    pid_t child = fork();
    if (child < 0) return why_say(why, ERR_IO, "cannot start the supervisor: %s", strerror(errno));
    if (child == 0) detached(plan);
    for (uint64_t since = clock_mono_ms(); clock_mono_ms() - since < DETACH_DEADLINE_MS; look_again()) {
        if (supervisor_pid(plan->home) == child) return OK;
        if (waitpid(child, &status, WNOHANG) == child) break;
    }
    return why_say(why, ERR_STATE, "the supervisor did not start; see %s",
                   home_at(plan->home, "logs/supervisor.log").text);
}

enum err supervisor_services(const struct home *l, struct services *out, struct why *why)
{
    struct path path = home_at(l, "run/services.yaml");
    struct buf text = buf_make(LIST_MAX_BYTES);
    enum err e = file_read(path.text, &text, why);
    if (e == OK) e = services_parse(buf_str(&text), path.text, out, why);
    buf_free(&text);
    return e;
}

static bool gone_within(const struct home *l, pid_t pid, uint64_t deadline_ms)
{
    for (uint64_t since = clock_mono_ms(); clock_mono_ms() - since < deadline_ms; look_again())
        if (supervisor_pid(l) != pid) return true;
    return false;
}

enum err supervisor_stop(const struct home *l, uint64_t deadline_ms, bool *out_was, struct why *why)
{
    pid_t pid = supervisor_pid(l);
    *out_was = pid != 0;
    if (!pid) return OK;
    (void)kill(pid, SIGTERM);
    if (gone_within(l, pid, deadline_ms)) return OK;
    (void)kill(pid, SIGKILL);
    if (gone_within(l, pid, deadline_ms)) return OK;
    return why_say(why, ERR_TIMEOUT, "process %d does not end; see %s", (int)pid,
                   home_at(l, "logs/supervisor.log").text);
}
