#include "agents/trainer/audit_show.h"

void audit_show(const struct audit *a, struct result *out)
{
    CLEANUP(buf_free) struct buf text = buf_make(RESULT_MAX_BYTES);
    char cells[AUDIT_COLUMNS][AUDIT_CELL_BYTES];
    const char *row[AUDIT_COLUMNS + 1] = { NULL };
    audit_sentences(a, &text);
    result_say(out, STR_F, STR_ARG(str_trim(buf_str(&text))));
    result_columns(out, audit_columns);
    for (size_t i = 0; i < a->n; i++) {
        audit_cells(a, &a->rows[i], cells);
        for (size_t k = 0; k < AUDIT_COLUMNS; k++) row[k] = cells[k];
        result_row(out, row);
    }
}
