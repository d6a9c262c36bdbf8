/*
 * himas-simulate -- a whole federation in this process, in virtual time, from
 * one seed: the agents of production on a transport that delays, drops,
 * duplicates and kills.
 */
#include "agents/coordinator/journal.h"
#include "cli/chart.h"
#include "cli/program.h"
#include "cli/show.h"
#include "cli/simulate_world.h"
#include "cli/visit.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/runtime/sim.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent;
extern const struct agent_def trainer_agent;

enum { MAX_ROUNDS = 1000, JOIN_MS = 10000, ASK_AGAIN_MS = 5000, LOOK_MS = 500, OUT_MAX_BYTES = 1 << 20 };
enum { DOWN_MIN_MS = 1000, DOWN_MAX_MS = 20000, TASK_MAX_TEXT = 1 << 20, SVG_MODE = 0644, SPARK_CELLS = 60 };
#define LONGEST_MS ((uint64_t)30 * 24 * 3600 * 1000) /* of virtual time */

struct simulation {
    const struct cli *cli;
    uint64_t since_ms; /* real */
    struct sim *sim;
    struct world world;
    char task_path[HOME_PATH_BYTES];
    char task[TASK_NAME_BYTES];
    uint64_t looked_ms;
    char run[MSG_RUN_BYTES];
    struct run_head head; /* as last stored */
    struct round_row rows[MAX_ROUNDS];
    size_t nrows;
};

static void simulation_free(struct simulation **held)
{
    struct simulation *s = *held;
    if (!s) return;
    sim_free(s->sim);
    world_remove(&s->world);
    free(s);
}

/* ---- what is simulated ---- */

static enum err path_of(const struct call *call, const char *name, const char *example, char *out, struct why *why)
{
    cli_text(call, name, out, HOME_PATH_BYTES);
    if (!*out) return program_file(example, out, HOME_PATH_BYTES, why);
    if (access(out, R_OK) == 0) return OK;
    return why_say(why, ERR_USAGE, "--%s: %s cannot be read", name, out);
}

static enum err read_task(struct simulation *s, struct why *why)
{
    struct task task = { 0 };
    CLEANUP(arena_free) struct arena arena = arena_make(8 << 20);
    CLEANUP(buf_free) struct buf text = buf_make(TASK_MAX_TEXT);
    TRY(file_read(s->task_path, &text, why));
    TRY(task_parse(buf_str(&text), s->task_path, &arena, &task, why));
    memcpy(s->task, task.name, sizeof s->task);
    return OK;
}

static enum err make_world(const struct call *call, struct simulation *s, struct why *why)
{
    char records[HOME_PATH_BYTES];
    TRY(path_of(call, "task", "examples/breast-cancer/task.yaml", s->task_path, why));
    TRY(path_of(call, "records", "examples/breast-cancer/breast_cancer.csv", records, why));
    TRY(read_task(s, why));
    const struct world_order order = { .nsites = (size_t)call_u64(call, "sites"),
                                       .records = records,
                                       .task = s->task_path,
                                       .rounds = call_u64(call, "rounds"),
                                       .alpha = str_is(call_text(call, "split"), "iid") ? 0 : call_f64(call, "alpha"),
                                       .seed = call_u64(call, "seed") };
    return world_make(&order, &s->world, why);
}

static enum err add_agents(struct simulation *s, struct why *why)
{
    char name[WORLD_SITE_BYTES];
    CLEANUP(buf_free) struct buf settings = buf_make(1 << 14);
    world_coordinator(&s->world, &settings);
    TRY(buf_err(&settings));
    TRY(sim_add(s->sim, &coordinator_agent, "coordinator", (const char *)settings.p, why));
    for (size_t i = 0; i < s->world.nsites; i++) {
        buf_clear(&settings);
        world_trainer(&s->world, i, &settings);
        TRY(buf_err(&settings));
        TRY(sim_add(s->sim, &trainer_agent, world_site(i, name), (const char *)settings.p, why));
    }
    TRY(sim_add_person(s->sim, "operator", ROLE_OPERATOR));
    return sim_start(s->sim, why);
}

