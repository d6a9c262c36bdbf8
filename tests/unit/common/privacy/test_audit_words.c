#include "common/privacy/audit_words.h"
#include <criterion/criterion.h>
#include <string.h>

static struct audit shown(double claimed, double proven)
{
    struct audit a = {
        .epsilon = claimed, .delta = 1e-5, .records = 400, .canaries = 2000, .guesses = 1000, .right = 600, .n = 1
    };
    a.rows[0] = (struct audit_row){ .attack = AUDIT_CANARY,
                                    .members = 1000,
                                    .others = 1000,
                                    .accuracy = .6,
                                    .auc = { .55, .53, .565 },
                                    .tpr = { .002, .001, .004 },
                                    .epsilon_low = proven };
    return a;
}

Test(audit_words, sentences)
{
    static const struct {
        double claimed, proven;
        const char *says;
    } rows[] = {
        { 0, .2, "nothing is claimed" }, { 8, .2, "within what was claimed" },        { .1, .2, "ALARM" },
        { 8, .2, "accuracy 0.9997" },    { 8, .2, "600 of 1000 guesses were right" }, { 8, .2, "Worst grade: B" }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct audit a = shown(rows[i].claimed, rows[i].proven);
        struct buf text CLEANUP(buf_free) = buf_make(4096);
        audit_sentences(&a, &text);
        cr_expect(strstr((const char *)text.p, rows[i].says), "row %zu: %s", i, text.p);
    }
}

Test(audit_words, cells)
{
    char cells[AUDIT_COLUMNS][AUDIT_CELL_BYTES];
    struct audit a = shown(8, .2);
    audit_cells(&a, &a.rows[0], cells);
    static const char *const expected[AUDIT_COLUMNS] = {
        "canary",
        "0.6000",
        "0.5500 (0.5300 to 0.5650)",
        "0.0020 (0.0010 to 0.0040)",
        "0.2000",
        "B: a small leak",
        "no",
        "slightly better than a coin; fit to be published with its epsilon"
    };
    for (size_t i = 0; i < AUDIT_COLUMNS; i++) {
        cr_expect_str_eq(cells[i], expected[i]);
        cr_expect_not_null(audit_columns[i]);
    }
    cr_expect_null(audit_columns[AUDIT_COLUMNS]);
    a = shown(.1, .2);
    audit_cells(&a, &a.rows[0], cells);
    cr_expect(strstr(cells[7], "stop training") && cells[5][0] == 'F');
}

Test(audit_words, names)
{
    enum audit_attack found = AUDIT_KINDS;
    for (enum audit_attack k = 0; k < AUDIT_KINDS; k++) {
        cr_expect(audit_attack_find(str_of(audit_attack_name(k)), &found) == OK && found == k);
        cr_expect(strlen(audit_attack_doc(k)) > 10);
    }
    cr_expect_eq(audit_attack_find(STR("shadow"), &found), ERR_INPUT);
    for (enum audit_grade g = 0; g < AUDIT_GRADES; g++) cr_expect(strlen(audit_grade_words(g)) > 5);
}
