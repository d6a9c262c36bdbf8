#include "agents/privacy/alarm_commands.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ABOUT_BYTES = PERMIT_JID_BYTES };

/* clang-format off */
const struct argument alarm_ask_args[] = {
    { .name = "about",  .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = ABOUT_BYTES - 1, .doc = "the run or the hospital, as `alarm list` has it" },
    { .name = "reason", .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = ALARM_REASON_MIN, .max = ALARM_REASON_MAX, .doc = "what was found, and why it is over" },
    { 0 },
};
const struct argument alarm_confirm_args[] = {
    { .name = "about",  .kind = ARG_TEXT, .need = ARG_REQUIRED, .min = 1, .max = ABOUT_BYTES - 1, .doc = "the run or the hospital" },
    { 0 },
};
/* clang-format on */

/* A hospital may be said by its name. */
static enum err about_of(const struct guardian *g, const struct call *c, char out[ABOUT_BYTES])
{
    const struct member *who = roster_by_name(agent_roster(g->agent), call_text(c, "about"));
    return str_copy(who ? str_of(who->jid) : call_text(c, "about"), out, ABOUT_BYTES);
}

static enum err must_be_alarmed(struct guardian *g, const char *about, struct result *out)
{
    enum err e = guardian_alarmed(g, about, NULL);
    if (e == ERR_REFUSED) return OK;
    if (e == OK) result_say(out, "There is no alarm about %s; `alarm list` shows all.", about);
    return e == OK ? ERR_ABSENT : e;
}

char *alarm_clear_key(char out[STORE_MAX_KEY], const char *about)
{
    (void)snprintf(out, STORE_MAX_KEY, "alarm-clear/%s", about);
    return out;
}

/* ---- one asks ---- */

enum err alarm_say_clear(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct guardian *g = self;
    char about[ABOUT_BYTES];
    char key[STORE_MAX_KEY];
    CLEANUP(buf_free) struct buf row = buf_make(GUARDIAN_TEXT_BYTES * 2);
    TRY(about_of(g, c, about));
    TRY(must_be_alarmed(g, about, out));
    buf_addf(&row, "%" PRId64 " %s " STR_F, agent_wall_ms(a), c->from, STR_ARG(call_text(c, "reason")));
    TRY(buf_err(&row));
    TRY(agent_put(a, alarm_clear_key(key, about), buf_bytes(&row)));
    TRY(tlog_add(&g->log, NULL, "alarm-clear about=%s asked-by=%s", about, c->from));
    result_say(out, "Another officer must confirm it within %d minutes: alarm confirm %s", ALARM_CONFIRM_MS / 60000,
               about);
    return OK;
}

/* ---- another confirms ---- */

struct asked {
    int64_t at_ms;
    char by[ROSTER_JID_BYTES];
    char reason[ALARM_REASON_MAX + 1]; /* for who confirms; no log has it */
};

static enum err read_asked(struct guardian *g, const char *about, struct asked *out)
{
    CLEANUP(buf_free) struct buf row = buf_make(GUARDIAN_TEXT_BYTES * 2);
    char key[STORE_MAX_KEY];
    uint64_t at = 0;
    TRY(agent_get(g->agent, alarm_clear_key(key, about), &row));
    struct str rest = buf_str(&row);
    TRY(str_u64(str_next(&rest, ' '), &at) == OK ? OK : ERR_STORE);
    out->at_ms = (int64_t)at;
    TRY(str_copy(str_next(&rest, ' '), out->by, sizeof out->by));
    return str_copy(rest, out->reason, sizeof out->reason);
}

/* A clock that stands before the question is no help. */
static bool in_time(const struct asked *x, int64_t now_ms)
{
    return now_ms >= x->at_ms && now_ms - x->at_ms <= ALARM_CONFIRM_MS;
}

static enum err may_confirm(struct guardian *g, const char *about, const char *by, struct result *out)
{
    struct asked x;
    enum err e = read_asked(g, about, &x);
    if (e == ERR_ABSENT)
        result_say(out, "Nobody asked for it since the newest alarm: alarm clear %s, and the reason.", about);
    TRY(e);
    if (strcmp(x.by, by) == 0) {
        result_say(out, "You asked for it yourself: another officer must confirm it.");
        return ERR_REFUSED;
    }
    if (in_time(&x, agent_wall_ms(g->agent))) return OK;
    result_say(out, "It was asked for too long ago: ask again.");
    return ERR_STATE;
}

enum err alarm_say_confirm(struct agent *a, void *self, const struct call *c, struct result *out)
{
    struct guardian *g = self;
    char about[ABOUT_BYTES];
    char key[STORE_MAX_KEY];
    TRY(about_of(g, c, about));
    TRY(must_be_alarmed(g, about, out));
    TRY(may_confirm(g, about, c->from, out));
    TRY(agent_del(a, alarm_clear_key(key, about)));
    TRY(guardian_alarm_clear(g, about, c->from));
    result_say(out, "The alarm about %s is cleared: it may have permits again.", about);
    return OK;
}

/* ---- looking ---- */

struct listing {
    struct guardian *guardian;
    struct result *out;
};

static enum err add_row(void *to, const char *key, struct bytes text)
{
    const struct listing *l = to;
    const char *about = key + strlen("alarm/");
    struct asked x = { 0 };
    enum err e = read_asked(l->guardian, about, &x);
    if (e != OK && e != ERR_ABSENT) return e;
    bool open = e == OK && in_time(&x, agent_wall_ms(l->guardian->agent));
    CLEANUP(buf_free) struct buf sentence = buf_make(GUARDIAN_TEXT_BYTES * 2);
    buf_add_str(&sentence, bytes_str(text));
    buf_add(&sentence, "", 1);
    TRY(buf_err(&sentence));
    const char *const cells[] = { about, (const char *)sentence.p, open ? x.by : "-", open ? x.reason : "-", NULL };
    result_row(l->out, cells);
    return OK;
}

enum err alarm_say_list(struct agent *a, void *self, const struct call *c, struct result *out)
{
    static const char *const columns[] = { "about", "what", "asked_by", "reason", NULL };
    struct listing l = { self, out };
    (void)c;
    result_columns(out, columns);
    TRY(agent_scan(a, "alarm/", add_row, &l));
    result_say(out, "%zu alarms; what they are about has no permits.", out->nrows);
    return OK;
}
