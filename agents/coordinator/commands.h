/*
 * commands -- what people ask of the coordinator; the table is in commands.c.
 */
#pragma once
#include "agents/coordinator/coordinator.h"

/* commands_run.c: what changes runs */
command_run_fn command_start, command_pause, command_resume, command_abort;
/* commands_look.c: what is going on */
command_run_fn command_status, command_trainers, command_runs_list, command_runs_show;
/* commands_tasks.c */
command_run_fn command_count; /* commands_count.c */
command_run_fn command_tasks_list, command_tasks_show, command_tasks_digest, command_watch, command_unwatch;
/* commands_models.c */
command_run_fn command_models_list, command_models_show, command_models_export;

/* The run a call means: the one named, or the only one going on.  Says why not. */
enum err commands_pick_run(struct coordinator *c, const struct call *call, struct run **out, struct result *say)
    MUST_USE;
/* Says that there is no such task, and which was meant perhaps; ERR_ABSENT. */
enum err commands_no_task(const struct coordinator *c, struct str name, struct result *say) MUST_USE;
/* "2026-11-21T06:24:01Z": to the second. */
char *commands_time(int64_t wall_ms, char out[32]);
/* A number for a cell: "-" when it is not known. */
char *commands_real(double value, int digits, char out[32]);
