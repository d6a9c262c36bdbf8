#include "cli/setup.h"
#include "cli/http.h"
#include "cli/program.h"
#include "common/base/file.h"
#include "common/runtime/roster.h"
#include "common/wire/role.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 1 << 18, POLICY_MAX_BYTES = 1 << 20, FILE_MODE = 0600, PORT_MAX = 65535 };
enum { MAX_MEMBERS = SETUP_MAX_AGENTS + FEDERATION_MAX_PEOPLE };

/* ---- small files ---- */

static enum err write_text(struct path path, const struct buf *text, struct why *why)
{
    TRY(buf_err(text));
    return file_write(path.text, buf_bytes(text), FILE_MODE, why);
}

static enum err copy_file(const char *from, struct path to, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(POLICY_MAX_BYTES);
    TRY(file_read(from, &text, why));
    return write_text(to, &text, why);
}

/* ---- the broker ---- */

static enum err broker_tool(const struct home *h, const char *verb, const char *argument, struct why *why)
{
    char tool[PROGRAM_PATH_BYTES];
    struct path folder = home_at(h, "broker");
    struct path log = home_at(h, "logs/setup.log");
    TRY(program_file("broker-config/broker.sh", tool, sizeof tool, why));
    const char *const argv[] = { "/bin/sh", tool, verb, folder.text, argument, NULL };
    return program_run(&(struct program_start){ .argv = argv, .log_path = log.text }, why);
}

static enum err read_ports(const struct home *h, struct config_broker *out, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(TEXT_MAX_BYTES);
    TRY(file_read(home_at(h, "broker/ports").text, &text, why));
    return config_parse_ports(buf_str(&text), out, why);
}

/* Ports that another program took meanwhile are given up: broker.sh finds others. */
static enum err make_broker(const struct home *h, const struct federation *f, struct setup *s, struct why *why)
{
    bool busy = read_ports(h, &s->broker, NULL) == OK && !http_port_is_free((uint16_t)s->broker.c2s_port);
    if (busy && unlink(home_at(h, "broker/ports").text) != 0)
        return why_say(why, ERR_IO, "cannot remove %s", home_at(h, "broker/ports").text);
    TRY(broker_tool(h, "init", f->domain, why));
    return read_ports(h, &s->broker, why);
}

/* ---- the agents ---- */

/* Who was revoked gets no account again, and is not started.  r: NULL where there is none yet. */
static bool is_revoked(const struct roster *r, const char *domain, const char *name)
{
    char jid[ROSTER_JID_BYTES];
    (void)snprintf(jid, sizeof jid, "%s@%s", name, domain);
    return r && roster_is_revoked(r, str_of(jid));
}

static struct roster *roster_of(const struct home *h)
{
    struct roster *r = NULL;
    return roster_read(home_at(h, "roster.yaml").text, &r, NULL) == OK ? r : NULL;
}

static void list_agents(const struct home *h, const struct federation *f, struct setup *s)
{
    struct roster *r = roster_of(h);
    s->nagents = 0;
    s->agents[s->nagents++] = (struct setup_agent){ .name = "coordinator", .kind = "coordinator" };
    for (size_t i = 0; i < f->nhospitals; i++) {
        if (is_revoked(r, f->domain, f->hospitals[i])) continue;
        struct setup_agent *a = &s->agents[s->nagents++];
        *a = (struct setup_agent){ .kind = "trainer" };
        (void)snprintf(a->name, sizeof a->name, "%s", f->hospitals[i]);
    }
    if (f->guardian && !is_revoked(r, f->domain, "guardian"))
        s->agents[s->nagents++] = (struct setup_agent){ .name = "guardian", .kind = "guardian" };
    roster_free(r);
}

static enum err read_port(const struct home *h, struct setup_agent *a, struct why *why)
{
    uint64_t port = 0;
    const struct doc *d = NULL;
    CLEANUP(arena_free) struct arena arena = arena_make(4 * DOC_MAX_BYTES);
    TRY(doc_read(home_at(h, "agents/%s/config.yaml", a->name).text, &arena, &d, why));
    TRY(doc_get_u64(d, "probe_port", 0, PORT_MAX, &port, why));
    a->probe_port = (uint16_t)port;
    return OK;
}

static bool port_taken(const struct setup *s, const struct setup_agent *but, uint16_t port)
{
    for (size_t i = 0; i < s->nagents; i++)
        if (&s->agents[i] != but && s->agents[i].probe_port == port) return true;
    return !http_port_is_free(port);
}

static enum err choose_port(const struct home *h, const struct setup *s, struct setup_agent *a, struct why *why)
{
    if (read_port(h, a, NULL) == OK && a->probe_port && !port_taken(s, a, a->probe_port)) return OK;
    do {
        if (http_free_port(&a->probe_port) != OK) return why_say(why, ERR_NETWORK, "there is no free TCP port");
    } while (port_taken(s, a, a->probe_port));
    return OK;
}

