/*
 * wire -- one bare libstrophe connection on a uv loop: text out, stanzas in.
 *
 * The yardstick stands on this and on nothing of the runtime's, so that what
 * the runtime adds can be seen.
 */
#pragma once
#include "tests/bench/place.h"
#include <strophe.h>
#include <uv.h>

struct wire;
typedef void wire_stanza_fn(void *to, struct wire *w, xmpp_stanza_t *s);

struct wire *wire_open(uv_loop_t *loop, const struct place *p, const char *jid, bool stream_management,
                       wire_stanza_fn *fn, void *to);
bool wire_up(const struct wire *w);
void wire_send(struct wire *w, const char *text, size_t n); /* one whole stanza; written soon */
void wire_flush(struct wire *w);                            /* written now, as far as the socket takes it */
