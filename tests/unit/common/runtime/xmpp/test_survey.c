#include "common/runtime/xmpp/survey.h"
#include <criterion/criterion.h>

Test(survey, times)
{
    static const struct {
        const char *text;
        enum err e;
        int64_t ms; /* date -u -d ... +%s */
    } rows[] = {
        { "1970-01-01T00:00:00Z", OK, 0 },
        { "2006-12-19T17:58:35Z", OK, 1166551115000 }, /* XEP-0202's example */
        { "2026-11-21T06:24:01.250Z", OK, 1795242241250 },
        { "2026-11-21T06:24:01", ERR_INPUT, 0 },
        { "2026-11-21 06:24:01Z", ERR_INPUT, 0 },
        { "2026-11-21T06:24:01Zx", ERR_INPUT, 0 },
        { "", ERR_INPUT, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 0;
        cr_expect_eq(survey_parse_time(str_of(rows[i].text), &ms), rows[i].e, "%s", rows[i].text);
        cr_expect_eq(ms, rows[i].ms, "%s: %lld", rows[i].text, (long long)ms);
    }
}
