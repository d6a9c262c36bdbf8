#include "cli/http.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096, FREE_FIRST = 15000, FREE_END = 32000, FREE_TRIES = 1000 };

static struct sockaddr_in here(uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
}

enum err http_parse(struct str answer, unsigned *out_status, char text[HTTP_TEXT_BYTES])
{
    uint64_t status = 0;
    struct str rest = answer;
    struct str line = str_next(&rest, '\n');
    struct str version = str_next(&line, ' ');
    if (!str_starts(version, "HTTP/1.")) return ERR_PROTO;
    if (str_u64(str_trim(str_next(&line, ' ')), &status) != OK || status < 100 || status > 599) return ERR_PROTO;
    while (rest.n && str_trim(str_next(&rest, '\n')).n) continue;
    struct str first = str_trim(str_next(&rest, '\n'));
    if (text) (void)snprintf(text, HTTP_TEXT_BYTES, STR_F, STR_ARG(first));
    *out_status = (unsigned)status;
    return OK;
}

static size_t read_all(int fd, char *out, size_t size)
{
    size_t n = 0;
    ssize_t got = 1;
    while (n < size && (got = recv(fd, out + n, size - n, 0)) > 0) n += (size_t)got;
    return n;
}

static enum err ask(int fd, uint16_t port, const char *path, unsigned *out_status, char text[HTTP_TEXT_BYTES])
{
    char question[300];
    char answer[ANSWER_BYTES] = "";
    const struct sockaddr_in to = here(port);
    int n = snprintf(question, sizeof question, "GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", path);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) return ERR_NETWORK;
    if (send(fd, question, (size_t)n, MSG_NOSIGNAL) != n) return ERR_NETWORK;
    size_t got = read_all(fd, answer, sizeof answer);
    return http_parse((struct str){ answer, got }, out_status, text);
}

enum err http_get(uint16_t port, const char *path, unsigned timeout_ms, unsigned *out_status,
                  char text[HTTP_TEXT_BYTES])
{
    const struct timeval limit = { .tv_sec = timeout_ms / 1000, .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return ERR_NETWORK;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    enum err e = ask(fd, port, path, out_status, text);
    (void)close(fd);
    return e == ERR_PROTO ? ERR_NETWORK : e;
}

static int bound(uint16_t port)
{
    int one = 1;
    const struct sockaddr_in at = here(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0) return fd;
    (void)close(fd);
    return -1;
}

bool http_port_is_free(uint16_t port)
{
    int fd = bound(port);
    if (fd >= 0) (void)close(fd);
    return fd >= 0;
}

enum err http_free_port(uint16_t *out)
{
    for (int tries = 0; tries < FREE_TRIES; tries++) {
        uint16_t dice = 0;
        if (getrandom(&dice, sizeof dice, 0) != (ssize_t)sizeof dice) return ERR_NETWORK;
        *out = (uint16_t)(FREE_FIRST + dice % (FREE_END - FREE_FIRST));
        if (http_port_is_free(*out)) return OK;
    }
    return ERR_NETWORK;
}
