#include "agents/coordinator/commands.h"
#include "common/base/clock.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FEW_TASKS = 5, NAMES_BYTES = 1000 };
enum { LOOK = ROLE_PEOPLE | ROLE_GATEWAY, STEER = ROLE_OPERATOR | ROLE_SCIENTIST };

static const struct argument start_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "name of the task; see `tasks list`" },
    { "rounds", ARG_COUNT, ARG_OPTIONAL, 1, 1e6, "rounds", NULL, NULL, "fewer rounds than the task has" },
    { "quorum", ARG_COUNT, ARG_OPTIONAL, 1, 1e5, "hospitals", NULL, NULL, "more hospitals than the task needs" },
    { 0 },
};
static const struct argument run_args[] = {
    { "run", ARG_TEXT, ARG_OPTIONAL, 1, 63, NULL, NULL, NULL, "the run; may be left out when only one is going on" },
    { 0 },
};
static const struct argument the_run_args[] = {
    { "run", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "the run, such as breast-cancer-7" },
    { 0 },
};
static const struct argument task_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "name of the task" },
    { 0 },
};
static const struct argument count_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "name of the task whose data are counted" },
    { "by", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "column with classes: the label or a category" },
    { "and", ARG_TEXT, ARG_OPTIONAL, 1, 63, NULL, NULL, NULL, "another one, for a table of two sides" },
    { 0 },
};
static const struct argument model_args[] = {
    { "task", ARG_TEXT, ARG_REQUIRED, 1, 63, NULL, NULL, NULL, "name of the task the model is of" },
    { "version", ARG_COUNT, ARG_OPTIONAL, 1, 1e9, NULL, NULL, NULL, "version; the newest when left out" },
    { 0 },
};

/* clang-format off */
const struct command coordinator_commands[] = {
    { "status", LOOK, run_args, "how each run is going, and whom it waits for",
      "how is it going|how are things|what is going on|what are you waiting for|how is run {run}|status of {run}", command_status },
    { "trainers", LOOK, NULL, "which hospitals are here and what they are doing",
      "who is in|who is here|who is there|which hospitals are there", command_trainers },
    { "start", STEER, start_args, "start a run of a task", "start {task}|train {task}|begin {task}", command_start },
    { "pause", STEER, run_args, "pause a run after the round in progress", "pause {run}|wait with {run}", command_pause },
    { "resume", STEER, run_args, "go on with a paused run", "go on|continue|continue {run}|resume {run}", command_resume },
    { "abort", STEER, run_args, "end a run now; its newest model is kept", "stop {run}|cancel {run}|abort {run}", command_abort },
    { "runs list", LOOK, NULL, "all runs", "which runs were there|list runs|runs", command_runs_list },
    { "runs show", LOOK, the_run_args, "a run round by round", "show run {run}|show me run {run}", command_runs_show },
    { "tasks list", LOOK, NULL, "the tasks that can be started, and files that were refused",
      "what can you train|which tasks are there|list tasks|tasks", command_tasks_list },
    { "tasks show", LOOK, task_args, "a task's document", "show task {task}", command_tasks_show },
    { "tasks digest", LOOK, task_args, "a task's SHA-256, for a site policy", "digest of {task}", command_tasks_digest },
    { "models list", LOOK, NULL, "all models that came out", "which models are there|list models|models", command_models_list },
    { "models show", LOOK, model_args, "a model's card", "show model {task}|how good is {task}", command_models_show },
    { "models export", STEER, model_args, "write a model's weights and card into export_dir", "export {task}", command_models_export },
    { "count", STEER | ROLE_CLINICIAN, count_args, "how many patients the hospitals have, by one or two columns; each hides its small counts",
      "count {task} by {by}|how many patients of {task} by {by}", command_count },
    { "watch", LOOK, NULL, "be told of everything that happens", "keep me posted|tell me everything|follow", command_watch },
    { "unwatch", LOOK, NULL, "be told no more", "be quiet|silence|leave me alone", command_unwatch },
    { 0 },
};
/* clang-format on */

static void say_active(const struct coordinator *c, struct result *say)
{
    for (size_t i = 0; i < c->nruns; i++)
        if (!run_over(c->runs[i])) result_say(say, "  %s", c->runs[i]->id);
}

static struct run *only_run(struct coordinator *c, size_t *out_count)
{
    struct run *only = NULL;
    *out_count = 0;
    for (size_t i = 0; i < c->nruns; i++) {
        if (run_over(c->runs[i])) continue;
        only = c->runs[i];
        (*out_count)++;
    }
    return *out_count == 1 ? only : NULL;
}

enum err commands_pick_run(struct coordinator *c, const struct call *call, struct run **out, struct result *say)
{
    struct str name = call_text(call, "run");
    struct run *found = NULL;
    size_t going;
    struct run *only = only_run(c, &going);
    for (size_t i = 0; i < c->nruns && name.n > 0; i++)
        if (str_is(name, c->runs[i]->id) && !run_over(c->runs[i])) found = c->runs[i];
    if (name.n == 0) found = only;
    if (found) {
        *out = found;
        return OK;
    }
    if (going == 0)
        result_say(say, "No run is going on.");
    else
        result_say(say, name.n ? "No such run is going on. These are:" : "Which run? These are going on:");
    say_active(c, say);
    return going == 0 ? ERR_ABSENT : ERR_INPUT;
}

/* Where there are few they are all named. */
static bool few_tasks(const struct coordinator *c, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < c->tasks.count; i++)
        if (c->tasks.files[i].good) buf_addf(out, "%s%s", n++ ? ", " : "", c->tasks.files[i].task.name);
    return n > 0 && n <= FEW_TASKS && buf_err(out) == OK;
}

enum err commands_no_task(const struct coordinator *c, struct str name, struct result *say)
{
    CLEANUP(buf_free) struct buf names = buf_make(NAMES_BYTES);
    const char *near = tasks_near(&c->tasks, name);
    if (near)
        result_say(say, "There is no task " STR_F "; did you mean %s?", STR_ARG(name), near);
    else if (few_tasks(c, &names))
        result_say(say, "There is no task " STR_F "; there is: " STR_F ".", STR_ARG(name), STR_ARG(buf_str(&names)));
    else
        result_say(say, "There is no task " STR_F "; `tasks list` shows what there is.", STR_ARG(name));
    return ERR_ABSENT;
}

char *commands_time(int64_t wall_ms, char out[32])
{
    char stamp[CLOCK_STAMP_BYTES];
    clock_stamp(wall_ms, stamp);
    (void)snprintf(out, 32, "%.19sZ", stamp);
    return out;
}

char *commands_real(double value, int digits, char out[32])
{
    if (isfinite(value))
        (void)snprintf(out, 32, "%.*f", digits, value);
    else
        (void)snprintf(out, 32, "-");
    return out;
}
