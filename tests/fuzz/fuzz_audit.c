/* An audit as a peer sends it: what is read is in its ranges, is written again the same, and can be judged and shown.
 */
#include "common/privacy/audit_words.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double in[AUDIT_NUMBERS + AUDIT_ROW_NUMBERS];
    double out[AUDIT_NUMBERS];
    char cells[AUDIT_COLUMNS][AUDIT_CELL_BYTES];
    struct audit a;
    size_t n = size / sizeof *in < sizeof in / sizeof *in ? size / sizeof *in : sizeof in / sizeof *in;
    memcpy(in, data, n * sizeof *in);
    if (audit_read(in, n, &a) != OK) return 0;
    if (audit_write(&a, out) != n) abort();
    for (size_t i = 0; i < n; i++)
        if (in[i] != out[i]) abort();
    struct buf text CLEANUP(buf_free) = buf_make(1 << 16);
    audit_sentences(&a, &text);
    if (buf_err(&text) != OK || audit_worst(&a) >= AUDIT_GRADES) abort();
    for (size_t i = 0; i < a.n; i++) audit_cells(&a, &a.rows[i], cells);
    if (audit_alarm(&a) && audit_worst(&a) != AUDIT_F) abort();
    return 0;
}
