/*
 * show -- what up, down and status print.
 */
#pragma once
#include "cli/cli.h"
#include "cli/services.h"
#include "cli/setup.h"

/* One line that is written over on a terminal, on standard error; nothing elsewhere. */
void show_step(const struct cli *cli, const char *format, ...) PRINTF(2, 3);
void show_step_end(const struct cli *cli);

struct show_up {
    const struct home *home;
    const struct federation *federation;
    const struct setup *setup;
    bool was_running;
    double seconds;
};
enum err show_up(const struct cli *cli, const struct show_up *how, struct why *why) MUST_USE;

void show_free(struct services **s); /* for CLEANUP() */