static enum err make_agent(const struct home *h, const struct setup *s, struct setup_agent *a, struct why *why)
{
    struct path key = home_at(h, "agents/%s/identity.key", a->name);
    if (access(key.text, F_OK) != 0) TRY(keys_make(key.text, why));
    TRY(keys_public(key.text, &a->keys, why));
    return choose_port(h, s, a, why);
}

static enum err write_config(const struct home *h, const struct federation *f, const struct setup *s,
                             const struct setup_agent *a, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(TEXT_MAX_BYTES);
    const struct config_agent how = {
        .name = a->name, .kind = a->kind, .probe_port = a->probe_port, .roster_key = s->roster_key
    };
    config_of_agent(h, f, &s->broker, &how, &text);
    return write_text(home_at(h, "agents/%s/config.yaml", a->name), &text, why);
}

/* A hospital's policy is its own, and the guardian's the officers': the first one is given, later ones are never
 * touched. */
static enum err give_policy(const struct home *h, const struct federation *f, const struct setup_agent *a,
                            struct why *why)
{
    char guardian[HOME_PATH_BYTES];
    struct path path = home_at(h, "agents/%s/policy.yaml", a->name);
    bool guards = strcmp(a->kind, "guardian") == 0;
    bool wanted = guards || (*f->policy && strcmp(a->kind, "trainer") == 0);
    if (!wanted || access(path.text, F_OK) == 0) return OK;
    if (!guards) return copy_file(f->policy, path, why);
    TRY(program_file("examples/demo/guardian.yaml", guardian, sizeof guardian, why));
    return copy_file(guardian, path, why);
}

static unsigned role_of(const char *kind)
{
    static const struct {
        const char *kind;
        unsigned role;
    } rows[] = { { "coordinator", ROLE_COORDINATOR }, { "trainer", ROLE_TRAINER }, { "guardian", ROLE_GUARDIAN } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(kind, rows[i].kind) == 0) return rows[i].role;
    return ROLE_NONE;
}

static enum err make_agents(const struct home *h, const struct federation *f, struct setup *s, struct why *why)
{
    struct path key = home_at(h, "federation.key");
    if (access(key.text, F_OK) != 0) TRY(keys_make(key.text, why));
    TRY(enrol_key(key.text, s->roster_key, why));
    for (size_t i = 0; i < s->nagents; i++) {
        TRY(make_agent(h, s, &s->agents[i], why));
        TRY(write_config(h, f, s, &s->agents[i], why));
        TRY(give_policy(h, f, &s->agents[i], why));
    }
    return OK;
}

/* ---- who is who ---- */

static size_t list_members(const struct home *h, const struct federation *f, const struct setup *s,
                           struct config_member out[MAX_MEMBERS])
{
    struct roster *r = roster_of(h);
    size_t n = 0;
    for (size_t i = 0; i < s->nagents; i++) {
        const struct setup_agent *a = &s->agents[i];
        unsigned role = role_of(a->kind);
        out[n++] = (struct config_member){ .name = a->name, .roles = role, .key = a->keys.key, .sign = a->keys.sign };
    }
    for (size_t i = 0; i < f->npeople; i++)
        if (!is_revoked(r, f->domain, f->people[i].name))
            out[n++] =
                (struct config_member){ .name = f->people[i].name, .roles = f->people[i].roles, .key = "", .sign = "" };
    roster_free(r);
    return n;
}

static enum err make_accounts(const struct home *h, const struct federation *f, const struct setup *s, struct why *why)
{
    struct config_member members[MAX_MEMBERS];
    CLEANUP(buf_free) struct buf roster = buf_make(TEXT_MAX_BYTES);
    CLEANUP(buf_free) struct buf accounts = buf_make(TEXT_MAX_BYTES);
    size_t n = list_members(h, f, s, members);
    struct enrol_done done;
    struct path list = home_at(h, "run/accounts"), path = home_at(h, "roster.yaml"), key = home_at(h, "federation.key");
    const struct enrol_keeper keeper = { path.text, key.text };
    config_roster(s->broker.domain, members, n, &roster);
    config_accounts(s->broker.domain, members, n, &accounts);
    TRY(buf_err(&roster));
    TRY(enrol_publish(&keeper, buf_str(&roster), &done, why));
    TRY(write_text(list, &accounts, why));
    return broker_tool(h, "accounts", list.text, why);
}

/* ---- tasks and records ---- */

static enum err copy_tasks(const struct home *h, const struct federation *f, struct why *why)
{
    TRY(home_folder(home_at(h, "tasks").text, why));
    for (size_t i = 0; i < f->ntasks; i++) {
        const char *slash = strrchr(f->tasks[i], '/');
        TRY(copy_file(f->tasks[i], home_at(h, "tasks/%s", slash ? slash + 1 : f->tasks[i]), why));
    }
    return OK;
}