static enum err make_sim(const struct call *call, struct simulation *s, struct why *why)
{
    uint64_t delay = call_u64(call, "delay");
    const struct sim_faults faults = { .delay_min_ms = delay / 10,
                                       .delay_max_ms = delay,
                                       .drop = call_f64(call, "drop"),
                                       .duplicate = call_f64(call, "duplicate"),
                                       .kill_per_second = call_f64(call, "kill"),
                                       .down_min_ms = DOWN_MIN_MS,
                                       .down_max_ms = DOWN_MAX_MS };
    s->sim = sim_new(call_u64(call, "seed"), &faults);
    return s->sim ? add_agents(s, why) : ERR_MEMORY;
}

/* ---- looking at it: only at what the coordinator has stored ---- */

static enum err take_head(void *to, const char *key, struct bytes value)
{
    struct simulation *s = to;
    (void)snprintf(s->run, sizeof s->run, "%s", key + strlen("head/"));
    return journal_read_head(value, &s->head);
}

static enum err take_row(void *to, const char *key, struct bytes value)
{
    struct simulation *s = to;
    (void)key;
    if (s->nrows == MAX_ROUNDS) return OK;
    return journal_read_round(value, &s->rows[s->nrows++]);
}

static bool is_over(const struct simulation *s)
{
    return *s->run && (s->head.state == RUN_DONE || s->head.state == RUN_FAILED || s->head.state == RUN_ABORTED);
}

static bool due(const struct simulation *s) { return sim_now_ms(s->sim) - s->looked_ms >= LOOK_MS; }

static bool has_begun(struct sim *sim, void *to)
{
    struct simulation *s = to;
    if (!due(s)) return false;
    s->looked_ms = sim_now_ms(sim);
    bool begun = store_scan(sim_store(sim, "coordinator"), "head/", take_head, s) == OK && *s->run;
    if (begun)
        show_step(s->cli, "round %llu of %llu, %s; %.0f s of virtual time, %.0f s of yours",
                  (unsigned long long)s->head.round, (unsigned long long)s->head.rounds, run_state_name(s->head.state),
                  (double)sim_now_ms(sim) / 1000, (double)(clock_mono_ms() - s->since_ms) / 1000);
    return begun;
}

static bool has_ended(struct sim *sim, void *to) { return has_begun(sim, to) && is_over(to); }

/* ---- running it ---- */

static enum err begin(struct simulation *s, struct why *why)
{
    char order[TASK_NAME_BYTES + 16];
    (void)snprintf(order, sizeof order, "start %s", s->task);
    (void)sim_run(s->sim, JOIN_MS, NULL, NULL);
    while (!*s->run && sim_now_ms(s->sim) < LONGEST_MS / 1000) { /* a chat message may be lost: say it again */
        sim_forget(s->sim, "operator");
        sim_say(s->sim, "operator", "coordinator", order);
        if (sim_run(s->sim, ASK_AGAIN_MS, has_begun, s)) return OK;
    }
    struct str heard = str_trim(sim_heard(s->sim, "operator"));
    return why_say(why, ERR_STATE, "the run did not begin: " STR_F, STR_ARG(heard));
}

static enum err go(struct simulation *s, struct why *why)
{
    char prefix[MSG_RUN_BYTES + 16];
    TRY(begin(s, why));
    bool ended = sim_run(s->sim, LONGEST_MS, has_ended, s);
    (void)snprintf(prefix, sizeof prefix, "round/%s/", s->run);
    TRY(store_scan(sim_store(s->sim, "coordinator"), prefix, take_row, s));
    if (!ended) return why_say(why, ERR_TIMEOUT, "the run did not end in 30 days of virtual time");
    return OK;
}

/* ---- telling ---- */

static void add_round(const struct round_row *row, struct result *r)
{
    char text[8][32];
    (void)snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)row->round);
    (void)snprintf(text[1], sizeof text[1], "%llu/%llu", (unsigned long long)row->in, (unsigned long long)row->joined);
    (void)snprintf(text[2], sizeof text[2], "%.4f", row->loss);
    (void)snprintf(text[3], sizeof text[3], "%.4f", row->auc);
    (void)snprintf(text[4], sizeof text[4], "%.4f", row->accuracy);
    (void)snprintf(text[5], sizeof text[5], "%.1f", row->seconds);
    (void)snprintf(text[6], sizeof text[6], "%llu", (unsigned long long)row->bytes);
    (void)snprintf(text[7], sizeof text[7], "%llu", (unsigned long long)row->late);
    const char *const cells[] = { text[0], text[1], text[2], text[3], text[4], text[5], text[6], text[7], NULL };
    result_row(r, cells);
}

