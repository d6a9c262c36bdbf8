/*
 * http -- PUT and GET of chunks over HTTPS, by libcurl on the uv loop.
 *
 * Few kept connections; the certificate is always verified; no redirects, no
 * other protocols.  The only time limit is "no progress".
 */
#pragma once
#include "common/base/buf.h"

struct uv_loop_s;
enum {
    HTTP_CONNECT_MS = 15000,
    HTTP_STALL_S = 30, /* so long without a byte */
    HTTP_MAX_CONNECTIONS = 4,
    HTTP_MAX_REQUESTS = 2048, /* running and waiting */
    HTTP_MAX_HEADERS = 8,
    HTTP_MAX_HEADER_BYTES = 4096
};

struct http;
/* data: the body of a GET; empty on error.  ERR_NETWORK, ERR_TLS, ERR_ABSENT (404, 410), ERR_LIMIT (longer than allowed
 * or refused for its size), ERR_MEMORY. */
typedef void http_done_fn(void *to, enum err e, struct bytes data);
struct http_request {
    struct str url;
    struct bytes put;                          /* p NULL: a GET; the bytes must live until done, or closed */
    const char *headers[HTTP_MAX_HEADERS + 1]; /* "Name: value", NULL-terminated */
    size_t max_bytes;                          /* of what a GET may bring */
    http_done_fn *done;
    void *to;
};

enum err http_open(struct uv_loop_s *loop, const char *ca_file, struct http **out) MUST_USE;
/* All but what is put is copied.  done comes on the loop, never from inside.  ERR_INPUT: no https URL; ERR_LIMIT;
 * ERR_MEMORY; ERR_IO: libcurl is not installed. */
enum err http_start(struct http *h, const struct http_request *request) MUST_USE;
/* Drops what runs, without calling done; frees on the loop, then calls closed. */
void http_close(struct http *h, void (*closed)(void *to), void *to);
