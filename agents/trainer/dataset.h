/*
 * dataset -- a hospital's records, read from CSV against a data contract.
 *
 * A bad line is left out and counted, by reason, with the first line it was
 * seen on; it never stops the reading.  One record is one line: quotes may
 * hold commas, not line ends, so a stray quote spoils its own line only.
 * Memory that held records is wiped before it is given back.
 */
#pragma once
#include "common/base/buf.h"
#include "common/wire/contract.h"

enum { DATASET_MAX_ROWS = 10000000, DATASET_FIELD_BYTES = 256, DATASET_LINE_BYTES = 1 << 20 };
#define DATASET_MAX_BYTES ((uint64_t)4 << 30)

enum dataset_flaw {
    FLAW_NONE,
    FLAW_TOO_LONG,    /* a field over DATASET_FIELD_BYTES, or a line over DATASET_LINE_BYTES */
    FLAW_FIELD_COUNT, /* another number of fields than the header, or the contract, has */
    FLAW_MISSING,     /* an empty value where none may be empty */
    FLAW_NOT_NUMBER,  /* also: not whole, where the contract says integer */
    FLAW_OUT_OF_RANGE,
    FLAW_UNKNOWN_CLASS,
    FLAW_COUNT
};
struct dataset_flaws { /* lines left out for one reason */
    uint64_t count;
    uint64_t first_line; /* 1-based; 0 when count is 0 */
    size_t first_column; /* of the contract; its `count` when the whole line is meant */
};

struct dataset {
    size_t nrows;
    size_t ninputs;    /* the contract's */
    size_t nsensitive; /* columns with that role */
    float *inputs;     /* nrows x ninputs, in the file's units, categories one-hot; NAN: missing, to be imputed */
    float *sensitive;  /* nrows x nsensitive: the number, or the class's index; NAN: missing */
    uint32_t *labels;  /* class of each row */
    uint64_t *people;  /* hash of the patient column; without one, of the record's inputs and label, so that equal
                          records count as one person */
    size_t capacity;   /* rows allocated */
    struct dataset_flaws flaws[FLAW_COUNT];
};

/* Reads the file, or the bytes of one; freed with dataset_free.  No good line gives no rows, which is OK here.
 * ERR_DATA with a sentence when the header lacks a column; ERR_IO, ERR_LIMIT, ERR_MEMORY.  Blocks on the disk. */
enum err dataset_read(const struct contract *c, const char *path, struct dataset **out, struct why *why) MUST_USE;
enum err dataset_parse(const struct contract *c, struct bytes csv, struct dataset **out, struct why *why) MUST_USE;
void dataset_free(struct dataset *d);
void dataset_drop(struct dataset **d); /* for CLEANUP() */

uint64_t dataset_flawed(const struct dataset *d); /* lines left out, all reasons */

/* Appends what was read and what was left out, in plain words and without any value. */
void dataset_report(const struct dataset *d, const struct contract *c, struct buf *out);
