#include "cli/config.h"
#include "common/runtime/roster.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(config, ports)
{
    static const struct {
        const char *text;
        enum err expected;
    } rows[] = {
        { "domain=h.local\nc2s=5222\nhttp=1\nhttps=5281\n", OK },
        { "domain=h.local\nc2s=5222", OK },
        { "c2s=5222\n", ERR_SETTING },
        { "domain=h.local\n", ERR_SETTING },
        { "domain=h.local\nc2s=0\n", ERR_SETTING },
        { "domain=h.local\nc2s=65536\n", ERR_SETTING },
        { "domain=h.local\nc2s=x\n", ERR_SETTING },
        { "", ERR_SETTING },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config_broker b = { .c2s_port = 7 };
        cr_expect_eq(config_parse_ports(str_of(rows[i].text), &b, NULL), rows[i].expected, "row %zu", i);
        cr_expect_eq(b.c2s_port, rows[i].expected == OK ? 5222 : 7, "row %zu", i);
    }
}

Test(config, roster_is_read_by_the_runtime)
{
    static const struct config_member members[] = { { "coordinator", ROLE_COORDINATOR, KEY, KEY },
                                                    { "hospital-a", ROLE_TRAINER, KEY, KEY },
                                                    { "ann", ROLE_OPERATOR | ROLE_SCIENTIST, "", "" } };
    struct why why = { "" };
    struct roster *r = NULL;
    CLEANUP(buf_free) struct buf text = buf_make(1 << 16);
    config_roster("h.local", members, 3, &text);
    cr_assert_eq(roster_parse(buf_str(&text), "roster", &r, &why), OK, "%s", why.text);
    const struct member *m = roster_find(r, STR("hospital-a@h.local"));
    cr_assert(m);
    cr_expect(m->role == ROLE_TRAINER && m->has_key && m->key[1] == 0x23 && m->has_sign && m->sign[1] == 0x23 &&
              strcmp(m->name, "hospital-a") == 0);
    m = roster_find(r, STR("ann@h.local"));
    cr_assert(m);
    cr_expect(m->role == (ROLE_OPERATOR | ROLE_SCIENTIST) && !m->has_key);
    roster_free(r);
}

Test(config, accounts)
{
    static const struct config_member members[] = { { "hospital-a", ROLE_TRAINER, KEY, KEY },
                                                    { "ann", ROLE_OPERATOR, "", "" } };
    CLEANUP(buf_free) struct buf text = buf_make(1 << 16);
    config_accounts("h.local", members, 2, &text);
    cr_expect_str_eq((const char *)text.p, "hospital-a@h.local agent\nann@h.local person\n");
}

/* The value of a key, or "(none)". */
static void value_of(const struct buf *text, const char *key, char out[200])
{
    const struct doc *d = NULL;
    struct why why = { "" };
    CLEANUP(arena_free) struct arena arena = arena_make(1 << 20);
    (void)snprintf(out, 200, "(none)");
    cr_assert_eq(doc_parse(buf_str(text), "config", &arena, &d, &why), OK, "%s", why.text);
    cr_assert_eq(doc_get_text(d, key, out, 200, &why), OK, "%s", why.text);
}

Test(config, agents)
{
    static const struct home home = { .root = "/srv/h" };
    static const struct config_broker broker = { .domain = "h.local", .c2s_port = 5222 };
    static const struct {
        const char *name, *kind, *key, *expected;
    } rows[] = {
        { "coordinator", "coordinator", "jid", "coordinator@h.local" },
        { "coordinator", "coordinator", "tasks", "/srv/h/tasks" },
        { "coordinator", "coordinator", "records", "(none)" },
        { "coordinator", "coordinator", "log_level", "debug" },
        { "hospital-a", "trainer", "jid", "hospital-a@h.local" },
        { "hospital-a", "trainer", "records", "/srv/h/agents/hospital-a/records.csv" },
        { "hospital-a", "trainer", "password_file", "/srv/h/broker/secrets/hospital-a.password" },
        { "hospital-a", "trainer", "broker_port", "5222" },
        { "hospital-a", "trainer", "probe_port", "8080" },
        { "hospital-a", "trainer", "log_level", "(none)" },
    };
    struct federation *f = calloc(1, sizeof *f);
    federation_default(f);
    f->settings[f->nsettings++] = (struct federation_setting){ "coordinator", "log_level", "debug" };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[200];
        CLEANUP(buf_free) struct buf text = buf_make(1 << 16);
        const struct config_agent a = { rows[i].name, rows[i].kind, 8080 };
        config_of_agent(&home, f, &broker, &a, &text);
        value_of(&text, rows[i].key, value);
        cr_expect_str_eq(value, rows[i].expected, "%s %s", rows[i].name, rows[i].key);
    }
    free(f);
}
