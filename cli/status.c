#include "cli/commands.h"
#include "cli/http.h"
#include "cli/setup.h"
#include "cli/supervisor.h"
#include "cli/visit.h"
#include "common/base/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX_BYTES = 2 << 20, PROBE_MS = 1000 };

struct health {
    struct services services;
    struct setup setup;
    struct federation federation;
};

/* "ready", or the reason it gives, or what the supervisor knows. */
static void state_of(const struct health *h, const struct service *s, char out[HTTP_TEXT_BYTES])
{
    unsigned status = 0;
    char text[HTTP_TEXT_BYTES] = "";
    (void)snprintf(out, HTTP_TEXT_BYTES, "%s", service_state_name(s->state));
    for (size_t i = 0; i < h->setup.nagents && s->state == SERVICE_RUNNING; i++) {
        if (strcmp(h->setup.agents[i].name, s->name) != 0) continue;
        if (http_get(h->setup.agents[i].probe_port, "/readyz", PROBE_MS, &status, text) != OK)
            (void)snprintf(out, HTTP_TEXT_BYTES, "running, but does not answer its probe");
        else
            (void)snprintf(out, HTTP_TEXT_BYTES, "%s", status == 200 ? "ready" : text);
    }
}

static void add_service(const struct health *h, const struct service *s, struct result *r)
{
    char state[HTTP_TEXT_BYTES];
    char pid[24];
    char restarts[24];
    char since[DRAW_BYTES] = "-";
    state_of(h, s, state);
    (void)snprintf(pid, sizeof pid, "%llu", (unsigned long long)s->pid);
    (void)snprintf(restarts, sizeof restarts, "%llu", (unsigned long long)s->restarts);
    if (s->state == SERVICE_RUNNING) draw_seconds((double)(clock_mono_ms() - s->started_ms) / 1000, since);
    const char *const cells[] = { s->name, state, pid, since, restarts, NULL };
    result_row(r, cells);
}

static enum err read_health(const struct home *home, struct health *h, struct why *why)
{
    federation_default(&h->federation);
    TRY(federation_read(home_at(home, "federation.yaml").text, &h->federation, why));
    TRY(setup_read(home, &h->federation, &h->setup, why));
    return supervisor_services(home, &h->services, why);
}

static enum err processes(const struct home *home, struct result *r, struct why *why)
{
    static const char *const columns[] = { "process", "state", "pid", "since", "restarts", NULL };
    struct health *h = calloc(1, sizeof *h);
    enum err e = h ? read_health(home, h, why) : ERR_MEMORY;
    result_columns(r, columns);
    for (size_t i = 0; e == OK && i < h->services.n; i++) add_service(h, &h->services.items[i], r);
    free(h);
    return e;
}

static enum err put(const struct cli *cli, const struct result *local, const struct result *answer, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    if (cli->json) {
        buf_add_z(&out, "{\"processes\":");
        result_print_json(local, &out);
        buf_add_z(&out, ",\"coordinator\":");
        result_print_json(answer, &out);
        buf_add_z(&out, "}\n");
    } else {
        result_print_within(local, cli->look.fold, &out);
        buf_add_z(&out, "\n");
        result_print_within(answer, cli->look.fold, &out);
    }
    return cli->json ? cli_put(&out, why) : cli_put_folded(cli, &out, why);
}

/* A coordinator that does not answer is an answer too; the processes are shown in any case. */
static enum err ask(const struct cli *cli, struct result *answer, struct why *why)
{
    CLEANUP(visit_close) struct visit v = { .client = NULL };
    TRY(visit_open(cli, &v, why));
    return visit_ask(&v, "coordinator", STR("status"), NULL, 0, answer, why);
}

enum err run_status(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    struct home home;
    struct result local;
    struct result answer;
    struct why silence = { "" };
    (void)call;
    TRY(home_open(cli->data, &home, why));
    TRY(home_need(&home, why));
    if (supervisor_pid(&home) == 0)
        return why_say(why, ERR_NETWORK, "the federation in %s is not running; `himas up` starts it", home.root);
    result_init(&local);
    result_init(&answer);
    enum err e = processes(&home, &local, why);
    enum err asked = e == OK ? ask(cli, &answer, &silence) : OK;
    if (asked != OK && cli->json) result_say(&answer, "%s", silence.text);
    answer.code = asked;
    if (e == OK) e = put(cli, &local, &answer, why);
    result_free(&local);
    result_free(&answer);
    if (e != OK || asked == OK) return e;
    if (cli->json) silence.text[0] = '\0'; /* the JSON has it already */
    *why = silence;
    return asked;
}
