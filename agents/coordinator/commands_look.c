#include "agents/coordinator/commands.h"
#include "agents/coordinator/journal.h"
#include "agents/coordinator/stored.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- status ---- */

static void say_wait(const struct run *r, struct result *out)
{
    CLEANUP(buf_free) struct buf names = buf_make(STORED_MAX_BYTES);
    char until[32];
    int64_t left = (r->head.deadline_ms - agent_wall_ms(r->home->agent)) / 1000;
    if (!run_asks(r)) return;
    run_say_waiting(r, &names);
    result_say(out, "  waits for " STR_F " until %s (%" PRId64 " s left); %zu of %zu are in, %" PRIu64 " are needed",
               STR_ARG(buf_str(&names)), commands_time(r->head.deadline_ms, until), left > 0 ? left : 0, r->counts.in,
               r->counts.asked, r->head.quorum);
}

static void say_last(const struct run *r, struct result *out)
{
    char loss[32];
    char auc[32];
    char accuracy[32];
    if (r->head.round < 2 && r->head.loss != r->head.loss) return;
    result_say(out, "  last model: loss %s, AUC %s, accuracy %s", commands_real(r->head.loss, 4, loss),
               commands_real(r->head.auc, 4, auc), commands_real(r->head.accuracy, 4, accuracy));
}

static void say_run(const struct run *r, struct result *out)
{
    result_say(out, "%s (task %s): %s, round %" PRIu64 " of %" PRIu64 "%s", r->id, r->task.name,
               run_state_name(r->head.state), r->head.round, r->head.rounds,
               r->head.pause_wanted && r->head.state != RUN_PAUSED ? "; pauses after this round" : "");
    if (run_over(r)) result_say(out, "  %s", r->head.why);
    if (r->head.state == RUN_PAUSED) result_say(out, "  waits for `resume`");
    if (r->head.state == RUN_AGGREGATING) result_say(out, "  waits for its own worker");
    say_wait(r, out);
    say_last(r, out);
}

static void run_row(const struct run *r, struct result *out)
{
    CLEANUP(buf_free) struct buf names = buf_make(STORED_MAX_BYTES);
    char round[64];
    char until[32] = "-";
    char loss[32];
    char auc[32];
    char accuracy[32];
    (void)snprintf(round, sizeof round, "%" PRIu64 "/%" PRIu64, r->head.round, r->head.rounds);
    if (run_asks(r)) run_say_waiting(r, &names);
    if (r->head.deadline_ms) commands_time(r->head.deadline_ms, until);
    const char *cells[] = { r->id,
                            r->task.name,
                            run_state_name(r->head.state),
                            round,
                            names.p ? (const char *)names.p : "-",
                            until,
                            commands_real(r->head.loss, 4, loss),
                            commands_real(r->head.auc, 4, auc),
                            commands_real(r->head.accuracy, 4, accuracy),
                            NULL };
    result_row(out, cells);
}

static void say_present(const struct coordinator *c, struct result *out)
{
    CLEANUP(buf_free) struct buf names = buf_make(STORED_MAX_BYTES);
    size_t named = 0;
    size_t online = hospitals_online(&c->hospitals);
    for (size_t i = 0; i < c->hospitals.count && named < RUN_MAX_NAMED; i++)
        if (c->hospitals.all[i].online) buf_addf(&names, "%s%s", named++ ? ", " : ": ", c->hospitals.all[i].who->name);
    result_say(out, "%zu of %zu hospitals are here" STR_F "%s.", online, c->hospitals.count, STR_ARG(buf_str(&names)),
               online > named ? " and more" : "");
}

enum err command_status(struct agent *a, void *self, const struct call *call, struct result *out)
{
    static const char *const columns[] = { "run",   "task", "state", "round",    "waits_for",
                                           "until", "loss", "auc",   "accuracy", NULL };
    struct coordinator *c = self;
    struct str name = call_text(call, "run");
    size_t said = 0;
    (void)a;
    result_columns(out, columns);
    for (size_t i = 0; i < c->nruns; i++) {
        if (name.n > 0 ? !str_is(name, c->runs[i]->id) : run_over(c->runs[i])) continue;
        say_run(c->runs[i], out);
        run_row(c->runs[i], out);
        said++;
    }
    if (said == 0 && name.n > 0) return command_runs_show(a, self, call, out);
    if (said == 0) result_say(out, "No run is going on.");
    say_present(c, out);
    return OK;
}

/* ---- trainers ---- */

static void trainer_row(const struct coordinator *c, const struct hospital *h, struct result *out)
{
    char since[32];
    char records[32];
    char doing[64];
    char spent[32];
    char most[32];
    uint64_t silent = (agent_now_ms(c->agent) - h->seen_ms) / 1000;
    char heard[48];
    (void)snprintf(records, sizeof records, h->records ? "%" PRIu64 : "-", h->records);
    (void)snprintf(doing, sizeof doing, h->progress > 0 ? "%s %.0f%%" : "%s", h->doing[0] ? h->doing : "-",
                   100 * h->progress);
    (void)snprintf(heard, sizeof heard, "%" PRIu64 " s ago", silent);
    const char *cells[] = { h->who->name,
                            h->online ? "here" : "away",
                            commands_time(h->since_ms, since),
                            heard,
                            h->software[0] ? h->software : "-",
                            records,
                            doing,
                            commands_real(h->epsilon_spent, 3, spent),
                            commands_real(h->epsilon_max, 3, most),
                            NULL };
    result_row(out, cells);
}

