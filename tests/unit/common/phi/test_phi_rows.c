#include "common/phi/phi_rows.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

/* A repetition without bound would make the time more than linear: none may be there, outside of sets and escapes. */
static bool bounded(const char *pattern)
{
    bool set = false;
    for (const char *p = pattern; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (set)
            set = *p != ']';
        else if (*p == '[')
            set = true;
        else if (*p == '*' || *p == '+')
            return false;
        else if (*p == '{') {
            p += strcspn(p, ",}");
            if (*p == ',' && !isdigit((unsigned char)p[1])) return false;
        }
    }
    return true;
}

Test(phi_rows, every_part_is_bounded)
{
    cr_expect(bounded("a{1,3}[+*]\\+\\*") && !bounded("a+") && !bounded("a*") && !bounded("a{2,}"));
    for (const struct phi_row *r = phi_rows; r->type != PHI_NONE; r++) cr_expect(bounded(r->pattern), "%s", r->pattern);
}

Test(phi_rows, table_is_whole)
{
    size_t n = 0;
    bool there[PHI_COUNT] = { false };
    for (const struct phi_row *r = phi_rows; r->type != PHI_NONE; r++, n++) {
        there[r->type] = true;
        cr_expect(r->alone >= 0 && r->alone <= r->near && r->near <= 1 && r->near >= .5, "%s", r->pattern);
        cr_expect(r->words || r->alone >= .5, "never a hit: %s", r->pattern);
        for (const char *c = r->words; c && *c; c++) cr_expect(!isupper((unsigned char)*c), "%s", r->words);
    }
    cr_expect_leq(n, PHI_MAX_ROWS);
    for (enum phi_type t = PHI_NONE + 1; t < PHI_UNSCANNED; t++) cr_expect(there[t], "%s", phi_name(t));
}

Test(phi_rows, types_have_words)
{
    for (enum phi_type t = PHI_NONE + 1; t < PHI_COUNT; t++) {
        cr_expect(strlen(phi_name(t)) > 1);
        cr_expect(strstr(phi_withheld(t), phi_name(t)) != NULL);
    }
    cr_expect_str_eq(phi_name(PHI_COUNT), "?");
    cr_expect_str_eq(phi_withheld(PHI_COUNT), "");
}
