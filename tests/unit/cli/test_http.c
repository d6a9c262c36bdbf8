#include "cli/http.h"
#include <criterion/criterion.h>
#include <stdio.h>

Test(http, parses)
{
    static const struct {
        const char *answer;
        enum err err;
        unsigned status;
        const char *text;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nA: b\r\n\r\nready\n", OK, 200, "ready" },
        { "HTTP/1.0 503 Service Unavailable\r\n\r\nnot ready: no link\nmore\n", OK, 503, "not ready: no link" },
        { "HTTP/1.1 204\r\n\r\n", OK, 204, "" },
        { "HTTP/1.1 200 OK\r\nA: b", OK, 200, "" },
        { "HTTP/2 200\r\n\r\n", ERR_PROTO, 0, "-" },
        { "HTTP/1.1 99 X\r\n\r\n", ERR_PROTO, 0, "-" },
        { "HTTP/1.1 2000 X\r\n\r\n", ERR_PROTO, 0, "-" },
        { "SSH-2.0-OpenSSH", ERR_PROTO, 0, "-" },
        { "", ERR_PROTO, 0, "-" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[HTTP_TEXT_BYTES] = "-";
        unsigned status = 0;
        cr_expect_eq(http_parse(str_of(rows[i].answer), &status, text), rows[i].err, "%s", rows[i].answer);
        cr_expect_eq(status, rows[i].status, "%s", rows[i].answer);
        cr_expect_str_eq(text, rows[i].text, "%s", rows[i].answer);
    }
}

/* Linux: the kernel gives outgoing connections ports from here on. */
static unsigned first_outgoing(void)
{
    unsigned first = 0;
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    cr_assert(f && fscanf(f, "%u", &first) == 1);
    (void)fclose(f);
    return first;
}

Test(http, ports)
{
    uint16_t port = 0;
    unsigned status = 0;
    cr_assert_eq(http_free_port(&port), OK);
    cr_expect(port != 0 && http_port_is_free(port));
    cr_expect_lt(port, first_outgoing(), "an outgoing connection may be given %u", port);
    cr_expect_eq(http_get(port, "/readyz", 200, &status, NULL), ERR_NETWORK, "nobody listens there");
}
