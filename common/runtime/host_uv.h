/*
 * host_uv -- the operating system under an agent: clock, dice, timers and
 * worker threads, on one libuv loop.
 */
#pragma once
#include "common/runtime/transport.h"

struct uv_loop_s;
struct host_uv;

/* The loop is borrowed and must outlive the host until host_uv_close's handles are gone (run the loop once more). */
enum err host_uv_open(struct uv_loop_s *loop, struct host_uv **out) MUST_USE;
struct host host_uv_host(struct host_uv *h);
void host_uv_attach(struct host_uv *h, struct agent *core); /* whom events go to; NULL: nobody any more */
/* Stops every timer.  Freed when the last job has come back and the last handle is closed, which needs the loop to run.
 */
void host_uv_close(struct host_uv *h);
