#include "common/runtime/describe.h"
#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

Test(describe, the_command_line)
{
    char *lines[][6] = {
        { "x", "--help", NULL },
        { "x", "--config", "a.yaml", "--size", "3", NULL },
        { "x", "--describe", "--size", "3", NULL },
        { "x", "--config", NULL },
    };
    static const struct {
        bool right;
        enum page page;
        const char *config;
        const char *rest;
    } rows[] = {
        { true, PAGE_HELP, NULL, NULL },
        { true, PAGE_NONE, "a.yaml", "--size" },
        { true, PAGE_DESCRIBE, NULL, "--size" },
        { false, PAGE_NONE, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct command_line line = { 0 };
        int n = 0;
        while (lines[i][n]) n++;
        cr_assert_eq(describe_command_line(n, lines[i], &line), rows[i].right, "row %zu", i);
        if (!rows[i].right) continue;
        cr_expect(line.page == rows[i].page, "row %zu", i);
        cr_expect(rows[i].config ? line.config && strcmp(line.config, rows[i].config) == 0 : line.config == NULL,
                  "row %zu", i);
        cr_expect(rows[i].rest ? line.rest[0] && strcmp(line.rest[0], rows[i].rest) == 0 : line.rest[0] == NULL,
                  "row %zu", i);
    }
}

Test(describe, pages_name_every_row_of_the_tables)
{
    static const struct {
        enum page page;
        const char *holds[4];
    } rows[] = {
        { PAGE_HELP, { "usage: himas-server", "--size", "HIMAS_<SETTING>", "Exit codes" } },
        { PAGE_VERSION, { "himas-server " HIMAS_VERSION "\n", "", "", "" } },
        { PAGE_DESCRIBE, { "role coordinator", "size = 100", "join from trainer -> evaluate", "hello <name>" } },
    };
    const struct setting *const tables[] = { toy_server.settings, NULL };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out CLEANUP(buf_free) = buf_make(1 << 16);
        describe_page(rows[i].page, &toy_server, tables, &out);
        for (size_t k = 0; k < 4; k++)
            cr_expect(strstr((const char *)out.p, rows[i].holds[k]), "%zu: %s", i, rows[i].holds[k]);
    }
}
