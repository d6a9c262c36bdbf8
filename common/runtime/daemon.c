/* From a command line to a running agent: settings, roster, keys, store, core, broker, probes, and a clean end. */
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/runtime/check.h"
#include "common/runtime/core.h"
#include "common/runtime/describe.h"
#include "common/runtime/host_probe.h"
#include "common/runtime/host_uv.h"
#include "common/runtime/keys.h"
#include "common/runtime/main.h"
#include "common/runtime/roster_note.h"
#include "common/runtime/roster_trust.h"
#include "common/runtime/xmpp/xmpp.h"
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum {
    PASSWORD_MAX = 1024,
    STOP_MS = 3000,
    FILE_LOOK_MS = 1000,
    FILES = 4,
    LONG_BYTES = 1 << 20,
    MIB_SHIFT = 20,
    PATH_BYTES = 4100
};

/* clang-format off */
static const struct setting common_settings[] = {
    /* name               kind        fallback      min  max    meaning and unit */
    { "jid",               SET_TEXT,   NULL,         3,   255,   "this agent's account, for example trainer@hospital.example" },
    { "password_file",     SET_PATH,   NULL,         1,   4000,  "file with the account's password; mode 0600" },
    { "broker_host",       SET_TEXT,   "127.0.0.1",  1,   255,   "host name or address of the XMPP broker" },
    { "broker_port",       SET_COUNT,  "5222",       1,   65535, "the broker's client port" },
    { "ca_file",           SET_PATH,   NULL,         1,   4000,  "certificate authority that the broker's certificate must come from" },
    { "roster",            SET_PATH,   NULL,         1,   4000,  "roster file: JID, role, name and key of every member" },
    { "roster_key",        SET_TEXT,   "",           0,   127,   "the federation's key: only a roster it signed is believed, and none older than before; empty: any" },
    { "identity",          SET_PATH,   NULL,         1,   4000,  "file with this agent's X25519 secret key; mode 0600; `himas keys new` makes one" },
    { "store",             SET_PATH,   NULL,         1,   4000,  "file the agent keeps its state in" },
    { "unfinished_mb",     SET_COUNT,  "2048",       1,   65536, "of one peer: MiB of attachments that came in part, at most; more are put off, longer ones refused" },
    { "stream_management", SET_FLAG,   "no",         0,   0,     "XEP-0198: what people say while the link is cut for a moment arrives; messages arrive without it; costs throughput" },
    { "probe_host",        SET_TEXT,   "127.0.0.1",  7,   15,    "IPv4 address for /healthz, /readyz and /metrics" },
    { "probe_port",        SET_COUNT,  "0",          0,   65535, "port for them; 0 for none" },
    { "log_level",         SET_CHOICE, "info",       0,   0,     "error|warn|info|debug: what is logged, to standard error" },
    { 0 },
};
/* clang-format on */

struct daemon {
    const struct agent_def *def;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t hurry; /* bounds the end */
    struct settings *settings;
    struct roster *roster;
    uv_fs_poll_t files[FILES]; /* that may change while it runs: watched[] */
    struct store *store;
    struct host_uv *host;
    struct agent *core;
    struct xmpp *xmpp;
    struct probe *probe;
    struct log log;
    struct screen screen;
};

static int64_t wall(void *unused)
{
    (void)unused;
    return clock_wall_ms();
}

/* ---- start, in order ---- */

static enum err read_settings(struct daemon *d, const struct command_line *line, struct why *why)
{
    const struct setting *const tables[] = { common_settings, d->def->settings, NULL };
    extern char **environ;
    const struct settings_source from = { .config_path = line->config,
                                          .environment = environ,
                                          .arguments = line->rest };
    TRY(settings_new(tables, &from, &d->settings, why));
    d->log = (struct log){ .level = (enum log_level)settings_u64(d->settings, "log_level"),
                           .who = d->def->name,
                           .put = log_put_stderr,
                           .wall_ms = wall,
                           .screen = screen_log,
                           .screener = &d->screen };
    d->screen.log = &d->log;
    d->screen.host = settings_text(d->settings, "broker_host");
    return OK;
}

