/* Any bytes are a CSV file: every line is a record, counted as bad, blank, the header or skipped; what is kept is
 * within the contract. */
#include "agents/trainer/dataset.h"
#include "agents/trainer/split.h"
#include <math.h>
#include <stdlib.h>

static const char plain[] = "header: no\nskip_lines: 1\nmissing: [NA]\ncolumns:\n"
                            "  - {name: x, min: -1, max: 50, missing: mean}\n"
                            "  - {name: n, kind: integer, min: 0, max: 9, missing: zero}\n"
                            "  - {name: y, role: label, classes: 3}\n";
static const char named[] = "columns:\n"
                            "  - {name: id, role: patient}\n"
                            "  - {name: x, min: -1, max: 50}\n"
                            "  - {name: ward, kind: category, classes: [a, b]}\n"
                            "  - {name: sex, kind: category, classes: [f, m], role: sensitive}\n"
                            "  - {name: y, role: label, classes: ['0', '1']}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dataset *d, const struct contract *c, size_t size)
{
    CLEANUP(buf_free) struct buf report = buf_make(4096);
    CLEANUP(split_fini) struct split s = { 0 };
    if (d->nrows + dataset_flawed(d) > size + 1) abort();
    for (size_t i = 0; i < d->nrows; i++)
        if (d->labels[i] >= c->nclasses) abort();
    for (size_t i = 0; i < d->nrows * d->ninputs; i++)
        if (d->inputs[i] < -1 || d->inputs[i] > 50) abort();
    dataset_report(d, c, &report);
    if (buf_err(&report) != OK) abort();
    if (split_make(d->people, d->nrows, 0.3, 1, &s) != OK || s.ntrain + s.ntest != d->nrows) abort();
}

static void read_as(const char *yaml, struct bytes csv)
{
    CLEANUP(arena_free) struct arena arena = arena_make(1 << 16);
    CLEANUP(dataset_drop) struct dataset *d = NULL;
    const struct doc *doc = NULL;
    struct contract c;
    struct why why;
    if (doc_parse(str_of(yaml), "contract", &arena, &doc, &why) != OK) abort();
    if (contract_parse(doc, &arena, &c, &why) != OK) abort();
    if (dataset_parse(&c, csv, &d, &why) == OK) check(d, &c, csv.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_as(plain, bytes_of(data, size));
    read_as(named, bytes_of(data, size));
    return 0;
}
