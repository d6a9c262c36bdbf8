/* What went against a permit: it is kept, told, and there are no further permits for whom it is about. */
#include "agents/privacy/alarm_commands.h"
#include <stdio.h>

static enum err tell_people(struct guardian *g, const char *sentence)
{
    const struct roster *r = agent_roster(g->agent);
    for (size_t i = 0; i < roster_count(r); i++)
        if (roster_at(r, i)->role & (ROLE_OPERATOR | ROLE_OFFICER))
            TRY(agent_say(g->agent, roster_at(r, i)->jid, str_of(sentence)));
    return OK;
}

/* A run that went against its permit does not go on. */
static enum err revoke(struct guardian *g, const char *run, const char *sentence)
{
    const struct roster *r = agent_roster(g->agent);
    struct msg m = msg_make(MSG_PERMIT_REVOKE, NULL);
    if (str_copy(str_of(run), m.run, sizeof m.run) != OK) return OK;
    m.permit_revoke.code = str_of(err_name(ERR_REFUSED));
    m.permit_revoke.text = str_of(sentence);
    for (size_t i = 0; i < roster_count(r); i++)
        if (roster_at(r, i)->role == ROLE_COORDINATOR) TRY(agent_send(g->agent, roster_at(r, i)->jid, &m));
    return OK;
}

static enum err end_run(struct guardian *g, const char *run, const char *sentence)
{
    TRY(guardian_run_over(g, run));
    return revoke(g, run, sentence);
}

static char *key_of(char out[STORE_MAX_KEY], const char *name)
{
    (void)snprintf(out, STORE_MAX_KEY, "alarm/%s", name);
    return out;
}

enum err guardian_alarm(struct guardian *g, const char *name, const char *sentence)
{
    char key[STORE_MAX_KEY];
    g->alarms++;
    log_error(agent_log(g->agent), "guardian.alarm", L_NAME("about", name));
    TRY(agent_put(g->agent, key_of(key, name), str_bytes(str_of(sentence))));
    TRY(agent_del(g->agent, alarm_clear_key(key, name)));
    TRY(tlog_add(&g->log, NULL, "alarm about=%s", name));
    if (roster_find(agent_roster(g->agent), str_of(name)) == NULL) TRY(end_run(g, name, sentence));
    return tell_people(g, sentence);
}

enum err guardian_alarmed(struct guardian *g, const char *name, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(GUARDIAN_TEXT_BYTES);
    char key[STORE_MAX_KEY];
    enum err e = agent_get(g->agent, key_of(key, name), &text);
    if (e == ERR_ABSENT) return OK;
    TRY(e);
    return why_say(why, ERR_REFUSED, STR_F, STR_ARG(buf_str(&text)));
}

enum err guardian_alarm_clear(struct guardian *g, const char *name, const char *by)
{
    char key[STORE_MAX_KEY];
    char sentence[GUARDIAN_TEXT_BYTES];
    (void)snprintf(sentence, sizeof sentence, "the alarm about %.200s was cleared by two privacy officers", name);
    log_error(agent_log(g->agent), "guardian.alarm.cleared", L_NAME("about", name), L_NAME("by", by));
    TRY(agent_del(g->agent, key_of(key, name)));
    TRY(tlog_add(&g->log, NULL, "alarm-cleared about=%s confirmed-by=%s", name, by));
    return tell_people(g, sentence);
}
