/* The guardian, where the roster names one: nothing is trained without it. */
#include "cli/doctor.h"
#include "common/runtime/roster_log.h"
#include <inttypes.h>
#include <string.h>

enum { ASK_MS = 10000 };

static struct str field_of(const struct result *r, const char *name)
{
    const struct result_field *f = r->fields;
    while (f && !str_is(f->name, name)) f = f->next;
    return f ? f->value : (struct str){ NULL, 0 };
}

static void wrong_key(const struct member *m, struct finding *f)
{
    struct why why;
    (void)why_say(&why, ERR_CRYPTO, "%s signs its log with another key than the roster's", m->jid);
    doctor_wrong(f, ERR_CRYPTO, &why,
                 "`himas keys show` of its identity says the key; the roster's keeper compares it");
}

static void judge(const struct member *m, const struct result *r, struct finding *f)
{
    struct why why;
    struct str said = str_trim(buf_str(&r->text));
    uint64_t entries = 0;
    if (r->code != OK) {
        (void)why_say(&why, ERR_STORE, "%s: " STR_F, m->jid, STR_ARG(said));
        doctor_wrong(f, ERR_STORE, &why, "its store was changed: stop it, and keep the store as evidence");
        return;
    }
    if (!str_is(field_of(r, "policy"), "set")) {
        (void)why_say(&why, ERR_SETTING, "%s has no policy, and so refuses everything", m->jid);
        doctor_wrong(f, ERR_SETTING, &why, "set its `policy` to a file (docs/GUARDIAN.md) and restart it");
        return;
    }
    if (roster_log_covered(m, field_of(r, "checkpoint"), &entries) == OK)
        doctor_fine(f, "%s has a policy, and its log of %" PRIu64 " entries is whole", m->name, entries);
    else
        wrong_key(m, f);
}

static void silent(const struct patient *p, const struct member *m, enum err e, const struct why *said,
                   struct finding *f)
{
    struct why why;
    if (e != ERR_ABSENT && e != ERR_TIMEOUT) {
        doctor_wrong(f, e, said, NULL);
        return;
    }
    (void)why_say(&why, e, "%s does not answer, and without it nothing is trained: %.200s", m->jid, said->text);
    doctor_wrong(f, e, &why,
                 p->at_home ? "`himas up --guardian` starts it; its log is logs/guardian.log"
                            : "have its keeper start it; `himas doctor --config` there says what is wrong");
}

void doctor_guardian(struct patient *p, struct finding *f)
{
    const struct member *m = roster_log_keeper(p->roster);
    struct why why = { "" };
    struct result r;
    if (!roster_log_guarded(p->roster)) {
        doctor_fine(f, "the roster names none");
    } else if (m == NULL) {
        (void)why_say(&why, ERR_SETTING, "the roster names several guardians, and then nothing is trained");
        doctor_wrong(f, ERR_SETTING, &why, "have the roster's keeper leave one");
    } else if (strcmp(m->jid, p->jid) == 0) {
        doctor_skip(f, "this is it");
    } else {
        result_init(&r);
        enum err e = client_ask(p->client, m->jid, STR("health"), NULL, 0, ASK_MS, &r, &why);
        if (e == OK)
            judge(m, &r, f);
        else
            silent(p, m, e, &why, f);
        result_free(&r);
    }
}
