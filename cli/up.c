#include "cli/commands.h"
#include "cli/program.h"
#include "cli/ready.h"
#include "cli/setup.h"
#include "cli/show.h"
#include "cli/supervisor.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { POLICY_MAX_BYTES = 1 << 20, STOP_MS = 30000, WATCH_MS = 500, HOPE_MS = 5000, ARGV_MAX = 5 };

/* ---- what is wanted ---- */

static enum err flag_path(const struct call *call, const char *name, char *out, struct why *why)
{
    char path[HOME_PATH_BYTES];
    if (!call_has(call, name)) return OK;
    cli_text(call, name, path, sizeof path);
    if (access(path, R_OK) != 0) return why_say(why, ERR_USAGE, "--%s: %s cannot be read", name, path);
    return home_absolute(NULL, path, out, HOME_PATH_BYTES, why);
}

static enum err secure_example(struct federation *f, struct why *why)
{
    f->ntasks = 1;
    TRY(program_file("examples/breast-cancer/task-secure.yaml", f->tasks[0], sizeof f->tasks[0], why));
    return program_file("examples/breast-cancer/policy-secure.yaml", f->policy, sizeof f->policy, why);
}

static enum err apply_flags(const struct call *call, struct federation *f, struct why *why)
{
    if (call_has(call, "hospitals")) federation_name_hospitals(f, (size_t)call_u64(call, "hospitals"));
    if (call_has(call, "split"))
        f->records.split = str_is(call_text(call, "split"), "iid") ? SPLIT_IID : SPLIT_DIRICHLET;
    if (call_has(call, "alpha")) f->records.alpha = call_f64(call, "alpha");
    if (cli_flag(call, "guardian")) f->guardian = true;
    if (call_has(call, "seed")) f->records.seed = call_u64(call, "seed");
    if (cli_flag(call, "secure")) TRY(secure_example(f, why));
    if (call_has(call, "task")) f->ntasks = 1;
    TRY(flag_path(call, "task", f->tasks[0], why));
    TRY(flag_path(call, "records", f->records.file, why));
    return flag_path(call, "policy", f->policy, why);
}

/* The folder's own document, or the one that was named, or that of the demo, then what was said on the line. */
static enum err read_wishes(const struct home *h, const struct call *call, struct federation *f, struct why *why)
{
    char path[HOME_PATH_BYTES] = "";
    federation_default(f);
    TRY(flag_path(call, "config", path, why));
    if (!*path && home_exists(h)) (void)snprintf(path, sizeof path, "%s", home_at(h, "federation.yaml").text);
    if (!*path) TRY(program_file("examples/demo/federation.yaml", path, sizeof path, why));
    TRY(federation_read(path, f, why));
    return apply_flags(call, f, why);
}

/* ---- the processes ---- */

/* The words that start one child. */
struct child {
    char program[PROGRAM_PATH_BYTES];
    struct path argument;
    const char *argv[ARGV_MAX];
};

static enum err broker_child(const struct home *h, struct child *c, struct why *why)
{
    TRY(program_file("broker-config/broker.sh", c->program, sizeof c->program, why));
    c->argument = home_at(h, "broker");
    const char *const argv[ARGV_MAX] = { "/bin/sh", c->program, "run", c->argument.text };
    memcpy(c->argv, argv, sizeof argv);
    return OK;
}

static enum err agent_child(const struct home *h, const struct setup_agent *a, struct child *c, struct why *why)
{
    char name[64];
    (void)snprintf(name, sizeof name, "himas-%s", a->kind);
    TRY(program_beside(name, c->program, sizeof c->program, why));
    c->argument = home_at(h, "agents/%s/config.yaml", a->name);
    const char *const argv[ARGV_MAX] = { c->program, "--config", c->argument.text };
    memcpy(c->argv, argv, sizeof argv);
    return OK;
}

static enum err start_all(const struct home *h, const struct setup *s, struct why *why)
{
    size_t n = s->nagents + 1;
    struct child *children = calloc(n, sizeof *children);
    struct supervised *list = calloc(n, sizeof *list);
    enum err e = children && list ? broker_child(h, &children[0], why) : ERR_MEMORY;
    for (size_t i = 0; e == OK && i < n; i++) {
        if (i > 0) e = agent_child(h, &s->agents[i - 1], &children[i], why);
        list[i] = (struct supervised){ .name = i ? s->agents[i - 1].name : "broker", .argv = children[i].argv };
    }
    if (e == OK) e = supervisor_detach(&(struct supervisor_plan){ .home = h, .children = list, .n = n }, why);
    free(children);
    free(list);
    return e;
}

/* ---- waiting until all are ready ---- */

/* Blocked while they are waited for, so that none is lost and what was started never stays by itself. */
static sigset_t end_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    return ends;
}

static void tell(const void *cli, size_t ready, size_t all) { show_step(cli, "agents: %zu of %zu ready", ready, all); }

/* ---- all of it ---- */

/* The signals are blocked; one that came meanwhile is taken. */
static bool was_interrupted(void)
{
    const struct timespec now = { 0 };
    const sigset_t ends = end_signals();
    return sigtimedwait(&ends, NULL, &now) > 0;
}

static enum err say_interrupted(const struct home *h, struct why *why)
{
    return why_say(why, ERR_STATE,
                   "interrupted while the federation was made; nothing runs. What is done is in %s: `himas up` goes on "
                   "from there, and removing the folder forgets it",
                   h->root);
}

struct making {
    const struct cli *cli;
    const struct home *home;
};

static enum err told(void *to, const char *step, struct why *why)
{
    const struct making *m = to;
    show_step(m->cli, "%s", step);
    return was_interrupted() ? say_interrupted(m->home, why) : OK;
}

