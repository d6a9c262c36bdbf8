/*
 * No model comes out that the guardian's log does not hold and a quorum of hospitals has not signed for; a guardian
 * that shows two hospitals different logs, or a shorter one than before, is caught and named.
 */
#include "tests/sim/lab.h"
#include "tests/support/tap.h"
#include <stdlib.h>
#include <string.h>

enum { HONEST = 1, MUTE, FORKS, SHRINKS, ALARMS, UNPROVEN, OTHER, FOREIGN, FORKED, SILENT, MISPROVES };

static const struct row {
    const char *name;
    uint64_t guardian, quorum;
    const char *state, *said; /* how it ends, and a part of the reason */
    bool model;               /* in the registry */
    bool evidence;            /* at the coordinator */
    const char *witness;      /* that keeps evidence; "" for none */
} rows[] = {
    { "an honest one", HONEST, 3, "done", "version 1", true, false, "" },
    { "one that proves nothing", MUTE, 2, "failed", "did not show that the model is in its log", false, false, "" },
    { "one that forks its log", FORKS, 3, "failed", "split view", false, false, "hospital-2" },
    { "one whose log shrinks", SHRINKS, 2, "failed", "rollback", false, false, "hospital-0" },
    { "one that raises an alarm", ALARMS, 2, "failed", "raised an alarm: less noise than permitted", false, false, "" },
    { "one whose permits are in no log", UNPROVEN, 2, "failed", "without the proof that it is in the log", false, false,
      "" },
    { "one whose log has another model", OTHER, 2, "failed", "another model than the log's", false, false, "" },
    { "one with another log's proofs", FOREIGN, 2, "failed", "is not signed by", false, false, "" },
    { "one whose permits are in a fork of its log", FORKED, 2, "failed", "a permit is in another log than the one",
      false, false, "hospital-0" },
    { "one that proves another entry", MISPROVES, 2, "failed", "is of another entry than this run's model", false,
      false, "" },
    { "one that does not show that it is one log", SILENT, 2, "failed", "did not show within 60 s", false, false, "" },
};

struct seen {
    bool any;
};
static enum err see(void *to, const char *key)
{
    (void)key;
    ((struct seen *)to)->any = true;
    return OK;
}
static bool has(struct sim *s, const char *who, const char *prefix)
{
    struct seen seen = { false };
    return store_scan_keys(sim_store(s, who), prefix, see, &seen) == OK && seen.any;
}

struct alarm {
    bool any;
};
static enum err see_alarm(void *to, const char *key)
{
    ((struct alarm *)to)->any |= strstr(key, "/evidence/") != NULL;
    return OK;
}
static bool accuses(struct sim *s, const char *who)
{
    struct alarm alarm = { false };
    return store_scan_keys(sim_store(s, who), "log/", see_alarm, &alarm) == OK && alarm.any;
}

static void check(struct tap *t, const struct row *row, struct federation *f)
{
    struct federation_end end = { 0 };
    struct why why = { "" };
    tap_is(t, federation_run(f) && federation_look(f, &end, &why) == OK, "%s: it ends", row->name);
    tap_is(t, strcmp(end.state, row->state) == 0 && strstr(end.why, row->said), "%s: %s, %s", row->name, end.state,
           end.why);
    tap_is(t, has(f->sim, "coordinator", "weights/") == row->model, "%s: the registry", row->name);
    tap_is(t, has(f->sim, "coordinator", "proof/toy/") == row->model, "%s: a proof with the model", row->name);
    tap_is(t, has(f->sim, "coordinator", "evidence/") == row->evidence, "%s: evidence is kept", row->name);
    const char *witness = row->witness[0] ? row->witness : "hospital-0";
    tap_is(t, accuses(f->sim, witness) == (row->witness[0] != '\0'), "%s: by hospitals, too", row->name);
    enum err e = federation_check(f, &why);
    tap_is(t, e == OK, "%s: all is whole%s%s", row->name, e == OK ? "" : ": ", e == OK ? "" : why.text);
}

static void try_one(struct tap *t, const struct row *row)
{
    struct federation f = { 0 };
    struct federation_files files = { .sites = 0 };
    struct why why = { "" };
    struct plan p = { .sites = 3,
                      .quorum = row->quorum,
                      .rounds = 2,
                      .guardian = row->guardian,
                      .round_deadline_ms = 120000,
                      .seed = 5,
                      .faults = { .delay_min_ms = 1, .delay_max_ms = 50 } };
    enum err e = federation_files_make(&files, &p, &why);
    if (e == OK) e = federation_init(&f, &p, &files, &why);
    if (e == OK)
        check(t, row, &f);
    else
        tap_is(t, false, "%s: %s", row->name, why.text);
    federation_fini(&f);
    federation_files_remove(&files);
}

int main(void)
{
    struct tap t = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) try_one(&t, &rows[i]);
    return tap_end(&t);
}
