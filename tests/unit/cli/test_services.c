#include "cli/services.h"
#include <criterion/criterion.h>
#include <string.h>

Test(services, reads_back)
{
    static struct services s = {
        .n = 2,
        .items = { { .name = "broker", .state = SERVICE_RUNNING, .pid = 77, .started_ms = 5 },
                   { .name = "hospital-a", .state = SERVICE_FAILED, .restarts = 3, .exit_code = 78 } }
    };
    static struct services back;
    struct why why = { "" };
    CLEANUP(buf_free) struct buf text = buf_make(4096);
    services_print(&s, &text);
    cr_assert_eq(services_parse(buf_str(&text), "test", &back, &why), OK, "%s", why.text);
    cr_assert_eq(back.n, 2);
    cr_expect_eq(memcmp(back.items, s.items, 2 * sizeof s.items[0]), 0);
    cr_expect(services_find(&back, "hospital-a") == &back.items[1] && services_find(&back, "x") == NULL);
}

Test(services, refuses)
{
    static const char *const texts[] = { "services: [{state: running}]", "services: [{name: a, state: dancing}]",
                                         "services: [{name: a, exit_code: 300}]", "services: [{name: a, pid: -1}]",
                                         "{{" };
    static struct services s;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_neq(services_parse(str_of(texts[i]), "test", &s, NULL), OK, "%s", texts[i]);
}

Test(services, pauses_double)
{
    static const struct {
        uint64_t lived_ms;
        uint64_t exit_code;
        enum service_state state;
        uint64_t pause_ms;
    } rows[] = {
        { 10, 1, SERVICE_WAITING, 200 },    { 10, 137, SERVICE_WAITING, 400 },  { 10, 70, SERVICE_WAITING, 800 },
        { 10, 69, SERVICE_WAITING, 1600 },  { 10, 0, SERVICE_WAITING, 3200 },   { 10, 1, SERVICE_WAITING, 6400 },
        { 10, 1, SERVICE_WAITING, 12800 },  { 10, 1, SERVICE_WAITING, 15000 },  { 10, 1, SERVICE_WAITING, 15000 },
        { 60000, 1, SERVICE_WAITING, 200 }, { 59999, 1, SERVICE_WAITING, 400 }, { 70000, 74, SERVICE_WAITING, 200 },
        { 10, 78, SERVICE_FAILED, 0 },
    };
    struct service s = { .name = "x" };
    uint64_t now = 1000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s.started_ms = now;
        now += rows[i].lived_ms;
        service_ended(&s, rows[i].exit_code, now);
        cr_expect_eq(s.state, rows[i].state, "row %zu", i);
        if (s.state != SERVICE_WAITING) continue;
        cr_expect_eq(s.due_ms - now, rows[i].pause_ms, "row %zu: %d", i, (int)(s.due_ms - now));
        now = s.due_ms;
    }
}

Test(services, what_will_not_mend_itself)
{
    static const enum err codes[] = { ERR_SETTING, ERR_POLICY, ERR_USAGE, ERR_DATA };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct service s = { .name = "x" };
        service_ended(&s, (uint64_t)err_exit_code(codes[i]), 0);
        cr_expect_eq(s.state, SERVICE_FAILED, "%s", err_name(codes[i]));
    }
    cr_expect_str_eq(service_state_name(SERVICE_ENDED), "ended");
}
