#include "cli/ready.h"
#include "cli/draw.h"
#include "cli/http.h"
#include "cli/program.h"
#include "cli/show.h"
#include "cli/supervisor.h"
#include "common/base/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MANY_ENDS = 3, LOOK_MS = 100, PROBE_MS = 500 };

static struct path log_of(const struct home *h, const char *name) { return home_at(h, "logs/%s.log", name); }

/* ---- room on the disks ---- */

static enum err need_room(const char *folder, struct why *why)
{
    char left[DRAW_BYTES];
    double room = 0;
    if (home_room(folder, &room, NULL) != OK || room >= READY_LEAST_FREE_BYTES) return OK;
    return why_say(why, ERR_IO,
                   "the disk of %s is full: %s left.  Free some space there, or name a folder on another disk: "
                   "--data FOLDER",
                   folder, draw_bytes(room, left));
}

enum err ready_need_room(const struct home *h, const struct setup *s, struct why *why)
{
    TRY(need_room(h->root, why));
    TRY(need_room(home_at(h, "logs").text, why));
    for (size_t i = 0; i < s->nagents; i++) TRY(need_room(home_at(h, "agents/%s", s->agents[i].name).text, why));
    return OK;
}

/* ---- a process that will not come up ---- */

/* "" when it wrote nothing since it was started. */
static const char *last_line(const struct ready *r, size_t agent, program_line_fn *wanted, char *out)
{
    return program_last_line(log_of(r->home, r->setup->agents[agent].name).text, r->before[agent], wanted, out,
                             READY_LINE_BYTES);
}

static long agent_of(const struct setup *s, const char *name)
{
    for (size_t i = 0; i < s->nagents; i++)
        if (strcmp(s->agents[i].name, name) == 0) return (long)i;
    return -1;
}

/* It will not come up by itself, or it has ended again and again; a list of an earlier life has ENDED only. */
static bool has_failed(const struct service *s)
{
    if (s->state == SERVICE_ENDED) return false;
    return s->state == SERVICE_FAILED || (s->exit_code != 0 && s->restarts >= MANY_ENDS);
}

static enum err say_ended(const struct ready *r, const struct service *s, struct why *why)
{
    char last[READY_LINE_BYTES] = "";
    struct path log = log_of(r->home, s->name);
    long agent = agent_of(r->setup, s->name);
    if (agent >= 0)
        (void)last_line(r, (size_t)agent, NULL, last);
    else
        (void)program_last_line(log.text, 0, NULL, last, sizeof last);
    return why_say(why, program_err((int)s->exit_code), "%s ended with exit code %llu: %s (all of it: %s)", s->name,
                   (unsigned long long)s->exit_code, *last ? last : "it wrote nothing", log.text);
}

static enum err look_for_ends(const struct ready *r, struct why *why)
{
    CLEANUP(show_free) struct services *s = calloc(1, sizeof *s);
    if (!s || supervisor_services(r->home, s, NULL) != OK) return OK;
    for (size_t i = 0; i < s->n; i++)
        if (has_failed(&s->items[i])) return say_ended(r, &s->items[i], why);
    return OK;
}

/* ---- one that runs, and wrote an error ---- */

/* "2026-11-21T06:24:01.123Z error coordinator ...", as common/base/log.h has it. */
static bool is_error(struct str line)
{
    (void)str_next(&line, ' ');
    return str_is(str_next(&line, ' '), "error");
}

static void note_errors(struct ready *r)
{
    size_t n = r->setup->nagents;
    if (r->wrong < n && r->is_ready[r->wrong]) r->wrong = n;
    for (size_t i = 0; i < n && r->wrong == n; i++) {
        if (r->is_ready[i] || !*last_line(r, i, is_error, r->wrong_line)) continue;
        r->wrong = i;
        r->wrong_since_ms = clock_mono_ms();
    }
}

static enum err look_for_errors(struct ready *r, struct why *why)
{
    note_errors(r);
    if (r->wrong == r->setup->nagents || clock_mono_ms() - r->wrong_since_ms < r->hope_ms) return OK;
    const char *name = r->setup->agents[r->wrong].name;
    return why_say(why, ERR_STATE, "%s is not ready, and wrote: %s (all of it: %s)", name, r->wrong_line,
                   log_of(r->home, name).text);
}

/* ---- all of them ---- */

struct left {
    const char *name; /* the first that is not ready */
    char reason[HTTP_TEXT_BYTES];
    size_t n;
};

static void look(struct ready *r, struct left *out)
{
    *out = (struct left){ 0 };
    for (size_t i = 0; i < r->setup->nagents; i++) {
        unsigned status = 0;
        char text[HTTP_TEXT_BYTES] = "it does not answer";
        const struct setup_agent *a = &r->setup->agents[i];
        if (!r->is_ready[i])
            r->is_ready[i] = http_get(a->probe_port, "/readyz", PROBE_MS, &status, text) == OK && status == 200;
        if (r->is_ready[i] || out->n++) continue;
        out->name = a->name;
        memcpy(out->reason, text, sizeof text);
    }
}

void ready_begin(struct ready *r)
{
    r->wrong = r->setup->nagents;
    for (size_t i = 0; i < r->setup->nagents; i++) {
        struct stat is;
        r->is_ready[i] = false;
        r->before[i] = stat(log_of(r->home, r->setup->agents[i].name).text, &is) == 0 ? (long)is.st_size : 0;
    }
}

static enum err say_late(const struct ready *r, const struct left *left, struct why *why)
{
    return why_say(why, ERR_TIMEOUT, "%s is not ready after %llu s: %s; see %s", left->name,
                   (unsigned long long)r->deadline_ms / 1000, left->reason, log_of(r->home, left->name).text);
}

enum err ready_wait(struct ready *r, struct why *why)
{
    const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
    uint64_t since = clock_mono_ms();
    struct left left;
    for (look(r, &left); left.n; look(r, &left)) {
        TRY(ready_need_room(r->home, r->setup, why));
        TRY(look_for_ends(r, why));
        TRY(look_for_errors(r, why));
        if (r->told) r->told(r->to, r->setup->nagents - left.n, r->setup->nagents);
        if (clock_mono_ms() - since > r->deadline_ms) return say_late(r, &left, why);
        if (sigtimedwait(&r->ends, NULL, &pause) > 0)
            return why_say(why, ERR_STATE, "interrupted; what was started is stopped again, the folder stays");
    }
    return OK;
}