/* Ctrl-C also ends the program that makes a part, whose own complaint then tells nothing. */
static enum err make(const struct cli *cli, const struct home *h, const struct federation *f, struct setup *s,
                     struct why *why)
{
    struct making m = { cli, h };
    enum err e = setup_make(h, f, told, &m, s, why);
    return e != OK && was_interrupted() ? say_interrupted(h, why) : e;
}

static enum err bring_up(const struct cli *cli, const struct home *h, const struct federation *f, struct setup *s,
                         uint64_t deadline_ms, struct why *why)
{
    bool was = false;
    sigset_t before, ends = end_signals();
    struct ready r = {
        .home = h, .setup = s, .told = tell, .to = cli, .ends = ends, .deadline_ms = deadline_ms, .hope_ms = HOPE_MS
    };
    if (supervisor_pid(h) != 0) /* since we looked, another has made it */
        return why_say(why, ERR_STATE, "it was started meanwhile; `himas status` shows it");
    (void)sigprocmask(SIG_BLOCK, &ends, &before);
    enum err e = make(cli, h, f, s, why);
    if (e == OK) e = ready_need_room(h, s, why);
    if (e == OK) show_step(cli, "starting");
    if (e == OK) ready_begin(&r);
    if (e == OK) e = start_all(h, s, why);
    if (e == OK) e = ready_wait(&r, why);
    /* What went wrong first is told, also when it cannot be stopped. */
    enum err stopped = e == OK ? OK : supervisor_stop(h, STOP_MS, &was, NULL);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return e == OK ? stopped : e;
}

/* Stays until Ctrl-C, SIGTERM, or until `himas down` ends the federation. */
static enum err stay(const struct home *h, struct why *why)
{
    bool was = false;
    const sigset_t ends = end_signals();
    const struct timespec pause = { .tv_nsec = WATCH_MS * 1000000L };
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    while (supervisor_pid(h) != 0)
        if (sigtimedwait(&ends, NULL, &pause) > 0) return supervisor_stop(h, STOP_MS, &was, why);
    return OK;
}

static bool same(const struct federation *a, const struct federation *b)
{
    CLEANUP(buf_free) struct buf x = buf_make(FEDERATION_MAX_BYTES), y = buf_make(FEDERATION_MAX_BYTES);
    federation_print(a, &x);
    federation_print(b, &y);
    return str_eq(buf_str(&x), buf_str(&y));
}

/* What was said on the line would change it, which needs a stop. */
static enum err need_no_change(const struct home *h, const struct call *call, const struct federation *f,
                               struct why *why)
{
    struct federation *wanted = calloc(1, sizeof *wanted);
    enum err e = wanted ? read_wishes(h, call, wanted, why) : ERR_MEMORY;
    if (e == OK && !same(wanted, f))
        e = why_say(why, ERR_STATE,
                    "the federation in %s is running, and otherwise than asked for; `himas down` first, or name "
                    "another folder: --data FOLDER",
                    h->root);
    free(wanted);
    return e;
}

/* One that is there already is the hospital's own and stays, so the one that was named would count for nothing. */
static enum err keeps_other_policy(const struct home *h, const char *hospital, const struct buf *named,
                                   const char *file, struct why *why)
{
    CLEANUP(buf_free) struct buf own = buf_make(POLICY_MAX_BYTES);
    struct path path = home_at(h, "agents/%s/policy.yaml", hospital);
    if (access(path.text, F_OK) != 0) return OK;
    TRY(file_read(path.text, &own, why));
    if (str_eq(buf_str(&own), buf_str(named))) return OK;
    return why_say(why, ERR_STATE,
                   "%s has a policy of its own, which is kept: %s. Change that one, or remove it to have %s there, or "
                   "name another folder: --data FOLDER",
                   hospital, path.text, file);
}

static enum err need_same_policies(const struct home *h, const struct call *call, const struct federation *f,
                                   struct why *why)
{
    CLEANUP(buf_free) struct buf named = buf_make(POLICY_MAX_BYTES);
    if (!call_has(call, "policy") && !cli_flag(call, "secure")) return OK;
    TRY(file_read(f->policy, &named, why));
    for (size_t i = 0; i < f->nhospitals; i++) TRY(keeps_other_policy(h, f->hospitals[i], &named, f->policy, why));
    return OK;
}

static enum err up(const struct cli *cli, const struct call *call, struct federation *f, struct setup *s,
                   struct why *why)
{
    struct home h;
    int making = -1;
    uint64_t since = clock_mono_ms();
    TRY(home_open(cli->data, &h, why));
    bool running = supervisor_pid(&h) != 0;
    if (running) {
        federation_default(f);
        TRY(federation_read(home_at(&h, "federation.yaml").text, f, why));
        TRY(need_no_change(&h, call, f, why));
        TRY(setup_read(&h, f, s, why));
    } else {
        TRY(home_may_become(&h, why));
        TRY(read_wishes(&h, call, f, why));
        TRY(need_same_policies(&h, call, f, why));
        TRY(supervisor_making(&h, &making, why));
        enum err e = bring_up(cli, &h, f, s, call_u64(call, "wait") * 1000, why);
        (void)close(making);
        TRY(e);
    }
    const struct show_up how = { &h, f, s, running, (double)(clock_mono_ms() - since) / 1000 };
    TRY(show_up(cli, &how, why));
    return cli_flag(call, "foreground") ? stay(&h, why) : OK;
}

enum err run_up(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct federation *f = calloc(1, sizeof *f);
    struct setup *s = calloc(1, sizeof *s);
    enum err e = f && s ? up(cli, &call->call, f, s, why) : ERR_MEMORY;
    show_step_end(cli);
    free(f);
    free(s);
    return e;
}
