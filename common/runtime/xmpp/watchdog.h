/*
 * watchdog -- bounds what blocks: a thread that shuts a socket down when its
 * time is over, so that a read which would wait for ever ends.
 *
 * For libstrophe's TLS handshake, which has no time limit of its own.
 */
#pragma once
#include "common/base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/* fd is borrowed and must stay open until watchdog_stop. */
enum err watchdog_start(int fd, uint64_t timeout_ms, struct watchdog **out) MUST_USE;
bool watchdog_stop(struct watchdog *w); /* joins and frees; true when it had to act; NULL: false */
