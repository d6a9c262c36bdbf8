#include "cli/config.h"
#include "cli/emit.h"
#include "common/wire/role.h"
#include <string.h>

enum { PORT_MAX = 65535 };

static enum err take_port(struct str value, uint64_t *out, struct why *why)
{
    if (str_u64(value, out) != OK || *out == 0 || *out > PORT_MAX)
        return why_say(why, ERR_SETTING, "the broker's ports file holds '" STR_F "' for a port", STR_ARG(value));
    return OK;
}

enum err config_parse_ports(struct str text, struct config_broker *out, struct why *why)
{
    struct config_broker b = { 0 };
    while (text.n) {
        struct str line = str_trim(str_next(&text, '\n'));
        struct str name = str_next(&line, '=');
        if (str_is(name, "domain") && str_copy(line, b.domain, sizeof b.domain) != OK)
            return why_say(why, ERR_SETTING, "the broker's domain is too long");
        if (str_is(name, "c2s")) TRY(take_port(line, &b.c2s_port, why));
        if (str_is(name, "https")) TRY(take_port(line, &b.https_port, why));
    }
    if (!*b.domain || !b.c2s_port) return why_say(why, ERR_SETTING, "the broker's ports file lacks domain or c2s");
    *out = b;
    return OK;
}

void config_roster(const char *domain, const struct config_member *members, size_t n, struct buf *out)
{
    buf_add_z(out, "# Who is who.  Written by `himas up`; a role is never read from a message.\nmembers:\n");
    for (size_t i = 0; i < n; i++) {
        const struct config_member *m = &members[i];
        char roles[200];
        role_list(m->roles, roles, sizeof roles);
        bool many = strchr(roles, ',') != NULL;
        buf_addf(out, "  - {jid: \"%s@%s\", role: %s%s%s, name: \"%s\"", m->name, domain, many ? "[" : "", roles,
                 many ? "]" : "", m->name);
        if (*m->key) buf_addf(out, ", key: \"%s\", sign: \"%s\"", m->key, m->sign);
        buf_add_z(out, "}\n");
    }
}

void config_accounts(const char *domain, const struct config_member *members, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        buf_addf(out, "%s@%s %s\n", members[i].name, domain, members[i].roles & ROLE_AGENTS ? "agent" : "person");
}

static void put_path(struct buf *out, const char *key, struct path path) { emit_pair(out, key, path.text); }

static void of_trainer(const struct home *h, const char *name, struct buf *out)
{
    emit_pair(out, "site", name);
    put_path(out, "records", home_at(h, "agents/%s/records.csv", name));
    put_path(out, "policy", home_at(h, "agents/%s/policy.yaml", name));
}

static void of_coordinator(const struct home *h, struct buf *out)
{
    put_path(out, "tasks", home_at(h, "tasks"));
    put_path(out, "export_dir", home_at(h, "models"));
}

static void of_guardian(const struct home *h, const char *name, struct buf *out)
{
    put_path(out, "policy", home_at(h, "agents/%s/policy.yaml", name));
    put_path(out, "export_dir", home_at(h, "log"));
}

static bool said(const struct federation *f, const struct config_agent *a, const char *name)
{
    for (size_t i = 0; i < f->nsettings; i++)
        if (strcmp(f->settings[i].agent, a->kind) == 0 && strcmp(f->settings[i].name, name) == 0) return true;
    return false;
}

void config_of_agent(const struct home *home, const struct federation *f, const struct config_broker *broker,
                     const struct config_agent *agent, struct buf *out)
{
    buf_addf(out, "# himas-%s --config this file.  Written by `himas up` from federation.yaml.\n", agent->kind);
    buf_addf(out, "jid: \"%s@%s\"\n", agent->name, broker->domain);
    put_path(out, "password_file", home_at(home, "broker/secrets/%s.password", agent->name));
    emit_pair(out, "broker_host", "127.0.0.1");
    emit_count(out, "broker_port", broker->c2s_port);
    put_path(out, "ca_file", home_at(home, "broker/certs/ca.crt"));
    put_path(out, "roster", home_at(home, "roster.yaml"));
    emit_pair(out, "roster_key", agent->roster_key);
    put_path(out, "identity", home_at(home, "agents/%s/identity.key", agent->name));
    put_path(out, "store", home_at(home, "agents/%s/store.db", agent->name));
    if (!said(f, agent, "probe_port")) emit_count(out, "probe_port", agent->probe_port);
    if (strcmp(agent->kind, "coordinator") == 0) of_coordinator(home, out);
    if (strcmp(agent->kind, "guardian") == 0) of_guardian(home, agent->name, out);
    if (strcmp(agent->kind, "trainer") == 0) of_trainer(home, agent->name, out);
    for (size_t i = 0; i < f->nsettings; i++)
        if (strcmp(f->settings[i].agent, agent->kind) == 0) emit_pair(out, f->settings[i].name, f->settings[i].value);
}
