/*
 * pinger -- how long a small message takes from one account to another while
 * something else goes on: bare stanzas, sent by the clock and not by answers.
 */
#pragma once
#include "tests/bench/child.h"
#include "tests/bench/place.h"

#define PINGER_PREFIX "ping" /* two accounts: place_accounts(p, PINGER_PREFIX, 2) */
enum { PINGER_EVERY_MS = 10 };

/* arg is a struct place.  Answers {0} when both are connected; then an order with count 1 begins, and one with count 0
 * ends and is answered with the milliseconds of each message that arrived meanwhile. */
void pinger_child(int fd, void *place);