/* What the records were dealt out by; dealt out again only when this changes. */
static void describe_split(const struct federation *f, struct buf *out)
{
    buf_addf(out, "%s\n%u %.17g %llu\n%s\n", f->records.file, f->records.split, f->records.alpha,
             (unsigned long long)f->records.seed, f->ntasks ? f->tasks[0] : "");
    for (size_t i = 0; i < f->nhospitals; i++) buf_addf(out, "%s%s", i ? "," : "", f->hospitals[i]);
}

static enum err run_partition(const struct home *h, const struct federation *f, struct why *why)
{
    char program[PROGRAM_PATH_BYTES];
    char alpha[40];
    char seed[24];
    CLEANUP(buf_free) struct buf names = buf_make(TEXT_MAX_BYTES);
    struct path log = home_at(h, "logs/setup.log");
    struct path agents = home_at(h, "agents");
    TRY(program_beside("himas-partition", program, sizeof program, why));
    for (size_t i = 0; i < f->nhospitals; i++) buf_addf(&names, "%s%s", i ? "," : "", f->hospitals[i]);
    TRY(buf_err(&names));
    (void)snprintf(alpha, sizeof alpha, "%.17g", f->records.split == SPLIT_DIRICHLET ? f->records.alpha : 0);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)f->records.seed);
    const char *const argv[] = { program, f->records.file, f->tasks[0], agents.text, (const char *)names.p, alpha, seed,
                                 NULL };
    return program_run(&(struct program_start){ .argv = argv, .log_path = log.text }, why);
}

static enum err deal_records(const struct home *h, const struct federation *f, struct why *why)
{
    CLEANUP(buf_free) struct buf now = buf_make(TEXT_MAX_BYTES);
    CLEANUP(buf_free) struct buf before = buf_make(TEXT_MAX_BYTES);
    struct path stamp = home_at(h, "agents/dealt");
    if (!*f->records.file) return OK;
    if (!f->ntasks)
        return why_say(why, ERR_SETTING, "records need a task, which says where their label is: --task FILE");
    describe_split(f, &now);
    bool known = access(stamp.text, F_OK) == 0 && file_read(stamp.text, &before, NULL) == OK;
    if (known && str_eq(buf_str(&now), buf_str(&before))) return OK;
    TRY(run_partition(h, f, why));
    return write_text(stamp, &now, why);
}

/* ---- all of it ---- */

static enum err make_folders(const struct home *h, const struct setup *s, struct why *why)
{
    static const char *const folders[] = { "agents", "broker", "logs", "run", "tasks" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        TRY(home_folder(home_at(h, "%s", folders[i]).text, why));
    for (size_t i = 0; i < s->nagents; i++) TRY(home_folder(home_at(h, "agents/%s", s->agents[i].name).text, why));
    return OK;
}

static enum err write_federation(const struct home *h, const struct federation *f, struct why *why)
{
    CLEANUP(buf_free) struct buf text = buf_make(FEDERATION_MAX_BYTES);
    federation_print(f, &text);
    return write_text(home_at(h, "federation.yaml"), &text, why);
}

static enum err tell(setup_told_fn *told, void *to, const char *step, struct why *why)
{
    return told ? told(to, step, why) : OK;
}

enum err setup_make(const struct home *h, const struct federation *f, setup_told_fn *told, void *to, struct setup *out,
                    struct why *why)
{
    TRY(federation_check(f, why));
    list_agents(h, f, out);
    TRY(make_folders(h, out, why));
    TRY(tell(told, to, "tasks and records", why));
    TRY(copy_tasks(h, f, why));
    TRY(deal_records(h, f, why));
    TRY(tell(told, to, "broker: authority and certificate", why));
    TRY(make_broker(h, f, out, why));
    TRY(tell(told, to, "identities and settings", why));
    TRY(make_agents(h, f, out, why));
    TRY(tell(told, to, "accounts", why));
    TRY(make_accounts(h, f, out, why));
    return write_federation(h, f, why);
}

enum err setup_read(const struct home *h, const struct federation *f, struct setup *out, struct why *why)
{
    list_agents(h, f, out);
    TRY(read_ports(h, &out->broker, why));
    for (size_t i = 0; i < out->nagents; i++) TRY(read_port(h, &out->agents[i], why));
    return OK;
}

static enum err change_account(const struct home *h, const char *verb, const char *jid, bool *out_done, struct why *why)
{
    struct config_broker broker = { 0 };
    const char *at = strchr(jid, '@');
    bool here = read_ports(h, &broker, NULL) == OK && at && strcmp(at + 1, broker.domain) == 0;
    if (here) TRY(broker_tool(h, verb, jid, why));
    *out_done = here;
    return OK;
}

enum err setup_account(const struct home *h, const char *jid, bool *out_made, struct why *why)
{
    return change_account(h, "account", jid, out_made, why);
}

enum err setup_close_account(const struct home *h, const char *jid, bool *out_closed, struct why *why)
{
    return change_account(h, "remove", jid, out_closed, why);
}
