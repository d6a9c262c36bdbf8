/* Automatic starts: what the tasks' schedules ask for, remembered in the store under "auto/<task>". */
#include "agents/coordinator/coordinator.h"
#include "agents/coordinator/stored.h"
#include <stdio.h>
#include <string.h>

static const struct stored_field fields[] = {
    STORED_FIELD(schedule, COUNT, last_start_ms),
    STORED_FIELD(schedule, COUNT, cron_from_ms),
    STORED_FIELD(schedule, FLAG, gathered),
    STORED_FIELD(schedule, FLAG, new_data),
    { 0 },
};

static bool is_automatic(const struct task_file *f) { return f->good && schedule_wanted(&f->task); }

static char *key_of(const struct task_file *f, char out[STORE_MAX_KEY])
{
    (void)snprintf(out, STORE_MAX_KEY, "auto/%s", f->task.name);
    return out;
}

static enum err put(struct coordinator *c, const struct task_file *f)
{
    CLEANUP(buf_free) struct buf row = buf_make(STORED_MAX_BYTES);
    char key[STORE_MAX_KEY];
    stored_write(fields, &f->schedule, &row);
    TRY(buf_err(&row));
    return agent_put(c->agent, key_of(f, key), buf_bytes(&row));
}

enum err coordinator_schedule_load(struct coordinator *c)
{
    CLEANUP(buf_free) struct buf row = buf_make(STORED_MAX_BYTES);
    char key[STORE_MAX_KEY];
    for (size_t i = 0; i < c->tasks.count; i++) {
        struct task_file *f = &c->tasks.files[i];
        if (!is_automatic(f)) continue;
        buf_clear(&row);
        enum err e = agent_get(c->agent, key_of(f, key), &row);
        if (e == ERR_ABSENT) continue;
        TRY(e);
        TRY(stored_read(fields, buf_bytes(&row), &f->schedule, NULL));
    }
    return OK;
}

static bool same(const struct schedule *a, const struct schedule *b)
{
    return a->last_start_ms == b->last_start_ms && a->cron_from_ms == b->cron_from_ms && a->gathered == b->gathered &&
           a->new_data == b->new_data;
}

/* A start that cannot be now (too many runs, too few hospitals in the roster) is said in the log and not tried again
 * before the next occasion. */
static enum err start(struct coordinator *c, const struct task_file *f, enum schedule_reason reason)
{
    struct why why = { 0 };
    struct run *r;
    struct start_order order = { .task = f, .by = schedule_reason_text(reason) };
    enum err e = coordinator_start(c, &order, &r, &why);
    enum err_class class = err_class(e);
    if (e == OK || (class != ERR_CLASS_PEER && class != ERR_CLASS_LIMIT)) return e;
    log_warn(agent_log(c->agent), "start.refused", L_NAME("task", f->task.name), L_STR("why", why.text));
    return OK;
}

enum err coordinator_schedule(struct coordinator *c)
{
    uint64_t grace = settings_u64(agent_settings(c->agent), "grace_ms");
    struct schedule_facts facts = { .now_ms = agent_wall_ms(c->agent), .online = hospitals_online(&c->hospitals) };
    facts.not_away = hospitals_not_away(&c->hospitals, agent_now_ms(c->agent), grace);
    for (size_t i = 0; i < c->tasks.count; i++) {
        struct task_file *f = &c->tasks.files[i];
        if (!is_automatic(f)) continue;
        struct schedule before = f->schedule;
        facts.running = coordinator_run_of_task(c, f->task.name) != NULL;
        enum schedule_reason reason = schedule_look(&f->task, &f->schedule, &facts);
        if (!same(&before, &f->schedule)) TRY(put(c, f));
        if (reason != SCHEDULE_NO) TRY(start(c, f, reason));
    }
    return OK;
}

enum err coordinator_new_data(struct coordinator *c)
{
    for (size_t i = 0; i < c->tasks.count; i++) {
        struct task_file *f = &c->tasks.files[i];
        if (!f->good || !f->task.start.when_new_data) continue;
        f->schedule.new_data = true;
        TRY(put(c, f));
    }
    return coordinator_schedule(c);
}
