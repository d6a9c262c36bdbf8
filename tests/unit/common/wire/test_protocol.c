#include "common/wire/codec.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(protocol, the_page_names_every_message_and_field)
{
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    char heading[80];
    msg_print_protocol(&out);
    cr_assert(buf_err(&out) == OK);
    const char *text = (const char *)out.p;
    for (enum msg_type t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        const struct msg_desc *d = msg_desc(t);
        (void)snprintf(heading, sizeof heading, "\n### %s\n", d->name);
        const char *section = strstr(text, heading);
        cr_assert(section, "%s", d->name);
        for (size_t i = 0; i < d->nfields; i++)
            cr_expect(strstr(section, d->fields[i].doc), "%s.%s", d->name, d->fields[i].name);
    }
}

Test(protocol, each_kind_has_its_unit)
{
    static const char *const rows[] = { "| `mean` | numbers | 1 to 4096 numbers |",
                                        "| `model` | attachment | 8 to 4e+09 bytes |",
                                        "| `text` | free text | 0 to 400 bytes |",
                                        "| `digest` | text | 64 to 64 bytes |",
                                        "| `records` | whole number | 0 to 1e+12 |" };
    struct buf out CLEANUP(buf_free) = buf_make(1 << 20);
    msg_print_protocol(&out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(strstr((const char *)out.p, rows[i]), "%s", rows[i]);
}
