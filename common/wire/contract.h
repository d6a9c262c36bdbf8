/*
 * contract -- what a table of records must look like.
 *
 * A data contract names the columns a task needs: features with kind, range
 * and unit, the label and its classes, columns that are sensitive (used for
 * fairness, never as features), the patient column (records of one patient
 * stay on one side of a split), and how missing values are written and
 * treated.  A hospital declares its own file with the same document, and the
 * trainer compares the two.
 */
#pragma once
#include "common/wire/doc.h"

enum { CONTRACT_MAX_COLUMNS = 1024, CONTRACT_NAME_BYTES = 64, CONTRACT_MAX_CLASSES = 64, CONTRACT_MAX_MISSING = 8 };
enum column_kind { COLUMN_REAL, COLUMN_INTEGER, COLUMN_CATEGORY }; /* real | integer | category */
enum column_role { COLUMN_FEATURE, COLUMN_LABEL, COLUMN_SENSITIVE, COLUMN_PATIENT, COLUMN_IGNORED };
enum missing_rule { MISSING_REFUSE, MISSING_MEAN, MISSING_ZERO }; /* row is bad | mean imputed | zero */

struct column {
    char name[CONTRACT_NAME_BYTES];
    enum column_kind kind;
    enum column_role role;
    double min; /* inclusive; a value outside makes the row bad */
    double max;
    char unit[16];
    size_t nclasses;                      /* COLUMN_CATEGORY and the label: the allowed values in order */
    char (*classes)[CONTRACT_NAME_BYTES]; /* in the arena; NULL when nclasses is 0 (a numeric label 0..nclasses-1 has
                                             none) */
    enum missing_rule missing;
};

struct contract {
    struct column *columns; /* in the arena, in file order */
    size_t count;
    size_t nfeatures; /* columns with role feature; a category with k classes is one-hot: it counts k in ninputs */
    size_t ninputs;   /* model inputs */
    size_t label;     /* index of the label column */
    size_t nclasses;  /* of the label, >= 2 */
    char missing[CONTRACT_MAX_MISSING][16]; /* spellings of a missing value beside the empty field */
    size_t nmissing;
    bool header;         /* the file's first line holds column names (else columns are taken in order) */
    uint64_t skip_lines; /* lines before the header or the first record */
};

/* Document:
 *   header: yes            skip_lines: 0        missing: ["?", "NA"]
 *   columns:
 *     - {name: mean radius, kind: real, min: 0, max: 50, unit: mm}
 *     - {name: sex, kind: category, classes: [f, m], role: sensitive}
 *     - {name: outcome, role: label, classes: ["0", "1"]}     # or classes: 2, for the numbers 0 and 1
 *
 * A column is a feature unless it has another role; real unless it has classes; its range is unbounded unless said. */
enum err contract_parse(const struct doc *d, struct arena *arena, struct contract *out, struct why *why) MUST_USE;

/* ERR_DATA with a sentence when `have` (a hospital's own declaration) lacks a column of `need`, or declares another
 * kind, role, unit or classes, or a range that is not inside need's. */
enum err contract_fits(const struct contract *have, const struct contract *need, struct why *why) MUST_USE;
