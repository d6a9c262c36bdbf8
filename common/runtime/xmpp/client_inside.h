/*
 * client_inside -- a client's session and loop, for what else of this folder
 * asks the broker something on its behalf (survey.c).
 */
#pragma once
#include "common/runtime/xmpp/client.h"
#include "common/runtime/xmpp/session.h"

struct session *client_session(struct client *c);
struct uv_loop_s *client_loop(struct client *c);

/* Runs the loop until done(to).  What is waited for must end by itself: a question of the session, a request of http.
 */
typedef bool client_done_fn(const void *to);
void client_wait(struct client *c, client_done_fn *done, const void *to);
