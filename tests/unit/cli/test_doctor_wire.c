#include "cli/doctor_wire.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0'>"
#define TLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"

Test(doctor_wire, judges_first_words)
{
    static const struct {
        const char *heard;
        enum wire_end end;
        const char *words; /* NULL: more must be heard */
        enum err code;
    } rows[] = {
        { "", WIRE_OPEN, NULL, OK },
        { "", WIRE_LATE, "says nothing", ERR_NETWORK },
        { "", WIRE_CLOSED, "without a word", ERR_NETWORK },
        { HEAD, WIRE_OPEN, NULL, OK },
        { HEAD, WIRE_CLOSED, "something other", ERR_NETWORK },
        { HEAD "<stream:features>" TLS "</stream:features>", WIRE_OPEN, "offers TLS", OK },
        { HEAD "<stream:features></stream:features>", WIRE_OPEN, "no TLS", ERR_TLS },
        { HEAD "<stream:error><host-unknown xmlns='x'/></stream:error>", WIRE_OPEN, "does not serve", ERR_AUTH },
        { HEAD "<stream:error><conflict xmlns='x'/></stream:error>", WIRE_OPEN, "refuses", ERR_NETWORK },
        { "HTTP/1.1 400 Bad Request\r\n", WIRE_OPEN, "HTTP server or proxy", ERR_NETWORK },
        { "\n<html>", WIRE_OPEN, "HTTP server or proxy", ERR_NETWORK },
        { "SSH-2.0-OpenSSH_9.2\r\n", WIRE_OPEN, "SSH", ERR_NETWORK },
        { "220 mail ESMTP\r\n", WIRE_OPEN, "mail", ERR_NETWORK },
        { "\x15\x03\x01", WIRE_OPEN, "from the first byte", ERR_TLS },
        { "?", WIRE_LATE, "something other", ERR_NETWORK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct wire_verdict *v = wire_judge(str_of(rows[i].heard), rows[i].end);
        cr_assert((v == NULL) == (rows[i].words == NULL), "row %zu", i);
        if (v) cr_expect(v->code == rows[i].code && strstr(v->words, rows[i].words), "row %zu: %s", i, v->words);
    }
}

/* A listening socket of this machine, and its port. */
static int listener(unsigned *out_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&at, size) == 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0);
    *out_port = ntohs(at.sin_port);
    return fd;
}

Test(doctor_wire, connects_and_hears)
{
    static const char says[] = "HTTP/1.1 400 Bad Request\r\n";
    struct buf heard CLEANUP(buf_free) = buf_make(WIRE_MAX_BYTES);
    struct why why = { "" };
    unsigned port = 0;
    int fd = -1;
    enum wire_end end = WIRE_OPEN;
    int server = listener(&port);
    cr_expect_eq(wire_connect("127.0.0.1", port, &fd, &why), ERR_NETWORK);
    cr_expect(strstr(why.text, "nothing listens"), "%s", why.text);
    cr_assert_eq(listen(server, 1), 0);
    cr_assert_eq(wire_connect("127.0.0.1", port, &fd, &why), OK, "%s", why.text);
    int peer = accept(server, NULL, NULL);
    cr_assert_eq(send(peer, says, strlen(says), 0), (ssize_t)strlen(says));
    cr_assert_eq(shutdown(peer, SHUT_WR), 0);
    cr_assert_eq(wire_greet(fd, "himas.local", &heard, &end), OK);
    cr_expect_neq(end, WIRE_OPEN);
    cr_expect(strstr((const char *)heard.p, "400 Bad"));
    (void)close(peer);
    (void)close(fd);
    (void)close(server);
}

Test(doctor_wire, names)
{
    struct why why = { "" };
    cr_expect_eq(wire_resolve("127.0.0.1", &why), OK);
    cr_expect_eq(wire_resolve("no such name", &why), ERR_NETWORK);
    cr_expect(strstr(why.text, "no such name is not known"), "%s", why.text);
}
