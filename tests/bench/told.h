/*
 * told -- a program that runs beside the measurement and is heard: what it
 * writes is read until it has said a word.
 */
#pragma once
#include "tests/bench/report.h"
#include <stdio.h>

struct told {
    int pid;
    FILE *from; /* what it writes, standard output and error */
    uint64_t began_ns;
};

/* argv[0] is its file, the last entry NULL; the program dies with us. */
struct told told_start(const char *const argv[]);
/* When the line with the word in it was read; dies when the program ends before or says nothing for a minute. */
uint64_t told_wait(const struct told *t, const char *word);
void told_end(struct told *t); /* SIGTERM, reads what it still says, waits */

enum { TOLD_PATH_BYTES = 512 };
/* "<folder of this program>/<name>". */
void told_path(const char *name, char out[TOLD_PATH_BYTES]);
