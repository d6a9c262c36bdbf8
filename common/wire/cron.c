#include "common/wire/cron.h"
#include "common/base/text.h"
#include <string.h>
#include <time.h>

enum { CRON_FIELDS = 5, MINUTE_MS = 60000, HOUR_S = 3600, DAY_S = 86400, SEARCH_DAYS = 36525 * 4, NAME_LETTERS = 3 };
enum { FIELD_MINUTE, FIELD_HOUR, FIELD_DAY, FIELD_MONTH, FIELD_WEEKDAY };
#define LAST_MS 253370764800000 /* 9999-01-01 */

struct cron_field {
    const char *name;
    unsigned min;
    unsigned max;
    const char *names; /* three letters each, the first stands for min; "" for none */
};
static const struct cron_field cron_fields[CRON_FIELDS] = {
    [FIELD_MINUTE] = { "minute", 0, 59, "" },
    [FIELD_HOUR] = { "hour", 0, 23, "" },
    [FIELD_DAY] = { "day of month", 1, 31, "" },
    [FIELD_MONTH] = { "month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec" },
    [FIELD_WEEKDAY] = { "day of week", 0, 7, "sunmontuewedthufrisat" },
};

struct field_bits {
    uint64_t bits;
    bool star; /* begins with * */
};

static enum err refuse(const struct cron_field *f, struct str text, struct why *why)
{
    char shown[TEXT_SHOWN_BYTES];
    return why_say(why, ERR_INPUT, "%s: \"%s\" is not *, or a number or range of %u to %u%s, with steps after / only",
                   f->name, text_show(text, shown, sizeof shown), f->min, f->max, *f->names ? " or their names" : "");
}

static bool read_value(const struct cron_field *f, struct str s, unsigned *out)
{
    uint64_t n = 0;
    for (size_t i = 0; s.n == NAME_LETTERS && f->names[i] != '\0'; i += NAME_LETTERS) {
        char name[NAME_LETTERS + 1] = { f->names[i], f->names[i + 1], f->names[i + 2], '\0' };
        if (str_is_nocase(s, name)) return *out = f->min + (unsigned)(i / NAME_LETTERS), true;
    }
    if (str_u64(s, &n) != OK || n < f->min || n > f->max) return false;
    return *out = (unsigned)n, true;
}

/* One item of a list: "*", "7", "1-5", "*" and "1-5" with "/2". */
static bool read_item(const struct cron_field *f, struct str item, uint64_t *bits)
{
    unsigned first = f->min;
    unsigned last = f->max;
    uint64_t step = 1;
    struct str range = str_next(&item, '/');
    bool stepped = item.p != NULL && item.p != range.p + range.n;
    if (stepped && (str_u64(item, &step) != OK || step == 0 || step > f->max)) return false;
    if (!str_is(range, "*")) {
        struct str rest = range;
        struct str from = str_next(&rest, '-');
        bool ranged = from.n < range.n;
        if (!read_value(f, from, &first)) return false;
        last = first;
        if (ranged && (!read_value(f, rest, &last) || last < first)) return false;
        if (stepped && !ranged) return false;
    }
    for (unsigned v = first; v <= last; v += (unsigned)step) *bits |= UINT64_C(1) << v;
    return true;
}

static enum err read_field(const struct cron_field *f, struct str text, struct field_bits *out, struct why *why)
{
    struct field_bits field = { .star = str_starts(text, "*") };
    struct str rest = text;
    if (text.p[text.n - 1] == ',') return refuse(f, text, why);
    while (rest.n > 0) {
        if (!read_item(f, str_next(&rest, ','), &field.bits)) return refuse(f, text, why);
    }
    *out = field;
    return OK;
}

static struct str next_word(struct str *rest)
{
    static const char blanks[] = " \t";
    size_t n = 0;
    while (rest->n > 0 && memchr(blanks, rest->p[0], 2) != NULL) *rest = (struct str){ rest->p + 1, rest->n - 1 };
    while (n < rest->n && memchr(blanks, rest->p[n], 2) == NULL) n++;
    struct str word = { rest->p, n };
    *rest = (struct str){ n ? rest->p + n : rest->p, rest->n - n };
    return word;
}

