/* An agent's settings, and what the agent itself says of them: himas-<kind> --check. */
#include "cli/doctor.h"
#include "cli/program.h"
#include "common/base/file.h"
#include "common/runtime/check.h"
#include "common/wire/doc.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_MAX = 65535, NAME_BYTES = 64 };

/* ---- the file, and the environment, which wins as it does for the agent ---- */

static enum err take_text(const struct doc *d, const char *key, char *out, size_t size, struct why *why)
{
    char name[NAME_BYTES] = "HIMAS_";
    size_t n = strlen(name);
    for (const char *c = key; *c && n + 1 < sizeof name; c++) name[n++] = (char)toupper((unsigned char)*c);
    const char *said = getenv(name);
    TRY(doc_get_text(d, key, out, size, why));
    return said ? str_copy(str_of(said), out, size) : OK;
}

static enum err take_paths(const struct doc *d, struct patient *p, struct why *why)
{
    const struct {
        const char *key;
        char *out;
    } rows[] = {
        { "password_file", p->password_file }, { "ca_file", p->ca_file }, { "roster", p->roster_file },
        { "identity", p->identity },           { "store", p->store },     { "records", p->records },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        TRY(take_text(d, rows[i].key, rows[i].out, HOME_PATH_BYTES, why));
    return OK;
}

/* Files of ours that are not an agent's configuration, told by a key of theirs. */
static const struct {
    const char *key, *is, *instead;
} others[] = {
    { "hospitals", "the document of a federation", "`himas doctor --data FOLDER` looks at all agents of its folder" },
    { "members", "a roster", NULL },
    { "model", "a task", "beside an agent's configuration it is given as --task" },
    { "min_cohort", "a policy", NULL },
};
#define INSTEAD "name the file the agent is started with, such as agents/NAME/config.yaml in a folder of `himas up`"

static enum err not_a_config(const struct doc *d, struct patient *p, struct why *why)
{
    p->instead = INSTEAD;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!doc_get(d, others[i].key)) continue;
        if (others[i].instead) p->instead = others[i].instead;
        return why_say(why, ERR_SETTING, "%s is not an agent's configuration but %s", p->config, others[i].is);
    }
    return why_say(why, ERR_SETTING, "%s is not an agent's configuration: it has no `jid`", p->config);
}

static enum err take(const struct doc *d, struct patient *p, struct why *why)
{
    char port[NAME_BYTES] = "5222";
    char resumes[NAME_BYTES] = "no";
    (void)snprintf(p->host, sizeof p->host, "127.0.0.1");
    TRY(take_text(d, "jid", p->jid, sizeof p->jid, why));
    if (!p->jid[0]) return not_a_config(d, p, why);
    TRY(take_text(d, "roster_key", p->roster_key, sizeof p->roster_key, why));
    TRY(take_text(d, "broker_host", p->host, sizeof p->host, why));
    TRY(take_text(d, "broker_port", port, sizeof port, why));
    TRY(take_text(d, "stream_management", resumes, sizeof resumes, why));
    if (str_u64(str_of(port), &p->port) != OK || p->port == 0 || p->port > PORT_MAX)
        return why_say(why, ERR_SETTING, "broker_port: '%s' is no port", port);
    const char *at = strchr(p->jid, '@');
    if (!at || !at[1]) return why_say(why, ERR_SETTING, "jid: '%s' is not of the form name@domain", p->jid);
    p->domain = at + 1;
    p->resumes = strcmp(resumes, "yes") == 0 || strcmp(resumes, "true") == 0 || strcmp(resumes, "on") == 0 ||
                 strcmp(resumes, "1") == 0;
    return take_paths(d, p, why);
}

/* A coordinator has neither records nor a policy, a guardian has no records. */
static const char *kind_of(const struct doc *d, const struct patient *p)
{
    if (p->records[0]) return "trainer";
    return doc_get(d, "policy") ? "guardian" : "coordinator";
}

static enum err read_settings(struct patient *p, struct why *why)
{
    const struct doc *d = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(4 * DOC_MAX_BYTES);
    enum err e = doc_read(p->config, &arena, &d, why);
    if (e != OK) p->instead = "correct it there, or " INSTEAD;
    TRY(e);
    TRY(take(d, p, why));
    p->kind = kind_of(d, p);
    return OK;
}

