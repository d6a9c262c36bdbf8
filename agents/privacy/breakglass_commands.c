#include "agents/privacy/breakglass_commands.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct argument breakglass_ask_args[] = {
    { .name = "run",     .kind = ARG_TEXT,  .need = ARG_REQUIRED, .min = 1,  .max = BREAKGLASS_RUN_BYTES - 1,  .doc = "the one run it is for" },
    { .name = "reason",  .kind = ARG_TEXT,  .need = ARG_REQUIRED, .min = BREAKGLASS_REASON_MIN, .max = BREAKGLASS_TEXT_BYTES - 1, .doc = "why it cannot wait" },
    { .name = "minutes", .kind = ARG_COUNT, .need = ARG_OPTIONAL, .min = 1,  .max = BREAKGLASS_MINUTES_MAX, .fallback = "30", .unit = "minutes", .doc = "how long it stays open" },
    { 0 },
};
const struct argument breakglass_case_args[] = {
    { .name = "case", .kind = ARG_COUNT, .need = ARG_REQUIRED, .min = 1, .max = BREAKGLASS_CASES_MAX, .doc = "its number" },
    { 0 },
};
const struct argument breakglass_review_args[] = {
    { .name = "case",    .kind = ARG_COUNT, .need = ARG_OPTIONAL, .min = 1, .max = BREAKGLASS_CASES_MAX, .doc = "its number; without it all are listed" },
    { .name = "verdict", .kind = ARG_TEXT,  .need = ARG_OPTIONAL, .min = BREAKGLASS_REASON_MIN, .max = BREAKGLASS_TEXT_BYTES - 1, .doc = "what was found" },
    { 0 },
};
/* clang-format on */

static enum err load(void *book, const char *key, struct bytes record)
{
    enum err e = breakglass_load(book, key, record);
    return e == ERR_STORE ? OK : e;
}

enum err breakglass_restore(struct breakglass *b, struct agent *a)
{
    breakglass_init(b);
    TRY(agent_scan(a, BREAKGLASS_PREFIX, load, b));
    if (b->trouble.text[0]) log_error(agent_log(a), "break_glass.unreadable", L_ERR(ERR_STORE));
    return OK;
}

static enum err put(void *agent, const char *key, struct bytes record) { return agent_put(agent, key, record); }

static struct breakglass_act act_of(struct agent *a, const struct call *c)
{
    return (struct breakglass_act){ c->from, agent_wall_ms(a), put, a };
}

/* The case's number and who; the reason is for the book alone. */
static enum err told(struct agent *a, const struct call *c, const char *event, uint64_t number, enum err e,
                     const struct why *why, struct result *out)
{
    if (e != OK && why->text[0]) result_say(out, "%s.", why->text);
    log_error(agent_log(a), event, L_U64("case", number), L_NAME("by", c->from), L_ERR(e));
    return e;
}

enum err breakglass_say_ask(struct breakglass *b, struct agent *a, const struct call *c, struct result *out)
{
    const struct breakglass_act act = act_of(a, c);
    struct why why = { "" };
    char run[BREAKGLASS_RUN_BYTES];
    uint64_t number = 0;
    TRY(str_copy(call_text(c, "run"), run, sizeof run));
    enum err e = breakglass_ask(b, &act, run, call_u64(c, "minutes"), call_text(c, "reason"), &number, &why);
    if (e == OK)
        result_say(out,
                   "Case %" PRIu64
                   " is asked for. Another officer must confirm it within %d minutes: break-glass confirm %" PRIu64 ".",
                   number, BREAKGLASS_CONFIRM_MS / 60000, number);
    return told(a, c, "break_glass.asked", number, e, &why, out);
}

enum err breakglass_say_confirm(struct breakglass *b, struct agent *a, const struct call *c, struct result *out)
{
    const struct breakglass_act act = act_of(a, c);
    struct why why = { "" };
    uint64_t number = call_u64(c, "case");
    enum err e = breakglass_confirm(b, &act, number, &why);
    if (e == OK)
        result_say(out,
                   "Case %" PRIu64 " is open for %" PRIu64
                   " minutes: vetoes of run %s are suspended. Records, noise and budget stay as they "
                   "are. It must be reviewed afterwards.",
                   number, b->cases[number - 1].minutes, b->cases[number - 1].run);
    return told(a, c, "break_glass.opened", number, e, &why, out);
}

enum err breakglass_say_end(struct breakglass *b, struct agent *a, const struct call *c, struct result *out)
{
    const struct breakglass_act act = act_of(a, c);
    struct why why = { "" };
    uint64_t number = call_u64(c, "case");
    enum err e = breakglass_end(b, &act, number, &why);
    if (e == OK) result_say(out, "Case %" PRIu64 " is closed.", number);
    return told(a, c, "break_glass.ended", number, e, &why, out);
}

static void add_row(const struct breakglass_case *c, int64_t now_ms, struct result *out)
{
    char number[24], minutes[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, c->number);
    (void)snprintf(minutes, sizeof minutes, "%" PRIu64, c->minutes);
    const char *cells[] = { number,      breakglass_state_name(breakglass_state(c, now_ms)),
                            c->run,      minutes,
                            c->asked_by, c->confirmed_by,
                            c->ended_by, c->reviewed_by,
                            c->reason,   c->verdict,
                            NULL };
    result_row(out, cells);
}

static void list(const struct breakglass *b, int64_t now_ms, struct result *out)
{
    static const char *const columns[] = { "case",     "state",       "run",    "minutes", "asked_by", "confirmed_by",
                                           "ended_by", "reviewed_by", "reason", "verdict", NULL };
    size_t waiting = 0;
    if (b->trouble.text[0]) result_say(out, "The book cannot be read, so all is closed: %s.", b->trouble.text);
    result_columns(out, columns);
    for (int first = 1; first >= 0; first--)
        for (size_t i = b->count; i > 0; i--) {
            bool waits = breakglass_state(&b->cases[i - 1], now_ms) == BREAKGLASS_CLOSED;
            if (waits != (first == 1)) continue;
            waiting += waits;
            add_row(&b->cases[i - 1], now_ms, out);
        }
    result_say(out, "%zu cases, %zu to be reviewed.", b->count, waiting);
}

enum err breakglass_say_review(struct breakglass *b, struct agent *a, const struct call *c, struct result *out)
{
    const struct breakglass_act act = act_of(a, c);
    struct why why = { "" };
    uint64_t number = call_u64(c, "case");
    if (!call_has(c, "case")) {
        list(b, act.now_ms, out);
        return OK;
    }
    enum err e = breakglass_review(b, &act, number, call_text(c, "verdict"), &why);
    if (e == OK) result_say(out, "Case %" PRIu64 " is reviewed.", number);
    return told(a, c, "break_glass.reviewed", number, e, &why, out);
}