static enum err read_roster(struct daemon *d, struct roster **out, struct why *why)
{
    const char *path = settings_text(d->settings, "roster");
    return roster_trust_read(path, settings_text(d->settings, "roster_key"), d->store, out, why);
}

/* The key, and the one before it when that is kept: out_previous is then &previous. */
static enum err read_identities(const struct daemon *d, struct identity *now, struct identity *previous,
                                const struct identity **out_previous, struct why *why)
{
    const char *path = settings_text(d->settings, "identity");
    char before[KEYS_PATH_BYTES];
    *out_previous = NULL;
    TRY(identity_read(path, now, why));
    if (keys_previous(path, before) != OK || access(before, F_OK) != 0) return OK;
    TRY(identity_read(before, previous, why));
    *out_previous = previous;
    return OK;
}

static enum err take_identity(struct daemon *d, struct why *why)
{
    struct identity now CLEANUP(identity_wipe) = { 0 };
    struct identity previous CLEANUP(identity_wipe) = { 0 };
    const struct identity *kept = NULL;
    TRY(read_identities(d, &now, &previous, &kept, why));
    core_on_identity(d->core, &now, kept);
    return OK;
}

/* Before the next look at the files; a file that is gone or bad changes nothing. */
static void renew_keys(void *self)
{
    struct daemon *d = self;
    struct why why = { 0 };
    enum err e = take_identity(d, &why);
    if (e != OK) log_error(&d->log, "file.not_taken", L_NAME("setting", "identity"), L_ERR(e), L_STR("why", why.text));
}

static enum err open_core(struct daemon *d, struct why *why)
{
    struct core_config config = {
        .def = d->def, .jid = settings_text(d->settings, "jid"), .settings = d->settings, .log = d->log
    };
    TRY(phi_new(&d->screen.phi));
    struct identity previous CLEANUP(identity_wipe) = { 0 };
    TRY(read_identities(d, &config.identity, &previous, &config.previous, why));
    TRY(store_open_file(settings_text(d->settings, "store"), d->def->safety, &d->store, why));
    TRY(read_roster(d, &d->roster, why));
    d->screen.roster = d->roster;
    TRY(host_uv_open(&d->loop, &d->host));
    config.roster = d->roster;
    config.store = d->store;
    config.half_bytes = settings_u64(d->settings, "unfinished_mb") << MIB_SHIFT;
    config.screen = &d->screen;
    config.renew = renew_keys;
    config.renew_self = d;
    config.host = host_uv_host(d->host);
    enum err e = core_new(&config, &d->core, why);
    identity_wipe(&config.identity);
    host_uv_attach(d->host, d->core);
    return e;
}

static enum err read_password(const struct daemon *d, struct buf *out, struct why *why)
{
    return secret_read_file(settings_text(d->settings, "password_file"), PASSWORD_MAX, out, why);
}

static enum err connect_broker(struct daemon *d, struct why *why)
{
    struct buf password CLEANUP(secret_buf_free) = buf_make(PASSWORD_MAX);
    TRY(read_password(d, &password, why));
    const struct xmpp_config config = {
        .jid = settings_text(d->settings, "jid"),
        .password = (const char *)password.p,
        .host = settings_text(d->settings, "broker_host"),
        .port = (uint16_t)settings_u64(d->settings, "broker_port"),
        .ca_file = settings_text(d->settings, "ca_file"),
        .stream_management = settings_u64(d->settings, "stream_management") != 0,
        .loop = &d->loop,
    };
    TRY(xmpp_open(&config, d->core, d->log, &d->xmpp, why));
    struct transport t = xmpp_transport(d->xmpp);
    core_attach(d->core, &t);
    return OK;
}

/* ---- files that change while it runs ---- */

static bool is_pinned(const struct daemon *d) { return *settings_text(d->settings, "roster_key") != '\0'; }

/* Who was taken off the roster is refused from now on.  It and its signature come one by one: the second that fits is
 * the first's roster again. */
