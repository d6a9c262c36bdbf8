/*
 * policy -- what this hospital lets be done with its records.
 *
 * A YAML file that the hospital alone writes.  Whatever a coordinator proposes
 * is checked against it; nothing a coordinator sends can loosen it, and
 * without a readable policy everything is refused (a zeroed struct policy
 * refuses).  Every key but `purposes`, `counts`, `min_noise`, `patients`, `statistics`, `tell_records` and
 * `secure_sums` is required, so that nothing is allowed by forgetting it:
 *
 *   tasks: any               # or a list: a document's SHA-256 (64 hex digits), a name, or a name's start and *
 *   models: ["mlp 30-64-32-1"]   # or any; a model's canonical text, or the SHA-256 of that text
 *   min_cohort: 50           # fewest records here that anything may be computed from
 *   max_rounds: 100          # of one run
 *   purposes: any            # or a list of what a task may be for (common/base/purpose.h); default any
 *   counts: no               # may tables of counts leave, small cells hidden, without noise?  default no
 *   statistics: no           # may means and variances leave, without noise?  default no
 *   tell_records: no         # is the coordinator told how many records the file has, run or no run?  default no
 *   privacy:
 *     mode: required         # or optional: a task without noise is allowed too
 *     epsilon_max: 8         # over a ledger's life, at delta
 *     delta: 1.0e-5
 *     epsilon_per_round_max: 1
 *     min_noise: 0.5         # smallest noise scale, in sensitivities; default 0
 *     patients: no           # may required noise hide each patient, and not all at once?  default no
 *
 *   secure_sums:             # where a task asks for them; may be left out
 *     required: no           # may updates leave only masked, for a sum?  default no
 *     min_hospitals: 3       # in a sum, this one among them; default and least 3
 *     adversaries: 0         # hospitals to be reckoned with as the coordinator's helpers, at least; default 0
 *     min_noise: 0           # on the sum, over what one hospital or patient changes; default 0
 *
 * A name is chosen by the coordinator: only a digest pins what is done.
 */
#pragma once
#include "agents/trainer/unit_rule.h"
#include "common/base/purpose.h"
#include "common/privacy/local.h"
#include "common/wire/doc.h"
#include "common/wire/task.h"

enum { POLICY_MAX_ITEMS = 256, POLICY_MAX_ITEM_BYTES = 200 };
#define POLICY_MAX_EPSILON 1000.0

struct policy_list {
    bool any;
    const struct str *items; /* in the arena */
    size_t count;
};
struct policy {
    bool set; /* false: refuses everything */
    struct policy_list tasks;
    struct policy_list models;
    uint64_t min_cohort; /* records */
    uint64_t max_rounds;
    bool statistics;
    bool barred[PURPOSES]; /* what a task may not be for */
    bool counts;
    bool tell_records;
    bool privacy_required;
    double epsilon_max;
    double delta;
    double epsilon_per_round_max;
    double min_noise; /* scale over sensitivity */
    bool patients;    /* required noise may hide each patient instead of the whole hospital */
    struct {
        bool required; /* updates leave masked, or not at all */
        uint64_t hospitals_min;
        uint64_t adversaries;
        double noise_min; /* on the sum, in clips; 0: sums without noise are allowed */
    } sums;
};

/* What a coordinator asks of us.  Views are borrowed for the call. */
struct proposal {
    struct str task;   /* its name */
    struct str digest; /* SHA-256 of its document, 64 lower-case hex digits */
    struct str model;  /* canonical text, "mlp 30-64-32-1" */
    uint64_t rounds;
    bool statistics;                /* does it want means and variances? */
    const struct local_rule *noise; /* of each round's update; NULL: none */
    const struct unit_rule *unit;   /* in each step of training; NULL: none */
    bool secure;                    /* do updates leave masked, for a secure sum? */
    enum purpose purpose;
};

/* ERR_POLICY with file, line and key, or ERR_MEMORY; *out is then untouched.  Lists lie in the arena. */
enum err policy_parse(const struct doc *d, struct arena *arena, struct policy *out, struct why *why) MUST_USE;
enum err policy_read(const char *path, struct arena *arena, struct policy *out, struct why *why)
    MUST_USE; /* blocks on the disk */

/* OK, or ERR_REFUSED with a sentence that names the rule; or ERR_MEMORY. */
enum err policy_check(const struct policy *p, const struct proposal *proposal, struct why *why) MUST_USE;

/* May this task's columns be counted?  OK, or ERR_REFUSED with the rule. */
enum err policy_allows_counts(const struct policy *p, const struct task *task, const char *digest, struct why *why)
    MUST_USE;

/* What is told of this many records when nobody asked: the number, or 0. */
uint64_t policy_told(const struct policy *p, uint64_t records);

/* May anything computed from so many of our records leave?  OK, or ERR_REFUSED naming `min_cohort`. */
enum err policy_allows_cohort(const struct policy *p, uint64_t records, struct why *why) MUST_USE;