static void tell(const struct simulation *s, struct result *r)
{
    static const char *const columns[] = { "round", "in", "loss", "AUC", "accuracy", "seconds", "bytes", "late", NULL };
    struct sim_counts n = sim_counts(s->sim);
    double real_seconds = (double)(clock_mono_ms() - s->since_ms) / 1000;
    uint64_t updates = 0;
    for (size_t i = 0; i < s->nrows; i++) updates += s->rows[i].in;
    double virtual_seconds = (double)(s->head.ended_ms - s->head.started_ms) / 1000;
    result_say(r, "%s at %zu hospitals: %s", s->run, s->world.nsites, s->head.why);
    if (s->world.copies > 1)
        result_say(r, "the file's records were dealt out %zu times over, so that each hospital has about %d",
                   s->world.copies, WORLD_SITE_RECORDS);
    result_field(r, "virtual_seconds", "%.1f", virtual_seconds);
    result_field(r, "real_seconds", "%.2f", real_seconds);
    result_field(r, "updates_per_minute", "%.0f", (double)updates * 60 / real_seconds);
    result_field(r, "messages", "%llu", (unsigned long long)n.packets);
    result_field(r, "bytes", "%llu", (unsigned long long)n.bytes);
    result_field(r, "lost", "%llu", (unsigned long long)n.dropped);
    result_field(r, "doubled", "%llu", (unsigned long long)n.duplicated);
    result_field(r, "kills", "%llu", (unsigned long long)n.kills);
    result_columns(r, columns);
    for (size_t i = 0; i < s->nrows; i++) add_round(&s->rows[i], r);
}

struct curves {
    double loss[MAX_ROUNDS], auc[MAX_ROUNDS], accuracy[MAX_ROUNDS];
};

static void curves_of(const struct simulation *s, struct curves *c)
{
    for (size_t i = 0; i < s->nrows; i++) {
        c->loss[i] = s->rows[i].loss;
        c->auc[i] = s->rows[i].auc;
        c->accuracy[i] = s->rows[i].accuracy;
    }
}

static enum err draw(const struct cli *cli, const struct simulation *s, const struct curves *c, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    buf_add_z(&out, "\nloss  ");
    draw_spark(&out, &cli->look, c->loss, s->nrows, SPARK_CELLS);
    buf_add_z(&out, "\nAUC   ");
    draw_spark(&out, &cli->look, c->auc, s->nrows, SPARK_CELLS);
    buf_add_z(&out, "\n");
    return cli_put(&out, why);
}

static enum err write_svg(const struct simulation *s, const struct curves *c, const char *path, struct why *why)
{
    char title[200];
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    (void)snprintf(title, sizeof title, "%s: %zu simulated hospitals", s->task, s->world.nsites);
    const struct chart chart = {
        .title = title,
        .x_name = "round",
        .y_name = "",
        .series = { { "loss", c->loss, s->nrows }, { "AUC", c->auc, s->nrows }, { "accuracy", c->accuracy, s->nrows } },
        .nseries = 3
    };
    chart_svg(&chart, &out);
    TRY(buf_err(&out));
    return file_write(path, buf_bytes(&out), SVG_MODE, why);
}

static enum err report(const struct cli *cli, const struct call *call, const struct simulation *s, struct why *why)
{
    char svg[HOME_PATH_BYTES];
    struct result r;
    struct curves *c = calloc(1, sizeof *c);
    if (!c) return ERR_MEMORY;
    result_init(&r);
    curves_of(s, c);
    tell(s, &r);
    enum err e = visit_put(cli, &r, why);
    if (e == OK && !cli->json && s->nrows > 1) e = draw(cli, s, c, why);
    cli_text(call, "svg", svg, sizeof svg);
    if (e == OK && *svg) e = write_svg(s, c, svg, why);
    result_free(&r);
    free(c);
    return e;
}

static enum err run(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    CLEANUP(simulation_free) struct simulation *s = calloc(1, sizeof *s);
    if (!s) return ERR_MEMORY;
    s->cli = cli;
    s->since_ms = clock_mono_ms();
    show_step(cli, "dealing records out to the hospitals");
    TRY(make_world(&call->call, s, why));
    TRY(make_sim(&call->call, s, why));
    TRY(go(s, why));
    show_step_end(cli);
    TRY(report(cli, &call->call, s, why));
    if (s->head.state == RUN_DONE) return OK;
    return why_say(why, ERR_STATE, "the run ended: %s", s->head.why);
}

int main(int argc, char **argv) { return cli_main(argc, argv, "simulate", run); }
