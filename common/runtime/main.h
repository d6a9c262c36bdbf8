/*
 * main -- from a command line to a running agent on the operating system.
 */
#pragma once
#include "common/runtime/agent.h"

/* Parses the command line (--help, --version, --describe, --config FILE, --name value), reads settings, roster, keys
 * and store, connects, serves probes, and runs until SIGTERM or SIGINT.  Returns the exit code (see err.def). */
int agent_main(const struct agent_def *def, int argc, char **argv);
