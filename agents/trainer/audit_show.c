#include "agents/trainer/audit_show.h"

static void put_row(void *to, const char *const cells[]) { result_row(to, cells); }

void audit_show(const struct audit *a, struct result *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(RESULT_MAX_BYTES);
    audit_sentences(a, &text);
    result_say(out, STR_F, STR_ARG(str_trim(buf_str(&text))));
    result_columns(out, audit_columns);
    audit_rows(a, put_row, out);
}
