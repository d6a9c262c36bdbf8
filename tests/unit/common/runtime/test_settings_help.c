#include "common/runtime/settings.h"
#include <criterion/criterion.h>

static const struct setting table[] = {
    { "records", SET_PATH, NULL, 0, 0, "file of the records" },
    { "heartbeat_ms", SET_COUNT, "5000", 100, 6e4, "time between heartbeats" },
    { "label", SET_TEXT, "", 0, 8, "a label" },
    { "secure", SET_FLAG, "no", 0, 0, "use secure aggregation" },
    { "log_level", SET_CHOICE, "info", 0, 0, "error|warn: how much is logged" },
    { 0 },
};

Test(settings_help, is_aligned)
{
    static const struct setting *const tables[] = { table, NULL };
    struct buf out CLEANUP(buf_free) = buf_make(10000);
    settings_print_help(tables, &out);
    cr_expect_str_eq((const char *)out.p,
                     "  --records PATH         file of the records (required)\n"
                     "  --heartbeat_ms NUMBER  time between heartbeats (default 5000; 100 to 60000)\n"
                     "  --label TEXT           a label (default empty; 0 to 8 bytes)\n"
                     "  --secure yes|no        use secure aggregation (default no)\n"
                     "  --log_level CHOICE     error|warn: how much is logged (default info)\n");
}