/* ---- the agent's own word ---- */

static enum err run_check(const struct patient *p, const char *task, const char *log, struct why *why)
{
    char program[PROGRAM_PATH_BYTES], name[NAME_BYTES];
    pid_t child = 0;
    int status = 0;
    (void)snprintf(name, sizeof name, "himas-%s", p->kind);
    TRY(program_beside(name, program, sizeof program, why));
    const char *const argv[] = { program, "--config", p->config, "--check", task ? "--against" : NULL, task, NULL };
    TRY(program_spawn(&(struct program_start){ .argv = argv, .log_path = log }, &child, why));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return why_say(why, ERR_IO, "waiting for %s: %s", program, strerror(errno));
    return OK;
}

static enum err ask_agent(struct patient *p, struct why *why)
{
    char log[] = "/tmp/himas-doctor-XXXXXX";
    int fd = mkstemp(log);
    if (fd < 0) return why_say(why, ERR_IO, "%s: %s", log, strerror(errno));
    (void)close(fd);
    enum err e = p->ntasks ? OK : run_check(p, NULL, log, why);
    for (size_t i = 0; e == OK && i < p->ntasks; i++) e = run_check(p, p->tasks[i], log, why);
    if (e == OK) e = file_read(log, &p->said, why);
    (void)unlink(log);
    return e;
}

/* The first row of that name that is not OK, or else the first.  ERR_ABSENT: the agent says nothing of it. */
static enum err said_of(const struct patient *p, const char *name, struct check_row *out)
{
    enum err found = ERR_ABSENT;
    struct str rest = buf_str(&p->said);
    while (rest.n) {
        struct check_row row;
        if (check_parse(str_next(&rest, '\n'), &row) != OK || !str_is(row.name, name)) continue;
        if (found == OK && row.code == OK) continue;
        *out = row;
        found = OK;
        if (row.code != OK) break;
    }
    return found;
}

static void relay(const struct patient *p, const char *name, const char *remedy, struct finding *f)
{
    struct check_row row;
    struct why what;
    if (said_of(p, name, &row) != OK) {
        doctor_skip(f, "a %s has none", p->kind);
        return;
    }
    (void)why_say(&what, row.code, STR_F, STR_ARG(row.sentence));
    if (row.code == OK)
        doctor_fine(f, "%s", what.text);
    else
        doctor_wrong(f, row.code, &what, remedy);
}

/* ---- the checks ---- */

void doctor_settings(struct patient *p, struct finding *f)
{
    struct why why = { "" };
    struct check_row row;
    enum err e = read_settings(p, &why);
    if (e == OK) e = ask_agent(p, &why);
    if (e == OK && said_of(p, "settings", &row) != OK)
        e = why_say(&why, ERR_SETTING, "the agent does not start: %.300s",
                    p->said.p ? (const char *)p->said.p : "it says nothing");
    if (e != OK)
        doctor_wrong(f, e, &why, p->instead);
    else
        relay(p, "settings", NULL, f);
    if (!p->at_home && p->domain) (void)snprintf(p->name, sizeof p->name, "%s", p->jid);
    if (f->state == DOCTOR_OK) doctor_fine(f, "%s, broker %s port %u", p->jid, p->host, (unsigned)p->port);
}

void doctor_policy(struct patient *p, struct finding *f)
{
    relay(p, "policy",
          p->records[0] ? "the hospital's privacy officer writes the policy file; set `policy` to it" : NULL, f);
}

void doctor_records(struct patient *p, struct finding *f)
{
    relay(p, "records", "correct the records file, or declare its columns in a file and set `schema` to it", f);
}

/* That the policy forbids a task is the hospital's good right. */
void doctor_task(struct patient *p, struct finding *f)
{
    struct why what;
    relay(p, "task", "compare the task's document with the policy", f);
    if (f->state != DOCTOR_WRONG) return;
    what = f->what;
    if (f->code == ERR_REFUSED) doctor_note(f, &what, "it declines this task");
    if (f->code != ERR_POLICY) return;
    *f = (struct finding){ .state = DOCTOR_SKIPPED };
    doctor_skip(f, "not looked at: there is no policy");
}
