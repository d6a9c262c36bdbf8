#include "common/privacy/audit_words.h"
#include "common/privacy/audit_bound.h"
#include <inttypes.h>
#include <stdio.h>

static const struct {
    const char *name, *doc;
} attacks[AUDIT_KINDS] = {
#define ROW(NAME, word, doc) [AUDIT_##NAME] = { word, doc },
    AUDIT_ATTACKS(ROW)
#undef ROW
};

static const struct {
    const char *words, *meaning;
} grades[AUDIT_GRADES] = {
    [AUDIT_A] = { "A: no leak worth the name", "who was trained on cannot be told from who was not" },
    [AUDIT_B] = { "B: a small leak", "slightly better than a coin; fit to be published with its epsilon" },
    [AUDIT_C] = { "C: a leak", "some records can be told; keep the model inside, or train it with more noise" },
    [AUDIT_D] = { "D: a large leak", "many records can be told; do not publish, train with noise" },
    [AUDIT_F] = { "F: the model gives its records away", "do not let it leave; train with noise" },
    [AUDIT_INSUFFICIENT] = { "insufficient data", "too few records for a grade; the numbers are what was seen" },
};

const char *const audit_columns[AUDIT_COLUMNS + 1] = {
    "attack",           "accuracy",      "auc_roc",       "tpr_at_0.1%_fpr",
    "epsilon_at_least", "privacy_grade", "is_vulnerable", "interpretation",
};

const char *audit_attack_name(enum audit_attack a) { return attacks[a].name; }
const char *audit_attack_doc(enum audit_attack a) { return attacks[a].doc; }
const char *audit_grade_words(enum audit_grade g) { return grades[g].words; }

enum err audit_attack_find(struct str name, enum audit_attack *out)
{
    for (enum audit_attack a = 0; a < AUDIT_KINDS; a++)
        if (str_is(name, attacks[a].name)) {
            *out = a;
            return OK;
        }
    return ERR_INPUT;
}

static const char *meaning(const struct audit *a, const struct audit_row *r, enum audit_grade g)
{
    if (r->attack == AUDIT_CANARY && audit_alarm(a))
        return "proves more than was claimed: stop training, and look for the error";
    if (g == AUDIT_INSUFFICIENT && audit_vulnerable(r)) return "too few records for a grade, but the attack works";
    return grades[g].meaning;
}

void audit_cells(const struct audit *a, const struct audit_row *r, char out[AUDIT_COLUMNS][AUDIT_CELL_BYTES])
{
    enum audit_grade g = audit_grade(a, r);
    (void)snprintf(out[0], AUDIT_CELL_BYTES, "%s", audit_attack_name(r->attack));
    (void)snprintf(out[1], AUDIT_CELL_BYTES, "%.4f", r->accuracy);
    (void)snprintf(out[2], AUDIT_CELL_BYTES, "%.4f (%.4f to %.4f)", r->auc.value, r->auc.low, r->auc.high);
    (void)snprintf(out[3], AUDIT_CELL_BYTES, "%.4f (%.4f to %.4f)", r->tpr.value, r->tpr.low, r->tpr.high);
    (void)snprintf(out[4], AUDIT_CELL_BYTES, "%.4f", r->epsilon_low);
    (void)snprintf(out[5], AUDIT_CELL_BYTES, "%s", audit_grade_words(g));
    (void)snprintf(out[6], AUDIT_CELL_BYTES, "%s", audit_vulnerable(r) ? "yes" : "no");
    (void)snprintf(out[7], AUDIT_CELL_BYTES, "%s", meaning(a, r, g));
}

void audit_rows(const struct audit *a, audit_put_fn *put, void *to)
{
    char cells[AUDIT_COLUMNS][AUDIT_CELL_BYTES];
    const char *row[AUDIT_COLUMNS + 1] = { NULL };
    for (size_t k = 0; k < AUDIT_COLUMNS; k++) row[k] = cells[k];
    for (size_t i = 0; i < a->n; i++) {
        audit_cells(a, &a->rows[i], cells);
        put(to, row);
    }
}

static void add_claim(const struct audit *a, struct buf *out)
{
    if (a->epsilon <= 0) {
        buf_add_z(out, "No noise hides the records in this training, so nothing is claimed for it.\n");
        return;
    }
    buf_addf(out,
             "Claimed: epsilon %.4f at delta %g; that allows an attack at most accuracy %.4f and %.4f of the members "
             "at 0.1 %% false alarms.\n",
             a->epsilon, a->delta, audit_max_accuracy(a->epsilon, a->delta),
             audit_max_tpr(a->epsilon, a->delta, AUDIT_FPR));
    if (audit_alarm(a))
        buf_add_z(out, "ALARM: the canaries prove a larger epsilon than was claimed. Training stops here until this is "
                       "explained.\n");
    else if (a->canaries > 0)
        buf_add_z(out, "What the canaries prove is within what was claimed.\n");
}

void audit_sentences(const struct audit *a, struct buf *out)
{
    buf_addf(out, "Attacked: a model trained here on %" PRIu64 " records.\n", a->records);
    if (a->canaries > 0)
        buf_addf(out,
                 "Canaries: %" PRIu64 ", each in or out by a fair coin; %" PRIu64 " of %" PRIu64
                 " guesses were right.\n",
                 a->canaries, a->right, a->guesses);
    add_claim(a, out);
    buf_addf(out, "Worst grade: %s.\n", audit_grade_words(audit_worst(a)));
}
