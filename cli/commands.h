/*
 * commands -- the subcommands' functions; what each does is told by the table.
 */
#pragma once
#include "cli/cli.h"

cli_run_fn run_up, run_down, run_status;
cli_run_fn run_ask, run_thin;                            /* ask.c; thin: the coordinator's command of the same name */
cli_run_fn run_start, run_watch;                         /* watch.c */
cli_run_fn run_doctor;                                   /* doctor.c */
cli_run_fn run_report_hipaa;                             /* report.c */
cli_run_fn run_export;                                   /* models.c */
cli_run_fn run_keys_new, run_keys_rotate, run_keys_show; /* keys.c */
cli_run_fn run_enrol_request, run_enrol_accept, run_enrol_revoke; /* enrol.c */
cli_run_fn run_help, run_version, run_man, run_completion;        /* about.c */