/* Whether some day of some year has an allowed month and day of month. */
static bool some_date(const struct cron *c)
{
    static const unsigned longest[] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    for (unsigned month = 1; month <= 12; month++) {
        if (!(c->months >> month & 1)) continue;
        for (unsigned day = 1; day <= longest[month]; day++)
            if (c->days >> day & 1) return true;
    }
    return false;
}

enum err cron_parse(struct str spec, struct cron *out, struct why *why)
{
    struct field_bits f[CRON_FIELDS] = { 0 };
    struct str rest = spec;
    for (size_t i = 0; i < CRON_FIELDS; i++) {
        struct str word = next_word(&rest);
        if (word.n == 0)
            return why_say(why, ERR_INPUT,
                           "a schedule has five fields: minute, hour, day of month, month, day of week");
        TRY(read_field(&cron_fields[i], word, &f[i], why));
    }
    if (next_word(&rest).n > 0) return why_say(why, ERR_INPUT, "a schedule has only five fields");
    uint64_t weekdays = f[FIELD_WEEKDAY].bits;
    struct cron c = { .minutes = f[FIELD_MINUTE].bits,
                      .hours = (uint32_t)f[FIELD_HOUR].bits,
                      .days = (uint32_t)f[FIELD_DAY].bits,
                      .months = (uint32_t)f[FIELD_MONTH].bits,
                      .weekdays = (uint32_t)((weekdays | weekdays >> 7) & 0x7f),
                      .either_day = !f[FIELD_DAY].star && !f[FIELD_WEEKDAY].star };
    if (!c.either_day && !some_date(&c))
        return why_say(why, ERR_INPUT, "no month given has such a day: the schedule would never be due");
    *out = c;
    return OK;
}

/* POSIX.1-2017, crontab, "the day of month and day of week fields". */
static bool day_fits(const struct cron *c, const struct tm *t)
{
    bool day = c->days >> t->tm_mday & 1;
    bool weekday = c->weekdays >> t->tm_wday & 1;
    if (!(c->months >> (t->tm_mon + 1) & 1)) return false;
    return c->either_day ? day || weekday : day && weekday;
}

/* The first due second of the day at or after from_s; DAY_S when there is none. */
static int64_t due_in_day(const struct cron *c, int64_t from_s)
{
    for (int64_t s = from_s; s < DAY_S; s += MINUTE_MS / 1000) {
        if (!(c->hours >> (s / HOUR_S) & 1)) continue;
        if (c->minutes >> (s % HOUR_S / 60) & 1) return s;
    }
    return DAY_S;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

enum err cron_next(struct str spec, int64_t wall_ms, int64_t *out_ms, struct why *why)
{
    struct cron c = { 0 };
    TRY(cron_parse(spec, &c, why));
    if (wall_ms >= LAST_MS || wall_ms < -LAST_MS) return why_say(why, ERR_LIMIT, "the clock is beyond the calendar");
    int64_t start_s = (floor_div(wall_ms, MINUTE_MS) + 1) * (MINUTE_MS / 1000);
    int64_t day = floor_div(start_s, DAY_S);
    int64_t from_s = start_s - day * DAY_S;
    for (int64_t last = day + SEARCH_DAYS; day < last; day++, from_s = 0) {
        time_t at = (time_t)(day * DAY_S);
        struct tm t = { 0 };
        if (gmtime_r(&at, &t) == NULL || !day_fits(&c, &t)) continue;
        int64_t due_s = due_in_day(&c, from_s);
        if (due_s == DAY_S) continue;
        *out_ms = (day * DAY_S + due_s) * 1000;
        return OK;
    }
    return why_say(why, ERR_LIMIT, "the schedule is not due within this calendar");
}
