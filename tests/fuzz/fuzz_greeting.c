/* What an unknown server says first, and what a broker says for a time. */
#include "cli/doctor_wire.h"
#include "common/runtime/xmpp/survey.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    int64_t ms = 0;
    const struct wire_verdict *now = wire_judge(text, WIRE_OPEN);
    const struct wire_verdict *then = wire_judge(text, WIRE_CLOSED);
    if (!then || (now && now != then)) abort(); /* what can be judged stays so */
    if (survey_parse_time(text, &ms) == OK && size < 19) abort();
    return 0;
}
