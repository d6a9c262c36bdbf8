/*
 * dataset_lines -- the bytes of a CSV file (RFC 4180, one record a line) as
 * fields; the only door to libcsv.
 */
#pragma once
#include "common/base/str.h"

enum { LINE_MAX_FIELDS = 4096 };

struct line {
    uint64_t number;          /* 1-based */
    bool too_long;            /* then there are no fields */
    const struct str *fields; /* unquoted, without white space around; as long as the call */
    size_t nfields;
};

/* Another code than OK ends the reading and is returned. */
typedef enum err line_fn(void *to, const struct line *line);

/* Calls fn for each line that is not blank, after `skip` lines.  ERR_MEMORY. */
enum err lines_in(struct bytes csv, uint64_t skip, line_fn *fn, void *to) MUST_USE;
/* ERR_IO or ERR_LIMIT with a sentence, ERR_MEMORY.  Blocks on the disk. */
enum err lines_in_file(const char *path, uint64_t skip, line_fn *fn, void *to, struct why *why) MUST_USE;
