#include "agents/coordinator/schedule.h"
#include "common/wire/cron.h"

bool schedule_wanted(const struct task *t)
{
    return t->start.cron[0] || t->start.when_present > 0 || t->start.when_new_data;
}

const char *schedule_reason_text(enum schedule_reason r)
{
    static const char *const texts[] = { [SCHEDULE_NO] = "nothing",
                                         [SCHEDULE_CRON] = "schedule",
                                         [SCHEDULE_PRESENT] = "enough hospitals are here",
                                         [SCHEDULE_NEW_DATA] = "new data" };
    return texts[r];
}

static bool is_free(const struct task *t, const struct schedule *s, const struct schedule_facts *f)
{
    if (f->running) return false;
    return s->last_start_ms == 0 || f->now_ms - s->last_start_ms >= (int64_t)t->start.min_interval_ms;
}

static bool cron_due(const struct task *t, struct schedule *s, const struct schedule_facts *f)
{
    int64_t due;
    if (t->start.cron[0] == 0) return false;
    if (s->cron_from_ms == 0) s->cron_from_ms = f->now_ms;
    if (cron_next(str_of(t->start.cron), s->cron_from_ms, &due, NULL) != OK || due > f->now_ms) return false;
    s->cron_from_ms = f->now_ms;
    return is_free(t, s, f);
}

static bool gathering_due(const struct task *t, struct schedule *s, const struct schedule_facts *f)
{
    if (t->start.when_present == 0) return false;
    if (f->not_away < t->start.when_present) s->gathered = false;
    if (f->online < t->start.when_present || s->gathered) return false;
    bool due = is_free(t, s, f);
    s->gathered = due || f->running;
    return due;
}

static bool data_due(const struct task *t, struct schedule *s, const struct schedule_facts *f)
{
    if (!t->start.when_new_data || !s->new_data || !is_free(t, s, f)) return false;
    s->new_data = false;
    return true;
}

enum schedule_reason schedule_look(const struct task *t, struct schedule *s, const struct schedule_facts *f)
{
    enum schedule_reason reason = SCHEDULE_NO;
    bool cron = cron_due(t, s, f);
    bool gathering = gathering_due(t, s, f);
    bool data = data_due(t, s, f);
    if (data) reason = SCHEDULE_NEW_DATA;
    if (gathering) reason = SCHEDULE_PRESENT;
    if (cron) reason = SCHEDULE_CRON;
    if (reason != SCHEDULE_NO) s->last_start_ms = f->now_ms;
    return reason;
}
