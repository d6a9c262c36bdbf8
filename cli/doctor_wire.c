#include "cli/doctor_wire.h"
#include "common/base/clock.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_BROKER "correct broker_host and broker_port: they lead to another server, or a proxy stands between"
#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"

/* ---- connecting ---- */

static enum err look_up(const char *host, unsigned port, struct addrinfo **out, struct why *why)
{
    char service[16];
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    (void)snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host, service, &hints, out);
    if (rc == 0) return OK;
    return why_say(why, ERR_NETWORK, "the name %s is not known: %s", host, gai_strerror(rc));
}

enum err wire_resolve(const char *host, struct why *why)
{
    struct addrinfo *all = NULL;
    TRY(look_up(host, 0, &all, why));
    freeaddrinfo(all);
    return OK;
}

/* 0, or the error number. */
static int finish_connecting(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int number = 0;
    socklen_t size = sizeof number;
    if (poll(&p, 1, WIRE_CONNECT_MS) != 1) return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
}

static int connect_one(const struct addrinfo *a, int *out_fd)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    int number = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
    if (number == EINPROGRESS) number = finish_connecting(fd);
    if (number == 0)
        *out_fd = fd;
    else
        (void)close(fd);
    return number;
}

enum err wire_connect(const char *host, unsigned port, int *out_fd, struct why *why)
{
    struct addrinfo *all = NULL;
    int number = EADDRNOTAVAIL;
    TRY(look_up(host, port, &all, why));
    for (const struct addrinfo *a = all; a && number != 0; a = a->ai_next) number = connect_one(a, out_fd);
    freeaddrinfo(all);
    if (number == 0) return OK;
    if (number == ECONNREFUSED)
        return why_say(why, ERR_NETWORK, "%s port %u is closed: nothing listens there", host, port);
    return why_say(why, number == ETIMEDOUT ? ERR_TIMEOUT : ERR_NETWORK, "%s port %u: %s", host, port,
                   strerror(number));
}

/* ---- hello ---- */

static enum err say_hello(int fd, const char *domain)
{
    char text[512];
    int n = snprintf(text, sizeof text,
                     "<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' to='%.200s' "
                     "xmlns:stream='http://etherx.jabber.org/streams'>",
                     domain);
    return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n ? OK : ERR_NETWORK;
}

/* One read; false when the other side is done. */
static bool hear_more(int fd, uint64_t until_ms, struct buf *heard)
{
    char text[4096];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    uint64_t now_ms = clock_mono_ms();
    if (now_ms >= until_ms || poll(&p, 1, (int)(until_ms - now_ms)) != 1) return true;
    ssize_t n = recv(fd, text, sizeof text, 0);
    if (n > 0) buf_add(heard, text, (size_t)n);
    return n > 0;
}

enum err wire_greet(int fd, const char *domain, struct buf *heard, enum wire_end *out_end)
{
    uint64_t until_ms = clock_mono_ms() + WIRE_HEAR_MS;
    bool open = say_hello(fd, domain) == OK;
    while (open && clock_mono_ms() < until_ms && !wire_judge(buf_str(heard), WIRE_OPEN)) {
        open = hear_more(fd, until_ms, heard);
        TRY(buf_err(heard));
    }
    *out_end = open ? WIRE_LATE : WIRE_CLOSED;
    return OK;
}

/* ---- what it means ---- */

/* clang-format off */
static const struct {
    const char *begins;   /* or NULL */
    const char *holds;    /* or NULL */
    struct wire_verdict verdict;
} rows[] = {
    { "HTTP/",     NULL, { ERR_NETWORK, "an HTTP server or proxy answers, not an XMPP broker", NO_BROKER } },
    { "<html",     NULL, { ERR_NETWORK, "an HTTP server or proxy answers, not an XMPP broker", NO_BROKER } },
    { "<!DOCTYPE", NULL, { ERR_NETWORK, "an HTTP server or proxy answers, not an XMPP broker", NO_BROKER } },
    { "SSH-",      NULL, { ERR_NETWORK, "an SSH server answers, not an XMPP broker", NO_BROKER } },
    { "220",       NULL, { ERR_NETWORK, "a mail or file server answers, not an XMPP broker", NO_BROKER } },
    { "\x15\x03",  NULL, { ERR_TLS, "the port wants TLS from the first byte", "use the broker's port for STARTTLS, commonly 5222" } },
    { NULL, "<host-unknown",   { ERR_AUTH, "the broker does not serve our domain", "correct jid, or broker_host: it is another federation's broker" } },
    { NULL, "<stream:error",   { ERR_NETWORK, "the broker refuses the stream", "look into the broker's log" } },
    { NULL, NS_TLS,            { OK, "an XMPP broker that offers TLS", "" } },
    { NULL, "</stream:features>", { ERR_TLS, "the broker offers no TLS", "give it a certificate, and c2s_require_encryption = true; nobody logs in without TLS" } },
};
/* clang-format on */

static bool fits(size_t row, struct str heard)
{
    if (rows[row].begins) return str_starts(heard, rows[row].begins);
    while (heard.n && !str_starts(heard, rows[row].holds)) heard = (struct str){ heard.p + 1, heard.n - 1 };
    return heard.n > 0;
}

const struct wire_verdict *wire_judge(struct str heard, enum wire_end end)
{
    static const struct wire_verdict silent[] = {
        [WIRE_LATE] = { ERR_NETWORK, "something takes the connection and says nothing",
                        "it is no XMPP port, or a firewall swallows what is said: correct broker_port" },
        [WIRE_CLOSED] = { ERR_NETWORK, "something closes the connection without a word",
                          "it is no XMPP port, or one for TLS from the first byte; for STARTTLS it commonly is 5222" },
    };
    static const struct wire_verdict other = { ERR_NETWORK, "something other than an XMPP broker answers", NO_BROKER };
    struct str text = str_trim(heard);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fits(i, text)) return &rows[i].verdict;
    if (end == WIRE_OPEN) return NULL;
    return text.n ? &other : &silent[end];
}
