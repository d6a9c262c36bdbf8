/*
 * hipaa -- what of 45 CFR 164.312 a federation's configuration and its tests
 * show, clause by clause.
 *
 * Pure: text out of texts.  Nothing is claimed that was not found: a setting
 * is quoted from where it stands, a test is named with how it ended, and what
 * is missing is the clause's gap.
 */
#pragma once
#include "common/base/buf.h"
#include "common/runtime/roster.h"

enum { HIPAA_MAX_PROBES = 6, HIPAA_MAX_EVIDENCE = 6, HIPAA_NAMED = 6 };

/* Where a setting may stand. */
enum hipaa_kind { HIPAA_BROKER, HIPAA_AGENT, HIPAA_POLICY, HIPAA_KINDS };
struct hipaa_source {
    enum hipaa_kind kind;
    const char *name; /* "broker", "hospital-a" */
    struct str text;
    unsigned mode; /* permission bits of the file */
};
struct hipaa_test {
    struct str name;
    bool passed, skipped;
};
struct hipaa_facts {
    const struct hipaa_source *sources;
    size_t nsources;
    const struct hipaa_test *tests;
    size_t ntests;
    bool results;                /* were test results given? */
    const struct roster *roster; /* NULL: none was found */
    const char *folder;
};

/* One thing to look for. */
enum hipaa_probe_kind {
    HIPAA_NO_PROBE,
    HIPAA_LINE,    /* a line of every source of that kind begins with `find`, comments apart */
    HIPAA_PRIVATE, /* no source of that kind may be read by others */
    HIPAA_MEMBERS, /* the roster has at least `least` with that role */
    HIPAA_KEYS     /* every agent of the roster has both keys */
};
struct hipaa_probe {
    enum hipaa_probe_kind kind;
    enum hipaa_kind source;
    const char *find;
    unsigned role;
    size_t least;
    const char *means; /* what it shows, or what is missing without it */
};
struct hipaa_row {
    const char *clause; /* "164.312(a)(1)" */
    const char *title;
    const char *need;                            /* required, addressable, standard */
    const char *control;                         /* what himas has for it */
    struct hipaa_probe probes[HIPAA_MAX_PROBES]; /* ends with HIPAA_NO_PROBE */
    const char *evidence[HIPAA_MAX_EVIDENCE];    /* part of a test's name; ends with NULL */
    const char *outside;                         /* what himas leaves to others, always a gap; NULL */
};
extern const struct hipaa_row hipaa_rows[]; /* ends with a NULL clause */

void hipaa_print(const struct hipaa_facts *f, struct buf *out); /* Markdown */

/* "ok 3 - name" and "not ok ...": the tests of a TAP file; *out and *n grow (owned by the caller), names are views.
 * ERR_MEMORY. */
enum err hipaa_read_tap(struct str text, struct hipaa_test **out, size_t *n) MUST_USE;
