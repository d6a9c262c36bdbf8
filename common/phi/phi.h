/*
 * phi -- finds in free text what may identify a patient.
 *
 * The classes are those of the Safe Harbor rule, 45 CFR 164.514(b)(2).  A text
 * is looked at as a reader would see it: compatibility forms, digits of other
 * scripts, look-alike letters and invisible characters are folded away, and
 * what is base64, hexadecimal, percent- or JSON-escaped, or spaced out is read
 * as well.  Every detector is a row of a table (phi_rows.c): a pattern of
 * bounded length, run by PCRE2's matcher that never goes back (pcre2matching,
 * "The alternative matching algorithm"), and a check; so the time is linear in
 * the text.
 *
 * It says what and where, never the value.  It fails closed: a text that
 * cannot be looked at is a hit of its own kind.
 */
#pragma once
#include "common/base/str.h"

enum { PHI_MAX_BYTES = 1 << 20, PHI_MAX_HITS = 32 };

/* T(NAME, "word for people") */
#define PHI_TYPES(T)                                                                                                   \
    T(NAME, "name")                                                                                                    \
    T(ADDRESS, "address")                                                                                              \
    T(ZIP, "zip")                                                                                                      \
    T(DATE, "date")                                                                                                    \
    T(AGE, "age")                                                                                                      \
    T(PHONE, "phone")                                                                                                  \
    T(EMAIL, "email")                                                                                                  \
    T(SSN, "ssn")                                                                                                      \
    T(ITIN, "itin")                                                                                                    \
    T(MRN, "mrn")                                                                                                      \
    T(MBI, "mbi")                                                                                                      \
    T(PLAN, "plan")                                                                                                    \
    T(NPI, "npi")                                                                                                      \
    T(DEA, "dea")                                                                                                      \
    T(ACCOUNT, "account")                                                                                              \
    T(CARD, "card")                                                                                                    \
    T(IBAN, "iban")                                                                                                    \
    T(ABA, "aba")                                                                                                      \
    T(LICENCE, "licence")                                                                                              \
    T(VIN, "vin")                                                                                                      \
    T(PLATE, "plate")                                                                                                  \
    T(DEVICE, "device")                                                                                                \
    T(URL, "url")                                                                                                      \
    T(IP, "ip")                                                                                                        \
    T(MAC, "mac")                                                                                                      \
    T(BIOMETRIC, "biometric")                                                                                          \
    T(RECORD, "record")                                                                                                \
    T(UNSCANNED, "unreadable text")

enum phi_type {
    PHI_NONE,
#define ROW(NAME, word) PHI_##NAME,
    PHI_TYPES(ROW)
#undef ROW
        PHI_COUNT
};

struct phi_hit {
    enum phi_type type;
    size_t at, n; /* bytes of the text given */
    double score; /* .5 .. 1 */
};
struct phi_hits {
    struct phi_hit hit[PHI_MAX_HITS]; /* in the order found; more than these are not looked for */
    size_t n;
};

/* Names of the federation's own, which are nobody's: addresses of its members and machines.  Asked of what looks like
 * an e-mail address, a URL or an IP address. */
struct phi_known {
    bool (*is)(const void *to, struct str value); /* NULL: none */
    const void *to;
};

/* One at a time: it has working memory.  ERR_MEMORY. */
struct phi;
enum err phi_new(struct phi **out) MUST_USE;
void phi_free(struct phi *p);

/* p may be NULL: then, as for text that is no UTF-8 or longer than PHI_MAX_BYTES and when memory runs out, the hit is
 * PHI_UNSCANNED.  Does not block, but takes some 0.3 us a byte. */
void phi_scan(struct phi *p, struct str text, const struct phi_known *known, struct phi_hits *out);

const char *phi_name(enum phi_type type);
const char *phi_withheld(enum phi_type type); /* what stands in place of the text: "[withheld: looked like SSN]" */
