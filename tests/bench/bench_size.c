/* What each agent takes: memory in the middle of a run of the demo on a real broker, time to start, and its file.
 *
 * The demo's federation with a guardian, as `himas up` makes it.  Memory is looked at when half of the rounds are over;
 * then everything is stopped but a broker, and each agent is started by itself a few times, by its own command line.
 * A start is over when the broker has it: settings, keys, store and records read, TLS, login, roster, all peers told.
 */
#include "tests/bench/anatomy.h"
#include "tests/bench/place.h"
#include "tests/bench/told.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARTS = 9, NAME_BYTES = 64 };
static const double most_trainer_mb = 15;
static const double most_start_ms = 100;

static const struct seat {
    const char *name;    /* in the folder */
    const char *program; /* himas-... */
} seats[] = { { "coordinator", "coordinator" }, { "hospital-a", "trainer" }, { "guardian", "guardian" } };
enum { SEATS = sizeof seats / sizeof *seats };

static void config_of(const char *dir, const struct seat *s, char out[TOLD_PATH_BYTES])
{
    (void)snprintf(out, TOLD_PATH_BYTES, "%s/agents/%s/config.yaml", dir, s->name);
}

static void program_of(const struct seat *s, char out[TOLD_PATH_BYTES])
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "himas-%s", s->program);
    told_path(name, out);
}

/* ---- memory ---- */

static void look(const char *dir)
{
    char config[TOLD_PATH_BYTES];
    struct anatomy trainer = { 0 };
    report_line("  in mid-run, MB of 2^20 bytes:  resident  its share  private dirty  libraries");
    for (size_t i = 0; i < SEATS; i++) {
        config_of(dir, &seats[i], config);
        struct anatomy a = anatomy_of(anatomy_find(config));
        report_line("    %-26s %10.1f %10.1f %14.1f %10zu", seats[i].program, a.rss, a.pss, a.dirty, a.libraries);
        if (strcmp(seats[i].program, "trainer") == 0) trainer = a;
    }
    report_ratio(&(struct report_ratio){ "a trainer's resident memory in mid-run, WDBC", trainer.rss, most_trainer_mb,
                                         false, " MB" });
}

static void measure_memory(const char *dir)
{
    char himas[TOLD_PATH_BYTES];
    told_path("himas", himas);
    struct told up =
        told_start((const char *const[]){ himas, "up", "--foreground", "--guardian", "--config",
                                          HIMAS_SOURCE_DIR "/examples/demo/federation.yaml", "--data", dir, NULL });
    (void)told_wait(&up, "is up");
    struct told run =
        told_start((const char *const[]){ himas, "start", "breast-cancer", "--watch", "--data", dir, NULL });
    (void)told_wait(&run, "round 5 of 10 closed");
    look(dir);
    (void)told_wait(&run, "done:");
    told_end(&run);
    told_end(&up);
}

/* ---- starting ---- */

static void measure_start(const char *dir, const struct seat *s)
{
    char config[TOLD_PATH_BYTES];
    char program[TOLD_PATH_BYTES];
    char what[2 * NAME_BYTES];
    double up_ms[STARTS];
    double ready_ms[STARTS];
    config_of(dir, s, config);
    program_of(s, program);
    for (size_t i = 0; i < STARTS; i++) {
        struct told t = told_start((const char *const[]){ program, "--config", config, NULL });
        up_ms[i] = (double)(told_wait(&t, " agent.started ") - t.began_ns) / 1e6;
        ready_ms[i] = (double)(told_wait(&t, " link.up") - t.began_ns) / 1e6;
        told_end(&t);
    }
    double ready = report_quantile(ready_ms, STARTS, 0.5);
    (void)snprintf(what, sizeof what, "start of a %s, to ready at the broker", s->program);
    report_ratio(&(struct report_ratio){ what, ready, most_start_ms, false, " ms" });
    report_line("  median of %d: process up %.0f ms, connected and ready %.0f ms (fastest %.0f)", STARTS,
                report_quantile(up_ms, STARTS, 0.5), ready, report_quantile(ready_ms, STARTS, 0));
}

static void measure_starts(const char *dir)
{
    struct place p = { .broker = -1 };
    (void)snprintf(p.dir, sizeof p.dir, "%s/broker", dir);
    place_start(&p);
    for (size_t i = 0; i < SEATS; i++) measure_start(dir, &seats[i]);
    place_end(&p);
}

static void measure_files(const char *dir)
{
    report_line("  program file, MB of 2^20 bytes:    with symbols  stripped");
    for (size_t i = 0; i < SEATS; i++) {
        char program[TOLD_PATH_BYTES];
        program_of(&seats[i], program);
        struct anatomy_file f = anatomy_file(program, dir);
        report_line("    himas-%-24s %12.2f %9.2f", seats[i].program, f.mb, f.stripped_mb);
    }
}

int main(void)
{
    char dir[] = "/tmp/himas-bench-XXXXXX";
    if (mkdtemp(dir) == NULL) report_die("no folder %s", dir);
    measure_memory(dir);
    measure_starts(dir);
    measure_files(dir);
    place_shell("rm -rf %s", dir);
    return 0;
}
