#include "cli/doctor.h"
#include "cli/commands.h"
#include "cli/federation.h"
#include "common/wire/result.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_MAX_BYTES = 1 << 16, MAX_PATIENTS = FEDERATION_MAX_HOSPITALS + 2 };

/* clang-format off */
static const struct check {
    const char *name;
    unsigned needs, gives; /* facts */
    bool shared;           /* of the broker, not of the agent: one look is enough */
    doctor_fn *run;
} checks[] = {
    { "settings", 0,                  HAS_SETTINGS, false, doctor_settings },
    { "clock",    HAS_SETTINGS,       0,            false, doctor_clock    },
    { "secrets",  HAS_SETTINGS,       0,            false, doctor_secrets  },
    { "files",    HAS_SETTINGS,       0,            false, doctor_files    },
    { "roster",   HAS_SETTINGS,       HAS_ROSTER,   false, doctor_roster   },
    { "disk",     HAS_SETTINGS,       0,            false, doctor_disk     },
    { "store",    HAS_SETTINGS,       0,            false, doctor_store    },
    { "policy",   HAS_SETTINGS,       0,            false, doctor_policy   },
    { "records",  HAS_SETTINGS,       0,            false, doctor_records  },
    { "task",     HAS_SETTINGS,       0,            false, doctor_task     },
    { "host",     HAS_SETTINGS,       FINDS_HOST,   false, doctor_host     },
    { "port",     FINDS_HOST,         FINDS_PORT,   false, doctor_port     },
    { "greeting", FINDS_PORT,         HEARS_XMPP,   false, doctor_greeting },
    { "login",    HEARS_XMPP,         IS_IN,        false, doctor_login    },
    { "time",     IS_IN,              0,            true,  doctor_time     },
    { "modules",  IS_IN,              0,            true,  doctor_modules  },
    { "versions", IS_IN | HAS_ROSTER, 0,            false, doctor_peers    },
    { "guardian", IS_IN | HAS_ROSTER, 0,            true,  doctor_guardian },
    { "upload",   IS_IN,              0,            true,  doctor_upload   },
    { "pace",     IS_IN,              IS_QUICK,     false, doctor_pace     },
    { "stanza",   IS_IN | IS_QUICK,   0,            true,  doctor_stanza   },
};
/* clang-format on */

/* ---- findings ---- */

static void write_what(struct finding *f, const char *format, va_list args)
{
    (void)vsnprintf(f->what.text, sizeof f->what.text, format, args);
}

void doctor_fine(struct finding *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_what(f, format, args);
    va_end(args);
    f->state = DOCTOR_OK;
}

void doctor_skip(struct finding *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_what(f, format, args);
    va_end(args);
    f->state = DOCTOR_SKIPPED;
}

void doctor_wrong(struct finding *f, enum err code, const struct why *what, const char *remedy)
{
    const char *words = what && what->text[0] ? what->text : err_text(code);
    f->state = DOCTOR_WRONG;
    f->code = code;
    (void)snprintf(f->what.text, sizeof f->what.text, "%s", words);
    (void)snprintf(f->remedy, sizeof f->remedy, "%s", remedy ? remedy : err_remedy(code));
}

void doctor_note(struct finding *f, const struct why *what, const char *remedy)
{
    doctor_wrong(f, OK, what, remedy);
    f->state = DOCTOR_NOTE;
}

void patient_fini(struct patient *p)
{
    client_close(p->client);
    if (p->socket >= 0) (void)close(p->socket);
    roster_free(p->roster);
    buf_free(&p->said);
    p->client = NULL;
    p->roster = NULL;
    p->socket = -1;
}

/* ---- telling ---- */

struct diagnosis {
    const struct cli *cli;
    struct result rows; /* for JSON */
    enum err code;
    struct why first;
    enum err trouble; /* of ours: nothing could be printed */
};

static const struct {
    const char *name;
    enum ink ink;
} states[] = {
    [DOCTOR_OK] = { "ok", INK_GREEN },
    [DOCTOR_NOTE] = { "note", INK_YELLOW },
    [DOCTOR_WRONG] = { "WRONG", INK_RED },
    [DOCTOR_SKIPPED] = { "-", INK_DIM },
};

static void print_line(struct diagnosis *d, const char *name, const struct finding *f, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    draw_ink(&out, &d->cli->look, states[f->state].ink, "  %-6s", states[f->state].name);
    buf_addf(&out, "%-9s %s%s%s\n", name, f->what.text, f->remedy[0] ? "; " : "", f->remedy);
    if (d->trouble == OK) d->trouble = cli_put_folded(d->cli, &out, why);
}

static void tell(struct diagnosis *d, const struct patient *p, const char *check, const struct finding *f,
                 struct why *why)
{
    const char *const cells[] = { p->name, check, states[f->state].name, f->what.text, f->remedy, NULL };
    if (d->cli->json)
        result_row(&d->rows, cells);
    else
        print_line(d, check, f, why);
    if (f->state != DOCTOR_WRONG || d->code != OK) return;
    d->code = f->code;
    (void)snprintf(d->first.text, sizeof d->first.text, "%.60s: %.200s; %.130s", p->name, f->what.text, f->remedy);
}

/* ---- looking ---- */

