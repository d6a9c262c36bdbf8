#include "agents/coordinator/commands.h"
#include <inttypes.h>
#include <stdio.h>

static void task_row(const struct task_file *f, struct result *out)
{
    char model[MODEL_TEXT_BYTES] = "-";
    char rounds[24] = "-";
    char quorum[24] = "-";
    struct model_spec spec;
    if (f->good && run_model(&f->task, &spec, NULL) == OK) model_text(&spec, model);
    if (f->good) {
        (void)snprintf(rounds, sizeof rounds, "%" PRIu64, f->task.rounds.count);
        (void)snprintf(quorum, sizeof quorum, "%" PRIu64, f->task.rounds.quorum);
    }
    const char *cells[] = { f->good ? f->task.name : "-", model, rounds, quorum, f->file, f->good ? f->digest : "-",
                            f->good ? "ok" : f->why.text, NULL };
    result_row(out, cells);
}

enum err command_tasks_list(struct agent *a, void *self, const struct call *call, struct result *out)
{
    static const char *const columns[] = { "task", "model", "rounds", "quorum", "file", "sha256", "is", NULL };
    const struct coordinator *c = self;
    (void)a;
    (void)call;
    result_columns(out, columns);
    if (c->tasks.count == 0)
        result_say(out, "No tasks are known; put task documents (*.yaml) into the tasks directory.");
    for (size_t i = 0; i < c->tasks.count; i++) task_row(&c->tasks.files[i], out);
    return OK;
}

static enum err find_task(const struct coordinator *c, const struct call *call, const struct task_file **out,
                          struct result *say)
{
    struct str name = call_text(call, "task");
    const struct task_file *f = tasks_find(&c->tasks, name);
    if (f == NULL) return commands_no_task(c, name, say);
    *out = f;
    return OK;
}

enum err command_tasks_show(struct agent *a, void *self, const struct call *call, struct result *out)
{
    const struct task_file *f = NULL;
    (void)a;
    TRY(find_task(self, call, &f, out));
    result_say(out, STR_F, STR_ARG(str_trim(buf_str(&f->text))));
    result_field(out, "file", "%s", f->file);
    result_field(out, "sha256", "%s", f->digest);
    return OK;
}

enum err command_tasks_digest(struct agent *a, void *self, const struct call *call, struct result *out)
{
    const struct task_file *f = NULL;
    (void)a;
    TRY(find_task(self, call, &f, out));
    result_say(out, "%s", f->digest);
    result_field(out, "sha256", "%s", f->digest);
    return OK;
}

enum err command_watch(struct agent *a, void *self, const struct call *call, struct result *out)
{
    (void)a;
    TRY(feed_watch(self, call->from, FEED_CHAT));
    result_say(out, "I tell you what happens; `unwatch` ends it.");
    return OK;
}

enum err command_unwatch(struct agent *a, void *self, const struct call *call, struct result *out)
{
    (void)a;
    TRY(feed_unwatch(self, call->from, FEED_CHAT));
    result_say(out, "I am quiet.");
    return OK;
}
