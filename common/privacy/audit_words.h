/*
 * audit_words -- an audit in words, the same wherever it is shown.
 */
#pragma once
#include "common/privacy/audit.h"

enum { AUDIT_COLUMNS = 8, AUDIT_CELL_BYTES = 200 };

const char *audit_attack_name(enum audit_attack a);
const char *audit_attack_doc(enum audit_attack a);
enum err audit_attack_find(struct str name, enum audit_attack *out) MUST_USE; /* ERR_INPUT */
const char *audit_grade_words(enum audit_grade g);                            /* "B: a small leak" */

/* NULL-terminated; then for a row as many cells. */
extern const char *const audit_columns[AUDIT_COLUMNS + 1];
void audit_cells(const struct audit *a, const struct audit_row *r, char out[AUDIT_COLUMNS][AUDIT_CELL_BYTES]);

/* All rows, each to put as NULL-terminated cells. */
typedef void audit_put_fn(void *to, const char *const cells[]);
void audit_rows(const struct audit *a, audit_put_fn *put, void *to);

/* Sentences, one a line: what was attacked, the worst grade, and whether claim and proof agree. */
void audit_sentences(const struct audit *a, struct buf *out);
