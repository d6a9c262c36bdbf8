#include "tests/unit/common/runtime/toys.h"
#include <criterion/criterion.h>
#include <string.h>

static enum err count_row(void *to, const char *key)
{
    (void)key;
    ++*(size_t *)to;
    return OK;
}

Test(core_attach, attachments_of_every_size_arrive_whole)
{
    static const struct {
        const char *size;
        size_t bytes;
        size_t kept; /* the last content sent: its bytes and its seal; and a list with its own */
    } rows[] = { { "size: 8", 8, 0 },
                 { "size: 32768", 32768, 0 },
                 { "size: 32769", 32769, 2 },
                 { "size: 1048576", 1048576, 2 },
                 { "size: 5000001", 5000001, 2 },
                 { "size: 16777216", 16777216, 2 },
                 { "size: 16777217", 16777217, 5 } }; /* its chunks travel as a list */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim *s = toys_start(rows[i].size);
        toys_feed(s, "server", "client@sim.local", TOYS_JOIN("1a-1"));
        (void)sim_run(s, 10000, NULL, NULL);
        const struct toy *t = toys_state(s, "client");
        cr_expect(t->evaluations == 1 && t->blob_bytes == rows[i].bytes && t->blob_last == 7, "%s: %u, %zu",
                  rows[i].size, t->evaluations, t->blob_bytes);
        cr_expect_eq(core_outbox(sim_agent(s, "server")), 0);
        size_t left = 0;
        static const char *const prefixes[] = { "~blob/", "~seal/", "~list/", "~fetch/" };
        for (size_t k = 0; k < 4; k++) {
            cr_expect(store_scan_keys(sim_store(s, "server"), prefixes[k], count_row, &left) == OK);
            cr_expect(store_scan_keys(sim_store(s, "client"), prefixes[k], count_row, &left) == OK);
        }
        cr_expect_eq(left, rows[i].kept, "%s: nothing else is kept longer: %zu", rows[i].size, left);
        sim_free(s);
    }
}
