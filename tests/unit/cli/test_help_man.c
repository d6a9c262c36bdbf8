#include "cli/help.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct subcommand table[] = {
    { .name = "go", .doc = "goes - with a \\ in it", .more = ".dots at the start\n'quotes too" }, { 0 }
};

Test(help_man, is_safe_troff)
{
    CLEANUP(buf_free) struct buf out = buf_make(1 << 16);
    help_man(table, &out);
    const char *page = (const char *)out.p;
    cr_assert_eq(buf_err(&out), OK);
    cr_expect(strncmp(page, ".TH HIMAS 1 ", 12) == 0);
    cr_expect(strstr(page, "goes \\- with a \\e in it.\n") != NULL);
    cr_expect(strstr(page, "\n\\&.dots at the start\n\\&'quotes too\n") != NULL);
}

Test(help_man, tells_all)
{
    CLEANUP(buf_free) struct buf out = buf_make(1 << 20);
    help_man(cli_subcommands, &out);
    cr_assert_eq(buf_err(&out), OK);
    for (const struct subcommand *s = cli_subcommands; s->name; s++) {
        char line[100];
        (void)snprintf(line, sizeof line, ".SS himas %s", s->name);
        cr_expect(strstr((const char *)out.p, line) != NULL, "%s", s->name);
    }
    cr_expect(strstr((const char *)out.p, ".SH EXIT STATUS") != NULL);
}
