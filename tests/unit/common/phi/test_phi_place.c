#include "common/phi/phi_check.h"
#include <criterion/criterion.h>

static const struct {
    phi_check_fn *check;
    const char *text;
    bool holds;
} rows[] = {
    { phi_is_date, "03/14/1957", true },
    { phi_is_date, "14.3.1957", true },
    { phi_is_date, "1957-03-14", true },
    { phi_is_date, "2/29/24", true },
    { phi_is_date, "13/14/1957", false },
    { phi_is_date, "2/30/1957", false },
    { phi_is_date, "0/12/1957", false },
    { phi_is_date, "1957-14-03", false },
    { phi_is_date, "1-2-1700", false },
    { phi_is_date, "1-2", false },
    { phi_is_compact, "19570314", true },
    { phi_is_compact, "19571403", false },
    { phi_is_compact, "12345678", false },
    { phi_is_phone, "(212) 555-1234", true },
    { phi_is_phone, "1-212-555-1234", true },
    { phi_is_phone, "555-1234", true },
    { phi_is_phone, "911-555-1234", false },
    { phi_is_phone, "212-411-1234", false },
    { phi_is_phone, "411-1234", false },
    { phi_is_phone, "541-1234", true },
    { phi_is_e164, "+44 20 7946 0123", true },
    { phi_is_e164, "+44 20", false },
    { phi_is_public, "jane@gmail.com", true },
    { phi_is_public, "jane@hospital.example", false },
    { phi_is_public, "https://u:p@portal.clinic.org/x", true },
    { phi_is_public, "http://127.0.0.1:9090/metrics", false },
    { phi_is_public, "https://localhost:5281/upload", false },
    { phi_is_public, "www.example.com", false },
    { phi_is_public, "www.notexample.com", true },
    { phi_is_ipv4, "10.1.2.3", true },
    { phi_is_ipv4, "256.1.2.3", false },
    { phi_is_ipv4, "127.0.0.1", false },
    { phi_is_ipv4, "0.12.2.1", false },
    { phi_is_ipv4, "192.0.2.7", false },
    { phi_is_ipv6, "fe80::1", true },
    { phi_is_ipv6, "2001:db8::1", false },
    { phi_is_ipv6, "::1", false },
    { phi_is_ipv6, "aead::", false },
    { phi_is_ipv6, "06:24:01", false },
    { phi_is_ipv6, "1:2:3:4:5:6:7:8", true },
    { phi_is_mac, "00:1b:44:11:3a:b7", true },
    { phi_is_mac, "00:00:00:00:00:00", false },
    { phi_is_state, "IL 62701", true },
    { phi_is_state, "XX 62701", false },
    { phi_is_state, "I", false },
    { phi_is_header, "first_name,last_name,dob", true },
    { phi_is_header, "\"MRN\", radius, \"DOB\"", true },
    { phi_is_header, "radius,texture,name", false },
    { phi_is_header, "", false },
};

Test(phi_place, rows)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(rows[i].check(str_of(rows[i].text)), rows[i].holds, "row %zu: %s", i, rows[i].text);
}

Test(phi_place, host_of_what_was_found)
{
    static const char *const pairs[][2] = { { "jane@clinic.org", "clinic.org" },
                                            { "https://portal.clinic.org:8443/x", "portal.clinic.org" },
                                            { "10.1.2.3", "10.1.2.3" },
                                            { "www.clinic.org.", "www.clinic.org" },
                                            { "", "" } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_expect(str_is(phi_host(str_of(pairs[i][0])), pairs[i][1]), "%s", pairs[i][0]);
}
