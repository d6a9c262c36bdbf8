/* Check digits and ranges of the numbers that people, papers and things carry. */
#include "common/phi/phi_check.h"
#include <ctype.h>
#include <string.h>

enum { DIGITS_MAX = 40 };

/* The letters and digits of the text, in capitals. */
struct signs {
    char c[DIGITS_MAX];
    size_t n;
};

static struct signs signs_of(struct str s)
{
    struct signs out = { .n = 0 };
    for (size_t i = 0; i < s.n && out.n < DIGITS_MAX; i++)
        if (isalnum((unsigned char)s.p[i])) out.c[out.n++] = (char)toupper((unsigned char)s.p[i]);
    return out;
}

static struct signs digits_of(struct str s)
{
    struct signs out = { .n = 0 };
    for (size_t i = 0; i < s.n && out.n < DIGITS_MAX; i++)
        if (isdigit((unsigned char)s.p[i])) out.c[out.n++] = s.p[i];
    return out;
}

static int value(char c) { return c - '0'; }

static int number(const struct signs *d, size_t from, size_t n)
{
    int v = 0;
    for (size_t i = from; i < from + n; i++) v = 10 * v + value(d->c[i]);
    return v;
}

/* ISO/IEC 7812-1, annex B: every second digit from the right doubled, its digits added; `sum` is what goes before. */
static bool luhn(const struct signs *d, int sum)
{
    for (size_t i = 0; i < d->n; i++) {
        int v = value(d->c[d->n - 1 - i]);
        if (i % 2 == 1) v = 2 * v > 9 ? 2 * v - 9 : 2 * v;
        sum += v;
    }
    return sum % 10 == 0;
}

static bool all_same(const struct signs *d)
{
    for (size_t i = 1; i < d->n; i++)
        if (d->c[i] != d->c[0]) return false;
    return true;
}

bool phi_is_ssn(struct str found)
{
    struct signs d = digits_of(found);
    if (d.n != 9) return false;
    int area = number(&d, 0, 3);
    bool sample = memcmp(d.c, "078051120", 9) == 0 || memcmp(d.c, "219099999", 9) == 0;
    return area != 0 && area != 666 && area < 900 && number(&d, 3, 2) != 0 && number(&d, 5, 4) != 0 && !sample;
}

bool phi_is_itin(struct str found)
{
    struct signs d = digits_of(found);
    if (d.n != 9 || d.c[0] != '9') return false;
    int group = number(&d, 3, 2);
    return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group != 93);
}

bool phi_is_mbi(struct str found)
{
    static const char form[] = "CAXNAXNAANN"; /* C 1-9, A letter, N digit, X either */
    struct signs s = signs_of(found);
    if (s.n != sizeof form - 1) return false;
    for (size_t i = 0; i < s.n; i++) {
        bool digit = isdigit((unsigned char)s.c[i]) != 0;
        if (!digit && strchr("SLOIBZ", s.c[i])) return false;
        if ((form[i] == 'A' && digit) || ((form[i] == 'N' || form[i] == 'C') && !digit)) return false;
    }
    return s.c[0] != '0';
}

bool phi_is_npi(struct str found)
{
    struct signs d = digits_of(found);
    return d.n == 10 && (d.c[0] == '1' || d.c[0] == '2') && luhn(&d, 24); /* 24: what 80840 adds */
}

bool phi_is_dea(struct str found)
{
    struct signs d = digits_of(found);
    if (found.n > 1 && isdigit((unsigned char)found.p[1])) { /* the second letter may be a 9 */
        memmove(d.c, d.c + 1, d.n - 1);
        d.n--;
    }
    if (d.n != 7) return false;
    int sum = value(d.c[0]) + value(d.c[2]) + value(d.c[4]) + 2 * (value(d.c[1]) + value(d.c[3]) + value(d.c[5]));
    return sum % 10 == value(d.c[6]);
}

