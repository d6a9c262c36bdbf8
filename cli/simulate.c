/*
 * himas-simulate -- a whole federation in this process, in virtual time, from
 * one seed: the agents of production on a transport that delays, drops,
 * duplicates and kills.
 */
#include "cli/program.h"
#include "cli/show.h"
#include "cli/simulate_tell.h"
#include "cli/simulate_world.h"
#include "cli/visit.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/runtime/sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct agent_def coordinator_agent;
extern const struct agent_def trainer_agent;

enum { MAX_ROUNDS = 1000, JOIN_MS = 10000, ASK_AGAIN_MS = 5000, LOOK_MS = 500, OUT_MAX_BYTES = 1 << 20 };
enum { DOWN_MIN_MS = 1000, DOWN_MAX_MS = 20000, TASK_MAX_TEXT = 1 << 20, SVG_MODE = 0644 };
#define LONGEST_MS ((uint64_t)30 * 24 * 3600 * 1000) /* of virtual time */

struct simulation {
    const struct cli *cli;
    uint64_t since_ms, began_ms; /* real: of all, of the run */
    uint64_t before_bytes;       /* resident, without agents */
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

static struct told told_of(const struct simulation *s)
{
    uint64_t resident = told_resident_bytes();
    return (struct told){ .run = s->run,
                          .task = s->task,
                          .why = s->head.why,
                          .nsites = s->world.nsites,
                          .copies = s->world.copies,
                          .site_rows = WORLD_SITE_RECORDS,
                          .setup_seconds = (double)(s->began_ms - s->since_ms) / 1000,
                          .real_seconds = (double)(clock_mono_ms() - s->began_ms) / 1000,
                          .virtual_seconds = (double)(s->head.ended_ms - s->head.started_ms) / 1000,
                          .agents_bytes = resident > s->before_bytes ? resident - s->before_bytes : 0,
                          .peak_bytes = told_peak_bytes(),
                          .counts = sim_counts(s->sim),
                          .rows = s->rows,
                          .nrows = s->nrows };
}

static enum err draw(const struct cli *cli, const struct told *t, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    TRY(tell_picture(t, &cli->look, &out));
    return cli_put(&out, why);
}

static enum err write_svg(const struct told *t, const char *path, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    TRY(tell_svg(t, &out));
    return file_write(path, buf_bytes(&out), SVG_MODE, why);
}

static enum err report(const struct cli *cli, const struct call *call, const struct simulation *s, struct why *why)
{
    char svg[HOME_PATH_BYTES];
    struct result r CLEANUP(result_free);
    struct told t = told_of(s);
    result_init(&r);
    tell_table(&t, &r);
    TRY(visit_put(cli, &r, why));
    if (!cli->json && t.nrows > 1) TRY(draw(cli, &t, why));
    cli_text(call, "svg", svg, sizeof svg);
    return *svg ? write_svg(&t, svg, why) : OK;
}

static enum err run(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    CLEANUP(simulation_free) struct simulation *s = calloc(1, sizeof *s);
    if (!s) return ERR_MEMORY;
    s->cli = cli;
    s->since_ms = clock_mono_ms();
    show_step(cli, "dealing records out to the hospitals");
    TRY(make_world(&call->call, s, why));
    s->before_bytes = told_resident_bytes();
    TRY(make_sim(&call->call, s, why));
    s->began_ms = clock_mono_ms();
    TRY(go(s, why));
    show_step_end(cli);
    TRY(report(cli, &call->call, s, why));
    if (s->head.state == RUN_DONE) return OK;
    return why_say(why, ERR_STATE, "the run ended: %s", s->head.why);
}

int main(int argc, char **argv) { return cli_main(argc, argv, "simulate", run); }
