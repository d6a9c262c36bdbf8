/*
 * program -- the programs and files that come with this one, and running them.
 */
#pragma once
#include "common/base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROGRAM_PATH_BYTES = 1024 };

/* The program beside this one, such as "himas-trainer".  ERR_IO when it is not there. */
enum err program_beside(const char *name, char *out, size_t size, struct why *why) MUST_USE;
/* A file that comes with himas, such as "broker-config/broker.sh": from the folder HIMAS_SHARE names, from
 * ../share/himas beside this program, or from the sources it was built from.  ERR_IO when it is nowhere. */
enum err program_file(const char *relative, char *out, size_t size, struct why *why) MUST_USE;

/* What a child gets: standard input is empty; output goes to log_path (appended), or is ours when NULL. */
struct program_start {
    const char *const *argv; /* argv[0] is a path; ends with NULL */
    const char *log_path;
    bool log_passes; /* it is removed with its folder: no error names it */
    bool own_group;  /* not reached by the terminal's interrupt */
};
/* The child ends with us.  ERR_IO. */
enum err program_spawn(const struct program_start *start, pid_t *out, struct why *why) MUST_USE;
/* Starts and waits.  Another exit code than 0 is told by program_err(), the end by a signal is ERR_IO; the sentence
 * has the last line of its log. */
enum err program_run(const struct program_start *start, struct why *why) MUST_USE;
/* Becomes the program: returns only when that fails. */
enum err program_become(const char *path, char *const *argv, struct why *why) MUST_USE;

/* The first error of err.def that ends our own programs with this code, else ERR_IO. */
enum err program_err(int exit_code);

/* The last line of a text file, after its first `since` bytes, that is neither empty nor indented (more to the line
 * before), and wanted; cut to size; "" when there is none.  wanted may be NULL: any. */
typedef bool program_line_fn(struct str line);
const char *program_last_line(const char *path, long since, program_line_fn *wanted, char *out, size_t size);