/* Issuers: first and last four-digit prefix, fewest and most digits. */
bool phi_is_card(struct str found)
{
    static const int issuers[][4] = {
        { 4000, 4999, 13, 19 }, { 5100, 5599, 16, 16 }, { 2221, 2720, 16, 16 }, { 3400, 3499, 15, 15 },
        { 3700, 3799, 15, 15 }, { 6011, 6011, 16, 19 }, { 6440, 6599, 16, 19 }, { 3000, 3059, 14, 19 },
        { 3600, 3699, 14, 19 }, { 3800, 3999, 14, 19 }, { 3528, 3589, 16, 19 }, { 6200, 6299, 16, 19 },
        { 5000, 5099, 12, 19 }, { 5600, 5899, 12, 19 }, { 6300, 6399, 12, 19 }, { 6700, 6799, 12, 19 },
    };
    struct signs d = digits_of(found);
    if (d.n < 12 || all_same(&d) || !luhn(&d, 0)) return false;
    int prefix = number(&d, 0, 4);
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++)
        if (prefix >= issuers[i][0] && prefix <= issuers[i][1] && (int)d.n >= issuers[i][2] &&
            (int)d.n <= issuers[i][3])
            return true;
    return false;
}

/* The first four signs go to the end, A is 10 and Z 35. */
bool phi_is_iban(struct str found)
{
    struct signs s = signs_of(found);
    int rest = 0;
    if (s.n < 15 || s.n > 34) return false;
    for (size_t k = 0; k < s.n; k++) {
        char c = s.c[(k + 4) % s.n];
        rest = isdigit((unsigned char)c) ? (10 * rest + value(c)) % 97 : (100 * rest + c - 'A' + 10) % 97;
    }
    return rest == 1;
}

bool phi_is_aba(struct str found)
{
    static const int weight[3] = { 3, 7, 1 };
    struct signs d = digits_of(found);
    int sum = 0;
    if (d.n != 9) return false;
    for (size_t i = 0; i < 9; i++) sum += weight[i % 3] * value(d.c[i]);
    int district = number(&d, 0, 2);
    bool exists = (district >= 1 && district <= 12) || (district >= 21 && district <= 32) ||
                  (district >= 61 && district <= 72) || district == 80;
    return sum % 10 == 0 && exists;
}

/* 49 CFR 565.15(c), tables III to V. */
bool phi_is_vin(struct str found)
{
    static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
    static const int values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9 };
    static const int weights[17] = { 8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2 };
    struct signs s = signs_of(found);
    int sum = 0;
    size_t letter_count = 0;
    if (s.n != 17) return false;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = strchr(letters, s.c[i]);
        if (!isdigit((unsigned char)s.c[i]) && at == NULL) return false;
        letter_count += at != NULL;
        sum += weights[i] * (at ? values[at - letters] : value(s.c[i]));
    }
    return letter_count > 0 && s.c[8] == "0123456789X"[sum % 11];
}

bool phi_is_gtin(struct str found)
{
    struct signs d = digits_of(found);
    int sum = 0;
    if (d.n != 16) return false; /* with the 01 before it */
    for (size_t i = 2; i < 16; i++) sum += (i % 2 == 0 ? 3 : 1) * value(d.c[i]);
    return sum % 10 == 0;
}

bool phi_is_imei(struct str found)
{
    struct signs d = digits_of(found);
    return d.n == 15 && !all_same(&d) && luhn(&d, 0);
}

static size_t digits_at_end(struct str found)
{
    size_t n = 0;
    for (size_t i = found.n; i > 0 && strchr(" :#=", found.p[i - 1]) == NULL; i--)
        n += isdigit((unsigned char)found.p[i - 1]) != 0;
    return n;
}

bool phi_has_3(struct str found) { return digits_at_end(found) >= 3; }
bool phi_has_4(struct str found) { return digits_at_end(found) >= 4; }
bool phi_has_5(struct str found) { return digits_at_end(found) >= 5; }
bool phi_has_digit(struct str found) { return digits_of(found).n > 0; }