enum err command_trainers(struct agent *a, void *self, const struct call *call, struct result *out)
{
    static const char *const columns[] = { "hospital", "is",    "since",         "heard",       "software",
                                           "records",  "doing", "epsilon_spent", "epsilon_max", NULL };
    struct coordinator *c = self;
    (void)a;
    (void)call;
    result_columns(out, columns);
    say_present(c, out);
    for (size_t i = 0; i < c->hospitals.count; i++) trainer_row(c, &c->hospitals.all[i], out);
    return OK;
}

/* ---- runs ---- */

static enum err head_row(void *to, const char *key, struct bytes value)
{
    struct run_head h;
    char rounds[64];
    char started[32];
    char loss[32];
    char auc[32];
    TRY(journal_read_head(value, &h));
    (void)snprintf(rounds, sizeof rounds, "%" PRIu64 "/%" PRIu64, h.round, h.rounds);
    const char *cells[] = { key + strlen("head/"),
                            h.task,
                            run_state_name(h.state),
                            rounds,
                            commands_time(h.started_ms, started),
                            h.started_by,
                            commands_real(h.loss, 4, loss),
                            commands_real(h.auc, 4, auc),
                            h.why,
                            NULL };
    result_row(to, cells);
    return OK;
}

enum err command_runs_list(struct agent *a, void *self, const struct call *call, struct result *out)
{
    static const char *const columns[] = {
        "run", "task", "state", "rounds", "started", "by", "loss", "auc", "why", NULL
    };
    (void)self;
    (void)call;
    result_columns(out, columns);
    TRY(agent_scan(a, "head/", head_row, out));
    if (out->nrows == 0) result_say(out, "There has been no run yet; `start` begins one.");
    return OK;
}

static enum err round_row_cells(void *to, const char *key, struct bytes value)
{
    struct round_row r;
    char number[24];
    char in[48];
    char seconds[32];
    char bytes[24];
    char loss[32];
    char auc[32];
    char accuracy[32];
    char train_loss[32];
    char epsilon[32];
    (void)key;
    TRY(journal_read_round(value, &r));
    (void)snprintf(number, sizeof number, "%" PRIu64, r.round);
    (void)snprintf(in, sizeof in, "%" PRIu64 "/%" PRIu64, r.in, r.joined);
    (void)snprintf(bytes, sizeof bytes, "%" PRIu64, r.bytes);
    const char *cells[] = { number,
                            commands_real(r.train_loss, 4, train_loss),
                            commands_real(r.loss, 4, loss),
                            commands_real(r.auc, 4, auc),
                            commands_real(r.accuracy, 4, accuracy),
                            in,
                            commands_real(r.seconds, 1, seconds),
                            bytes,
                            commands_real(r.epsilon, 3, epsilon),
                            NULL };
    result_row(to, cells);
    return OK;
}

static enum err read_head(struct agent *a, struct str run, struct run_head *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(STORED_MAX_BYTES);
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "head/" STR_F, STR_ARG(run));
    TRY(agent_get(a, key, &text));
    return journal_read_head(buf_bytes(&text), out);
}

/* Of the newest secure sum, if there was one: the text whose hash its header signs. */
static enum err say_layout(struct agent *a, struct str run, struct result *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(STORED_MAX_BYTES);
    char key[STORE_MAX_KEY];
    (void)snprintf(key, sizeof key, "layout/" STR_F, STR_ARG(run));
    enum err e = agent_get(a, key, &text);
    if (e != OK) return e == ERR_ABSENT ? OK : e;
    for (struct str rest = buf_str(&text); rest.n > 0;) {
        struct str line = str_next(&rest, '\n');
        result_say(out, "  " STR_F, STR_ARG(line));
    }
    return OK;
}

enum err command_runs_show(struct agent *a, void *self, const struct call *call, struct result *out)
{
    static const char *const columns[] = { "round",     "train_loss", "loss",  "auc",     "accuracy",
                                           "hospitals", "seconds",    "bytes", "epsilon", NULL };
    struct str run = call_text(call, "run");
    struct run_head h;
    char prefix[STORE_MAX_KEY];
    (void)self;
    enum err e = read_head(a, run, &h);
    if (e == ERR_ABSENT) result_say(out, "There is no run " STR_F "; `runs list` shows all.", STR_ARG(run));
    TRY(e);
    result_say(out, STR_F " (task %s): %s in round %" PRIu64 " of %" PRIu64 ", started by %s%s%s", STR_ARG(run), h.task,
               run_state_name(h.state), h.round, h.rounds, h.started_by, h.why[0] ? ": " : "", h.why);
    TRY(say_layout(a, run, out));
    result_field(out, "task_sha256", "%s", h.digest);
    result_field(out, "quorum", "%" PRIu64, h.quorum);
    result_columns(out, columns);
    (void)snprintf(prefix, sizeof prefix, "round/" STR_F "/", STR_ARG(run));
    return agent_scan(a, prefix, round_row_cells, out);
}
