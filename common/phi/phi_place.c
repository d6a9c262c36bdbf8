/* Dates, networks and places. */
#include "common/phi/phi_check.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

enum { PARTS_MAX = 8, HOST_BYTES = 256 };

/* The numbers in the text, in their order. */
struct parts {
    unsigned v[PARTS_MAX];
    size_t n;
};

static struct parts parts_of(struct str s)
{
    struct parts out = { .n = 0 };
    bool within = false;
    for (size_t i = 0; i < s.n; i++) {
        bool digit = isdigit((unsigned char)s.p[i]) != 0;
        if (digit && !within && out.n == PARTS_MAX) break;
        if (digit && !within) out.v[out.n++] = 0;
        if (digit && out.v[out.n - 1] < 100000000) out.v[out.n - 1] = 10 * out.v[out.n - 1] + (unsigned)(s.p[i] - '0');
        within = digit;
    }
    return out;
}

static bool day_and_month(unsigned day, unsigned month)
{
    static const unsigned days[13] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month];
}

static bool a_year(unsigned y) { return y < 100 || (y >= 1850 && y < 2100); }

bool phi_is_date(struct str found)
{
    struct parts p = parts_of(found);
    if (p.n < 3) return false;
    return (a_year(p.v[0]) && p.v[0] > 31 && day_and_month(p.v[2], p.v[1])) ||
           (a_year(p.v[2]) && (day_and_month(p.v[0], p.v[1]) || day_and_month(p.v[1], p.v[0])));
}

bool phi_is_compact(struct str found)
{
    struct parts p = parts_of(found);
    if (p.n != 1) return false;
    return a_year(p.v[0] / 10000) && day_and_month(p.v[0] % 100, p.v[0] / 100 % 100);
}

static size_t gather(struct str s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < size; i++)
        if (isdigit((unsigned char)s.p[i])) out[n++] = s.p[i];
    return n;
}

/* North American Numbering Plan: NXX-NXX-XXXX, neither area nor exchange N11; seven digits are the exchange's. */
bool phi_is_phone(struct str found)
{
    char d[16];
    size_t n = gather(found, d, sizeof d);
    const char *p = n == 11 && d[0] == '1' ? d + 1 : d;
    n -= (size_t)(p - d);
    if (n == 7) return !(p[1] == '1' && p[2] == '1');
    return n == 10 && !(p[1] == '1' && p[2] == '1') && !(p[4] == '1' && p[5] == '1');
}

bool phi_is_e164(struct str found)
{
    char d[32];
    size_t n = gather(found, d, sizeof d);
    return n >= 8 && n <= 15;
}

static bool ends(struct str s, const char *tail)
{
    size_t n = strlen(tail);
    return s.n >= n && str_is_nocase((struct str){ s.p + s.n - n, n }, tail) && (s.n == n || s.p[s.n - n - 1] == '.');
}

static struct str from(struct str s, size_t i) { return (struct str){ s.p + i, s.n - i }; }

struct str phi_host(struct str s)
{
    size_t n = str_find(s, "://");
    if (n < s.n) s = from(s, n + 3);
    n = str_find(s, "@");
    if (n < s.n) s = from(s, n + 1);
    n = 0;
    while (n < s.n && (isalnum((unsigned char)s.p[n]) || strchr(".-_", s.p[n]))) n++;
    while (n > 0 && s.p[n - 1] == '.') n--;
    return (struct str){ s.p, n };
}

bool phi_is_public(struct str found)
{
    static const char *const reserved[] = {
        "example", "test", "invalid", "localhost", "example.com", "example.net", "example.org", "w3.org", "jabber.org"
    }; /* and of XML namespaces */
    struct str host = phi_host(found);
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (ends(host, reserved[i])) return false;
    return host.n > 0 && !str_starts(host, "127.");
}

static bool address(int family, struct str s, uint8_t out[16])
{
    char z[HOST_BYTES];
    return str_copy(s, z, sizeof z) == OK && inet_pton(family, z, out) == 1;
}

bool phi_is_ipv4(struct str found)
{
    static const uint8_t nobody[][3] = { { 192, 0, 2 }, { 198, 51, 100 }, { 203, 0, 113 } }; /* RFC 5737 */
    uint8_t a[16];
    if (!address(AF_INET, found, a) || a[0] == 0 || a[0] == 127 || a[0] == 255) return false;
    for (size_t i = 0; i < 3; i++)
        if (memcmp(a, nobody[i], 3) == 0) return false;
    return true;
}

bool phi_is_ipv6(struct str found)
{
    static const uint8_t loopback[16] = { [15] = 1 };
    static const uint8_t docs[4] = { 0x20, 0x01, 0x0d, 0xb8 }; /* RFC 3849 */
    uint8_t a[16];
    bool short_form = str_find(found, "::") < found.n;
    size_t colons = 0;
    size_t digits = 0; /* without one it is a word: "dead::" */
    for (size_t i = 0; i < found.n; i++) {
        colons += found.p[i] == ':';
        digits += isdigit((unsigned char)found.p[i]) != 0;
    }
    if (digits == 0 || (!short_form && colons != 7) || found.n < 4 || !address(AF_INET6, found, a)) return false;
    return memcmp(a, loopback, 16) != 0 && memcmp(a, docs, 4) != 0;
}

bool phi_is_mac(struct str found)
{
    for (size_t i = 0; i < found.n; i++)
        if (strchr("0:-", found.p[i]) == NULL) return true;
    return false;
}

bool phi_is_state(struct str found)
{
    static const char states[] =
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH "
        "NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI AS MP";
    for (const char *at = states; found.n >= 2; at += 3) {
        if (memcmp(at, found.p, 2) == 0) return true;
        if (at[2] == '\0') break;
    }
    return false;
}

/* Of a file with a column for each patient's data; two names make it one. */
bool phi_is_header(struct str found)
{
    static const char *const names[] = { "name",      "patient_name",  "first_name", "last_name", "firstname",
                                         "lastname",  "surname",       "given_name", "dob",       "birth_date",
                                         "birthdate", "date_of_birth", "ssn",        "mrn",       "address",
                                         "street",    "zip",           "zipcode",    "zip_code",  "phone",
                                         "email",     "patient_id" };
    size_t hits = 0;
    struct str rest = str_trim(found);
    while (rest.n > 0) {
        struct str cell = str_trim(str_next(&rest, ','));
        if (cell.n >= 2 && (*cell.p == '"' || *cell.p == '\'')) cell = (struct str){ cell.p + 1, cell.n - 2 };
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) hits += str_is_nocase(cell, names[i]);
    }
    return hits >= 2;
}
