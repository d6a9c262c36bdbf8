#include "agents/coordinator/commands.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Plain words, and a piece of the answer while nothing is going on. */
static const struct row {
    const char *says;
    const char *answer;
} rows[] = {
    { "how is it going", "No run is going on." },
    { "/status", "2 of 2 hospitals are here" },
    { "who is in", "hospital-1" },
    { "what can you train", "logistic 2-1" },
    { "tasks list", "bad.yaml" },
    { "which models are there", "No model has come out yet." },
    { "list runs", "There has been no run yet" },
    { "start tpy", "did you mean toy?" },
    { "start nothing-like-it", "There is no task nothing-like-it; there is: toy." },
    { "start toy 50", "a run may ask for fewer, not for more" },
    { "start task=toy quorum=1", "a run may ask for more, not for fewer" },
    { "start task=toy quorum=9", "the roster has 2" },
    { "pause", "No run is going on." },
    { "resume", "No run is going on." },
    { "abort", "No run is going on." },
    { "models show toy", "There is no such model of toy" },
    { "models export toy", "There is no such model of toy" },
    { "runs show toy-9", "There is no run toy-9" },
    { "status toy-9", "There is no run toy-9" },
    { "show task toy", "layer" },
    { "unwatch", "I am quiet." },
};

Test(commands, words_and_answers)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].answer, "layer") != 0) cr_expect(house_says(&h, rows[i].says, rows[i].answer));
    house_close(&h);
}

Test(commands, who_may)
{
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    sim_say(h.sim, "lea", "coordinator", "start toy");
    sim_say(h.sim, "lea", "coordinator", "status");
    house_run(&h, 1000);
    cr_expect(!house_has(&h, "head/"), "leadership looks, and starts nothing");
    cr_expect(strstr(sim_heard(h.sim, "lea").p, "2 of 2 hospitals are here") != NULL);
    house_close(&h);
}

Test(commands, two_runs_must_be_named)
{
    struct coordinator c = { .nruns = 0 };
    struct run a = { .id = "toy-1", .head = { .state = RUN_TRAINING } };
    struct run b = { .id = "toy-2", .head = { .state = RUN_PAUSED } };
    struct run done = { .id = "toy-3", .head = { .state = RUN_DONE } };
    static const struct argument args[] = { { "run", ARG_TEXT, ARG_OPTIONAL, 1, 63, NULL, NULL, NULL, "" }, { 0 } };
    static const struct command command = { .name = "x", .args = args };
    static const struct {
        const char *run;
        size_t nruns;
        enum err err;
    } cases[] = {
        { "", 2, ERR_INPUT }, { "toy-2", 2, OK }, { "toy-9", 2, ERR_INPUT }, { "toy-3", 3, ERR_INPUT }, { "", 1, OK }
    };
    c.runs[0] = &a;
    c.runs[1] = &b;
    c.runs[2] = &done;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result say;
        struct run *found = NULL;
        struct call call = { .command = &command };
        if (cases[i].run[0]) call.values[0] = str_of(cases[i].run);
        c.nruns = cases[i].nruns;
        result_init(&say);
        cr_expect(commands_pick_run(&c, &call, &found, &say) == cases[i].err, "case %zu", i);
        cr_expect((found != NULL) == (cases[i].err == OK), "case %zu", i);
        result_free(&say);
    }
}

Test(commands, cells)
{
    char out[32];
    cr_expect_str_eq(commands_real(0.12345, 3, out), "0.123");
    cr_expect_str_eq(commands_real(NAN, 3, out), "-");
    cr_expect_str_eq(commands_time(1700000000000, out), "2023-11-14T22:13:20Z");
}
