/*
 * veto -- what the guardian lets the federation do.
 *
 * A YAML file that the privacy officers write.  What is asked for is checked
 * against it, and without a readable policy everything is refused (a zeroed
 * struct veto refuses).  Every key but `noise_max`, `norm_max` and the last four is required:
 *
 *   min_cohort: 3            # fewest hospitals of a round
 *   min_records: 11          # fewest training records of each of them: smaller cells are not to be shown
 *   without_noise: yes       # may a round be trained without any noise?
 *   min_noise: 0.5           # least scale of noise, in sensitivities, where there is noise
 *   noise_max: 4             # most that it may be raised to when the budget does not last; default: it is not raised
 *   norm_max: 10             # of an update without noise, L2, or of the mean of a secure sum of them; default: any
 *   epsilon_max: 8           # of each hospital, over its ledger's life, at delta; of each patient the same again
 *   delta: 1.0e-5
 *   permit_minutes: 60       # how long a permit is good for
 *   tasks: any               # or a list of names and of documents' SHA-256; default any
 *   models: any              # or a list: SHA-256 of the models a run may begin with; default any
 *   purposes: any            # or a list of what tasks may be for (common/base/purpose.h); default any
 *   queries: no              # may hospitals be asked for tables of counts, small cells hidden?  default no
 */
#pragma once
#include "common/privacy/permit.h"
#include "common/wire/doc.h"

enum { VETO_MAX_ITEMS = 256 };
struct veto_list {
    bool any;
    const struct str *items; /* in the arena */
    size_t count;
};
struct veto {
    bool set; /* false: refuses everything */
    uint64_t min_cohort, min_records;
    bool without_noise;
    double min_noise, noise_max, norm_max, epsilon_max, delta;
    uint64_t permit_minutes;
    struct veto_list tasks, models;
    struct veto_list purposes;
    bool queries;
};

/* ERR_VETO with file, line and key; *out is then untouched.  Lists lie in the arena. */
enum err veto_parse(const struct doc *d, struct arena *arena, struct veto *out, struct why *why) MUST_USE;
enum err veto_read(const char *path, struct arena *arena, struct veto *out, struct why *why) MUST_USE; /* blocks */

/* May this be done?  ERR_REFUSED with the rule; what it costs is the ledger's to say (ledger.h). */
enum err veto_check(const struct veto *v, const struct permit *asked, struct why *why) MUST_USE;