static enum err take_roster(struct daemon *d, struct why *why)
{
    struct roster *fresh = NULL;
    TRY(read_roster(d, &fresh, why));
    if (is_pinned(d) && roster_version(fresh) == roster_version(d->roster)) {
        roster_free(fresh);
        return OK;
    }
    struct roster *old = d->roster;
    d->roster = fresh;
    enum err e = core_on_roster(d->core, fresh, why);
    roster_free(old);
    return e;
}

static enum err take_password(struct daemon *d, struct why *why)
{
    struct buf password CLEANUP(secret_buf_free) = buf_make(PASSWORD_MAX);
    TRY(read_password(d, &password, why));
    return xmpp_set_password(d->xmpp, (const char *)password.p);
}

static const struct watched {
    const char *setting, *suffix;
    enum err (*take)(struct daemon *d, struct why *why);
} watched[FILES] = {
    { "roster", "", take_roster },
    { "roster", ROSTER_NOTE_SUFFIX, take_roster }, /* when it must be signed */
    { "password_file", "", take_password },
    { "identity", "", take_identity },
};

/* A file that is gone or bad changes nothing. */
static void on_file(uv_fs_poll_t *handle, int status, const uv_stat_t *before, const uv_stat_t *now)
{
    struct daemon *d = handle->data;
    const struct watched *w = &watched[handle - d->files];
    struct why why = { 0 };
    (void)before;
    (void)now;
    enum err e = status == 0 ? w->take(d, &why) : ERR_IO;
    if (e == OK)
        log_info(&d->log, "file.taken", L_NAME("setting", w->setting));
    else
        log_error(&d->log, "file.not_taken", L_NAME("setting", w->setting), L_ERR(e), L_STR("why", why.text));
}

static enum err watch_files(struct daemon *d)
{
    char path[PATH_BYTES];
    for (size_t i = 0; i < FILES; i++) {
        if (watched[i].suffix[0] && !is_pinned(d)) continue;
        (void)snprintf(path, sizeof path, "%s%s", settings_text(d->settings, watched[i].setting), watched[i].suffix);
        (void)uv_fs_poll_init(&d->loop, &d->files[i]);
        d->files[i].data = d;
        if (uv_fs_poll_start(&d->files[i], on_file, path, FILE_LOOK_MS) != 0) return ERR_IO;
    }
    return OK;
}

static bool probe_ready(void *self, struct buf *why)
{
    const struct daemon *d = self;
    if (core_ready(d->core)) return true;
    const char *trouble = core_trouble(d->core);
    buf_addf(why, "not ready: %s\n", trouble[0] ? trouble : xmpp_status(d->xmpp));
    return false;
}

static void probe_metrics(void *self, struct buf *out)
{
    const struct daemon *d = self;
    core_metrics(d->core, out);
    xmpp_metrics(d->xmpp, out);
}

static enum err open_probe(struct daemon *d, struct why *why)
{
    const struct probe_source source = { d, probe_ready, probe_metrics };
    uint16_t port = (uint16_t)settings_u64(d->settings, "probe_port");
    if (port == 0) return OK;
    return probe_open(&d->loop, settings_text(d->settings, "probe_host"), port, &source, &d->probe, why);
}

/* ---- end ---- */

static void stop(struct daemon *d)
{
    for (int i = 0; i < 2; i++)
        if (!uv_is_closing((uv_handle_t *)&d->signals[i])) uv_close((uv_handle_t *)&d->signals[i], NULL);
    for (int i = 0; i < FILES; i++) {
        if (d->files[i].data) uv_close((uv_handle_t *)&d->files[i], NULL);
        d->files[i].data = NULL;
    }
    probe_close(d->probe);
    d->probe = NULL;
    if (d->core) core_attach(d->core, NULL);
    xmpp_close(d->xmpp, NULL, NULL);
    d->xmpp = NULL;
    host_uv_close(d->host);
    d->host = NULL;
}

