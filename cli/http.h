/*
 * http -- asking a process on this machine whether it is ready.
 */
#pragma once
#include "common/base/str.h"

enum { HTTP_TEXT_BYTES = 200 };

/* GET path of http://127.0.0.1:port, waiting at most timeout_ms.  *out_status is 200 and so on; text (may be NULL) is
 * the first line of the answer's body.  ERR_NETWORK when nobody answers.  Blocks. */
enum err http_get(uint16_t port, const char *path, unsigned timeout_ms, unsigned *out_status,
                  char text[HTTP_TEXT_BYTES]) MUST_USE;

/* Reads an answer's status line and the first line of its body. */
enum err http_parse(struct str answer, unsigned *out_status, char text[HTTP_TEXT_BYTES]) MUST_USE;

/* A TCP port of 127.0.0.1 that nobody uses now, below those that the kernel gives to outgoing connections: one of them
 * might have it before we do (tcp(7), ip_local_port_range).  ERR_NETWORK. */
enum err http_free_port(uint16_t *out) MUST_USE;
bool http_port_is_free(uint16_t port);
