/* What the broker says of itself, and the agents on it: time, parts, versions. */
#include "cli/doctor.h"
#include "common/base/clock.h"
#include "common/runtime/xmpp/survey.h"
#include "common/wire/schema.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_SLACK_MS = 30000, MISSING_BYTES = 300 };

/* ---- time ---- */

void doctor_time(struct patient *p, struct finding *f)
{
    int64_t ahead_ms = 0;
    struct why why = { "" };
    char ours[CLOCK_STAMP_BYTES], theirs[CLOCK_STAMP_BYTES], by[DRAW_BYTES];
    enum err e = survey_clock(p->client, &ahead_ms, &why);
    int64_t now_ms = clock_wall_ms();
    if (e == ERR_ABSENT) {
        doctor_note(f, &why, "enable mod_time, so that clocks can be compared");
    } else if (e != OK) {
        doctor_wrong(f, e, &why, NULL);
    } else if (llabs(ahead_ms) <= CLOCK_SLACK_MS) {
        doctor_fine(f, "the broker's clock is ours within %d s", CLOCK_SLACK_MS / 1000);
    } else {
        (void)draw_seconds((double)llabs(ahead_ms) / 1000, by);
        (void)why_say(&why, ERR_SETTING, "this machine's clock is %s %s the broker's: %s here, %s there", by,
                      ahead_ms > 0 ? "behind" : "ahead of", clock_stamp(now_ms, ours),
                      clock_stamp(now_ms + ahead_ms, theirs));
        doctor_wrong(f, ERR_SETTING, &why, "set the clock of the machine that is wrong, best by NTP");
    }
}

/* ---- parts ---- */

/* clang-format off */
static const struct {
    const char *feature, *words;
} parts[] = {
    { "http://jabber.org/protocol/muc",     "muc (rooms for people)" },
    { "http://jabber.org/protocol/pubsub",  "pubsub (feeds for people's programs)" },
    { "urn:xmpp:carbons:2",                 "carbons (people with several devices)" },
    { "urn:xmpp:ping",                      "ping" },
};
/* clang-format on */
enum { PARTS = sizeof parts / sizeof *parts };

static void on_part(void *to, const char *jid, struct str feature)
{
    bool *has = to;
    (void)jid;
    for (size_t i = 0; i < PARTS; i++) has[i] = has[i] || str_is(feature, parts[i].feature);
}

static void judge_parts(const bool *has, struct finding *f)
{
    struct why why;
    char missing[MISSING_BYTES] = "";
    size_t n = 0;
    for (size_t i = 0; i < PARTS; i++)
        if (!has[i] && n < sizeof missing)
            n += (size_t)snprintf(missing + n, sizeof missing - n, "%s%s", n ? ", " : "", parts[i].words);
    (void)why_say(&why, OK, "the broker does without: %s", missing);
    if (n)
        doctor_note(f, &why, "enable what people want; agents need none of it");
    else
        doctor_fine(f, "all that agents and people use");
}

void doctor_modules(struct patient *p, struct finding *f)
{
    bool has[PARTS] = { false };
    struct why why = { "" };
    enum err e = survey_broker(p->client, on_part, has, &why);
    if (e == OK && p->resumes && !survey_resumes(p->client)) {
        (void)why_say(&why, ERR_SETTING,
                      "the broker lacks stream management (XEP-0198), which stream_management wants");
        doctor_wrong(f, ERR_SETTING, &why, "enable Prosody's module \"smacks\", or set stream_management: no");
    } else if (e != OK) {
        doctor_wrong(f, e, &why, "enable the broker's module \"disco\"");
    } else {
        judge_parts(has, f);
    }
}

/* ---- versions ---- */

struct speech {
    bool ours, others;
    uint64_t version; /* the last of the others */
};

static void on_feature(void *to, const char *jid, struct str feature)
{
    struct speech *s = to;
    uint64_t version = 0;
    size_t n = strlen(SCHEMA_FEATURE);
    (void)jid;
    if (!str_starts(feature, SCHEMA_FEATURE)) return;
    if (str_u64((struct str){ feature.p + n, feature.n - n }, &version) != OK) return;
    bool read = version >= SCHEMA_MIN_VERSION && version <= SCHEMA_VERSION;
    if (read)
        s->ours = true;
    else
        s->version = version;
    s->others = s->others || !read;
}

/* Whether it is there; wrong versions go into *f. */
static bool judge_agent(const struct patient *p, const char *bare, struct finding *f)
{
    char full[ROSTER_JID_BYTES + 16];
    struct speech s = { false };
    struct why why = { "" };
    (void)snprintf(full, sizeof full, "%s/" XMPP_AGENT_RESOURCE, bare);
    if (survey_features(p->client, full, on_feature, &s, &why) != OK) return false;
    if (s.ours || !s.others) return true;
    (void)why_say(&why, ERR_PROTO, "%s speaks version %" PRIu64 " of the schema, this himas %d", bare, s.version,
                  (int)SCHEMA_VERSION);
    doctor_wrong(f, ERR_PROTO, &why, "install the same version of himas on both machines");
    return true;
}

void doctor_peers(struct patient *p, struct finding *f)
{
    struct why why;
    bool self = judge_agent(p, p->jid, f);
    size_t there = 0, wanted = 0;
    for (size_t i = 0; i < roster_count(p->roster) && f->state != DOCTOR_WRONG; i++) {
        const struct member *m = roster_at(p->roster, i);
        if (!(m->role & ROLE_COORDINATOR) || strcmp(m->jid, p->jid) == 0) continue;
        wanted++;
        there += judge_agent(p, m->jid, f);
    }
    if (f->state == DOCTOR_WRONG) return;
    (void)why_say(&why, OK, "not online now: %s%s%s", self ? "" : "this agent", self || there == wanted ? "" : " and ",
                  there == wanted ? "" : "the coordinator");
    if (self && there == wanted)
        doctor_fine(f, "those that are here speak version %d of the schema", (int)SCHEMA_VERSION);
    else
        doctor_note(f, &why, "ask again when they run");
}
