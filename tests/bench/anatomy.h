/*
 * anatomy -- what a running process holds in memory, and what its program
 * file is made of.
 */
#pragma once
#include "tests/bench/report.h"

/* From /proc/PID/smaps_rollup and maps; in MB of 2^20 bytes. */
struct anatomy {
    double rss;       /* all pages that are in memory, also those of libraries that others have too */
    double pss;       /* each page divided by how many processes have it */
    double dirty;     /* this process's alone: its heap, stacks, and what the linker wrote */
    size_t libraries; /* files of code that are mapped, without the program itself */
};
struct anatomy anatomy_of(int pid);

/* The process one of whose arguments is the word, which is a whole argument; 0 when there is none. */
int anatomy_find(const char *argument);

/* Bytes of the file, and of a copy without symbols. */
struct anatomy_file {
    double mb, stripped_mb;
};
struct anatomy_file anatomy_file(const char *path, const char *folder); /* for the copy */
