#include "cli/show.h"
#include "common/wire/result.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUT_MAX_BYTES = 1 << 20, NAME_CELLS = 14, STEP_BYTES = 200 };

void show_free(struct services **s) { free(*s); }

static bool steps_seen(const struct cli *cli) { return cli->look.color && isatty(STDERR_FILENO); }

void show_step(const struct cli *cli, const char *format, ...)
{
    char text[STEP_BYTES];
    va_list args;
    if (!steps_seen(cli)) return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fprintf(stderr, "\r\033[K%s", text);
    (void)fflush(stderr);
}

void show_step_end(const struct cli *cli)
{
    if (steps_seen(cli)) (void)fputs("\r\033[K", stderr);
}

static void line(struct buf *out, const struct look *l, const char *name, const char *value)
{
    buf_add_z(out, "  ");
    draw_cell(out, l, str_of(name), NAME_CELLS, ALIGN_LEFT);
    buf_addf(out, "%s\n", value);
}

static void head(struct buf *out, const struct look *l, const char *text)
{
    buf_add_z(out, "\n");
    draw_ink(out, l, INK_BOLD, "%s", text);
    buf_add_z(out, "\n");
}

static void where(const struct show_up *u, const struct look *l, struct buf *out)
{
    char text[HOME_PATH_BYTES + 100];
    const struct setup *s = u->setup;
    line(out, l, "folder", u->home->root);
    (void)snprintf(text, sizeof text, "127.0.0.1:%llu, TLS by the authority in broker/certs/ca.crt",
                   (unsigned long long)s->broker.c2s_port);
    line(out, l, "broker", text);
    for (size_t i = 0; i < s->nagents; i++) {
        (void)snprintf(text, sizeof text, "%s@%s, http://127.0.0.1:%u/metrics", s->agents[i].name, s->broker.domain,
                       s->agents[i].probe_port);
        line(out, l, s->agents[i].name, text);
    }
    line(out, l, "logs", "logs/ of the folder");
}

static void chat(const struct show_up *u, const struct look *l, struct buf *out)
{
    char text[HOME_PATH_BYTES + 100];
    const struct setup *s = u->setup;
    if (!u->federation->npeople) return;
    const char *name = u->federation->people[0].name;
    head(out, l, "Chat with it from any XMPP client on this machine");
    (void)snprintf(text, sizeof text, "%s@%s", name, s->broker.domain);
    line(out, l, "account", text);
    (void)snprintf(text, sizeof text, "the text in broker/secrets/%s.password of the folder", name);
    line(out, l, "password", text);
    (void)snprintf(text, sizeof text, "127.0.0.1, port %llu, STARTTLS", (unsigned long long)s->broker.c2s_port);
    line(out, l, "server", text);
    line(out, l, "authority", "broker/certs/ca.crt of the folder");
    (void)snprintf(text, sizeof text, "say `help` or `how is it going` to coordinator@%s", s->broker.domain);
    line(out, l, "then", text);
}

static size_t count_kind(const struct setup *s, const char *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->nagents; i++) n += strcmp(s->agents[i].kind, kind) == 0;
    return n;
}

static void print_text(const struct cli *cli, const struct show_up *u, struct buf *out)
{
    const struct look *l = &cli->look;
    char seconds[DRAW_BYTES];
    size_t hospitals = count_kind(u->setup, "trainer");
    const char *guardian = count_kind(u->setup, "guardian") ? ", a guardian" : "";
    draw_ink(out, l, INK_GREEN, "%s", u->setup->broker.domain);
    if (u->was_running)
        buf_addf(out, " is running already: a coordinator%s and %zu hospital%s\n", guardian, hospitals,
                 hospitals == 1 ? "" : "s");
    else
        buf_addf(out, " is up: a broker, a coordinator%s and %zu hospital%s, in %s\n", guardian, hospitals,
                 hospitals == 1 ? "" : "s", draw_seconds(u->seconds, seconds));
    where(u, l, out);
    head(out, l, "Next");
    buf_add_z(out, "  himas tasks list             what can be learned here\n"
                   "  himas start TASK --watch     a run, seen live\n"
                   "  himas status                 processes, runs, whom they wait for\n"
                   "  himas down                   stop all of it; the folder stays\n");
    chat(u, l, out);
}

static void print_json(const struct show_up *u, struct buf *out)
{
    static const char *const columns[] = { "name", "kind", "jid", "probe_port", NULL };
    struct result r;
    result_init(&r);
    result_say(&r, "%s", u->was_running ? "running already" : "up");
    result_field(&r, "folder", "%s", u->home->root);
    result_field(&r, "domain", "%s", u->setup->broker.domain);
    result_field(&r, "port", "%llu", (unsigned long long)u->setup->broker.c2s_port);
    result_field(&r, "ca_file", "%s", home_at(u->home, "broker/certs/ca.crt").text);
    result_columns(&r, columns);
    for (size_t i = 0; i < u->setup->nagents; i++) {
        const struct setup_agent *a = &u->setup->agents[i];
        char jid[256];
        char port[16];
        (void)snprintf(jid, sizeof jid, "%s@%s", a->name, u->setup->broker.domain);
        (void)snprintf(port, sizeof port, "%u", a->probe_port);
        const char *const cells[] = { a->name, a->kind, jid, port, NULL };
        result_row(&r, cells);
    }
    result_print_json(&r, out);
    buf_add_z(out, "\n");
    result_free(&r);
}

enum err show_up(const struct cli *cli, const struct show_up *how, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    show_step_end(cli);
    if (cli->json)
        print_json(how, &out);
    else
        print_text(cli, how, &out);
    return cli->json ? cli_put(&out, why) : cli_put_folded(cli, &out, why);
}