/* A worker is still training.  Everything that matters is in the store, so it need not finish. */
static void on_hurry(uv_timer_t *timer)
{
    const struct daemon *d = timer->data;
    log_info(&d->log, "agent.stopped", L_NAME("work", "left unfinished; it is begun again at the next start"));
    _exit(0);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct daemon *d = handle->data;
    log_info(&d->log, "agent.stopping", L_U64("signal", number));
    (void)uv_timer_start(&d->hurry, on_hurry, STOP_MS, 0);
    stop(d);
}

static enum err catch_signals(struct daemon *d)
{
    static const int numbers[] = { SIGTERM, SIGINT };
    (void)signal(SIGPIPE, SIG_IGN);
    (void)uv_timer_init(&d->loop, &d->hurry);
    uv_unref((uv_handle_t *)&d->hurry);
    d->hurry.data = d;
    for (int i = 0; i < 2; i++) {
        (void)uv_signal_init(&d->loop, &d->signals[i]);
        d->signals[i].data = d;
        if (uv_signal_start(&d->signals[i], on_signal, numbers[i]) != 0) return ERR_IO;
    }
    return OK;
}

static enum err start(struct daemon *d, const struct command_line *line, struct why *why)
{
    TRY(catch_signals(d));
    TRY(read_settings(d, line, why));
    TRY(open_core(d, why));
    TRY(connect_broker(d, why));
    TRY(open_probe(d, why));
    TRY(watch_files(d));
    log_info(&d->log, "agent.started", L_NAME("jid", settings_text(d->settings, "jid")),
             L_NAME("version", HIMAS_VERSION));
    return OK;
}

static void release(struct daemon *d)
{
    core_free(d->core);
    phi_free(d->screen.phi);
    store_close(d->store);
    roster_free(d->roster);
    settings_free(d->settings);
}

static int run(const struct agent_def *def, const struct command_line *line)
{
    struct daemon d = { .def = def };
    struct why why = { 0 };
    (void)umask(S_IRWXG | S_IRWXO); /* the store and what is exported are for this account alone */
    if (uv_loop_init(&d.loop) != 0) return err_exit_code(ERR_MEMORY);
    enum err e = start(&d, line, &why);
    if (e != OK) {
        (void)fprintf(stderr, "himas-%s: %s\n  what to do: %s\n", def->name, why.text[0] ? why.text : err_text(e),
                      err_remedy(e));
        stop(&d);
    }
    (void)uv_run(&d.loop, UV_RUN_DEFAULT);
    if (e == OK) log_info(&d.log, "agent.stopped");
    uv_close((uv_handle_t *)&d.hurry, NULL);
    (void)uv_run(&d.loop, UV_RUN_DEFAULT);
    release(&d);
    (void)uv_loop_close(&d.loop);
    return err_exit_code(e);
}

static int check(const struct agent_def *def, const struct command_line *line)
{
    struct daemon d = { .def = def };
    struct why why = { "" };
    struct buf page CLEANUP(buf_free) = buf_make(1 << 20);
    enum err e = read_settings(&d, line, &why);
    check_line("settings", e, str_of(e == OK ? line->config : why.text), &page);
    if (e == OK) e = check_agent(def, d.settings, line->against, &page);
    (void)fwrite(page.p, 1, page.n, stdout);
    settings_free(d.settings);
    return err_exit_code(e);
}

int agent_main(const struct agent_def *def, int argc, char **argv)
{
    const struct setting *const tables[] = { common_settings, def->settings, NULL };
    struct command_line line = { 0 };
    struct buf page CLEANUP(buf_free) = buf_make(1 << 20);
    /* Else glibc learns from the first model to keep such memory when it is freed (mallopt(3)). */
    (void)mallopt(M_MMAP_THRESHOLD, LONG_BYTES);
    (void)mallopt(M_ARENA_MAX, 1); /* else each worker keeps memory of its own, and workers seldom work at once */
    if (!describe_command_line(argc, argv, &line)) return err_exit_code(ERR_USAGE);
    if (line.page == PAGE_NONE) return run(def, &line);
    if (line.page == PAGE_CHECK) return check(def, &line);
    describe_page(line.page, def, tables, &page);
    (void)fwrite(page.p, 1, page.n, stdout);
    return 0;
}