static void examine(struct patient *p, bool first, struct diagnosis *d, struct why *why)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct check *c = &checks[i];
        struct finding f = { .state = DOCTOR_SKIPPED };
        if (c->shared && !first) continue;
        if ((p->facts & c->needs) == c->needs)
            c->run(p, &f);
        else
            doctor_skip(&f, "not looked at: what it stands on is wrong");
        if (f.state == DOCTOR_OK || f.state == DOCTOR_NOTE) p->facts |= c->gives;
        tell(d, p, c->name, &f, why);
    }
}

static enum err begin(struct diagnosis *d, const struct patient *p, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(OUT_MAX_BYTES);
    if (d->cli->json) return OK;
    draw_ink(&out, &d->cli->look, INK_BOLD, "%s", p->name);
    buf_addf(&out, "  %s\n", p->config);
    return cli_put_folded(d->cli, &out, why);
}

static enum err look_at(struct diagnosis *d, struct patient *p, bool first, struct why *why)
{
    p->cli = d->cli;
    p->socket = -1;
    p->said = buf_make(DOCTOR_SAID_BYTES);
    enum err e = begin(d, p, why);
    if (e == OK) examine(p, first, d, why);
    patient_fini(p);
    return e == OK ? d->trouble : e;
}

/* ---- whom ---- */

static enum err name_tasks(const struct federation *f, const struct home *home, struct patient *p)
{
    for (size_t i = 0; i < f->ntasks && p->ntasks < DOCTOR_MAX_TASKS; i++) {
        const char *slash = strrchr(f->tasks[i], '/');
        struct path here = home_at(home, "tasks/%s", slash ? slash + 1 : f->tasks[i]);
        TRY(str_copy(str_of(here.text), p->tasks[p->ntasks++], HOME_PATH_BYTES));
    }
    return OK;
}

/* All agents of the folder when none is named; everyone has the coordinator's tasks at hand here. */
static enum err look_at_home(struct diagnosis *d, const struct home *home, const char *only, struct why *why)
{
    CLEANUP(buf_free) struct buf names = buf_make(MAX_PATIENTS * FEDERATION_NAME_BYTES);
    struct federation *f = calloc(1, sizeof *f);
    struct patient *p = calloc(1, sizeof *p);
    size_t seen = 0;
    enum err e = f && p ? OK : ERR_MEMORY;
    if (e == OK) federation_default(f);
    if (e == OK) e = federation_read(home_at(home, "federation.yaml").text, f, why);
    for (size_t i = 0; e == OK && i < f->nhospitals + (f->guardian ? 2 : 1); i++) {
        const char *name = i == 0 ? "coordinator" : i <= f->nhospitals ? f->hospitals[i - 1] : "guardian";
        buf_addf(&names, "%s%s", i ? ", " : "", name);
        if (*only && strcmp(only, name) != 0) continue;
        *p = (struct patient){ .home = *home, .at_home = true };
        (void)snprintf(p->name, sizeof p->name, "%s", name);
        (void)snprintf(p->config, sizeof p->config, "%s", home_at(home, "agents/%s/config.yaml", name).text);
        e = name_tasks(f, home, p);
        if (e == OK) e = look_at(d, p, seen++ == 0, why);
    }
    free(p);
    free(f);
    if (e == OK && seen == 0)
        e = why_say(why, ERR_ABSENT, "there is no agent '%s' here; there are: %.250s", only,
                    names.p ? (const char *)names.p : "");
    return e;
}

static enum err look_at_file(struct diagnosis *d, const char *config, const char *task, struct why *why)
{
    struct patient *p = calloc(1, sizeof *p);
    if (!p) return ERR_MEMORY;
    (void)snprintf(p->name, sizeof p->name, "agent");
    (void)snprintf(p->config, sizeof p->config, "%s", config);
    if (*task) (void)snprintf(p->tasks[p->ntasks++], HOME_PATH_BYTES, "%s", task);
    enum err e = look_at(d, p, true, why);
    free(p);
    return e;
}

static enum err conclude(struct diagnosis *d, struct why *why)
{
    CLEANUP(buf_free) struct buf out = buf_make(RESULT_MAX_BYTES);
    if (!d->cli->json) {
        buf_add_z(&out, d->code == OK ? "No fault found.\n" : "");
        TRY(cli_put(&out, why));
        return d->code == OK ? OK : why_say(why, d->code, "%s", d->first.text);
    }
    d->rows.code = d->code;
    result_say(&d->rows, "%s", d->code == OK ? "no fault found" : d->first.text);
    result_print_json(&d->rows, &out);
    buf_add_z(&out, "\n");
    TRY(cli_put(&out, why));
    return d->code;
}

enum err run_doctor(const struct cli *cli, const struct cli_call *call, struct why *why)
{
    static const char *const columns[] = { "agent", "check", "state", "found", "do", NULL };
    char agent[64], config[HOME_PATH_BYTES], task[HOME_PATH_BYTES];
    struct home home;
    struct diagnosis d = { .cli = cli };
    (void)cli_text(&call->call, "agent", agent, sizeof agent);
    (void)cli_text(&call->call, "config", config, sizeof config);
    (void)cli_text(&call->call, "task", task, sizeof task);
    if (*config && access(config, R_OK) != 0) return why_say(why, ERR_USAGE, "--config: %s cannot be read", config);
    TRY(home_open(cli->data, &home, why));
    if (!*config) TRY(home_need(&home, why));
    result_init(&d.rows);
    result_columns(&d.rows, columns);
    enum err e = *config ? look_at_file(&d, config, task, why) : look_at_home(&d, &home, agent, why);
    if (e == OK) e = conclude(&d, why);
    result_free(&d.rows);
    return e;
}
