#include "agents/coordinator/commands.h"

enum err command_count(struct agent *a, void *self, const struct call *call, struct result *out)
{
    struct coordinator *c = self;
    struct str name = call_text(call, "task");
    struct why why = { "" };
    const struct counting_order order = { .call = call->id,
                                          .task = tasks_find(&c->tasks, name),
                                          .row = call_text(call, "by"),
                                          .column = call_text(call, "and") };
    if (order.task == NULL) return commands_no_task(c, name, out);
    enum err e = counting_begin(c, &order, &why);
    if (e == OK) return agent_later(a, call);
    result_say(out, "%s.", why.text[0] ? why.text : err_text(e));
    return e;
}
